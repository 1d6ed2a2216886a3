"""Marks of windows only come: any number a window, each with a number of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table anew with the marks that are there."""
    op.execute("CREATE TABLE old_dirty_windows AS SELECT * FROM dirty_windows")
    op.drop_table("dirty_windows")
    op.create_table(
        "dirty_windows",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dirty_windows"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_dirty_windows_start_us_kind_subject", "dirty_windows", ["start_us", "kind", "subject"]
    )
    op.execute(
        "INSERT INTO dirty_windows (kind, subject, start_us)"
        " SELECT kind, subject, start_us FROM old_dirty_windows"
    )
    op.drop_table("old_dirty_windows")

"""Reads for cases are found by camera and time alone: one index in place of three."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KEY = ["camera", "at_us", "id"]


def upgrade() -> None:
    """Give reads another key, and leave out every other index; keep every row."""
    op.drop_index("ix_heartbeats_received_us", "heartbeats")
    op.drop_index("ix_reads_camera_at_us", "reads")
    op.drop_index("ix_reads_at_us", "reads")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("pk_reads", "reads")
        op.create_primary_key("pk_reads", "reads", KEY)
        return
    op.rename_table("reads", "old_reads")
    op.create_table(
        "reads",
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(*KEY, name="pk_reads"),
    )
    op.execute(
        "INSERT INTO reads (camera, at_us, id, body)"
        " SELECT camera, at_us, id, body FROM old_reads ORDER BY camera, at_us, id"
    )
    op.drop_table("old_reads")

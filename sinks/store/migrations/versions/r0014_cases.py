"""The life of cases: their state, their history, and the pictures that they hold."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "cases",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("plate", sa.String(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.Text()),
        sa.Column("review", sa.Text()),
        sa.Column("exported_us", sa.BigInteger()),
        sa.Column("owes_withdrawal", sa.Boolean(), nullable=False),
        sa.Column("changed_us", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(64), nullable=False),
        sa.Column("closed_us", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
    )
    op.create_index("ix_cases_closed_us", "cases", ["closed_us"])
    op.create_index("ix_cases_state_at_us", "cases", ["state", "at_us"])
    op.create_table(
        "case_history",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("act", sa.String(20), nullable=False),
        sa.Column("before", sa.String(20), nullable=False),
        sa.Column("after", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "version", name="pk_case_history"),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name="fk_case_history_case_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "case_images",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "reference", name="pk_case_images"),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name="fk_case_images_case_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_case_images_reference", "case_images", ["reference"])

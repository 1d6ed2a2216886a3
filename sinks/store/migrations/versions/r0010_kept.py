"""What a case may come to need: reads, heartbeats, and rules as they were."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "reads",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reads"),
    )
    op.create_index("ix_reads_at_us", "reads", ["at_us"])
    op.create_index("ix_reads_camera_at_us", "reads", ["camera", "at_us"])
    op.create_table(
        "heartbeats",
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("received_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("camera", "received_us", name="pk_heartbeats"),
    )
    op.create_index("ix_heartbeats_received_us", "heartbeats", ["received_us"])
    op.create_table(
        "configurations",
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("since_us", sa.BigInteger(), nullable=False),
        sa.Column("software", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("rule", "version", name="pk_configurations"),
    )

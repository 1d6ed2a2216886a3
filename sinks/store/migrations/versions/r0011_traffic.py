"""Counts by direction, look-alikes among travel times, flows, speeds, compliance, the register."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; what was counted before has no direction."""
    _count_by_direction()
    op.add_column(
        "travel_times", sa.Column("fuzzy", sa.Integer(), nullable=False, server_default="0")
    )
    op.create_table(
        "flows",
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("day_us", "start_us")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("origin", "destination")),
        sa.Column("count", sa.Integer()),
        sa.PrimaryKeyConstraint("day_us", "start_us", "origin", "destination", name="pk_flows"),
    )
    op.create_table(
        "through",
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("start_us", "day_us")),
        *(sa.Column(name, sa.Integer()) for name in ("entered", "through")),
        sa.PrimaryKeyConstraint("start_us", name="pk_through"),
    )
    op.create_index("ix_through_day_us", "through", ["day_us"])
    op.create_table(
        "speeds",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("kind", "subject")),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("from_kmh", "count")),
        sa.Column("sum_kmh", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", "start_us", "from_kmh", name="pk_speeds"),
    )
    op.create_table(
        "compliance",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("zone", "gate")),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("zone", "gate", "start_us", "decision", name="pk_compliance"),
    )
    for table in ("flows", "speeds", "compliance"):
        op.create_index(f"ix_{table}_start_us", table, ["start_us"])
    op.create_table(
        "published",
        sa.Column("table", sa.String(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("end_us", "published_us")),
        sa.Column("k", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("table", "start_us", "edition", name="pk_published"),
    )


def _count_by_direction() -> None:
    """Make the table anew: SQLite cannot give a table another key."""
    op.execute("CREATE TABLE old_counts AS SELECT * FROM counts")
    op.drop_table("counts")
    op.create_table(
        "counts",
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("class", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False, server_default="unknown"),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "camera", "start_us", "lane", "class", "direction", name="pk_counts"
        ),
    )
    op.create_index("ix_counts_start_us", "counts", ["start_us"])
    op.execute(
        'INSERT INTO counts (camera, start_us, lane, "class", count)'
        ' SELECT camera, start_us, lane, "class", count FROM old_counts'
    )
    op.drop_table("old_counts")

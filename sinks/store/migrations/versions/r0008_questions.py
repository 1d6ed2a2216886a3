"""Visits, other spellings, dark days, second persons and dossiers: what questions rest on."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BY_WEEK = "RANGE (at_us)"


def upgrade() -> None:
    """Make the tables; visits of before come with `anpr visits`."""
    _create_visits()
    _create_spellings()
    if op.get_bind().dialect.name == "postgresql":
        for table in ("visits", "spellings"):
            op.execute(f"CREATE TABLE {table}_rest PARTITION OF {table} DEFAULT")
    op.create_table(
        "dark_days",
        sa.Column("day_us", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day_us", name="pk_dark_days"),
    )
    _create_requests()
    _create_dossiers()


def _create_visits() -> None:
    op.create_table(
        "visits",
        sa.Column("exit_id", sa.String(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("entry_us", sa.BigInteger(), nullable=False),
        sa.Column("stay_us", sa.BigInteger(), nullable=False),
        sa.Column("entry_camera", sa.String(), nullable=False),
        sa.Column("exit_camera", sa.String(), nullable=False),
        sa.Column("plate", sa.String(), nullable=False),
        sa.Column("fold", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("exit_id", "at_us", name="pk_visits"),
        postgresql_partition_by=BY_WEEK,
    )
    op.create_index("ix_visits_at_us_stay_us_fold", "visits", ["at_us", "stay_us", "fold"])
    op.create_index("ix_visits_fold_at_us", "visits", ["fold", "at_us"])


def _create_spellings() -> None:
    op.create_table(
        "spellings",
        sa.Column("passage_id", sa.String(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("fold", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("passage_id", "fold", "at_us", name="pk_spellings"),
        postgresql_partition_by=BY_WEEK,
    )
    op.create_index("ix_spellings_fold_at_us", "spellings", ["fold", "at_us"])


def _create_requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("asked_us", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("case_ref", sa.String(100), nullable=False),
        sa.Column("decision_ref", sa.String(100)),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("decided_by", sa.String(64)),
        sa.Column("decided_us", sa.BigInteger()),
        sa.Column("said", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_requests"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_requests_asked_us", "requests", ["asked_us"])
    op.create_index("ix_requests_state", "requests", ["state"])


def _create_dossiers() -> None:
    op.create_table(
        "dossiers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_ref", sa.String(100), nullable=False),
        sa.Column("opened_by", sa.String(64), nullable=False),
        sa.Column("opened_us", sa.BigInteger(), nullable=False),
        sa.Column("closed_us", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_dossiers"),
        sa.UniqueConstraint("case_ref", name="uq_dossiers_case_ref"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "dossier_items",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dossier_id", sa.BigInteger(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dossier_items"),
        sa.ForeignKeyConstraint(
            ["dossier_id"],
            ["dossiers.id"],
            name="fk_dossier_items_dossier_id_dossiers",
            ondelete="CASCADE",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_dossier_items_dossier_id", "dossier_items", ["dossier_id"])

"""Passages and events by week on PostgreSQL, and the dictionary of plates."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BY_WEEK = "RANGE (at_us)"


def upgrade() -> None:
    """Make the large tables anew, cut where the engine can; keep every row."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in ("event_passages", "events", "passages"):
        op.execute(f"CREATE TABLE old_{table} AS SELECT * FROM {table}")  # noqa: S608 - names of ours
        op.drop_table(table)
    _create_passages()
    _create_events()
    _create_event_passages()
    if is_postgresql:  # what is here already goes into the rest; the writer makes the weeks
        for table in ("passages", "events", "event_passages"):
            op.execute(f"CREATE TABLE {table}_rest PARTITION OF {table} DEFAULT")
    _fill()
    _create_plates()
    if is_postgresql:
        _index_trigrams()
    else:
        _create_trigrams()
    op.execute(
        "INSERT INTO plates (plate, fold, seen_us)"
        " SELECT plate, min(fold), max(at_us) - max(at_us) % 86400000000 FROM passages"
        " WHERE plate IS NOT NULL GROUP BY plate"
    )
    op.create_index("ix_dirty_windows_start_us", "dirty_windows", ["start_us"])


def _create_passages() -> None:
    op.create_table(
        "passages",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("first_us", sa.BigInteger(), nullable=False),
        sa.Column("last_us", sa.BigInteger(), nullable=False),
        sa.Column("received_us", sa.BigInteger(), nullable=False),
        sa.Column("plate", sa.String()),
        sa.Column("fold", sa.String()),
        sa.Column("country", sa.String()),
        sa.Column("confidence", sa.Float()),
        sa.Column("vehicle_class", sa.String()),
        sa.Column("lane", sa.Integer()),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("crop", sa.String()),
        sa.Column("overview", sa.String()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("stored_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "at_us", name="pk_passages"),
        postgresql_partition_by=BY_WEEK,
    )
    op.create_index("ix_passages_at_us", "passages", ["at_us"])
    op.create_index("ix_passages_camera_at_us", "passages", ["camera", "at_us"])
    op.create_index("ix_passages_fold_at_us", "passages", ["fold", "at_us"])
    op.create_index("ix_passages_plate_at_us", "passages", ["plate", "at_us"])
    op.create_index("ix_passages_stored_us", "passages", ["stored_us"])


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("plate", sa.String()),
        sa.Column("fold", sa.String()),
        sa.Column("camera", sa.String()),
        sa.Column("verdict", sa.String()),
        sa.Column("reason", sa.String()),
        sa.Column("priority", sa.Integer()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("stored_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "at_us", name="pk_events"),
        postgresql_partition_by=BY_WEEK,
    )
    op.create_index("ix_events_kind_at_us", "events", ["kind", "at_us"])
    op.create_index("ix_events_plate_at_us", "events", ["plate", "at_us"])
    op.create_index("ix_events_stored_us", "events", ["stored_us"])
    op.create_index("ix_events_subject_at_us", "events", ["subject", "at_us"])


def _create_event_passages() -> None:
    op.create_table(
        "event_passages",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("passage_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "position", "at_us", name="pk_event_passages"),
        postgresql_partition_by=BY_WEEK,
    )
    op.create_index("ix_event_passages_passage_id", "event_passages", ["passage_id"])


def _fill() -> None:
    op.execute("INSERT INTO passages SELECT * FROM old_passages")
    op.execute("INSERT INTO events SELECT * FROM old_events")
    op.execute(
        "INSERT INTO event_passages (event_id, position, at_us, passage_id)"
        " SELECT old.event_id, old.position, events.at_us, old.passage_id"
        " FROM old_event_passages old JOIN events ON events.id = old.event_id"
    )
    for table in ("event_passages", "events", "passages"):
        op.drop_table(f"old_{table}")


def _create_plates() -> None:
    op.create_table(
        "plates",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plate", sa.String(), nullable=False),
        sa.Column("fold", sa.String(), nullable=False),
        sa.Column("seen_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plates"),
        sa.UniqueConstraint("plate", name="uq_plates_plate"),
    )
    op.create_index("ix_plates_fold", "plates", ["fold"])


def _index_trigrams() -> None:
    """Index both spellings; the extension may lie in any schema."""
    schema = op.get_bind().scalar(
        sa.text("SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname='pg_trgm'")
    )
    for column in ("plate", "fold"):
        op.execute(
            f"CREATE INDEX ix_plates_{column}_trigrams ON plates"
            f" USING gin (upper({column}) {schema}.gin_trgm_ops)"
        )


def _create_trigrams() -> None:
    """Mirror the plates in a full-text table, which triggers keep equal."""
    op.execute(
        "CREATE VIRTUAL TABLE plate_trigrams USING fts5 (plate, fold, content='plates',"
        " content_rowid='id', detail=none, tokenize='trigram case_sensitive 1')"
    )
    op.execute(
        "CREATE TRIGGER plates_entered AFTER INSERT ON plates BEGIN"
        " INSERT INTO plate_trigrams (rowid, plate, fold) VALUES (new.id, new.plate, new.fold);"
        " END"
    )
    op.execute(
        "CREATE TRIGGER plates_erased AFTER DELETE ON plates BEGIN"
        " INSERT INTO plate_trigrams (plate_trigrams, rowid, plate, fold)"
        " VALUES ('delete', old.id, old.plate, old.fold); END"
    )

"""The first tables: passages, events, images, alerts, deliveries, actuations, statistics."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "actuations",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("gate", sa.String(), nullable=False),
        sa.Column("requested_us", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_actuations"),
    )
    op.create_index("ix_actuations_requested_us", "actuations", ["requested_us"])
    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("event_revision", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String()),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("raised_us", sa.BigInteger(), nullable=False),
        sa.Column("camera", sa.String()),
        sa.Column("priority", sa.Integer()),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sa.UniqueConstraint("event_id", name="uq_alerts_event_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alerts_at_us", "alerts", ["at_us"])
    op.create_index("ix_alerts_subject_at_us", "alerts", ["subject", "at_us"])
    op.create_table(
        "counts",
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("class", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("camera", "start_us", "lane", "class", name="pk_counts"),
    )
    op.create_index("ix_counts_start_us", "counts", ["start_us"])
    op.create_table(
        "dirty_windows",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", "start_us", name="pk_dirty_windows"),
    )
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
        sa.PrimaryKeyConstraint("id", name="pk_events"),
    )
    op.create_index("ix_events_kind_at_us", "events", ["kind", "at_us"])
    op.create_index("ix_events_plate_at_us", "events", ["plate", "at_us"])
    op.create_index("ix_events_stored_us", "events", ["stored_us"])
    op.create_index("ix_events_subject_at_us", "events", ["subject", "at_us"])
    op.create_table(
        "frozen_windows",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("before_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_frozen_windows"),
    )
    op.create_table(
        "images",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_images"),
    )
    op.create_index("ix_images_at_us", "images", ["at_us"])
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
        sa.PrimaryKeyConstraint("id", name="pk_passages"),
    )
    op.create_index("ix_passages_at_us", "passages", ["at_us"])
    op.create_index("ix_passages_camera_at_us", "passages", ["camera", "at_us"])
    op.create_index("ix_passages_fold_at_us", "passages", ["fold", "at_us"])
    op.create_index("ix_passages_plate_at_us", "passages", ["plate", "at_us"])
    op.create_index("ix_passages_stored_us", "passages", ["stored_us"])
    op.create_table(
        "travel_times",
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("median_s", sa.Float(), nullable=False),
        sa.Column("p85_s", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("section", "start_us", name="pk_travel_times"),
    )
    op.create_index("ix_travel_times_start_us", "travel_times", ["start_us"])
    op.create_table(
        "unraised",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("event_revision", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("subject", sa.String()),
        sa.Column("camera", sa.String()),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_unraised"),
    )
    op.create_index("ix_unraised_at_us", "unraised", ["at_us"])
    op.create_index("ix_unraised_subject_at_us", "unraised", ["subject", "at_us"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("next_us", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.String()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name="fk_deliveries_alert_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("key", name="uq_deliveries_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deliveries_alert_id", "deliveries", ["alert_id"])
    op.create_index(
        "ix_deliveries_channel_state_next_us", "deliveries", ["channel", "state", "next_us"]
    )
    op.create_table(
        "event_passages",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("passage_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_event_passages_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "position", name="pk_event_passages"),
    )
    op.create_index("ix_event_passages_passage_id", "event_passages", ["passage_id"])

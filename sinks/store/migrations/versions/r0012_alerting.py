"""Silences, escalations, demoted lists, messages to networks; deliveries in groups."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables and the columns."""
    op.create_table(
        "silences",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("set_us", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("list", sa.String()),
        sa.Column("camera", sa.String()),
        sa.Column("subject", sa.String()),
        sa.Column("priority_max", sa.Integer()),
        sa.Column("ended_by", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_silences"),
    )
    op.create_index("ix_silences_until_us", "silences", ["until_us"])
    op.create_table(
        "escalations",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("alert_id", SERIAL, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=False),
        sa.Column("channels", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_escalations"),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name="fk_escalations_alert_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_escalations_alert_id", "escalations", ["alert_id"])
    op.create_index("ix_escalations_due_us", "escalations", ["due_us"])
    op.create_table(
        "demotions",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("list", sa.String(), nullable=False),
        sa.Column("since_us", sa.BigInteger(), nullable=False),
        sa.Column("judged", sa.Integer(), nullable=False),
        sa.Column("right", sa.Integer(), nullable=False),
        sa.Column("ended_us", sa.BigInteger()),
        sa.Column("ended_by", sa.String(64)),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_demotions"),
    )
    op.create_index("ix_demotions_list", "demotions", ["list"])
    op.create_table(
        "network_messages",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_us", sa.BigInteger(), nullable=False),
        sa.Column("written_by", sa.String(64), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("decided_us", sa.BigInteger()),
        sa.Column("decided_by", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_network_messages"),
    )
    op.create_index("ix_network_messages_written_us", "network_messages", ["written_us"])
    op.create_index("ix_network_messages_state", "network_messages", ["state"])
    op.add_column(
        "alerts",
        sa.Column("dispatch_only", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    remade = {"sqlite_autoincrement": True}
    with op.batch_alter_table("deliveries", table_kwargs=remade) as deliveries:
        deliveries.alter_column("alert_id", existing_type=SERIAL, nullable=True)
        deliveries.add_column(sa.Column("group", sa.String()))
        deliveries.add_column(sa.Column("live_until_us", sa.BigInteger()))
        deliveries.add_column(sa.Column("settled_us", sa.BigInteger()))
    op.create_index("ix_deliveries_channel_group", "deliveries", ["channel", "group"])

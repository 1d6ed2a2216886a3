"""What people say of alerts, passages and cases; proposed lists; second factors."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and the columns of accounts."""
    op.create_table(
        "feedback",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("alert_id", SERIAL, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("says", sa.String(20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name="fk_feedback_alert_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_feedback_alert_id", "feedback", ["alert_id"])
    op.create_table(
        "corrections",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("passage_id", sa.String(), nullable=False),
        sa.Column("passage_us", sa.BigInteger(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("plate", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
    )
    op.create_index("ix_corrections_passage_id", "corrections", ["passage_id"])
    op.create_index("ix_corrections_passage_us", "corrections", ["passage_us"])
    op.create_table(
        "reviews",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("event_revision", sa.BigInteger(), nullable=False),
        sa.Column("event_us", sa.BigInteger(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("seen", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
    )
    op.create_index("ix_reviews_event_us", "reviews", ["event_us"])
    op.create_index("ix_reviews_event_id_event_revision", "reviews", ["event_id", "event_revision"])
    op.create_table(
        "proposals",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("list", sa.String(), nullable=False),
        sa.Column("over", sa.BigInteger(), nullable=False),
        sa.Column("proposed_us", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("decided_us", sa.BigInteger()),
        sa.Column("decided_by", sa.String(64)),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"),
    )
    op.create_index("ix_proposals_proposed_us", "proposals", ["proposed_us"])
    op.create_index("ix_proposals_state", "proposals", ["state"])
    op.add_column("accounts", sa.Column("totp", sa.Text()))
    op.add_column("accounts", sa.Column("totp_used", sa.BigInteger()))
    op.add_column("accounts", sa.Column("subject", sa.String(255)))
    op.create_index("ix_accounts_subject", "accounts", ["subject"], unique=True)

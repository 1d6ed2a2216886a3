"""How often a bollard was asked, and when it answered."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is told of an actuation once its bollard has answered."""
    op.add_column(
        "actuations", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("actuations", sa.Column("answered_us", sa.BigInteger()))

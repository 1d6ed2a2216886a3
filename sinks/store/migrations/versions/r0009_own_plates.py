"""The plates of accounts' own vehicles, sealed: what the self-audit holds look-ups against."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column."""
    op.add_column("accounts", sa.Column("own_plates", sa.Text()))

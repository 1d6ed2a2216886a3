"""A consignment says what it is: a package, or the withdrawal of one."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; withdrawals are known by their names."""
    kind = sa.Column("kind", sa.String(12), server_default="package", nullable=False)
    op.add_column("consignments", kind)
    op.execute("UPDATE consignments SET kind = 'withdrawal' WHERE name LIKE 'withdrawal-%'")

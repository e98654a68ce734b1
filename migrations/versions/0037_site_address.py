"""Where a site is, for the letters that send people there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not as a batch: SQLite would copy the table, to whose rows others point.
    op.add_column("site", sa.Column("address", sa.String(length=200), nullable=False, server_default=""))
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("site", "address", server_default=None)


def downgrade() -> None:
    op.drop_column("site", "address")

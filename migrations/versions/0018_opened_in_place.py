"""Where in its sealed bid a file of an opened bid begins. Earlier ones have a blob of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("stored_file") as table:
        table.add_column(sa.Column("start", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("stored_file") as table:
        table.drop_column("start")

"""Where in its sealed bid a file of an opened bid begins (earlier ones have a blob of their own); the tree of an upload
that is still arriving.
"""

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
    with op.batch_alter_table("upload") as table:
        table.add_column(sa.Column("frontier", sa.Text(), nullable=False, server_default=""))
        table.alter_column("frontier", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("upload") as table:
        table.drop_column("frontier")
    with op.batch_alter_table("stored_file") as table:
        table.drop_column("start")

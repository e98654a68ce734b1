"""What a client stated of its upload (tus Upload-Metadata), under the installation's key, until the upload ends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("upload") as table:
        table.add_column(sa.Column("stated", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("upload") as table:  # by itself: SQLite copies the rows of before
        table.alter_column("stated", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("upload") as table:
        table.drop_column("stated")

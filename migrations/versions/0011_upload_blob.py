"""An upload names the blob that holds it: in an object store that name changes as it grows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.add_column(sa.Column("blob", sa.String(length=80), nullable=False, server_default=""))
    op.execute("UPDATE upload SET blob = id")
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.alter_column("blob", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.drop_column("blob")

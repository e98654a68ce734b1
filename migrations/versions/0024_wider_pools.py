"""For what people of a pool may be drawn under wider conditions that no statement names yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("pseudonym") as table:
        table.add_column(sa.Column("proposed", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("pseudonym") as table:  # by itself: SQLite copies the rows of before
        table.alter_column("proposed", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("pseudonym") as table:
        table.drop_column("proposed")

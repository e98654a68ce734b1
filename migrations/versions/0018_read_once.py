"""Where in its sealed bid a file of an opened bid begins (earlier ones have a blob of their own), with names as long as
a package may give them; the tree of an upload that is still arriving; an index of events without those of sealed bids.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import Instant

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


UNSEALED = "type NOT IN ('BidSubmitted', 'BidReceipted', 'BidWithdrawn')"


def upgrade() -> None:
    where = {"sqlite_where": sa.text(UNSEALED), "postgresql_where": sa.text(UNSEALED)}
    op.create_index("ix_case_event_unsealed", "case_event", ["case_id", "seq"], **where)
    with op.batch_alter_table("stored_file") as table:
        table.add_column(sa.Column("start", sa.BigInteger(), nullable=True))
        table.alter_column("name", type_=sa.String(length=1024), existing_type=sa.String(length=300))
    with op.batch_alter_table("upload") as table:
        table.add_column(sa.Column("frontier", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("upload") as table:  # by itself: SQLite copies the rows of before
        table.alter_column("frontier", server_default=None)
        table.add_column(sa.Column("continued_at", Instant(), nullable=True))
    op.execute("UPDATE upload SET continued_at = created_at")
    with op.batch_alter_table("upload") as table:
        table.alter_column("continued_at", existing_type=Instant(), nullable=False)


def downgrade() -> None:
    op.drop_index("ix_case_event_unsealed", "case_event")
    with op.batch_alter_table("upload") as table:
        table.drop_column("continued_at")
        table.drop_column("frontier")
    with op.batch_alter_table("stored_file") as table:
        table.alter_column("name", type_=sa.String(length=300), existing_type=sa.String(length=1024))
        table.drop_column("start")

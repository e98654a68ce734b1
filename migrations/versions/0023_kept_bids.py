"""Whose share of the disk a handed-in bid takes until its lot is closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# The receipt that names the file stands right behind the submission.
WHO = """
UPDATE stored_file SET account_id = COALESCE((
    SELECT s.actor FROM case_event r JOIN case_event s ON s.case_id = r.case_id AND s.seq = r.seq - 1
    WHERE r.case_id = stored_file.case_id AND r.type = 'BidReceipted' AND s.type = 'BidSubmitted'
    AND r.payload LIKE '%' || stored_file.owner || '%' LIMIT 1
), '') WHERE kind = 'bid'
"""


def upgrade() -> None:
    with op.batch_alter_table("stored_file") as table:
        table.add_column(sa.Column("account_id", sa.String(length=32), nullable=False, server_default=""))
    with op.batch_alter_table("stored_file") as table:  # by itself: SQLite copies the rows of before
        table.alter_column("account_id", server_default=None)
        table.create_index(op.f("ix_stored_file_account_id"), ["account_id"])
    op.execute(WHO)


def downgrade() -> None:
    with op.batch_alter_table("stored_file") as table:
        table.drop_index(op.f("ix_stored_file_account_id"))
        table.drop_column("account_id")

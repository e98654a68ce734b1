"""What was read of files of opened bids, while they are checked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bid_reading",
        sa.Column("file_id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("lot", sa.String(length=20), nullable=False),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("file_id", "lot", name=op.f("pk_bid_reading")),
    )
    op.create_index(op.f("ix_bid_reading_case_id"), "bid_reading", ["case_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_bid_reading_case_id"), table_name="bid_reading")
    op.drop_table("bid_reading")

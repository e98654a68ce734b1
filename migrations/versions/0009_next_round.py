"""A failed tender has at most one next round."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("tender_draft") as table:
        table.add_column(sa.Column("follows", sa.String(length=32), nullable=True))
        table.create_unique_constraint(op.f("uq_tender_draft_follows"), ["follows"])


def downgrade() -> None:
    with op.batch_alter_table("tender_draft") as table:
        table.drop_constraint(op.f("uq_tender_draft_follows"), type_="unique")
        table.drop_column("follows")

"""When a trustee's unattended agent was last in contact."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import Instant

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trustee_agent",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("offset_seconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_trustee_agent_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_trustee_agent")),
    )


def downgrade() -> None:
    op.drop_table("trustee_agent")

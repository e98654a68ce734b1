"""Where a site is, for the letters that send people there; and what is added to a fee that was confirmed already."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import Instant

revision = "0037"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not as a batch: SQLite would copy the table, to whose rows others point.
    op.add_column("site", sa.Column("address", sa.String(length=200), nullable=False, server_default=""))
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("site", "address", server_default=None)
    op.create_table(
        "fee_supplement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fee_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=False),
        sa.Column("entered_at", Instant(), nullable=False),
        sa.Column("confirmed_by", sa.String(length=32), nullable=True),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["fee_id"], ["expert_fee.id"], name=op.f("fk_fee_supplement_fee_id_expert_fee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_supplement")),
    )
    op.create_index(op.f("ix_fee_supplement_fee_id"), "fee_supplement", ["fee_id"])


def downgrade() -> None:
    op.drop_table("fee_supplement")
    op.drop_column("site", "address")

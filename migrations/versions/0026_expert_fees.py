"""Fees of experts, and where a site lies, from which travel is counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import Instant

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "expert_fee",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("lot", sa.String(length=20), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("over_at", Instant(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("computed", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("amount", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=True),
        sa.Column("entered_at", Instant(), nullable=True),
        sa.Column("confirmed_by", sa.String(length=32), nullable=True),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_expert_fee_expert_id_expert")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_expert_fee_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_fee")),
        sa.UniqueConstraint("case_id", "lot", "person", name=op.f("uq_expert_fee_case_id_lot_person")),
    )
    op.create_index(op.f("ix_expert_fee_case_id"), "expert_fee", ["case_id"])
    op.create_index(op.f("ix_expert_fee_expert_id"), "expert_fee", ["expert_id"])
    # Not as a batch: SQLite would copy the table, to whose rows others point.
    op.add_column("site", sa.Column("region", sa.String(length=6), nullable=False, server_default=""))
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("site", "region", server_default=None)


def downgrade() -> None:
    op.drop_column("site", "region")
    op.drop_table("expert_fee")

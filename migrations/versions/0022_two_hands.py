"""Corrections of experts' entries that wait for a second person; keyed hashes by which a second entry of a person is
noticed; likenesses beside the faults of an import.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import Instant

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KEYS = ("mail_key", "phone_key", "name_key")


def upgrade() -> None:
    op.create_table(
        "expert_correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.String(length=32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_expert_correction_expert_id_expert")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_correction")),
    )
    op.create_index(op.f("ix_expert_correction_expert_id"), "expert_correction", ["expert_id"])
    with op.batch_alter_table("expert") as table:
        for key in KEYS:
            table.add_column(sa.Column(key, sa.String(length=64), nullable=True))
            table.create_index(op.f(f"ix_expert_{key}"), [key])
    with op.batch_alter_table("expert_import") as table:
        table.add_column(sa.Column("alike", sa.Text(), nullable=False, server_default="[]"))
        table.alter_column("alike", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("expert_import") as table:
        table.drop_column("alike")
    with op.batch_alter_table("expert") as table:
        for key in KEYS:
            table.drop_index(op.f(f"ix_expert_{key}"))
            table.drop_column(key)
    op.drop_index(op.f("ix_expert_correction_expert_id"), "expert_correction")
    op.drop_table("expert_correction")

"""Who is connected to the room of a sitting, how good the line is, and which line sends a site's picture."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import Instant

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "presence",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("lot", sa.String(length=20), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("seat", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("answered_at", Instant(), nullable=False),
        sa.Column("left_at", Instant(), nullable=True),
        sa.Column("drops", sa.Integer(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=True),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("hand_at", Instant(), nullable=True),
        sa.Column("camera", sa.String(length=32), nullable=False),
        sa.Column("camera_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("case_id", "lot", "site", "seat", name=op.f("pk_presence")),
    )
    op.create_index(op.f("ix_presence_answered_at"), "presence", ["answered_at"])


def downgrade() -> None:
    op.drop_table("presence")

"""One window of a seat has its scoring desk, and each score knows how often it was saved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import Instant

revision = "0032"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "desk_hold",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("lot", sa.String(length=20), nullable=False),
        sa.Column("seat", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("window", sa.String(length=40), nullable=False),
        sa.Column("taken_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "lot", "seat", name=op.f("pk_desk_hold")),
    )
    with op.batch_alter_table("score_draft") as table:
        table.add_column(sa.Column("seq", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("command", sa.String(length=40), nullable=False, server_default=""))
    with op.batch_alter_table("score_draft") as table:  # by itself: SQLite copies the rows of before
        table.alter_column("seq", server_default=None)
        table.alter_column("command", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("score_draft") as table:
        table.drop_column("command")
        table.drop_column("seq")
    op.drop_table("desk_hold")

"""Failed log-ins are counted by where they come from, so that nobody locks out somebody else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "log_in_failure",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_log_in_failure")),
    )


def downgrade() -> None:
    op.drop_table("log_in_failure")

"""When a witness let nobody sit down at a booth."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("seat_request") as table:
        table.add_column(sa.Column("refused_at", Instant(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("seat_request") as table:
        table.drop_column("refused_at")

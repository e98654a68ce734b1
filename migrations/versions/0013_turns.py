"""The heads of lots' turns stand beside those of case files, under `case/lot`: the name is longer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.append_only import guard_tables

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def _resize(length: int) -> None:
    bind = op.get_bind()
    with op.batch_alter_table("tick_change") as batch:
        batch.alter_column(
            "case_id", type_=sa.String(length=length), existing_type=sa.String(), existing_nullable=False
        )
    if bind.dialect.name == "sqlite":
        guard_tables(bind, ("tick_change",))  # the table was made anew


def upgrade() -> None:
    _resize(60)


def downgrade() -> None:
    _resize(32)

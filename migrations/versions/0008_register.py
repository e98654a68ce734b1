"""The register's ticks and the witnesses' cosignatures, append-only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.append_only import guard_tables
from app.models.base import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = ("register_tick", "tick_change", "cosignature")


def upgrade() -> None:
    op.create_table(
        "register_tick",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("map_root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("frontier", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_register_tick")),
    )
    op.create_table(
        "tick_change",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("tick", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "tick", name=op.f("pk_tick_change")),
    )
    op.create_table(
        "cosignature",
        sa.Column("tick", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("witness", sa.String(length=200), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tick", "witness", name=op.f("pk_cosignature")),
    )
    guard_tables(op.get_bind(), TABLES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)

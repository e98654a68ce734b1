"""The list of acts and the witnesses' cosignatures under it, append-only. The next tick lists what there is so far."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.append_only import guard_tables
from app.models.base import Instant

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TABLES = ("listed_act", "list_cosignature")


def upgrade() -> None:
    op.create_table(
        "listed_act",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("entry", sa.String(length=128), nullable=False),
        sa.Column("frontier", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_listed_act")),
        sa.UniqueConstraint("case_id", "seq", name=op.f("uq_listed_act_case_id_seq")),
    )
    op.create_table(
        "list_cosignature",
        sa.Column("listed", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("witness", sa.String(length=200), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("listed", "witness", name=op.f("pk_list_cosignature")),
    )
    guard_tables(op.get_bind(), TABLES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)

"""The witnesses' lines in the order in which they came, append-only; those from before in the order of their own time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.casefile.ticks import word_leaf
from app.models.append_only import guard_tables
from crypto.merkle import Frontier

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

LINES = """
SELECT 'tick' AS under, tick AS number, witness, line, at FROM cosignature
UNION ALL SELECT 'act', listed, witness, line, at FROM list_cosignature ORDER BY at, under, number, witness
"""


def upgrade() -> None:
    table = op.create_table(
        "witness_word",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("leaf", sa.LargeBinary(length=32), nullable=False),
        sa.Column("frontier", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_witness_word")),
        sa.UniqueConstraint("leaf", name=op.f("uq_witness_word_leaf")),
    )
    edge = Frontier()
    for number, row in enumerate(op.get_bind().execute(sa.text(LINES)).all()):
        edge = edge.push(leaf := word_leaf(row.under, row.number, row.witness, row.line))
        op.get_bind().execute(table.insert(), {"number": number, "leaf": leaf, "frontier": edge.to_hex()})
    guard_tables(op.get_bind(), ["witness_word"])


def downgrade() -> None:
    op.drop_table("witness_word")

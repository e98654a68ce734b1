"""Experts, pseudonyms, call-ups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = ("call_up", "expert", "pseudonym")


def _call_up() -> None:
    op.create_table(
        "call_up",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("lot", sa.String(length=20), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("answer_by", Instant(), nullable=False),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_call_up_account_id_account")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_call_up")),
    )
    with op.batch_alter_table("call_up", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_up_case_id"), ["case_id"], unique=False)


def _expert() -> None:
    op.create_table(
        "expert",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("suspended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_expert_account_id_account")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_expert_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert")),
        sa.UniqueConstraint("account_id", name=op.f("uq_expert_account_id")),
    )
    with op.batch_alter_table("expert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_expert_site_id"), ["site_id"], unique=False)


def _pseudonym() -> None:
    op.create_table(
        "pseudonym",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("lot", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("strata", sa.Text(), nullable=False),
        sa.Column("expert_id", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_pseudonym_expert_id_expert")),
        sa.PrimaryKeyConstraint("case_id", "lot", "number", name=op.f("pk_pseudonym")),
        sa.UniqueConstraint("case_id", "lot", "expert_id", name=op.f("uq_pseudonym_case_id_lot_expert_id")),
    )


def upgrade() -> None:
    _call_up()
    _expert()
    _pseudonym()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)

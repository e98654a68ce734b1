"""Sites, seats, drafts of scores, signatures under way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ("pending_signature", "score_draft", "site", "seat_request")


def _pending_signature() -> None:
    op.create_table(
        "pending_signature",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("lot", sa.String(length=20), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("base_sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("to_sign", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_signature")),
        sa.UniqueConstraint("case_id", "lot", "seat", name=op.f("uq_pending_signature_case_id_lot_seat")),
    )


def _score_draft() -> None:
    op.create_table(
        "score_draft",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("lot", sa.String(length=20), nullable=False),
        sa.Column("seat", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bid", sa.String(length=40), nullable=False),
        sa.Column("criterion", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Numeric(precision=8, scale=2), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "lot", "seat", "bid", "criterion", name=op.f("pk_score_draft")),
    )


def _site() -> None:
    op.create_table(
        "site",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("witness_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_site_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["witness_id"], ["account.id"], name=op.f("fk_site_witness_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
    )


def _seat_request() -> None:
    op.create_table(
        "seat_request",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("lot", sa.String(length=20), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("spki", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("certified_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_seat_request_account_id_account")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_seat_request_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_request")),
    )
    with op.batch_alter_table("seat_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seat_request_case_id"), ["case_id"], unique=False)


def upgrade() -> None:
    _pending_signature()
    _score_draft()
    _site()
    _seat_request()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)

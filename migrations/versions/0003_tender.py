"""Tenders, lots, downloads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("lot", "tender", "download", "tender_draft")


def _lot() -> None:
    op.create_table(
        "lot",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("deadline_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_lot_case_id_case_file")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_lot")),
    )
    with op.batch_alter_table("lot", schema=None) as batch_op:
        batch_op.create_index("ix_lot_deadline", ["deadline_at"], unique=False)


def _tender() -> None:
    op.create_table(
        "tender",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("buyer", sa.String(length=200), nullable=False),
        sa.Column("agency_id", sa.String(length=32), nullable=False),
        sa.Column("regulator_id", sa.String(length=32), nullable=False),
        sa.Column("profile", sa.String(length=40), nullable=False),
        sa.Column("published_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_tender_agency_id_organisation")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_tender_case_id_case_file")),
        sa.ForeignKeyConstraint(
            ["regulator_id"], ["organisation.id"], name=op.f("fk_tender_regulator_id_organisation")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_tender")),
        sa.UniqueConstraint("code", name=op.f("uq_tender_code")),
    )
    with op.batch_alter_table("tender", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tender_agency_id"), ["agency_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tender_regulator_id"), ["regulator_id"], unique=False)


def _download() -> None:
    op.create_table(
        "download",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_download_account_id_account")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_download_case_id_case_file")),
        sa.PrimaryKeyConstraint("case_id", "account_id", name=op.f("pk_download")),
    )


def _tender_draft() -> None:
    op.create_table(
        "tender_draft",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("author_id", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name=op.f("fk_tender_draft_author_id_account")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_tender_draft_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_tender_draft")),
    )
    with op.batch_alter_table("tender_draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tender_draft_organisation_id"), ["organisation_id"], unique=False)


def upgrade() -> None:
    _lot()
    _tender()
    _download()
    _tender_draft()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)

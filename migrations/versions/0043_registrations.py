"""Licences and authorities of bidders, looked at by two persons."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import Instant

revision = "0043"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "registration_check",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("submitted_at", Instant(), nullable=False),
        sa.Column("licence", sa.LargeBinary(), nullable=False),
        sa.Column("licence_sha256", sa.String(length=64), nullable=False),
        sa.Column("authority", sa.LargeBinary(), nullable=False),
        sa.Column("authority_sha256", sa.String(length=64), nullable=False),
        sa.Column("looked_by", sa.String(length=32), nullable=True),
        sa.Column("looked_at", Instant(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_registration_check_account_id_account")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_registration_check_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_check")),
    )
    op.create_index(op.f("ix_registration_check_organisation_id"), "registration_check", ["organisation_id"])


def downgrade() -> None:
    op.drop_table("registration_check")

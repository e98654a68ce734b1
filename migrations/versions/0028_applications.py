"""Applications to the library with their documents, and requests for a name before an evaluation is over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import Instant

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "expert_application",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("status_by", sa.String(length=32), nullable=False),
        sa.Column("reviewed_at", Instant(), nullable=True),
        sa.Column("review", sa.String(length=500), nullable=False),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("decision", sa.String(length=500), nullable=False),
        sa.Column("expert_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_expert_application_expert_id_expert")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_application")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_expert_application_code_hash")),
    )
    op.create_index(op.f("ix_expert_application_status"), "expert_application", ["status"])
    op.create_table(
        "application_file",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("application_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["expert_application.id"],
            name=op.f("fk_application_file_application_id_expert_application"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_file")),
    )
    op.create_index(op.f("ix_application_file_application_id"), "application_file", ["application_id"])
    op.create_table(
        "name_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("lot", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("ground", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name=op.f("fk_name_request_asked_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_name_request")),
    )
    op.create_index(op.f("ix_name_request_case_id"), "name_request", ["case_id"])


def downgrade() -> None:
    op.drop_table("name_request")
    op.drop_table("application_file")
    op.drop_table("expert_application")

"""What experts see and do themselves: days off, training, requests, appraisals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.append_only import guard_tables
from app.models.base import Instant

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "expert_absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.String(length=32), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_expert_absence_expert_id_expert")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_absence")),
    )
    op.create_index(op.f("ix_expert_absence_expert_id"), "expert_absence", ["expert_id"])
    op.create_table(
        "expert_training",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.String(length=32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("course", sa.String(length=100), nullable=False),
        sa.Column("hours", sa.Numeric(precision=5, scale=1), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("strikes", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_training")),
    )
    op.create_index(op.f("ix_expert_training_expert_id"), "expert_training", ["expert_id"])
    op.create_table(
        "expert_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.String(length=32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("about", sa.String(length=20), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("answered_by", sa.String(length=32), nullable=True),
        sa.Column("answer", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_expert_request_expert_id_expert")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_request")),
    )
    op.create_index(op.f("ix_expert_request_expert_id"), "expert_request", ["expert_id"])
    _appraisals()
    guard_tables(op.get_bind(), ["expert_training"])


def _appraisals() -> None:
    op.create_table(
        "expert_appraisal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("lot", sa.String(length=20), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.String(length=32), nullable=False),
        sa.Column("party", sa.String(length=10), nullable=False),
        sa.Column("grounds", sa.Text(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=False),
        sa.Column("entered_at", Instant(), nullable=False),
        sa.Column("confirmed_by", sa.String(length=32), nullable=True),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("objection_until", Instant(), nullable=True),
        sa.Column("objection", sa.String(length=1000), nullable=False),
        sa.Column("objected_at", Instant(), nullable=True),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("decision", sa.String(length=500), nullable=False),
        sa.Column("upheld", sa.Boolean(), nullable=True),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_expert_appraisal_expert_id_expert")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_appraisal")),
        sa.UniqueConstraint(
            "case_id", "lot", "person", "party", name=op.f("uq_expert_appraisal_case_id_lot_person_party")
        ),
    )
    op.create_index(op.f("ix_expert_appraisal_case_id"), "expert_appraisal", ["case_id"])
    op.create_index(op.f("ix_expert_appraisal_expert_id"), "expert_appraisal", ["expert_id"])


def downgrade() -> None:
    op.drop_table("expert_appraisal")
    op.drop_table("expert_request")
    op.drop_table("expert_training")
    op.drop_table("expert_absence")

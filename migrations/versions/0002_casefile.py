"""Case files, append-only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.append_only import guard_tables
from app.models.base import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("act_head", "case_file", "case_private", "command", "denied_attempt", "case_event")


def _act_head() -> None:
    op.create_table(
        "act_head",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("act_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "actor", name=op.f("pk_act_head")),
    )


def _case_file() -> None:
    op.create_table(
        "case_file",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("frontier", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_file")),
    )


def _case_private() -> None:
    op.create_table(
        "case_private",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_case_private")),
    )


def _command() -> None:
    op.create_table(
        "command",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("command_id", sa.String(length=64), nullable=False),
        sa.Column("payload_sha256", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_command")),
        sa.UniqueConstraint("actor", "case_id", "command_id", name=op.f("uq_command_actor_case_id_command_id")),
    )


def _denied_attempt() -> None:
    op.create_table(
        "denied_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_denied_attempt")),
    )


def _case_event() -> None:
    op.create_table(
        "case_event",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lot", sa.String(length=20), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("private_hash", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_case_event_case_id_case_file")),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_case_event")),
    )


def upgrade() -> None:
    _act_head()
    _case_file()
    _case_private()
    _command()
    _denied_attempt()
    _case_event()
    guard_tables(op.get_bind(), ("case_event", "case_private", "denied_attempt"))


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)

"""The expert library: numbers, standings, specialities, sealed contacts, history, imports, the tree of specialities."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from app.models.append_only import guard_tables
from app.models.base import Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

APPEND_ONLY = ("contact_look_up", "expert_event", "speciality_list")
TABLES = (
    "speciality_list",
    "expert_import_part",
    "expert_import",
    "expert_event",
    "contact_look_up",
    "expert_contact",
    "expert_speciality",
)


def upgrade() -> None:
    _of_each_expert()
    _imports()
    _extend_experts()
    guard_tables(op.get_bind(), APPEND_ONLY)


def _of_each_expert() -> None:
    op.create_table(
        "expert_speciality",
        sa.Column("expert_id", sa.String(length=32), nullable=False),
        sa.Column("speciality", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_expert_speciality_expert_id_expert")),
        sa.PrimaryKeyConstraint("expert_id", "speciality", name=op.f("pk_expert_speciality")),
    )
    op.create_index(op.f("ix_expert_speciality_speciality"), "expert_speciality", ["speciality"])
    op.create_table(
        "expert_contact",
        sa.Column("expert_id", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_expert_contact_expert_id_expert")),
        sa.PrimaryKeyConstraint("expert_id", name=op.f("pk_expert_contact")),
    )
    op.create_table(
        "contact_look_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("expert_id", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_look_up")),
    )
    op.create_index(op.f("ix_contact_look_up_expert_id"), "contact_look_up", ["expert_id"])
    op.create_table(
        "expert_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.String(length=32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_event")),
    )
    op.create_index(op.f("ix_expert_event_expert_id"), "expert_event", ["expert_id"])


def _imports() -> None:
    op.create_table(
        "expert_import",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("total", "faulty", "known", "taken")),
        sa.Column("faults", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_import")),
    )
    op.create_table(
        "expert_import_part",
        sa.Column("import_id", sa.String(length=32), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["expert_import.id"], name=op.f("fk_expert_import_part_import_id_expert_import")
        ),
        sa.PrimaryKeyConstraint("import_id", "part", name=op.f("pk_expert_import_part")),
    )
    op.create_table(
        "speciality_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_speciality_list")),
    )


def _extend_experts() -> None:
    """Column by column: SQLite cannot make the table anew while pseudonyms point to it."""
    for name, length, default in (
        ("number", 32, ""),
        ("batch", 32, ""),
        ("status", 20, "admitted"),
        ("status_by", 64, ""),
    ):
        op.add_column("expert", sa.Column(name, sa.String(length=length), nullable=False, server_default=default))
    op.add_column("expert", sa.Column("credential", sa.String(length=64), nullable=True))
    _carry_over(op.get_bind())
    op.drop_column("expert", "suspended_at")
    op.create_index(op.f("ix_expert_number"), "expert", ["number"], unique=True)
    op.create_index(op.f("ix_expert_credential"), "expert", ["credential"], unique=True)
    op.create_index(op.f("ix_expert_batch"), "expert", ["batch"])


def _carry_over(connection: sa.Connection) -> None:
    """Who was in the library stays in it; a suspension moves from its instant to the status."""
    rows = connection.execute(sa.text("SELECT id, facts, suspended_at FROM expert")).all()
    for expert_id, text, suspended_at in rows:
        facts = json.loads(text)
        facts.pop("suspended", None)
        changed = {"id": expert_id, "facts": json.dumps(facts, ensure_ascii=False)}
        changed["status"] = "suspended" if suspended_at is not None else "admitted"
        connection.execute(
            sa.text("UPDATE expert SET number = id, facts = :facts, status = :status WHERE id = :id"), changed
        )
        for speciality in set(facts["specialities"]):
            held = {"id": expert_id, "speciality": speciality}
            connection.execute(sa.text("INSERT INTO expert_speciality VALUES (:id, :speciality)"), held)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    for column in ("batch", "credential", "number"):
        op.drop_index(op.f(f"ix_expert_{column}"), "expert")
    op.add_column("expert", sa.Column("suspended_at", Instant(), nullable=True))
    for column in ("status_by", "status", "batch", "credential", "number"):
        op.drop_column("expert", column)

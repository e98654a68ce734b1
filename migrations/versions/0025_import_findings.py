"""Everything that was found in a file of experts, row by row; keyed hashes by which likenesses are noticed are short."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

KEYS = ("mail_key", "phone_key", "name_key")
IMPORTS = sa.table("expert_import", *(sa.column(name, sa.Text) for name in ("id", "faults", "alike")))


def upgrade() -> None:
    finding = op.create_table(
        "expert_import_finding",
        sa.Column("import_id", sa.String(length=32), nullable=False),
        sa.Column("alike", sa.Boolean(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("column", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["expert_import.id"], name=op.f("fk_expert_import_finding_import_id_expert_import")
        ),
        sa.PrimaryKeyConstraint("import_id", "alike", "place", name=op.f("pk_expert_import_finding")),
    )
    for import_id, faults, likenesses in op.get_bind().execute(sa.select(IMPORTS)).all():
        for alike, found in ((False, json.loads(faults)), (True, json.loads(likenesses))):
            rows = [{"import_id": import_id, "alike": alike, "place": n, **one} for n, one in enumerate(found)]
            if rows:
                op.bulk_insert(finding, [{"given": "", **row} for row in rows])
    with op.batch_alter_table("expert_import") as table:
        table.drop_column("faults")
        table.drop_column("alike")
    expert = sa.table("expert", *(sa.column(key, sa.String) for key in KEYS))
    op.execute(sa.update(expert).values({key: sa.func.substr(expert.c[key], 1, 16) for key in KEYS}))


def downgrade() -> None:
    """The short hashes stay: the long ones cannot be made without the entries."""
    with op.batch_alter_table("expert_import") as table:
        table.add_column(sa.Column("faults", sa.Text(), nullable=False, server_default="[]"))
        table.add_column(sa.Column("alike", sa.Text(), nullable=False, server_default="[]"))
    op.drop_table("expert_import_finding")

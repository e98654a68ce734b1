"""A case file begins at the instant of its first entry."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

FIRST = "SELECT at FROM case_event WHERE case_event.case_id = case_file.id AND case_event.seq = 0"


def upgrade() -> None:
    op.execute(f"UPDATE case_file SET created_at = ({FIRST}) WHERE EXISTS ({FIRST})")  # noqa: S608


def downgrade() -> None:
    """Nothing to undo: which of two instants a millisecond apart stood there, nobody reads."""

"""Photos of who sits down, sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import Instant

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_photo",
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=20), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("taken_by", sa.String(length=64), nullable=False),
        sa.Column("taken_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["seat_request.id"], name=op.f("fk_identity_photo_request_id_seat_request")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_identity_photo")),
    )


def downgrade() -> None:
    op.drop_table("identity_photo")

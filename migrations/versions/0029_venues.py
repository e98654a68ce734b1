"""Rooms, booths, when they are not let, bookings with their answers and history, and which seat has which booth."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.append_only import guard_tables
from app.models.base import Instant

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

TABLES = ("seat_booth", "booking_event", "booking_part", "booking", "room_closure", "booth", "room")


def upgrade() -> None:
    _places()
    _bookings()
    guard_tables(op.get_bind(), ("booking_event",))


def _places() -> None:
    op.create_table(
        "room",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_room_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
        sa.UniqueConstraint("site_id", "name", name=op.f("uq_room_site_id_name")),
    )
    op.create_index(op.f("ix_room_site_id"), "room", ["site_id"])
    op.create_table(
        "booth",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("room_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("camera", "microphone", "screen")),
        sa.Column("line", sa.String(length=60), nullable=False),
        sa.Column("out_since", Instant(), nullable=True),
        sa.Column("out_reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_booth_room_id_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booth")),
        sa.UniqueConstraint("room_id", "number", name=op.f("uq_booth_room_id_number")),
    )
    op.create_index(op.f("ix_booth_room_id"), "booth", ["room_id"])
    op.create_table(
        "room_closure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.String(length=32), nullable=False),
        sa.Column("begins_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_room_closure_room_id_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_closure")),
    )
    op.create_index(op.f("ix_room_closure_room_id"), "room_closure", ["room_id"])


def _bookings() -> None:
    op.create_table(
        "booking",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("lot", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=20), nullable=False),
        sa.Column("centre_id", sa.String(length=32), nullable=False),
        sa.Column("begins_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("cancelled_at", Instant(), nullable=True),
        sa.Column("cancel_reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["organisation.id"], name=op.f("fk_booking_centre_id_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
        sa.UniqueConstraint("label", name=op.f("uq_booking_label")),
    )
    op.create_index("ix_booking_case_id_lot", "booking", ["case_id", "lot"])
    op.create_index(op.f("ix_booking_centre_id"), "booking", ["centre_id"])
    op.create_table(
        "booking_part",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("booking_id", sa.String(length=32), nullable=False),
        sa.Column("room_id", sa.String(length=32), nullable=False),
        sa.Column("booths", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("answered_by", sa.String(length=64), nullable=False),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_booking_part_booking_id_booking")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_booking_part_room_id_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_part")),
        sa.UniqueConstraint("booking_id", "room_id", name=op.f("uq_booking_part_booking_id_room_id")),
    )
    op.create_index(op.f("ix_booking_part_booking_id"), "booking_part", ["booking_id"])
    op.create_index(op.f("ix_booking_part_room_id"), "booking_part", ["room_id"])
    op.create_table(
        "booking_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.String(length=32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_event")),
    )
    op.create_index(op.f("ix_booking_event_booking_id"), "booking_event", ["booking_id"])
    op.create_table(
        "seat_booth",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("lot", sa.String(length=20), nullable=False),
        sa.Column("seat", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("booth_id", sa.String(length=32), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["booth_id"], ["booth.id"], name=op.f("fk_seat_booth_booth_id_booth")),
        sa.PrimaryKeyConstraint("case_id", "lot", "seat", name=op.f("pk_seat_booth")),
    )
    op.create_index(op.f("ix_seat_booth_booth_id"), "seat_booth", ["booth_id"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)

"""Dissents from earlier results (对先前汇总结果的不同意见): as a report's attachment states them, and from the log."""

from __future__ import annotations

from collections.abc import Iterable

from app.casefile.record import Record
from app.procedure import signing
from app.procedure.signing import EarlierDissent, Signing
from crypto.canonical import Json
from crypto.instants import format_instant

REPORT_ATTACHMENT = "report.json"
EARLIER_DISSENTS = "superseded_dissents"


def earlier_data(found: Signing) -> list[Json]:
    """Each in the order in which it was superseded: who wrote what when, and about which results."""
    return [_row(one) for one in found.earlier]


def _row(one: EarlierDissent) -> dict[str, Json]:
    row: dict[str, Json] = {
        "seat": one.seat,
        "text": one.text,
        "at": format_instant(one.at),
        "computation": one.computation,
        "computed_at": format_instant(one.computed_at),
    }
    return row if one.left_at is None else row | {"left_at": format_instant(one.left_at)}


def recorded_earlier(records: Iterable[Record], sealed: Record) -> list[Json]:
    """What the report that belongs to a seal has to state, from a lot's records before it, also if some are hidden."""
    state = Signing()
    for record in records:
        if record.seq >= sealed.seq:
            break
        state = signing.apply(state, record.fact, record.at)
    return earlier_data(state)

"""What the statement on signing (签署情况说明) says as data: computed from the case file, by the verifier again."""

from __future__ import annotations

from collections.abc import Iterable

from app.casefile.record import Record
from app.casefile.report_data import dissent_data
from app.casefile.rounds_of_evaluation import latest_evaluation
from app.procedure import signing
from app.procedure.signing import Signing
from crypto.canonical import Json
from crypto.instants import format_instant
from evaluation.sitting import SittingConvened

ATTACHMENT = "signing-statement.json"


def statement_data(case_id: str, lot: str, seats: Iterable[int], found: Signing, report_sha256: str) -> Json:
    """Every seat: when it signed, what it wrote and when, who recorded when that it did neither.

    Of whoever is recorded so, what it wrote about earlier results stands beside it: it was not silent about those.
    """
    return {
        "v": "signing-statement/v1",
        "case": case_id,
        "lot": lot,
        "report_sha256": report_sha256,
        "seats": [_seat(seat, found) for seat in sorted(seats)],
    }


def _seat(seat: int, found: Signing) -> dict[str, Json]:
    row: dict[str, Json] = {"seat": seat}
    if seat in found.signed:
        row["signed_at"] = format_instant(found.signed[seat])
    if dissent := found.dissents.get(seat):
        row["dissent"] = {"text": dissent.text, "at": format_instant(dissent.at)}
    if refusal := found.refusals.get(seat):
        row["refusal"] = {"recorded_by": refusal.by, "at": format_instant(refusal.at)}
        if earlier := found.own_earlier(seat):
            row["earlier_dissents"] = [dissent_data(one) for one in earlier]
    return row


def recorded_statement(records: Iterable[Record], sealed: Record) -> Json:
    """The statement that belongs to a seal, from a lot's records before it, also where some of them are hidden."""
    state, seats = Signing(), list[int]()
    for record in latest_evaluation(record for record in records if record.seq < sealed.seq):
        state = signing.apply(state, record.fact, record.at)
        if isinstance(record.fact, SittingConvened):
            seats = [seat.number for seat in record.fact.seats]
    return statement_data(sealed.case_id, sealed.lot, seats, state, sealed.fact.sealed_sha256)

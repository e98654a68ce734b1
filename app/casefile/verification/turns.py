"""The turns: was each cosigned by the witnesses whom the terms name, before anybody built on it?

A trustee signs no opening and no draw, and the platform prepares no report, before a quorum of witnesses vouches for
the close record, the statement, the results. So whoever rewrites a turn afterwards, and has it cosigned, is late.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from app.casefile.record import Record
from app.casefile.ticks import turns_name
from app.casefile.turns import TURNS, LotName, Turn, quorum_at, vouched
from app.casefile.verification.evidence import Evidence
from app.casefile.verification.findings import Findings, failed, held, not_covered
from app.casefile.verification.witnesses import read_note, read_ticks
from crypto.errors import CryptoError

CLOCKS_APART = timedelta(minutes=5)  # between the platform and a witness
# What waits for which turn.
WAITS = {
    "ShareReleased": "LotClosed",
    "DrawShareReleased": "DrawStated",
    "CapsuleShareReleased": "DrawStated",
    "ReportPrepared": "ResultsComputed",
}


def check_turns(evidence: Evidence) -> Findings:
    """Of each lot, where the terms name witnesses: the turns as the register has them, and when a quorum cosigned."""
    if not evidence.register.witnesses:
        return
    turns = waited = 0
    for lot in evidence.case.lots:
        mine = evidence.of_lot(lot)
        renewed = next((record.seq for record in mine if record.type == "NewCommitteeOrdered"), None)
        if renewed is not None and evidence.hidden:  # results that were given up are hidden from this holder
            mine = [record for record in mine if record.seq < renewed]
            yield not_covered("evidence_turns_partial", lot=lot)
        known = [record for record in mine if record.type in TURNS]
        turns += len(known)
        for record, turn in _waits(mine):
            waited += 1
            yield from _check_wait(evidence, known, record, turn)
    yield held("evidence_turns_vouched", turns=turns, waited=waited, quorum=evidence.register.quorum)


def _waits(records: Sequence[Record]) -> list[tuple[Record, Record]]:
    """What waited, each with the turn that it waited for: the first share of an opening or a round, a report."""
    found, latest, seen = [], dict[str, Record](), set[tuple[str, int]]()
    for record in records:
        if record.type in TURNS:
            latest[record.type] = record
        turn = latest.get(WAITS.get(record.type, ""))
        if turn is not None and (record.type, turn.seq) not in seen:
            seen.add((record.type, turn.seq))
            found.append((record, turn))
    return found


def _check_wait(evidence: Evidence, known: Sequence[Record], record: Record, turn: Record) -> Findings:
    """The quorum had cosigned the turn when what waited for it came."""
    what = {"seq": turn.seq, "type": turn.type, "lot": turn.lot}
    proofs = read_ticks(evidence.files, turns_name(turn.lot))
    notes = {size: note for size in {p.checkpoint for p in proofs} if (note := read_note(evidence, size)) is not None}
    lot, needed = LotName(evidence.origin, evidence.case_id, turn.lot), known.index(turn) + 1
    try:
        found = vouched(lot, [Turn.of(one) for one in known], needed, proofs, notes, evidence.register)
    except CryptoError as exc:
        yield failed("evidence_turn_wrong", **what, reason=exc.code)
        return
    at = quorum_at(evidence.register, found)
    if at is None:
        yield failed("evidence_turn_unvouched", **what, quorum=evidence.register.quorum, found=len(found))
    elif at - record.at > CLOCKS_APART:
        yield failed("evidence_turn_late", **what, waited=record.type, by=record.seq, cosigned_at=at)

"""Whose fault each bid of a lot is that could not be opened, as it is shown in the hall and on the record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from app.casefile.case import Case, LotCase
from app.messages import sentence
from app.procedure.attribution import COMPUTED, Fault, disputable_until, fault_of


@dataclass(frozen=True)
class FaultLine:
    """A void bid. `fault`: None while nobody has named one; `computed`: from the case file, and not the tenderer's to
    name; `ground`, `dispute`, `answer`: what was written, "" where nothing was; `until`: when the time to object ends.
    """

    receipt_id: str
    bidder: str
    reason: str
    fault: Fault | None
    computed: bool
    ground: str = ""
    dispute: str = ""
    answer: str = ""
    until: datetime | None = None


def fault_lines(case: Case, lot: str) -> tuple[FaultLine, ...]:
    """In the order of the board; nothing before it is read out."""
    state, profile = case.lot(lot), case.tender.published.profile
    if not state.opening.read_out:
        return ()
    lines = []
    for void in sorted(state.opening.voided.values(), key=lambda bid: bid.receipt_id):
        found = state.attributions.get(void.receipt_id)
        fault = fault_of(state.attributions, void.receipt_id, void.reason)
        line = FaultLine(void.receipt_id, void.bidder_name, void.reason, fault, void.reason in COMPUTED)
        if found is not None:
            answer, until = found.answer.ground if found.answer else "", disputable_until(found, profile)
            line = replace(line, ground=found.named.ground, dispute=found.dispute, answer=answer, until=until)
        lines.append(line)
    return tuple(lines)


def faults_to_name(lot: LotCase) -> tuple[str, ...]:
    """Receipts of void bids about which the tenderer has not named whose fault it is, or not answered an objection."""
    opening = lot.opening
    if not opening.read_out or opening.concluded_at is not None:
        return ()
    named = {receipt for receipt, one in lot.attributions.items() if not one.dispute or one.answer is not None}
    left = [void.receipt_id for void in opening.voided.values() if void.reason not in COMPUTED]
    return tuple(receipt for receipt in left if receipt not in named)


def fault_text(line: FaultLine, lang: str) -> str:
    """The same in one paragraph, as records say it."""
    if line.fault is None:
        return sentence("fault_unnamed_in_record", {}, lang)
    words = sentence(f"fault_is_{line.fault}", {}, lang)
    if line.computed:
        return sentence("fault_computed_in_record", {"words": words}, lang)
    parts = [sentence("fault_in_record", {"words": words, "ground": line.ground}, lang)]
    parts += [sentence("fault_dispute_in_record", {"text": line.dispute}, lang)] if line.dispute else []
    parts += [sentence("fault_answer_in_record", {"text": line.answer}, lang)] if line.answer else []
    return (" " if lang == "en" else "").join(parts)

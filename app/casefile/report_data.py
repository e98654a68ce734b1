"""What the report's attachment `report.json` says: computed from the case file, by the verifier again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.casefile.clarification_data import recorded_clarifications
from app.casefile.codec import encode
from app.casefile.competition import competition_data
from app.casefile.course_data import course_data
from app.casefile.disposals import disposals, findings_data
from app.casefile.named_chair import named_chair_data
from app.casefile.record import Record
from app.casefile.rolled_back import rollback_data
from app.casefile.rounds_of_evaluation import latest_evaluation
from app.procedure import signing
from app.procedure.bid_checking import BidsChecked
from app.procedure.profiles import RecordingRules
from app.procedure.signing import EarlierDissent, Signing
from crypto.canonical import Json, digest
from crypto.instants import format_instant
from evaluation.sitting import (
    BriefingGiven,
    PricesMarked,
    RecheckAnswered,
    RecheckOrdered,
    ReportPrepared,
    ResultsComputed,
    ScoreSheetLocked,
    TimeExtended,
)

REPORT_ATTACHMENT = "report.json"
EARLIER_DISSENTS = "superseded_dissents"
FINDINGS = "findings"
LOW_PRICES = "low_prices"
RECHECKS = "rechecks"
EXTENSIONS = "extensions"
BRIEFING = "briefing"


def report_data(records: Sequence[Record], rules: RecordingRules | None) -> Json:
    """From the records of a lot before its report, also if some are hidden: the result, the digest of the locked sheets
    that it stands on, the dissents from earlier results, how the sitting went (warnings, announcements, contract
    points, recordings), and what there is about the bids: where bidders were asked something, what; where prices were
    clearly low, which; where bids were checked, each finding with what was decided about it; where a stage was held
    again, why, and what stood before.
    """
    before = latest_evaluation(records)
    state, result = Signing(), None
    for record in before:
        state = signing.apply(state, record.fact, record.at)
        if isinstance(record.fact, ResultsComputed):
            result = record.fact.result
    about = recorded_clarifications(before) | recorded_about(before)
    return {
        **about,
        **course_data(records, rules),
        "v": "evaluation-report/v3",
        "case": records[0].case_id,
        "lot": records[0].lot,
        "result": encode(result),
        "sitting": sheets_digest(before),
        EARLIER_DISSENTS: earlier_data(state),
    }


def checked_data(records: Iterable[Record]) -> dict[str, Json]:
    """The findings on bids with the votes about them; nothing where bids were not checked."""
    found = list(records)
    checked = next((record.fact for record in found if isinstance(record.fact, BidsChecked)), None)
    return {} if checked is None else {FINDINGS: findings_data(checked.findings, disposals(found))}


def marked_data(records: Iterable[Record]) -> dict[str, Json]:
    """The prices that were to be explained, with the limits below which they lie; nothing where none was."""
    found = [record.fact.prices for record in records if isinstance(record.fact, PricesMarked)]
    return {LOW_PRICES: encode(found[-1])} if found and found[-1] else {}


def recorded_about(records: Sequence[Record]) -> dict[str, Json]:
    """What a report says besides clarifications: votes about competition, findings, low prices, rechecks, stages held
    again, time added, what the tenderer said before, whom it named as the chair."""
    asked = competition_data(records) | checked_data(records) | marked_data(records) | recheck_data(records)
    before = briefing_data(records) | named_chair_data(records)
    return asked | rollback_data(records) | extended_data(records) | before


def extended_data(records: Iterable[Record]) -> dict[str, Json]:
    """By how much, when and in which words the time was extended; nothing where it was not."""
    found = [record for record in records if isinstance(record.fact, TimeExtended)]
    rows: list[Json] = [{"at": format_instant(one.at), **vars(one.fact)} for one in found]
    return {EXTENSIONS: rows} if rows else {}


def briefing_data(records: Iterable[Record]) -> dict[str, Json]:
    """When and in which words the tenderer briefed the committee; nothing where it did not."""
    found = [record for record in records if isinstance(record.fact, BriefingGiven)]
    return {BRIEFING: {"at": format_instant(found[-1].at), "text": found[-1].fact.text}} if found else {}


def recheck_data(records: Iterable[Record]) -> dict[str, Json]:
    """Why and when the tenderer had sealed versions of the report checked again, what the committee answered, and
    whether the result is another one than that version's; nothing where it never did."""
    found: list[dict[str, Json]] = []
    result = sealed = None
    for record in records:
        fact = record.fact
        if isinstance(fact, ResultsComputed):
            result = fact.result
        elif isinstance(fact, RecheckOrdered):
            sealed = result
            found.append({"reason": fact.note, "asked_at": format_instant(record.at)})
        elif isinstance(fact, RecheckAnswered):
            answered = {"answer": fact.text, "answered_at": format_instant(record.at), "corrected": result != sealed}
            found[-1] |= answered
    return {RECHECKS: found} if found else {}


def sheets_digest(records: Iterable[Record]) -> str:
    """The digest over the payloads of all sheets in the order in which they were locked, corrected ones again."""
    return digest([record.payload_sha256 for record in records if isinstance(record.fact, ScoreSheetLocked)])


def earlier_data(found: Signing) -> list[Json]:
    """Each in the order in which it was superseded: who wrote what when, and about which results."""
    return [_row(one) for one in found.earlier]


def _row(one: EarlierDissent) -> dict[str, Json]:
    row = {"seat": one.seat} | dissent_data(one)
    return row if one.left_at is None else row | {"left_at": format_instant(one.left_at)}


def dissent_data(one: EarlierDissent) -> dict[str, Json]:
    """What was written when, and about which results."""
    return {
        "text": one.text,
        "at": format_instant(one.at),
        "computation": one.computation,
        "computed_at": format_instant(one.computed_at),
    }


def recorded_report(records: Iterable[Record], sealed: Record, rules: RecordingRules | None) -> Json:
    """The data of the report that belongs to a seal, from a lot's records: as they stood when it was prepared last."""
    before = [record for record in records if record.seq < sealed.seq]
    prepared = max(at for at, record in enumerate(before) if isinstance(record.fact, ReportPrepared))
    return report_data(before[:prepared], rules)

"""What the rows beside a case's log must say, made again from its entries; and how rows differ from that.

A rebuilt table is a mapping from the row's own key to those columns that the log determines.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from app.casefile.case import Case, LotCase
from app.casefile.document_data import failure_name, report_name, statement_name
from app.casefile.record import Record
from app.casefile.register import CertificateIssued
from app.procedure.buyers import PERSON
from app.procedure.clarifying import answer_file_name
from crypto.canonical import Json
from crypto.instants import format_instant
from evaluation import draw
from evaluation.committee import MemberRole

Key = tuple[str, ...]
Row = Mapping[str, Any]
Rows = Mapping[Key, Row]

# Values that may stand in a terminal or a log. Of all others (bids' sizes, keys, salts, people) a hash is shown.
PUBLIC_TABLES = frozenset({"tender", "lot"})
ABSENT, PRESENT = "-", "+"


@dataclass(frozen=True)
class Difference:
    """A row that does not say what the events say. `column` is "" for a row too few (`found` "-") or too many ("+")."""

    table: str
    key: str
    column: str
    found: str
    expected: str


def shown(table: str, value: Any) -> str:
    """A value as a difference names it, with nothing secret in it."""
    text = format_instant(value) if isinstance(value, datetime) else str(value)
    if isinstance(value, bytes):
        text = value.hex()
    if table in PUBLIC_TABLES or isinstance(value, datetime | bool) or value is None:
        return text[:120]
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def differs(table: str, key: Iterable[Any], column: str, found: Any, expected: Any) -> Difference:
    """One value of a row that is another one than the events give."""
    return Difference(table, "/".join(map(str, key)), column, shown(table, found), shown(table, expected))


def missing(table: str, key: Iterable[Any]) -> Difference:
    return Difference(table, "/".join(map(str, key)), "", ABSENT, PRESENT)


def unfounded(table: str, key: Iterable[Any]) -> Difference:
    """A row to which nothing in the log leads."""
    return Difference(table, "/".join(map(str, key)), "", PRESENT, ABSENT)


def compare(table: str, expected: Rows, found: Sequence[tuple[Key, Row]]) -> Iterator[Difference]:
    """Every row too few, too many or twice, and every column that says something else."""
    seen: set[Key] = set()
    for key, row in found:
        if key not in expected or key in seen:
            yield unfounded(table, key)
            continue
        seen.add(key)
        for column, value in expected[key].items():
            if row[column] != value:
                yield differs(table, key, column, row[column], value)
    for key in expected:
        if key not in seen:
            yield missing(table, key)


# tender and gates


def tender_rows(case: Case) -> Rows:
    """The row of a published case in lists and search."""
    if case.tender.published_at is None or case.tender.parties is None:
        return {}
    terms, parties = case.tender.published, case.tender.parties
    row = {"code": terms.code, "title": terms.title, "buyer": terms.buyer, "profile": terms.profile.name}
    owners = {"agency_id": parties.agency.id, "regulator_id": parties.regulator.id}
    return {(case.id,): {**row, **owners, "published_at": case.tender.published_at}}


def lot_rows(case: Case) -> Rows:
    """The gates of the lots of a published case."""
    if case.tender.published_at is None:
        return {}
    return {
        (case.id, lot.number): {
            "title": lot.title,
            "deadline_at": case.tender.deadlines[lot.number],
            "closed_at": case.lots[lot.number].opening.closed_at,
        }
        for lot in case.tender.published.lots
    }


# acts


def act_head_rows(records: Iterable[Record]) -> Rows:
    """The last act of each person."""
    signed = ((record, record.signed) for record in records)
    return {(r.case_id, r.actor): {"act_hash": act.act_hash} for r, act in signed if act is not None}


def command_rows(case: Case, records: Sequence[Record], platform_certificate: str) -> Rows:
    """Each signed act with its first answer."""
    found: dict[Key, Row] = {}
    for place, record in enumerate(records):
        if record.signed is None:
            continue
        answer: dict[str, Json] = {"accepted": record.type, "lot": record.lot, "at": format_instant(record.at)}
        answer |= _answered(record, records[place + 1 : place + 2], platform_certificate)
        act = record.signed.act
        row = {"payload_sha256": act["payload_sha256"], "answer": answer}
        found[record.actor, case.id, act["command_id"]] = row
    return found


def _answered(record: Record, after: Sequence[Record], platform_certificate: str) -> dict[str, Json]:
    """What the features add to the answers of their acts."""
    if record.type == "BidSubmitted":
        receipt = {name: after[0].payload[name] for name in ("receipt", "key_id", "signature")}
        return {"receipt": receipt, "platform_certificate": platform_certificate}
    if record.type == "DrawConditionsProposed":
        return {"conditions_sha256": draw.conditions_sha256(record.fact.conditions)}
    if record.type in ("MemberIdentified", "BoothChanged"):
        return {"scope": f"{record.case_id}/{record.lot}#{record.fact.seat}"}
    return {}


def certificate_rows(register: Iterable[Record]) -> Rows:
    """Every certificate that was entered in the register, and whether it was taken out of use."""
    found: dict[Key, Row] = {}
    for record in register:
        fact = record.fact
        if record.type == "CertificateIssued":
            row = {"account_id": fact.account, "key_id": fact.key_id, "scope": fact.scope, "pem": fact.pem}
            dates = {"issued_at": record.at, "expires_at": fact.expires_at, "revoked_at": None, "revoked_because": ""}
            found[fact.serial,] = {**row, **dates}
        elif record.type == "CertificateRevoked":
            revoked = {"revoked_at": record.at, "revoked_because": fact.reason}
            found[fact.serial,] = {**found[fact.serial,], **revoked}
    return found


# the draw


def pseudonym_rows(case: Case, records: Iterable[Record]) -> Rows:
    """The pool as each lot's statements have it. With the row's own salt the findings open the first `recused` hash
    that is of a conflict, and the account of the expert opens `person`.
    """
    found: dict[Key, Row] = {}
    states: defaultdict[str, draw.DrawState] = defaultdict(draw.DrawState)
    for record in records if case.inspection is None else ():  # whose pools the log itself holds
        if not isinstance(record.fact, draw.DrawEvent):
            continue
        if isinstance(record.fact, draw.DrawStated):
            _add_pool(found, (case.id, record.lot), record.fact, states[record.lot])
        states[record.lot] = draw.apply(states[record.lot], record.fact)
    return found


def _add_pool(found: dict[Key, Row], place: tuple[str, str], fact: draw.DrawStated, before: draw.DrawState) -> None:
    """A statement's pool: in a further round it may be wider, and some are left out for what is no conflict."""
    earlier = {entry["id"] for one in before.rounds if one.statement for entry in one.stated["recused"]}
    otherwise = draw.excluded(before, fact.candidates).keys() | earlier
    entries = json.loads(fact.statement)["recused"]
    recused = {entry["id"]: entry["reason_sha256"] for entry in entries if entry["id"] not in otherwise}
    for candidate in fact.candidates:
        known = found.get((*place, candidate.id), {})
        found[(*place, candidate.id)] = {
            "unit": candidate.unit,
            "strata": json.dumps(list(candidate.strata)),
            "recused": known.get("recused") or recused.get(candidate.id, ""),
            **({"person": candidate.person} if candidate.person else {}),
        }


def recused_hash(number: str, salt: bytes, findings: str) -> str:
    """What a statement must say of a pseudonym with these findings; "" for none."""
    return "" if findings == "[]" else draw.reason_sha256(salt, number, findings)


def person_hash(case: Case, lot: str, number: str, salt: bytes, account: str) -> str:
    """What a statement must say of who is behind a number; "" for a lot that has no draw."""
    state = case.lots.get(lot)
    conditions = state.draw.conditions if state else None
    return draw.person_commitment(salt, conditions.draw_id, number, account) if conditions else ""


def call_up_rows(case: Case, records: Iterable[Record], code_hash: Callable[[str, str], str]) -> Rows:
    """Each call-up by the hash of its code (`code_hash(lot, number)`), with its answer; the buyer's are named."""
    found: dict[Key, dict[str, Any]] = {}
    reached: set[tuple[str, str]] = set()
    for record in records:
        fact = record.fact
        if record.type == "CallUpSent":
            answer_by = case.tender.published.profile.answer_by(record.at)
            row = {"case_id": case.id, "lot": record.lot, "round": fact.round, "number": fact.candidate}
            dates: dict[str, Any] = {"answer_by": answer_by, "accepted": None, "answered_at": None}
            found[code_hash(record.lot, fact.candidate),] = {**row, **dates}
        elif record.type == "CallAttempted" and fact.outcome is not draw.Outcome.FAILED:
            if (record.lot, fact.candidate) not in reached:  # from then on there is time
                answer_by = case.tender.published.profile.answer_by(record.at)
                found[code_hash(record.lot, fact.candidate),]["answer_by"] = answer_by
            reached.add((record.lot, fact.candidate))
        elif record.type in ("CallUpAnswered", "CallUpExpired"):
            accepted = record.type == "CallUpAnswered" and fact.accepted
            found[code_hash(record.lot, fact.candidate),] |= {"accepted": accepted, "answered_at": record.at}
        elif record.type == "SittingConvened":
            named = [seat.person for seat in fact.seats if seat.role is MemberRole.BUYER]
            found |= {(code_hash(record.lot, person),): _named_row(case, record, person) for person in named}
        elif record.type == "MemberReplaced" and fact.person.startswith(PERSON):
            found[code_hash(record.lot, fact.person),] = _named_row(case, record, fact.person)
    return found


def _named_row(case: Case, record: Record, person: str) -> dict[str, Any]:
    """Of who sits for the buyer, from when the seat is theirs."""
    row = {"case_id": case.id, "lot": record.lot, "round": 0, "number": person}
    row |= {"answer_by": record.at, "accepted": True, "answered_at": record.at}
    return {**row, "account_id": case.lots[record.lot].buyers.who(person).account}


def recording_rows(case: Case) -> Rows:
    """The pieces of recordings that entries name."""
    return {
        (case.id, lot, run.site, str(run.number), str(number)): {
            name: value for name, value in vars(piece).items() if name != "number"
        }
        for lot, state in case.lots.items()
        for run in state.recordings.runs.values()
        for number, piece in run.pieces.items()
    }


def seat_accounts(case: Case, issued: Iterable[CertificateIssued]) -> Mapping[tuple[str, str], str]:
    """Who sat on a seat, as the certificates of the seats' keys say: by lot and the person's number in the draw."""
    owners = {fact.scope: fact.account for fact in issued if fact.scope}
    return {
        (number, seat.person): owners[f"{case.id}/{number}#{seat.number}"]
        for number, lot in case.lots.items()
        if lot.convened
        for sitting in (lot.sitting, *(one.lot.sitting for one in lot.earlier))
        for seat in sitting.seats.values()
        if f"{case.id}/{number}#{seat.number}" in owners
    }


# files


@dataclass(frozen=True)
class FileKey:
    """Where an entry says that there is a file."""

    lot: str
    kind: str
    owner: str
    name: str
    created_at: datetime | None

    @property
    def key(self) -> Key:
        made = format_instant(self.created_at) if self.created_at else ""
        return (self.lot, self.kind, self.owner, self.name, made)


@dataclass(frozen=True)
class NamedFile:
    """A file as its entry names it; None where the entry leaves it open. `id` of documents alone."""

    place: FileKey
    sha256: str | None
    size: int | None = None
    id: str | None = None
    lost: bool = False


def named_files(case: Case, records: Sequence[Record]) -> Iterator[NamedFile]:
    """Every file to which a case leads. What a signer added to the report is named by the revision after it."""
    if case.tender.published_at is not None:
        for document in case.tender.published.documents:
            place = FileKey("", "document", "", document.name, None)
            yield NamedFile(place, document.sha256, document.size, document.id)
    sealed: Counter[str] = Counter()  # versions of the report, by lot
    for before, record in pairwise((None, *records)):
        assert record is not None
        yield from _files_of(case, before, record, sealed[record.lot])
        sealed[record.lot] += record.type == "ReportSealed"


def _files_of(case: Case, before: Record | None, record: Record, sealed: int) -> Iterator[NamedFile]:
    fact, lot, at = record.fact, record.lot, record.at
    match record.type:
        case "BidReceipted":
            assert before is not None
            sub, owner = before.fact, fact.receipt_id
            if _destroyed(case.lots[lot], owner):
                return
            lost = owner in case.lots[lot].lost
            yield NamedFile(FileKey(lot, "bid", owner, "bid.age", at), sub.bid_root, sub.bid_size, lost=lost)
            yield NamedFile(FileKey(lot, "capsule", owner, "capsule.age", at), sub.capsule_sha256, lost=lost)
        case "BidOpened":
            for file in fact.files:
                place = FileKey(lot, "opened", fact.receipt_id, file.path, at)
                yield NamedFile(place, file.root, file.size)
        case "RehearsalOpened" if case.rehearsal is not None and case.rehearsal.ended_at is None:
            for bid in fact.bids:
                yield NamedFile(FileKey("", "rehearsal", bid.name, "bid.age", at), bid.bid_root)
        case "ClarificationAnswered":
            for number, file in enumerate(fact.files, 1):
                place = FileKey(lot, "clarification", fact.bid, answer_file_name(fact.id, number), at)
                yield NamedFile(place, file.sha256, file.size)
        case "ResultsEntered" | "ViewStated" | "RectificationRecorded":
            for file in fact.files:
                place = FileKey("", "inspection", file.id, file.name, at)
                yield NamedFile(place, file.sha256, file.size)
        case _:
            yield from _papers_of(record, sealed + 1 if sealed else None)


def _papers_of(record: Record, version: int | None) -> Iterator[NamedFile]:
    """The documents that the platform made at a record; `version`: of the report made then, None for the first."""
    fact, lot, at = record.fact, record.lot, record.at
    report = FileKey(lot, "report", "", report_name(lot, version), at)
    match record.type:
        case "OpeningConcluded":
            yield NamedFile(FileKey(lot, "record", "", f"opening-record-{lot}.pdf", at), fact.record_sha256)
        case "BidsChecked":
            yield NamedFile(FileKey(lot, "readings", "", f"bid-readings-{lot}.json", at), fact.readings_sha256)
        case "ReportPrepared":
            yield NamedFile(report, fact.report_sha256)
        case "ReportSigned":
            yield NamedFile(report, None)
        case "ReportSealed":
            yield NamedFile(report, fact.sealed_sha256)
            if fact.statement_sha256:
                place = FileKey(lot, "statement", "", statement_name(lot, version), at)
                yield NamedFile(place, fact.statement_sha256)
        case "FailureRecordSealed":
            place = FileKey(lot, "failure", "", failure_name(lot, fact.committee), at)
            yield NamedFile(place, fact.sealed_sha256)


def _destroyed(lot: LotCase, receipt_id: str) -> bool:
    """Whether the files are gone for good: of bids that ended before the close, and of those whose key never came."""
    ended = lot.opening.closed is not None and bool(lot.bidding.submissions[receipt_id].ended)
    return ended or (lot.opening.settled(receipt_id) and bool(lot.opening.stays_closed(receipt_id)))

"""Files of a lot that somebody may read: opened bids for those who evaluate, records and reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import select

from app.casefile.anonymous import reads_unnamed, scores_without_prices
from app.casefile.bid_ids import bid_of, receipt_of
from app.casefile.case import Case
from app.documents.wording import Lang
from app.models import StoredFile
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, allowed, asks_reason, authorize
from app.procedure.anonymity import is_technical_file
from app.procedure.booth_files import ending_of, shown_as
from app.procedure.errors import RuleViolation
from app.procedure.qualification import is_qualification_file
from app.procedure.roles import Actor, Role
from app.queries.cases import load_case
from app.services.access import record_reading
from app.services.documents import latest_document
from app.services.file_names import OF_THE_CASE, saved_as
from app.services.platform import Platform
from app.services.stored_bytes import file_chunks, file_range

READ_WITH = {
    "document": Action.DOCUMENTS_DOWNLOAD,
    "opened": Action.BIDS_READ,
    "clarification": Action.CLARIFICATION_READ,
    "record": Action.OPENING_WATCH,
    "report": Action.REPORT_READ,
    "statement": Action.REPORT_READ,
    "failure": Action.FAILURE_READ,
}
OF_A_REPORT = frozenset({"report", "statement"})


def _action(case: Case, row: StoredFile) -> Action:
    """What reading a file asks for; of an opened bid the files marked as qualification are for the agency too (72), and
    what was sealed before a recheck is read whatever came of that."""
    if row.kind == "opened" and is_qualification_file(row.name):
        return Action.QUALIFICATION_READ
    if row.kind in OF_A_REPORT and row.sha256 in case.lots[row.lot].sitting.sealed_before:
        return Action.VERSION_READ
    return READ_WITH[row.kind]


def _of_this_report(actor: Actor, case: Case, row: StoredFile) -> bool:
    """Whether a report or statement is no matter of a committee before the one that evaluates now: what that one has
    sealed is read on, but by nobody who evaluates the same bids, and what it has not sealed by nobody."""
    earlier = case.lots[row.lot].earlier
    if not earlier or row.created_at >= earlier[-1].at:
        return True
    return not actor.seat and row.sha256 in case.lots[row.lot].sitting.sealed_before


@dataclass(frozen=True)
class FileView:
    """A file that the asker may read."""

    id: str
    kind: str
    owner: str
    name: str
    size: int
    sha256: str
    media_type: str

    @property
    def shown_as(self) -> str:
        """As what the viewer of a room draws it; "" for what it cannot show."""
        return shown_as(self.name, self.size)


def _view(actor: Actor, case: Case, row: StoredFile, name: str = "") -> FileView:
    owner = row.owner
    if row.kind == "opened" and (actor.seat or actor.is_(Role.REGULATOR)):  # who may enter the room knows its ids
        owner = bid_of(case.lots[row.lot], row.owner)
    return FileView(row.id, row.kind, owner, name or row.name, row.size, row.sha256, row.media_type)


def _named_view(actor: Actor, case: Case, row: StoredFile, number: int = 0) -> FileView:
    """A file under its own name or, of an anonymous bid, under none that its bidder gave."""
    if not _hidden(actor, case, row):
        return _view(actor, case, row)
    ending = ending_of(row.name)
    return _view(actor, case, row, f"技术文件 {number}{ending}" if number else f"file{ending}")


def _hidden(actor: Actor, case: Case, row: StoredFile) -> bool:
    """Whether a file belongs to a bid whose bidder this actor must not know yet."""
    return row.kind == "opened" and reads_unnamed(actor, case, row.lot)


def names_of(platform: Platform, case: Case, lot: str, bid: str) -> dict[str, str]:
    """The ids of the files of a bid under review by their own names, for what the bid says of them: not to be shown."""
    opened = select(StoredFile).where(StoredFile.case_id == case.id, StoredFile.lot == lot, StoredFile.kind == "opened")
    owner = receipt_of(case.lots[lot], bid)
    with platform.database.reading() as db_session:
        return {row.name: row.id for row in db_session.scalars(opened.where(StoredFile.owner == owner))}


def readable_files(platform: Platform, actor: Actor, case_id: str, lot: str) -> tuple[FileView, ...]:
    """Files of a lot; of records and reports only the latest revision, and what was sealed before.

    Raises RuleViolation `lot_unknown`.
    """
    with platform.database.reading() as db_session:
        case = load_case(db_session, case_id)
        case.lot(lot)
        query = (
            select(StoredFile)
            .where(StoredFile.case_id == case_id, StoredFile.lot.in_(["", lot]), StoredFile.kind.in_(READ_WITH))
            .order_by(StoredFile.kind, StoredFile.owner, StoredFile.name)
        )
        latest = {kind: latest_document(db_session, case_id, lot, kind) for kind in ("record", "report")}
        if not case.lots[lot].sitting.report_sha256:  # the one that there was is void
            latest["report"] = None
        kept = {row.sha256 for row in latest.values() if row is not None}
        kept |= case.lots[lot].sitting.sealed_before  # what was rechecked stays
        rows = [
            row
            for row in db_session.scalars(query)
            if (row.kind not in latest or row.sha256 in kept) and _readable(actor, case, row, lot)
        ]
    seen: Counter[str] = Counter()
    found = []
    for row in sorted(rows, key=lambda row: row.id) if any(_hidden(actor, case, row) for row in rows) else rows:
        seen[row.owner] += 1
        found.append(_named_view(actor, case, row, seen[row.owner]))
    return tuple(found)


def _readable(actor: Actor, case: Case, row: StoredFile, lot: str) -> bool:
    if _hidden(actor, case, row) and not _judged_unnamed(case, row):
        return False
    if row.kind == "clarification" and actor.seat and row.id not in _answered_here(case, row.lot):
        return False
    if row.kind == "clarification" and _about_price(case, row) and scores_without_prices(actor, case, row.lot):
        return False
    if row.kind in OF_A_REPORT and not _of_this_report(actor, case, row):
        return False
    return row.kind in READ_WITH and allowed(actor, _action(case, row), case, row.lot or lot)


def _answered_here(case: Case, lot: str) -> set[str]:
    """The files of answers to the committee that evaluates now."""
    answers = [one.answered for one in case.lots[lot].asked_here.values() if one.answered]
    return {file.id for answer in answers for file in answer.files}


def _about_price(case: Case, row: StoredFile) -> bool:
    """Whether a file belongs to what a bidder answered about its price."""
    answers = [one.answered for one in case.lots[row.lot].clarifying.values() if one.after_locks and one.answered]
    return row.id in {file.id for answer in answers for file in answer.files}


def _judged_unnamed(case: Case, row: StoredFile) -> bool:
    """Whether it is a technical file of a bid under review: others of an anonymous lot nobody in the room reads."""
    state = case.lots[row.lot]
    reviewed = {receipt_of(state, bid.bid) for bid in state.sitting.bids}
    return is_technical_file(row.name) and (row.owner in reviewed or not state.convened)


def read_file(
    platform: Platform, actor: Actor, file_id: str, address: str = "", lang: Lang = "zh"
) -> tuple[FileView, Iterator[bytes]]:
    """A file and its bytes in pieces; documents of the case under the name by which they are saved.

    Raises RuleViolation `file_unknown` also for one that is not for this asker, `reason_needed`, `file_damaged`.
    """
    row = entitled_file(platform, actor, file_id, address)
    with platform.database.reading() as db_session:
        case = load_case(db_session, row.case_id)
    view = _named_view(actor, case, row)
    if row.kind in OF_THE_CASE:
        view = replace(view, name=saved_as(case, row, lang))
    with _damage_of(view):
        return view, file_chunks(platform, case, row)


@contextmanager
def _damage_of(view: FileView) -> Iterator[None]:
    """What is damaged is called as the asker knows it."""
    try:
        yield
    except RuleViolation as refusal:
        if refusal.code != "file_damaged":
            raise
        raise RuleViolation("file_damaged", name=view.name) from refusal


OF_A_BID = frozenset({"opened", "clarification"})  # what the viewer of the room shows
MOST_AT_ONCE = 4 << 20  # bytes of a file that one request for a range gets


def read_range(
    platform: Platform, actor: Actor, file_id: str, first: int, last: int | None, address: str = ""
) -> tuple[FileView, int, bytes]:
    """A part of a file of an opened bid or of an answer, for the viewer: its row, where the part ends (`last` at most),
    and its bytes.

    Who asks is checked for each part, so that a viewer left open shows nothing more once the seat may not read.
    Raises RuleViolation `file_unknown`, `reason_needed`, `file_damaged`, `range_wrong`.
    """
    row = entitled_file(platform, actor, file_id, address)
    end = min(row.size - 1 if last is None else last, row.size - 1, first + MOST_AT_ONCE - 1)
    if row.kind not in OF_A_BID or not 0 <= first <= end:
        raise RuleViolation("range_wrong", size=row.size)
    with platform.database.reading() as db_session:
        case = load_case(db_session, row.case_id)
    view = _named_view(actor, case, row)
    with _damage_of(view):
        if row.kind != "opened":  # a whole file of a few megabytes
            return view, end, b"".join(file_chunks(platform, case, row))[first : end + 1]
        return view, end, file_range(platform, case, row, first, end)


def entitled_file(platform: Platform, actor: Actor, file_id: str, address: str) -> StoredFile:
    """The row of a file that the asker may read; what is read for a stated reason is kept in the access log first.

    Raises RuleViolation `file_unknown`, `reason_needed`.
    """
    with platform.database.reading() as db_session:
        row = db_session.get(StoredFile, file_id)
        if row is None or row.kind not in READ_WITH:
            raise RuleViolation("file_unknown")
        case = load_case(db_session, row.case_id)
        action = _action(case, row)
    lot = row.lot or actor.lot_of_seat(case.id)  # what is of all lots, a booth reads for its own
    try:
        if not _readable(actor, case, row, lot) and allowed(actor, action, case, lot):
            raise RuleViolation("file_unknown")
        authorize(actor, action, case, lot)
    except NotAllowed as exc:
        raise RuleViolation("file_unknown") from exc
    if asks_reason(actor, action, case, lot):
        record_reading(platform.database, actor, action, case.id, lot=lot, subject=row.id, address=address)
    return row

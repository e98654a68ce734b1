"""Import of many experts from a table: examined first, taken part by part when asked, and the same file twice does
nothing twice.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session as DbSession

from app.adapters.specialities import read_tree
from app.adapters.spreadsheets import read_table, write_csv
from app.adapters.workbooks import write_workbook
from app.database import in_native_thread
from app.models import ExpertImport, ExpertImportFinding, ExpertImportPart, Organisation, Site, SpecialityList
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.procedure.expert_rows import COLUMNS, Fault, Known, headings, likenesses, read_row, repeated
from app.queries.experts import current_tree
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.experts import enter_experts, known_alike, known_numbers, likeness_keys, taken_logins
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction, schedule_job
from evaluation.standing import Status

PART = 1000
FINDINGS_KEPT = 100_000  # of each kind: as many rows as a file can have
MACHINE = "machine"  # whoever has a command line on the server
GENERATED = "generated"
Entry = dict[str, Any]
Progress = Callable[[int, int], None]


class _Examination:
    """What is found in a file, row by row."""

    def __init__(self, platform: Platform, known: Known) -> None:
        self.platform, self.known = platform, known
        self.total = self.faulty = self.known_already = 0
        self.faults: list[Fault] = []
        self.alike: list[Fault] = []
        self._rows_like: dict[str, int] = {}
        self._seen: set[str] = set()
        self._names: dict[str, str] = {}

    def entries(self, rows: Iterator[tuple[str, ...]]) -> Iterator[Entry]:
        """Entries without a fault. Raises RuleViolation `table_empty`, `table_headings_missing`."""
        first = next(rows, None)
        if first is None:
            raise RuleViolation("table_empty")
        places, missing = headings(first)
        if missing:
            raise RuleViolation("table_headings_missing", columns="、".join(missing))
        for number, row in enumerate(rows, 2):
            if any(row):
                yield from self._read(number, {k: row[at] if at < len(row) else "" for k, at in places.items()})

    def _read(self, number: int, cells: Mapping[str, str]) -> Iterator[Entry]:
        self.total += 1
        entry, faults = read_row(number, cells, self.known)
        if column := repeated(entry, self._seen):
            faults = (*faults, Fault(number, column, "row_repeated"))
        employer = entry["organisation"]
        if self._names.setdefault(employer["credit_code"], employer["name"]) != employer["name"]:
            given = f"{employer['name'][:15]} ≠ {self._names[employer['credit_code']][:15]}"
            faults = (*faults, Fault(number, "organisation", "row_organisation_name", given))
        if not faults:
            self._seen |= {f"{key}:{entry[key]}" for key in ("number", "id_number") if entry[key]}
            self._compare(number, entry)
            yield entry | {"row": number}
            return
        self._refuse(*faults)

    def _refuse(self, *faults: Fault) -> None:
        """One row less that can be taken."""
        self.faulty += 1
        self.faults += faults[: max(0, FINDINGS_KEPT - len(self.faults))]

    def _compare(self, number: int, entry: Entry) -> None:
        """Rows of the same file that may be of one person."""
        for column, text in likenesses(entry).items():
            first = self._rows_like.setdefault(f"{column}:{text}", number)
            if first != number:
                self._note(Fault(number, column, "row_alike_row", str(first)))

    def _note(self, likeness: Fault) -> None:
        if len(self.alike) < FINDINGS_KEPT:
            self.alike.append(likeness)

    def new(self, db_session: DbSession, entries: list[Entry]) -> list[Entry]:
        """Those who are not in the library yet, whose log-in name is free, and whose employer has no other name."""
        known = known_numbers(self.platform, db_session, entries)
        self.known_already += len(known)
        codes = {entry["organisation"]["credit_code"] for entry in entries}
        names = select(Organisation.credit_code, Organisation.name).where(Organisation.credit_code.in_(codes))
        registered = {code: name for code, name in db_session.execute(names)}
        others = [entry for entry in entries if entry["number"] not in known]
        taken, found = taken_logins(db_session, others), list[Entry]()
        for entry in others:
            employer = entry["organisation"]
            name = registered.get(employer["credit_code"], employer["name"])
            if entry["login"] in taken:
                self._refuse(Fault(entry["row"], "number", "row_login_taken", entry["login"]))
            elif name != employer["name"]:
                given = f"{employer['name'][:15]} ≠ {name[:15]}"
                self._refuse(Fault(entry["row"], "organisation", "row_organisation_name", given))
            else:
                found.append(entry | {"keys": likeness_keys(self.platform, entry)})
        for one, column, number in known_alike(self.platform, db_session, found):
            self._note(Fault(one["row"], column, "row_alike_known", number))
        return found


def examine_import(platform: Platform, log_in: LogIn, name: str, data: bytes) -> str:
    """Read a table and keep what can be taken, sealed; nobody is entered yet. The import's id.

    Raises RuleViolation of `read_table`, `table_empty`, `table_headings_missing`.
    """
    return _examine(platform, log_in.account_id, name, data)


def examine_on_machine(platform: Platform, name: str, data: bytes) -> str:
    """As `examine_import`, by whoever runs a command on the server."""
    return _examine(platform, MACHINE, name, data)


def _examine(platform: Platform, by: str, name: str, data: bytes) -> str:
    """Reading and comparing hold no lock: a large table takes long, and a bid must not wait for it."""
    with platform.database.reading() as db_session:
        _authorize(db_session, by)
        sites = {key: row.id for row in db_session.scalars(select(Site)) for key in (row.name, row.id)}
        today = platform.database.now().date()
        found = _Examination(platform, Known(sites, current_tree(db_session), today))
        rows = read_table(data)
        entries = in_native_thread(lambda: list(found.entries(rows)))
        parts = []
        for at in range(0, len(entries), PART):
            if fresh := found.new(db_session, entries[at : at + PART]):
                parts.append(platform.keys.protect(json.dumps(fresh, ensure_ascii=False).encode()))
    row = ExpertImport(id=secrets.token_hex(8), name=name[:200], sha256=hashlib.sha256(data).hexdigest(), by=by)
    row.stage, row.total, row.taken = "checked", found.total, 0
    row.faulty, row.known = found.faulty, found.known_already
    with plain_transaction(platform.database) as (db_session, now):
        _authorize(db_session, by)
        row.at = now
        db_session.add(row)
        db_session.flush()
        _keep(db_session, row.id, found.faults, alike=False)
        _keep(db_session, row.id, found.alike, alike=True)
        for number, sealed in enumerate(parts):
            db_session.add(ExpertImportPart(import_id=row.id, part=number, sealed=sealed))
    return row.id


def _keep(db_session: DbSession, import_id: str, found: Sequence[Fault], *, alike: bool) -> None:
    """What was found, in the order of the rows, behind what is kept of this import already."""
    kept = select(func.count()).where(ExpertImportFinding.import_id == import_id, ExpertImportFinding.alike == alike)
    first = db_session.scalar(kept) or 0
    of_all = {"import_id": import_id, "alike": alike}
    in_order = enumerate(sorted(found, key=lambda fault: fault.row), first)
    if rows := [{**of_all, "place": place, **vars(fault)} for place, fault in in_order]:
        db_session.execute(insert(ExpertImportFinding), rows)


def _authorize(db_session: DbSession, by: str) -> None:
    if by not in (MACHINE, GENERATED):
        authorize(load_actor(db_session, by), Action.EXPERT_MANAGE)


def enter_generated(platform: Platform, rows: Sequence[Sequence[str]], progress: Progress) -> int:
    """Fill a demonstration with experts who are nobody, admitted at once; how many. Raises RuleViolation `demo_only`,
    `site_missing`.
    """
    if not platform.settings.demo:
        raise RuleViolation("demo_only")
    with platform.database.reading() as db_session:
        if db_session.scalar(select(Site.id).limit(1)) is None:
            raise RuleViolation("site_missing")
    import_id = _examine(platform, GENERATED, GENERATED, write_csv(rows))
    take_now(platform, import_id, progress, Status.ADMITTED)
    with platform.database.reading() as db_session:
        return db_session.get_one(ExpertImport, import_id).taken


def template() -> bytes:
    """The headings and one row to copy, as XLSX."""
    return write_workbook([[column.zh for column in COLUMNS], [column.example for column in COLUMNS]])


def start_import(platform: Platform, log_in: LogIn, import_id: str) -> None:
    """Take the good rows, in the background. Raises RuleViolation `batch_unknown`, `import_over`."""
    with plain_transaction(platform.database) as (db_session, now):
        _authorize(db_session, log_in.account_id)
        row = _import(db_session, import_id)
        if row.stage != "checked":
            raise RuleViolation("import_over")
        row.stage = "taking"
        schedule_job(db_session, "take_experts", now, detail=f"{import_id}-0")


def cancel_import(platform: Platform, log_in: LogIn, import_id: str) -> None:
    """Nothing further is taken; who was entered stays. Raises RuleViolation `batch_unknown`, `import_over`."""
    with plain_transaction(platform.database) as (db_session, _now):
        _authorize(db_session, log_in.account_id)
        row = _import(db_session, import_id)
        if row.stage not in ("checked", "taking"):
            raise RuleViolation("import_over")
        row.stage = "cancelled"
        db_session.execute(delete(ExpertImportPart).where(ExpertImportPart.import_id == import_id))


def _import(db_session: DbSession, import_id: str) -> ExpertImport:
    row = db_session.get(ExpertImport, import_id, with_for_update=True)
    if row is None:
        raise RuleViolation("batch_unknown")
    return row


def take_experts(platform: Platform, detail: str) -> None:
    """The job: one part, then the next one is due; so no other work waits longer than a part takes."""
    import_id, _, turn = detail.rpartition("-")
    with plain_transaction(platform.database) as (db_session, now):
        if not _take_part(platform, db_session, _import(db_session, import_id), now):
            return
        schedule_job(db_session, "take_experts", now, detail=f"{import_id}-{int(turn) + 1}")


def take_now(platform: Platform, import_id: str, progress: Progress, status: Status = Status.REVIEWED) -> None:
    """Every part at once, in this process. Broken off, what was entered stays, and another call takes the rest."""
    goes_on = True
    while goes_on:
        with plain_transaction(platform.database) as (db_session, now):
            row = _import(db_session, import_id)
            row.stage = "taking"
            goes_on = _take_part(platform, db_session, row, now, status)
            taken, total = row.taken, row.total - row.faulty - row.known
        progress(taken, total)


def _take_part(
    platform: Platform, db_session: DbSession, row: ExpertImport, now: datetime, status: Status = Status.REVIEWED
) -> bool:
    """Enter the next part; whether a further one may be left. Whoever is in the library by now is passed over."""
    if row.stage != "taking":
        return False
    query = select(ExpertImportPart).where(ExpertImportPart.import_id == row.id).order_by(ExpertImportPart.part)
    part = db_session.scalar(query.limit(1))
    if part is None:
        row.stage = "taken"
        return False
    entries: list[Entry] = json.loads(platform.keys.reveal(part.sealed))
    known = known_numbers(platform, db_session, entries)
    fresh = [entry for entry in entries if entry["number"] not in known]
    refused = _enter(platform, db_session, fresh, row, now, status)
    row.taken, row.known = row.taken + len(fresh) - len(refused), row.known + len(known)
    if refused:
        row.faulty += len(refused)
        _keep(db_session, row.id, refused, alike=False)
    db_session.delete(part)
    db_session.flush()
    if not db_session.scalar(select(func.count()).where(ExpertImportPart.import_id == row.id)):
        row.stage = "taken"
    return row.stage == "taking"


def _enter(
    platform: Platform, db_session: DbSession, entries: list[Entry], row: ExpertImport, now: datetime, status: Status
) -> list[Fault]:
    """All at once or, where somebody was entered meanwhile or the database does not take a row, one by one: what it
    refuses is told, and the others are entered.
    """
    refusal = _refused(platform, db_session, entries, row, now, status)
    if not refusal or len(entries) == 1:
        return [Fault(entry["row"], "number", "row_refused", refusal) for entry in entries] if refusal else []
    return [fault for entry in entries for fault in _enter(platform, db_session, [entry], row, now, status)]


def _refused(
    platform: Platform, db_session: DbSession, entries: list[Entry], row: ExpertImport, now: datetime, status: Status
) -> str:
    """Why these entries cannot be entered, as a name; nothing of them is left. "" once they are."""
    try:
        with db_session.begin_nested():
            enter_experts(platform, db_session, entries, row.id, row.by, now, status)
    except RuleViolation as exc:
        return exc.code
    except (IntegrityError, DataError, ValueError) as exc:  # the driver itself refuses what no text column can hold
        return type(exc).__name__
    return ""


def put_specialities_in_force(platform: Platform, log_in: LogIn, document: str) -> int:
    """Another classification counts from now on; how many nodes it has. Raises RuleViolation of `read_tree`."""
    tree = read_tree(document)
    with plain_transaction(platform.database) as (db_session, now):
        _authorize(db_session, log_in.account_id)
        db_session.add(SpecialityList(at=now, by=log_in.account_id, document=document))
    return len(tree.specialities)

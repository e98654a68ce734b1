"""The expert library as its keepers read it: the tree in force, imports, the list, one expert with the history."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session as DbSession

from app.adapters.specialities import read_tree, shipped_document
from app.casefile.codec import decode, encode
from app.models import (
    Account,
    Expert,
    ExpertCorrection,
    ExpertEvent,
    ExpertImport,
    ExpertImportFinding,
    ExpertSpeciality,
    Organisation,
    Site,
    SpecialityList,
)
from app.procedure.expert_rows import Fault
from evaluation import experts as catalogue
from evaluation.specialities import SpecialityTree, is_code
from evaluation.standing import Status

T = TypeVar("T")


def current_tree(db_session: DbSession) -> SpecialityTree:
    """The classification in force: the one put in last, else the one that comes with the platform."""
    return read_tree(current_document(db_session))


def current_document(db_session: DbSession) -> str:
    """The same as `specialities/v1`, to the letter."""
    text = db_session.scalar(select(SpecialityList.document).order_by(SpecialityList.id.desc()).limit(1))
    return text or shipped_document()


def read_expert(row: Expert) -> catalogue.Expert:
    """The entry that the pure rules read."""
    return entry_of(row.facts, row.status)


def entry_of(text: str, status: str) -> catalogue.Expert:
    """The entry of a row's facts. Made by hand, since a pool has a hundred thousand of them and holds up an act."""
    facts: dict[str, Any] = json.loads(text)
    day, given = date.fromisoformat, facts.get
    return catalogue.Expert(
        id=facts["id"],
        organisation=facts["organisation"],
        site=facts["site"],
        specialities=tuple(facts["specialities"]),
        born=day(facts["born"]),
        certified_until=day(facts["certified_until"]),
        past_employments=tuple(
            catalogue.Employment(one["organisation"], day(one["until"])) for one in given("past_employments", ())
        ),
        relatives=tuple(given("relatives", ())),
        interests=tuple(given("interests", ())),
        service=given("service", ""),
        punished=given("punished", False),
        title=given("title", ""),
        region=given("region", ""),
        practising_since=day(facts["practising_since"]) if given("practising_since") else None,
        qualifications=tuple(
            catalogue.Qualification(one["name"], day(one["until"]) if one.get("until") else None)
            for one in given("qualifications", ())
        ),
        absences=tuple(catalogue.Absence(day(one["first"]), day(one["last"])) for one in given("absences", ())),
        status=Status(status),
    )


def holds(speciality: str) -> ColumnElement[bool]:
    """Whether a row of specialities counts for this one: itself, and for a code everything below it."""
    column = ExpertSpeciality.speciality
    return or_(column == speciality, column.startswith(speciality)) if is_code(speciality) else column == speciality


@dataclass(frozen=True)
class Wanted:
    """What a list of experts is narrowed to; "" for no matter what. `words` stand in number, name or employer."""

    words: str = ""
    status: str = ""
    speciality: str = ""


@dataclass(frozen=True)
class ExpertRow:
    """A line of the list: never a contact."""

    id: str
    number: str
    name: str
    employer: str
    site: str
    specialities: str
    status: str
    certified_until: str


def find_experts(db_session: DbSession, wanted: Wanted, after: str = "", limit: int | None = 50) -> list[ExpertRow]:
    """Experts by library number, those after the number `after`."""
    query = (
        select(Expert, Account.name, Organisation.name, Site.name)
        .join(Account, Account.id == Expert.account_id)
        .join(Organisation, Organisation.id == Account.organisation_id)
        .join(Site, Site.id == Expert.site_id)
        .where(Expert.number > after)
        .order_by(Expert.number)
        .limit(limit)
    )
    for word in wanted.words.split():
        named = [column.contains(word, autoescape=True) for column in (Expert.number, Account.name, Organisation.name)]
        query = query.where(or_(*named))
    if wanted.status:
        query = query.where(Expert.status == wanted.status)
    if wanted.speciality:
        query = query.where(Expert.id.in_(select(ExpertSpeciality.expert_id).where(holds(wanted.speciality))))
    return [_row(*found) for found in db_session.execute(query)]


def _row(row: Expert, name: str, employer: str, site: str) -> ExpertRow:
    facts = json.loads(row.facts)
    held = "、".join(facts["specialities"])
    return ExpertRow(row.id, row.number, name, employer, site, held, row.status, facts["certified_until"])


OF_A_SEAT = ("fee", "appraise")  # lines whose instant would tell, beside a name, who had which seat


@dataclass(frozen=True)
class HistoryLine:
    """What was done about an expert, by whom, why. `step` is of evaluation.standing or `correct`; `changed` are the
    columns that a correction changed.
    """

    at: datetime
    step: str
    by: str
    reason: str
    changed: tuple[str, ...] = ()


EMPLOYER = "employer"  # beside a change of `organisation`: the name behind the credit code


def _changed(facts: str) -> tuple[str, ...]:
    """Which columns the facts of a line of history say were changed."""
    said = json.loads(facts)
    before, after = said.get("before"), said.get("after")
    if not isinstance(before, dict) or not isinstance(after, dict):
        return ()
    return tuple(name for name in after if name in before and after[name] != before[name])


@dataclass(frozen=True)
class WaitingCorrection:
    """A change that a second person has yet to confirm. `by` is a name, `employer` that of another employer."""

    by_id: str
    by: str
    at: datetime
    reason: str
    entry: catalogue.Correction
    particulars: catalogue.Particulars
    employer: str


def changed_entry(
    entry: catalogue.Expert, facts: Mapping[str, Any]
) -> tuple[catalogue.Correction, catalogue.Particulars]:
    """An entry as it would be with a change; what the change does not name stays."""

    def read(kind: type[T], stands: T) -> T:
        known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
        return decode(kind, encode(stands) | {name: facts[name] for name in facts.keys() & known})

    return (
        read(catalogue.Correction, catalogue.correctable(entry)),
        read(catalogue.Particulars, catalogue.particulars(entry)),
    )


def _waiting_correction(db_session: DbSession, expert_id: str) -> WaitingCorrection | None:
    query = select(ExpertCorrection, Account.name).join(Account, Account.id == ExpertCorrection.by)
    found = db_session.execute(
        query.where(ExpertCorrection.expert_id == expert_id, ExpertCorrection.accepted.is_(None))
    ).first()
    if found is None:
        return None
    row, name = found
    facts = json.loads(row.facts)
    changed = changed_entry(read_expert(db_session.get_one(Expert, expert_id)), facts)
    return WaitingCorrection(row.by, name, row.at, row.reason, *changed, facts.get(EMPLOYER, ""))


def experts_to_correct(db_session: DbSession) -> list[tuple[str, str, datetime]]:
    """Whose entries wait for a second person's confirmation: id, library number, since when."""
    query = select(Expert.id, Expert.number, ExpertCorrection.at).join(Expert)
    found = db_session.execute(query.where(ExpertCorrection.accepted.is_(None)).order_by(ExpertCorrection.id))
    return [(expert_id, number, at) for expert_id, number, at in found]


@dataclass(frozen=True)
class ExpertFile:
    """One expert with the history, the latest first; never a contact."""

    row: ExpertRow
    entry: catalogue.Expert
    status_by: str
    history: tuple[HistoryLine, ...]
    waiting: WaitingCorrection | None


def load_expert_file(db_session: DbSession, expert_id: str) -> ExpertFile | None:
    row = db_session.get(Expert, expert_id)
    if row is None:
        return None
    account, site = db_session.get_one(Account, row.account_id), db_session.get_one(Site, row.site_id)
    shown_here = (ExpertEvent.expert_id == expert_id, ExpertEvent.step.not_in(OF_A_SEAT))
    query = select(ExpertEvent).where(*shown_here).order_by(ExpertEvent.id.desc())
    lines = list(db_session.scalars(query))
    people = select(Account.id, Account.name).where(Account.id.in_({line.by for line in lines}))
    names = {found_id: name for found_id, name in db_session.execute(people)}
    history = tuple(
        HistoryLine(one.at, one.step, names.get(one.by, one.by), one.reason, _changed(one.facts)) for one in lines
    )
    shown = _row(row, account.name, account.organisation.name, site.name)
    waiting = _waiting_correction(db_session, expert_id)
    return ExpertFile(shown, read_expert(row), row.status_by, history, waiting)


@dataclass(frozen=True)
class ImportRow:
    """An import; `waiting` are those who wait for a second person. `by` is a name, or what ran it. `faults` and `alike`
    are those of a page, in the order of rows, where one was asked for."""

    id: str
    name: str
    sha256: str
    by_id: str
    by: str
    at: datetime
    stage: str
    total: int
    faulty: int
    known: int
    taken: int
    waiting: int
    fault_count: int
    alike_count: int
    faults: tuple[Fault, ...] = ()
    alike: tuple[Fault, ...] = ()

    @property
    def good(self) -> int:
        """Rows that can be taken."""
        return self.total - self.faulty - self.known


def load_import(
    db_session: DbSession, import_id: str, *, faults: int = 0, alike: int = 0, most: int = 200
) -> ImportRow | None:
    """An import with `most` of its faults and likenesses, from the ones with these places on."""
    row = db_session.get(ExpertImport, import_id)
    if row is None:
        return None
    pages = {"faults": import_findings(db_session, import_id, alike=False, first=faults, most=most)}
    pages["alike"] = import_findings(db_session, import_id, alike=True, first=alike, most=most)
    return replace(_import_row(db_session, row), **{name: tuple(found) for name, found in pages.items()})


def import_findings(
    db_session: DbSession, import_id: str, *, alike: bool, first: int = 0, most: int | None = None
) -> Iterator[Fault]:
    """What was found in a file, in the order of its rows: faults, or likenesses to somebody else."""
    table = ExpertImportFinding
    query = select(table.row, table.column, table.code, table.given).where(
        table.import_id == import_id, table.alike == alike, table.place >= first
    )
    for found in db_session.execute(query.order_by(table.place).limit(most)):
        yield Fault(*found)


def latest_imports(db_session: DbSession, limit: int = 20) -> list[ImportRow]:
    """The newest first."""
    rows = db_session.scalars(select(ExpertImport).order_by(ExpertImport.at.desc(), ExpertImport.id).limit(limit))
    return [_import_row(db_session, row) for row in rows]


def waiting_imports(db_session: DbSession) -> list[ImportRow]:
    """Imports of which somebody waits to be admitted."""
    waiting = select(Expert.batch).where(Expert.status == Status.REVIEWED, Expert.batch != "").distinct()
    rows = db_session.scalars(select(ExpertImport).where(ExpertImport.id.in_(waiting)).order_by(ExpertImport.at))
    return [_import_row(db_session, row) for row in rows if row.stage != "taking"]


def _import_row(db_session: DbSession, row: ExpertImport) -> ImportRow:
    count = select(func.count()).where(Expert.batch == row.id, Expert.status == Status.REVIEWED)
    account = db_session.get(Account, row.by)
    return ImportRow(
        row.id,
        row.name,
        row.sha256,
        row.by,
        account.name if account else row.by,
        row.at,
        row.stage,
        row.total,
        row.faulty,
        row.known,
        row.taken,
        db_session.scalar(count) or 0,
        _count_findings(db_session, row.id, alike=False),
        _count_findings(db_session, row.id, alike=True),
    )


def _count_findings(db_session: DbSession, import_id: str, *, alike: bool) -> int:
    of_it = ExpertImportFinding.import_id == import_id, ExpertImportFinding.alike == alike
    return db_session.scalar(select(func.count()).where(*of_it)) or 0

"""The library as it stood on an earlier day: what was changed since makes nobody drawable, and one person alone can
take nobody out of a pool.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session as DbSession

from app.models import Expert, ExpertAbsence, ExpertEvent, ExpertSpeciality, ExpertTraining, Pseudonym
from app.queries.experts import changed_entry, entry_of, holds
from evaluation import experts as library
from evaluation.standing import Status, Step
from evaluation.training import Training

LED_TO = {
    Step.APPLY: Status.APPLIED,
    Step.REVIEW: Status.REVIEWED,
    Step.REFUSE: Status.REFUSED,
    Step.ADMIT: Status.ADMITTED,
    Step.SUSPEND: Status.SUSPENDED,
    Step.RESTORE: Status.ADMITTED,
    Step.PROPOSE_REMOVAL: Status.LEAVING,
    Step.REMOVE: Status.REMOVED,
}
ENTRIES = frozenset({Step.APPLY, Step.REVIEW, Step.ADMIT})
# What two persons may correct in an entry and a draw reads: each a list, or one fact.
LISTS = ("past_employments", "relatives", "interests", "absences")
FACTS = ("service", "punished")
# What else they may change, and a draw counts as it stood.
AS_THEN = ("site", "specialities", "certified_until", "title", "region", "practising_since", "qualifications")


def library_as_of(
    db_session: DbSession, strata: Collection[tuple[str, str]], as_of: datetime | None, *, trained: bool = False
) -> list[library.Expert]:
    """Everybody admitted at `as_of` (None: now) and not removed by two persons since who holds the speciality of a
    stratum (speciality, site id) at its site, by id.

    An entry holds what it held then and what two persons have added since: an absence that was taken back since still
    counts, and so does a ground to step back, a former employer among them. Specialities, site, term and the other
    particulars are those of then: who was given another speciality since is not drawn for it. The days off that experts
    have entered themselves are those of then, too, and so are courses, which are read where the profile asks for them
    (`trained`).
    """
    wanted = [and_(Expert.site_id == site, holds(speciality)) for speciality, site in strata]
    corrected = _corrected_since(db_session, as_of) if as_of else {}
    moved = [expert for expert, (_day, before) in corrected.items() if "site" in before]
    ids = select(Expert.id).join(ExpertSpeciality).where(or_(*wanted, Expert.id.in_(moved)))
    if as_of is None:
        ids = ids.where(Expert.status == Status.ADMITTED)
    rows = db_session.execute(
        select(Expert.id, Expert.facts, Expert.status).where(Expert.id.in_(ids)).order_by(Expert.id)
    )
    off, courses = own_absences(db_session, as_of, ids), trainings_at(db_session, as_of, ids) if trained else {}
    if as_of is None:
        return [_with_own(entry_of(facts, status), off, courses) for _id, facts, status in rows]
    stood = _as_they_stood(rows, _standings_at(db_session, as_of), corrected)
    return [_with_own(entry, off, courses) for entry in stood]


def counts_as_of(db_session: DbSession, as_of: datetime | None) -> Counter[tuple[str, str]]:
    """How many people `library_as_of` has, by site id and speciality: who holds two counts under both."""
    query = (
        select(Expert.site_id, ExpertSpeciality.speciality, func.count())
        .join(ExpertSpeciality, ExpertSpeciality.expert_id == Expert.id)
        .where(Expert.status == Status.ADMITTED)
        .group_by(Expert.site_id, ExpertSpeciality.speciality)
    )
    changed = select(ExpertEvent.expert_id).where(ExpertEvent.at > as_of) if as_of else None
    if as_of is None or changed is None:
        return Counter({(site, held): count for site, held, count in db_session.execute(query)})
    unchanged = query.where(Expert.id.not_in(changed))
    found = Counter({(site, held): count for site, held, count in db_session.execute(unchanged)})
    rows = db_session.execute(select(Expert.id, Expert.facts, Expert.status).where(Expert.id.in_(changed)))
    for entry in _as_they_stood(rows, _standings_at(db_session, as_of), _corrected_since(db_session, as_of)):
        found.update((entry.site, held) for held in entry.specialities)
    return found


def _as_they_stood(
    rows: Iterable[Any], before: Mapping[str, Status | None], corrected: Mapping[str, Earlier]
) -> Iterator[library.Expert]:
    """Of id, entry and standing of today: those admitted then and not removed since, as they stood."""
    for expert_id, facts, status in rows:
        if before.get(expert_id, status) == Status.ADMITTED and status != Status.REMOVED:
            yield _with_earlier(entry_of(facts, Status.ADMITTED), corrected.get(expert_id))


def own_absences(
    db_session: DbSession, as_of: datetime | None, ids: Select[tuple[str]]
) -> dict[str, Sequence[library.Absence]]:
    """By expert, of those that `ids` selects, the days off that stood at `as_of` (None: now) and had not passed."""
    query = select(ExpertAbsence.expert_id, ExpertAbsence.first, ExpertAbsence.last).order_by(ExpertAbsence.first)
    query = query.where(ExpertAbsence.expert_id.in_(ids))
    if as_of is None:
        query = query.where(ExpertAbsence.withdrawn_at.is_(None))
    else:
        stood = or_(ExpertAbsence.withdrawn_at.is_(None), ExpertAbsence.withdrawn_at > as_of)
        query = query.where(ExpertAbsence.at <= as_of, stood, ExpertAbsence.last >= as_of.date() - timedelta(days=1))
    found: dict[str, list[library.Absence]] = defaultdict(list)
    for expert_id, first, last in db_session.execute(query):
        found[expert_id].append(library.Absence(first, last))
    return dict(found)


def trainings_at(
    db_session: DbSession, as_of: datetime | None, ids: Select[tuple[str]]
) -> dict[str, Sequence[Training]]:
    """The courses on record at `as_of` (None: now) and not struck, by expert, of those that `ids` selects."""
    query = select(ExpertTraining).where(ExpertTraining.expert_id.in_(ids)).order_by(ExpertTraining.id)
    if as_of is not None:
        query = query.where(ExpertTraining.at <= as_of)
    rows = list(db_session.scalars(query))
    struck, found = {row.strikes for row in rows}, defaultdict(list)
    for row in rows:
        if row.strikes is None and row.id not in struck:
            found[row.expert_id].append(Training(row.course, row.hours, row.on, row.until))
    return dict(found)


def _with_own(
    entry: library.Expert,
    off: Mapping[str, Sequence[library.Absence]],
    courses: Mapping[str, Sequence[Training]],
) -> library.Expert:
    """The entry with its own days off and courses."""
    if entry.id not in off and entry.id not in courses:
        return entry
    absences = (*entry.absences, *off.get(entry.id, ()))
    return replace(entry, absences=absences, trainings=tuple(courses.get(entry.id, ())))


@dataclass(frozen=True)
class PoolRow:
    """One of a pool: its number, the JSON of its strata and of what was found against it last, the entry behind it."""

    number: str
    strata: str
    findings: str
    entry: library.Expert


def pool_as_it_stands(db_session: DbSession, case_id: str, lot: str, as_of: datetime | None) -> Iterator[PoolRow]:
    """A pool with the entries behind it, for recusal: with what two persons have decided since, and who was removed as
    removed; any other standing is that of the pool.
    """
    corrected = _corrected_since(db_session, as_of) if as_of else {}
    of_pool = select(Pseudonym.number, Pseudonym.strata, Pseudonym.findings, Expert.id, Expert.facts, Expert.status)
    query = of_pool.join(Expert, Expert.id == Pseudonym.expert_id)
    for number, strata, findings, expert_id, facts, status in db_session.execute(
        query.where(Pseudonym.case_id == case_id, Pseudonym.lot == lot)
    ):
        standing = Status.REMOVED if status == Status.REMOVED else Status.ADMITTED
        entry = _with_earlier(entry_of(facts, standing), corrected.get(expert_id))
        yield PoolRow(number, strata, findings, entry)


def _standings_at(db_session: DbSession, as_of: datetime) -> dict[str, Status | None]:
    """How those stood whose standing has changed since; None for who was not in the library."""
    later = select(ExpertEvent.expert_id, ExpertEvent.step).where(ExpertEvent.at > as_of, ExpertEvent.step.in_(LED_TO))
    found: dict[str, Status | None] = {}
    for expert_id, step in db_session.execute(later.order_by(ExpertEvent.id)):
        # Who has no earlier history was entered before there was one, unless this is the entry.
        found.setdefault(expert_id, None if Step(step) in ENTRIES else Status.ADMITTED)
    changed = later.with_only_columns(ExpertEvent.expert_id)
    earlier = select(ExpertEvent.expert_id, ExpertEvent.step).where(
        ExpertEvent.at <= as_of, ExpertEvent.step.in_(LED_TO), ExpertEvent.expert_id.in_(changed)
    )
    for expert_id, step in db_session.execute(earlier.order_by(ExpertEvent.id)):
        found[expert_id] = LED_TO[Step(step)]
    return found


Earlier = tuple[date, Mapping[str, Any]]


def _corrected_since(db_session: DbSession, as_of: datetime) -> dict[str, Earlier]:
    """The day of the last correction since, by expert, and what stood in the entry before them all."""
    query = select(ExpertEvent.expert_id, ExpertEvent.at, ExpertEvent.facts).where(
        ExpertEvent.at > as_of, ExpertEvent.step == "correct"
    )
    found: dict[str, Earlier] = {}
    for expert_id, at, facts in db_session.execute(query.order_by(ExpertEvent.id)):
        before = json.loads(facts).get("before", {})
        # Lines of a time when absences alone were corrected hold them as a list.
        before = before if isinstance(before, dict) else {"absences": before}
        found[expert_id] = at.date(), before | found.get(expert_id, (None, {}))[1]
    return found


def _with_earlier(entry: library.Expert, corrected: Earlier | None) -> library.Expert:
    """The entry with what stood in it before, too; what one is drawn for, where and until when as it was before."""
    if corrected is None:
        return entry
    day, before = corrected
    earlier, stood = changed_entry(entry, before)
    lists: dict[str, Any] = {
        name: tuple(dict.fromkeys((*getattr(entry, name), *getattr(earlier, name)))) for name in LISTS
    }
    facts: dict[str, Any] = {name: getattr(entry, name) or getattr(earlier, name) for name in FACTS}
    if stood.organisation != entry.organisation:
        lists["past_employments"] = library.left_employer(stood.organisation, day, lists["past_employments"])
    as_then: dict[str, Any] = {name: getattr(stood, name) for name in AS_THEN}
    return replace(entry, **lists, **facts, **as_then)

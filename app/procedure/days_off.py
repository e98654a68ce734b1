"""Days off that experts enter themselves, and lists of courses that they have finished."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from app.procedure.errors import RuleViolation
from app.procedure.expert_rows import Fault, read_day
from app.procedure.names import hidden_character
from evaluation.training import Training

LONGEST_ABSENCE = 366  # days at a time
MOST_ABSENCES = 60  # that lie ahead
COLUMNS = {"number": "专家编号", "course": "培训课程", "hours": "学时", "on": "完成日期", "until": "有效期至"}
NEEDED = ("number", "course", "hours", "on")
LONGEST_COURSE = 100
MOST_HOURS = Decimal(500)  # of one course
MOST_ROWS = 20000


def check_days_off(first: date, last: date, today: date, standing: Sequence[tuple[date, date]]) -> None:
    """Days from `first` to `last` beside those that stand already, of which none may be entered twice: whoever takes
    one entry back wants to be drawn on its days.

    Raises RuleViolation `absence_order`, `absence_past`, `absence_long`, `absences_many`, `absence_overlaps`.
    """
    if last < first:
        raise RuleViolation("absence_order", first=first, last=last)
    if last < today:
        raise RuleViolation("absence_past", last=last)
    if (last - first).days >= LONGEST_ABSENCE:
        raise RuleViolation("absence_long", most=LONGEST_ABSENCE)
    if len(standing) >= MOST_ABSENCES:
        raise RuleViolation("absences_many", most=MOST_ABSENCES)
    for since, until in standing:
        if first <= until and since <= last:
            raise RuleViolation("absence_overlaps", first=since, last=until)


@dataclass(frozen=True)
class TrainingRow:
    """A course of the expert with a library number."""

    number: str
    training: Training


def read_trainings(
    rows: Iterable[Sequence[str]], known: Mapping[str, object], today: date
) -> tuple[list[TrainingRow], list[Fault]]:
    """A table with or without its head, in the order of COLUMNS; `known` are the library's numbers.

    Raises RuleViolation `trainings_many`, `trainings_empty`.
    """
    found: list[TrainingRow] = []
    faults: list[Fault] = []
    for place, cells in enumerate(rows, 1):
        texts = {key: cells[at].strip() if at < len(cells) else "" for at, key in enumerate(COLUMNS)}
        if not any(texts.values()) or texts["number"] in (COLUMNS["number"], "number"):
            continue
        if place > MOST_ROWS:
            raise RuleViolation("trainings_many", most=MOST_ROWS)
        row, wrong = _row(place, texts, known, today)
        faults += wrong
        if row is not None:
            found.append(row)
    if not found and not faults:
        raise RuleViolation("trainings_empty")
    return found, faults


def _row(
    place: int, texts: Mapping[str, str], known: Mapping[str, object], today: date
) -> tuple[TrainingRow | None, list[Fault]]:
    faults = [Fault(place, key, "row_missing") for key in NEEDED if not texts[key]]
    number, course = texts["number"].upper(), texts["course"]
    if number and number not in known:
        faults.append(Fault(place, "number", "row_expert", number[:40]))
    if len(course) > LONGEST_COURSE:
        faults.append(Fault(place, "course", "row_too_long", course[:40]))
    if hidden := hidden_character(course):
        faults.append(Fault(place, "course", "row_unprintable", f"{hidden[1]} #{hidden[0]}"))
    hours = _hours(texts["hours"])
    if texts["hours"] and hours is None:
        faults.append(Fault(place, "hours", "row_training_hours", texts["hours"][:40]))
    days = {key: read_day(texts[key]) if texts[key] else None for key in ("on", "until")}
    faults += [
        Fault(place, key, "row_date", texts[key][:40]) for key, day in days.items() if texts[key] and day is None
    ]
    on, until = days["on"], days["until"]
    if on is not None and on > today:
        faults.append(Fault(place, "on", "row_future", str(on)))
    if on is not None and until is not None and until < on:
        faults.append(Fault(place, "until", "row_absence_order", str(until)))
    if faults or on is None or hours is None:
        return None, faults
    return TrainingRow(number, Training(course, hours, on, until)), []


def _hours(text: str) -> Decimal | None:
    """Hours to a tenth, above nothing; None where they are none."""
    try:
        hours = Decimal(text)
    except InvalidOperation:
        return None
    fits = hours.is_finite() and 0 < hours <= MOST_HOURS and hours == round(hours, 1)
    return hours if fits else None

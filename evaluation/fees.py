"""What an expert is paid for an evaluation (评标专家劳务费): by a published table, from facts that are on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from enum import StrEnum

from evaluation.errors import RuleViolation

CENT = Decimal("0.01")
MOST = Decimal("1000000")  # yuan; no fee of one evaluation comes near
UNNAMED = timedelta(days=15)  # after an evaluation: so long nobody is named as having been paid


class Course(StrEnum):
    """What became of a member's evaluation: brought to its end; left by whoever stepped back or fell ill; ended by the
    order that replaced a member who had hidden a conflict or deserted; or never begun although the member had come.
    """

    FINISHED = "finished"
    LEFT = "left"
    DISMISSED = "dismissed"
    NOT_BEGUN = "not_begun"


class Origin(StrEnum):
    """From how far somebody comes, by the codes of administrative divisions (GB/T 2260) of expert and site."""

    DISTRICT = "district"
    CITY = "city"
    PROVINCE = "province"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


class FeeKind(StrEnum):
    """A line of a fee."""

    BASE = "base"
    FURTHER = "further"
    NIGHT = "night"
    LEFT = "left"
    WAITED = "waited"
    TRAVEL = "travel"


@dataclass(frozen=True)
class FeeTable:
    """A profile's table; amounts are yuan.

    `base` pays the first `base_minutes` or less, `step` each further begun `step_minutes`; `night` each begun hour
    between `night_from` and `night_until` (local, HH:MM) on top of it. `left` is for whoever stepped back or fell ill,
    `waited` for whoever came in vain; who was dismissed is paid nothing, no travel either. Of all recesses together
    `recess_paid_minutes` count as time worked. `travel` is by `Origin`. `article` is the rule's source.
    """

    base: Decimal
    base_minutes: int
    step: Decimal
    step_minutes: int
    night: Decimal
    night_from: str
    night_until: str
    left: Decimal
    waited: Decimal
    recess_paid_minutes: int
    travel: dict[str, Decimal]
    article: str


@dataclass(frozen=True)
class Attendance:
    """One member's presence as the case file has it: from sign-in to the end, with its recesses, each from and to."""

    person: str
    seat: int
    site: str
    signed_in_at: datetime
    ended_at: datetime
    course: Course
    recesses: tuple[tuple[datetime, datetime], ...] = ()


@dataclass(frozen=True)
class FeeLine:
    """So many units at so many yuan each."""

    kind: FeeKind
    units: int
    each: Decimal

    @property
    def amount(self) -> Decimal:
        """In yuan."""
        return self.units * self.each


def origin(expert_region: str, site_region: str) -> Origin:
    """How far apart two divisions of six digits are; UNKNOWN where one is not recorded."""
    if not (expert_region and site_region):
        return Origin.UNKNOWN
    for digits, found in ((6, Origin.DISTRICT), (4, Origin.CITY), (2, Origin.PROVINCE)):
        if expert_region[:digits] == site_region[:digits]:
            return found
    return Origin.ELSEWHERE


def minutes_worked(table: FeeTable, attendance: Attendance) -> int:
    """Begun minutes from sign-in to the end, without what of the recesses is not paid."""
    whole = attendance.ended_at - attendance.signed_in_at
    rest = sum((until - since for since, until in _within(attendance)), timedelta())
    unpaid = max(rest - timedelta(minutes=table.recess_paid_minutes), timedelta())
    return _begun(max(whole - unpaid, timedelta()), timedelta(minutes=1))


def fee(
    table: FeeTable, attendance: Attendance, travelled: Origin, utc_offset_minutes: int = 480
) -> tuple[FeeLine, ...]:
    """The lines of one member's fee; those that come to nothing are left out.

    Raises RuleViolation `fee_times_reversed` where somebody ended before coming.
    """
    if attendance.ended_at < attendance.signed_in_at:
        raise RuleViolation("fee_times_reversed", seat=attendance.seat)
    lines = [FeeLine(FeeKind.TRAVEL, 1, table.travel.get(travelled, Decimal(0)))]
    match attendance.course:
        case Course.DISMISSED:
            lines = []
        case Course.NOT_BEGUN:
            lines.insert(0, FeeLine(FeeKind.WAITED, 1, table.waited))
        case Course.LEFT:
            lines.insert(0, FeeLine(FeeKind.LEFT, 1, table.left))
        case Course.FINISHED:
            lines = [*_worked(table, attendance, utc_offset_minutes), *lines]
    return tuple(line for line in lines if line.amount)


def total(lines: Sequence[FeeLine]) -> Decimal:
    """In yuan, to the cent."""
    return sum((line.amount for line in lines), Decimal(0)).quantize(CENT)


def due_at(over_at: datetime, confirmed_at: datetime) -> datetime:
    """From when a fee may stand on a sheet with its payee's name: confirmed, and its evaluation is not of yesterday."""
    return max(confirmed_at, over_at + UNNAMED)


def check_amount(amount: Decimal, computed: Decimal, reason: str) -> None:
    """What two persons may put in the place of a computed fee: yuan and cents, with a reason where it differs.

    Raises RuleViolation `fee_amount_wrong`, `fee_reason_missing`.
    """
    if not 0 <= amount <= MOST or amount != amount.quantize(CENT):
        raise RuleViolation("fee_amount_wrong", given=str(amount))
    if amount != computed and not reason.strip():
        raise RuleViolation("fee_reason_missing", computed=str(computed), given=str(amount))


def check_supplement(amount: Decimal, confirmed: Decimal, reason: str) -> None:
    """What two persons may add to a fee that was `confirmed`, or take off it: yuan and cents, down to nothing, with a
    reason.

    Raises RuleViolation `fee_supplement_wrong`, `fee_supplement_reason`.
    """
    if not amount or not 0 <= confirmed + amount <= MOST or amount != amount.quantize(CENT):
        raise RuleViolation("fee_supplement_wrong", given=str(amount), confirmed=str(confirmed))
    if not reason.strip():
        raise RuleViolation("fee_supplement_reason")


def _worked(table: FeeTable, attendance: Attendance, utc_offset_minutes: int) -> list[FeeLine]:
    beyond = timedelta(minutes=max(minutes_worked(table, attendance) - table.base_minutes, 0))
    steps = _begun(beyond, timedelta(minutes=table.step_minutes))
    night = _begun(_at_night(table, attendance, utc_offset_minutes), timedelta(hours=1))
    return [
        FeeLine(FeeKind.BASE, 1, table.base),
        FeeLine(FeeKind.FURTHER, steps, table.step),
        FeeLine(FeeKind.NIGHT, night, table.night),
    ]


def _within(attendance: Attendance) -> list[tuple[datetime, datetime]]:
    """The recesses, as far as the member was there; what two of them cover counts once."""
    free, end = attendance.signed_in_at, attendance.ended_at
    found = []
    for since, until in sorted(attendance.recesses):
        since, until = max(since, free), min(until, end)
        if since < until:
            found.append((since, until))
            free = until
    return found


def _at_night(table: FeeTable, attendance: Attendance, utc_offset_minutes: int) -> timedelta:
    """How long of the time there was between the evening and the morning of the table, recesses not counted."""
    zone = timezone(timedelta(minutes=utc_offset_minutes))
    begin, end = attendance.signed_in_at.astimezone(zone), attendance.ended_at.astimezone(zone)
    evening, morning = time.fromisoformat(table.night_from), time.fromisoformat(table.night_until)
    found, day = timedelta(), begin.date() - timedelta(days=1)
    while day <= end.date():
        since = datetime.combine(day, evening, zone)
        until = datetime.combine(day + timedelta(days=evening >= morning), morning, zone)
        found += _overlap(begin, end, since, until)
        found -= sum((_overlap(a, b, since, until) for a, b in _within(attendance)), timedelta())
        day += timedelta(days=1)
    return found


def _overlap(begin: datetime, end: datetime, since: datetime, until: datetime) -> timedelta:
    return max(min(end, until) - max(begin, since), timedelta())


def _begun(span: timedelta, unit: timedelta) -> int:
    return -(-span // unit)

"""Experts of the shared library, and whether one may be drawn for a lot at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum

from evaluation.specialities import covers
from evaluation.standing import Status
from evaluation.training import Training, TrainingDemand, trained


@dataclass(frozen=True)
class Employment:
    """A past employer and the last day there."""

    organisation: str
    until: date


@dataclass(frozen=True)
class Qualification:
    """A licence or certificate of a profession, and its last day; None where it does not end."""

    name: str
    until: date | None = None


@dataclass(frozen=True)
class Absence:
    """Days on which the expert is not available, the first and the last included."""

    first: date
    last: date


@dataclass(frozen=True)
class Expert:
    """An expert as the library knows one. `organisation`, `relatives` and `interests` are references, not names.

    `specialities` are codes of the tree, or plain words. `relatives` are persons (near relatives, declared);
    `interests` are organisations in which the expert holds shares or has another economic interest. `service` names the
    authority or regulator that the expert is staff of, or "". `region` is a code of administrative division;
    `practising_since` the day from which years in the profession count (Law 37: eight of them, and a senior title).
    """

    id: str
    organisation: str
    site: str
    specialities: tuple[str, ...]
    born: date
    certified_until: date
    past_employments: tuple[Employment, ...] = ()
    relatives: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    service: str = ""
    punished: bool = False
    title: str = ""
    region: str = ""
    practising_since: date | None = None
    qualifications: tuple[Qualification, ...] = ()
    absences: tuple[Absence, ...] = ()
    status: Status = Status.ADMITTED
    trainings: tuple[Training, ...] = ()


@dataclass(frozen=True)
class Correction:
    """What may change in an entry after it was admitted, all of it: by two persons, with a reason."""

    past_employments: tuple[Employment, ...] = ()
    relatives: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    absences: tuple[Absence, ...] = ()
    service: str = ""
    punished: bool = False


def correctable(expert: Expert) -> Correction:
    """What stands in an entry now of what may be corrected."""
    return Correction(**{f.name: getattr(expert, f.name) for f in fields(Correction)})


@dataclass(frozen=True)
class Particulars:
    """What else may change in an entry, likewise by two persons: where one works, and for what, where and until when
    one is drawn.
    """

    organisation: str
    site: str
    specialities: tuple[str, ...]
    certified_until: date
    title: str = ""
    region: str = ""
    practising_since: date | None = None
    qualifications: tuple[Qualification, ...] = ()


def particulars(expert: Expert) -> Particulars:
    """What stands in an entry now of them."""
    return Particulars(**{f.name: getattr(expert, f.name) for f in fields(Particulars)})


def left_employer(former: str, day: date, past: tuple[Employment, ...]) -> tuple[Employment, ...]:
    """Past employments once somebody works elsewhere: who was one's employer until `day` counts on as a former one."""
    return past if any(one.organisation == former for one in past) else (*past, Employment(former, day))


@dataclass(frozen=True)
class EligibilityRules:
    """Profile figures: `oldest` is the last age in years at which one is drawn, `least_years` in the profession,
    `training` what one must have learnt lately (None: nothing).
    """

    oldest: int
    least_years: int = 0
    training: TrainingDemand | None = None


class Ineligibility(StrEnum):
    """Why an expert is not in a pool, whatever the bidders."""

    NOT_ADMITTED = "not_admitted"
    CERTIFICATE_ENDED = "certificate_ended"
    QUALIFICATION_ENDED = "qualification_ended"
    TOO_OLD = "too_old"
    TOO_FEW_YEARS = "too_few_years"
    NOT_AVAILABLE = "not_available"
    NOT_TRAINED = "not_trained"
    OTHER_SPECIALITY = "other_speciality"
    OTHER_SITE = "other_site"


def age(born: date, on: date) -> int:
    """Completed years of life on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _too_few_years(expert: Expert, least: int, on: date) -> bool:
    """Years that nobody recorded are none."""
    since = expert.practising_since
    return least > 0 and (since is None or age(since, on) < least)


def _qualification_ended(expert: Expert, on: date) -> bool:
    """Whoever has qualifications on record needs one that is valid on the day."""
    ends = [qualification.until for qualification in expert.qualifications]
    return bool(ends) and all(end is not None and on > end for end in ends)


def ineligibility(
    expert: Expert, rules: EligibilityRules, *, speciality: str, site: str, on: date
) -> tuple[Ineligibility, ...]:
    """Every reason that keeps the expert out of the pool of a speciality at a site on a day; none if eligible.

    A speciality is a node of the tree and stands for everything below it.
    """
    reasons = {
        Ineligibility.NOT_ADMITTED: expert.status is not Status.ADMITTED,
        Ineligibility.CERTIFICATE_ENDED: on > expert.certified_until,
        Ineligibility.QUALIFICATION_ENDED: _qualification_ended(expert, on),
        Ineligibility.TOO_OLD: age(expert.born, on) > rules.oldest,
        Ineligibility.TOO_FEW_YEARS: _too_few_years(expert, rules.least_years, on),
        Ineligibility.NOT_AVAILABLE: any(absence.first <= on <= absence.last for absence in expert.absences),
        Ineligibility.NOT_TRAINED: not trained(expert.trainings, rules.training, on),
        Ineligibility.OTHER_SPECIALITY: not any(covers(speciality, held) for held in expert.specialities),
        Ineligibility.OTHER_SITE: site != expert.site,
    }
    return tuple(reason for reason, applies in reasons.items() if applies)


def eligible(
    experts: Iterable[Expert], rules: EligibilityRules, *, speciality: str, site: str, on: date
) -> tuple[Expert, ...]:
    """The experts who may be drawn for a speciality at a site on a day, by id."""
    found = [e for e in experts if not ineligibility(e, rules, speciality=speciality, site=site, on=on)]
    return tuple(sorted(found, key=lambda expert: expert.id))

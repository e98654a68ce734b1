"""Experts of the shared catalogue, and whether one may be drawn for a lot at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True)
class Employment:
    """A past employer and the last day there."""

    organisation: str
    until: date


@dataclass(frozen=True)
class Expert:
    """An expert as the catalogue knows one. `organisation`, `relatives` and `interests` are references, not names.

    `relatives` are persons (near relatives, declared); `interests` are organisations in which the expert holds shares
    or has another economic interest. `service` names the authority or regulator that the expert is staff of, or "".
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
    suspended: bool = False
    punished: bool = False


@dataclass(frozen=True)
class EligibilityRules:
    """Profile figures: `oldest` is the last age in years at which an expert is drawn."""

    oldest: int


class Ineligibility(StrEnum):
    """Why an expert is not in a pool, whatever the bidders."""

    SUSPENDED = "suspended"
    CERTIFICATE_ENDED = "certificate_ended"
    TOO_OLD = "too_old"
    OTHER_SPECIALITY = "other_speciality"
    OTHER_SITE = "other_site"


def age(born: date, on: date) -> int:
    """Completed years of life on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def ineligibility(
    expert: Expert, rules: EligibilityRules, *, speciality: str, site: str, on: date
) -> tuple[Ineligibility, ...]:
    """Every reason that keeps the expert out of the pool of a speciality at a site on a day; none if eligible."""
    reasons = {
        Ineligibility.SUSPENDED: expert.suspended,
        Ineligibility.CERTIFICATE_ENDED: on > expert.certified_until,
        Ineligibility.TOO_OLD: age(expert.born, on) > rules.oldest,
        Ineligibility.OTHER_SPECIALITY: speciality not in expert.specialities,
        Ineligibility.OTHER_SITE: site != expert.site,
    }
    return tuple(reason for reason, applies in reasons.items() if applies)


def eligible(
    experts: Iterable[Expert], rules: EligibilityRules, *, speciality: str, site: str, on: date
) -> tuple[Expert, ...]:
    """The experts who may be drawn for a speciality at a site on a day, by id."""
    found = [e for e in experts if not ineligibility(e, rules, speciality=speciality, site=site, on=on)]
    return tuple(sorted(found, key=lambda expert: expert.id))

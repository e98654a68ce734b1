"""Of how many and whom a committee is made, and what the profile asks of the draw for it (O87 45, 47)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.procedure.profiles import Profile
from app.procedure.roles import Actor, Role
from app.procedure.terms import TenderTerms
from evaluation.committee import CommitteeRules, Share
from evaluation.draw import (
    ApprovedPool,
    Candidate,
    DrawConditions,
    DrawConditionsApproved,
    DrawState,
    DrawStated,
    Stratum,
    gained,
    pool_sizes,
    read_statement,
    shortage,
)
from evaluation.sitting import BoothChanged, MemberIdentified
from evaluation.specialities import covers


def least_members(terms: TenderTerms) -> int:
    """How many members a committee has at least: more of them for a large budget or a complex matter (O87 art. 47)."""
    profile = terms.profile
    if profile.large_committee_size is None or not (terms.complex or _large(terms)):
        return profile.committee_size
    return profile.large_committee_size


def _large(terms: TenderTerms) -> bool:
    return terms.profile.large_budget is not None and terms.budget >= terms.profile.large_budget


def committee_rules(terms: TenderTerms) -> CommitteeRules:
    """The profile's numbers as the composition rule takes them for this tender."""
    profile = terms.profile
    return CommitteeRules(
        least_members=least_members(terms),
        odd=True,
        least_experts=profile.experts_at_least,
        most_buyer_members=profile.buyer_members_at_most,
        least_sub_site_experts=Share(profile.sub_site_experts_percent, 100),
        buyer_may_chair=profile.buyer_may_chair,
        tenderer_may_name_chair=profile.tenderer_may_name_chair,
    )


PARTIES = {"agency": Role.AGENCY_SUPERVISOR, "centre": Role.CENTRE_OPERATOR, "supervisor": Role.REGULATOR}
PURPOSE = "evaluation-committee"
PHOTO_NOTICE = "photo-notice/v1"  # what is said before a photo is taken: `photo_notice_v1` of the messages


def check_draw_conditions(
    conditions: DrawConditions,
    terms: TenderTerms,
    buyers: Sequence[str],
    case_id: str,
    lot: str,
    committee: tuple[str, int],
    filled: Collection[str] = (),
) -> None:
    """Draw conditions that the profile allows. `buyers` are the sites of the buyer's people, `committee` is the
    trustees' id and threshold, `filled` are strata of earlier conditions whose seats are all taken.

    Raises RuleViolation `draw_conditions_not_profile` naming the first figure that differs, and as `check_strata` and
    `check_committee_size` do.
    """
    profile = terms.profile
    expected: dict[str, object] = {
        "tender": case_id,
        "lot": lot,
        "purpose": PURPOSE,
        "max_per_unit": profile.drawn_per_unit,
        "parties": tuple(sorted(PARTIES)),
        "pool_factor": profile.pool_factor,
        "committee": committee[0],
        "trustees_needed": committee[1],
    }
    for field, value in expected.items():
        if getattr(conditions, field) != value:
            raise RuleViolation(
                "draw_conditions_not_profile", field=field, stated=getattr(conditions, field), due=value
            )
    for stratum in conditions.strata:
        if stratum.reserve > stratum.quota:
            raise RuleViolation(
                "draw_conditions_not_profile", field="reserve", stated=stratum.reserve, due=f"≤ {stratum.quota}"
            )
    check_strata([stratum for stratum in conditions.strata if stratum.name not in filled])
    check_committee_size(conditions, terms, buyers)


def check_committee_size(conditions: DrawConditions, terms: TenderTerms, buyers: Sequence[str]) -> None:
    """The drawn experts and the buyer's people (by their sites) together form a committee: asked when conditions are
    proposed and, as somebody may have been named meanwhile, when they are approved.

    Raises RuleViolation `committee_size_wrong`, `committee_size_for_budget`, `committee_size_for_complex`,
    `too_few_experts`, `too_few_sub_site_experts`.
    """
    profile, least = terms.profile, least_members(terms)
    experts = sum(stratum.quota for stratum in conditions.strata)
    size = experts + len(buyers)
    facts = {"experts": experts, "buyers": len(buyers), "size": size, "least": least}
    if size % 2 == 0 or size < least:
        if least == profile.committee_size:
            raise RuleViolation("committee_size_wrong", **facts, regime=profile.regime)
        if _large(terms):
            raise RuleViolation("committee_size_for_budget", **facts, budget=terms.budget, limit=profile.large_budget)
        raise RuleViolation("committee_size_for_complex", **facts)
    if not profile.experts_at_least.reached_by(experts, size):
        raise RuleViolation("too_few_experts", experts=experts, size=size, least=str(profile.experts_at_least))
    _check_sub_sites(conditions, experts, buyers, committee_rules(terms).least_sub_site_experts)


def _check_sub_sites(conditions: DrawConditions, experts: int, buyers: Sequence[str], least: Share) -> None:
    """Enough of the drawn sit elsewhere than the host, which is where the first of the buyer's people, or else the
    first of the drawn, sits.
    """
    places = [(stratum.name.rpartition("/")[2], stratum.quota) for stratum in sorted(conditions.strata, key=_name)]
    host = buyers[0] if buyers else places[0][0]
    remote = sum(quota for site, quota in places if site != host)
    if not least.reached_by(remote, experts):
        raise RuleViolation("too_few_sub_site_experts", remote=remote, experts=experts, least=str(least))


def seats_by_site(conditions: DrawConditions, buyers: Sequence[str]) -> dict[str, int]:
    """How many members will sit at each site: the drawn experts and the buyer's people."""
    seats = Counter(buyers)
    for stratum in conditions.strata:
        seats[stratum.name.rpartition("/")[2]] += stratum.quota
    return dict(seats)


def check_identity(fact: MemberIdentified | BoothChanged, profile: Profile) -> None:
    """What a witness states where the profile asks for it: the booked booth, and who was seen, with a photo.

    Raises RuleViolation `seat_without_booth`, `identity_missing`, `photo_missing`, `photo_consent_missing`.
    """
    if profile.booths_spare is not None and fact.booth is None:
        raise RuleViolation("seat_without_booth", seat=fact.seat)
    seen = fact.identity
    if profile.photo_notice and seen is not None and seen.photo_sha256 is not None and seen.consent != PHOTO_NOTICE:
        raise RuleViolation("photo_consent_missing")
    if not profile.photo_at_sign_in:
        return
    if fact.identity is None:
        raise RuleViolation("identity_missing")
    if fact.identity.photo_sha256 is None:
        raise RuleViolation("photo_missing")


def _name(stratum: Stratum) -> str:
    return stratum.name


def check_pool(
    strata: Sequence[Stratum], candidates: Sequence[Candidate], profile: Profile, names: Mapping[str, str]
) -> None:
    """From each stratum whoever is drawn remains uncertain, and no seat can stay open. `names` words the strata.

    Raises RuleViolation `draw_pool_too_small`.
    """
    if short := shortage(strata, candidates, profile.drawn_per_unit, profile.pool_least):
        group = names.get(short.stratum, short.stratum)
        facts = {"available": short.available, "needed": short.needed, "most": profile.drawn_per_unit}
        raise RuleViolation("draw_pool_too_small", group=group, **facts)


def check_gained(stated: DrawStated, state: DrawState, profile: Profile, names: Mapping[str, str]) -> None:
    """The same, when a pool is stated, of the strata to which wider conditions of the round have moved seats."""
    if state.conditions is None or state.current is None or not state.current.is_widened:
        return
    recused = {entry["id"] for entry in read_statement(stated.statement)["recused"]}
    free = [candidate for candidate in stated.candidates if candidate.id not in recused]
    check_pool(gained(state, state.conditions), free, profile, names)


def check_draw_time(begins_at: datetime | None, now: datetime, profile: Profile) -> None:
    """Who will sit is not known longer before the evaluation than the profile says. `begins_at`: the booked hours.

    Raises RuleViolation `draw_too_early`.
    """
    most = profile.draw_before_evaluation
    if most is not None and begins_at is not None and begins_at > (reaches := add(now, most)):
        raise RuleViolation("draw_too_early", begins_at=begins_at, opens_at=now + (begins_at - reaches))


def check_strata(strata: Sequence[Stratum]) -> None:
    """No stratum lies within another one: who is drawn for the wider would be missing in the narrower.

    Raises RuleViolation `draw_strata_overlap`.
    """
    places = [stratum.name.rpartition("/") for stratum in strata]
    for wider, _slash, site in places:
        for narrower, _, other in places:
            if wider != narrower and site == other and covers(wider, narrower):
                raise RuleViolation("draw_strata_overlap", wider=wider, narrower=narrower)


def check_second_person(proposed_by: str, actor: Actor) -> None:
    """Nobody approves draw conditions of their own: two persons choose from whom a committee is drawn.

    Raises RuleViolation `second_person_needed`.
    """
    if actor.id == proposed_by:
        raise RuleViolation("second_person_needed")


def check_pool_approved(approved: DrawConditionsApproved, profile: Profile) -> None:
    """Where a pool may not shrink unnoticed, its size is approved. Raises RuleViolation `draw_pool_not_approved`."""
    if profile.pool_shrinkage_percent is not None and approved.pool is None:
        raise RuleViolation("draw_pool_not_approved")


def check_pool_size(stated: DrawStated, pool: ApprovedPool | None, profile: Profile) -> None:
    """Whom the first statement from a pool leaves to be drawn is not much fewer than at its latest approval.

    `pool` is None in rounds that are drawn from the pool of an earlier one.

    Raises RuleViolation `draw_pool_shrunk`, naming the stratum; there is none where the case's profile has no limit.
    """
    percent = profile.pool_shrinkage_percent
    if pool is None or percent is None:
        return
    for stratum, now in pool_sizes(read_statement(stated.statement), stated.candidates).items():
        approved = pool.sizes.get(stratum, 0)
        if now * 100 < approved * (100 - percent):
            facts = {"stratum": stratum, "approved": approved, "now": now, "percent": percent}
            raise RuleViolation("draw_pool_shrunk", **facts)


def check_party(party: str, actor: Actor) -> None:
    """A party's randomness comes from that party (ROLES 26). Raises RuleViolation `draw_party_of_another`."""
    if party not in PARTIES or not actor.is_(PARTIES[party]):
        raise RuleViolation("draw_party_of_another", party=party)

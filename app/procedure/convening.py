"""Who sits for the buyer: named by the agency with a letter of authority (授权函), never as chair in goods (O87 45)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.procedure.errors import RuleViolation
from app.procedure.profiles import Profile
from app.procedure.roles import Actor, Role
from evaluation.committee import CommitteeRules, Share
from evaluation.draw import DrawConditions


@dataclass(frozen=True)
class BuyerMemberNamed:
    """The agency names a person of the buyer; `letter_sha256` names the letter of authority."""

    account: str
    site: str
    letter_sha256: str


def decide(named: Sequence[BuyerMemberNamed], fact: BuyerMemberNamed, profile: Profile) -> tuple[BuyerMemberNamed]:
    """The accepted naming, or RuleViolation (`too_many_buyer_members`, `buyer_member_repeated`)."""
    if len(named) >= profile.buyer_members_at_most:
        raise RuleViolation("too_many_buyer_members", buyers=len(named) + 1, most=profile.buyer_members_at_most)
    if any(earlier.account == fact.account for earlier in named):
        raise RuleViolation("buyer_member_repeated")
    return (fact,)


def committee_rules(profile: Profile) -> CommitteeRules:
    """The profile's numbers as the composition rule takes them."""
    return CommitteeRules(
        least_members=profile.committee_size,
        odd=True,
        least_experts=profile.experts_at_least,
        most_buyer_members=profile.buyer_members_at_most,
        least_sub_site_experts=Share(profile.sub_site_experts_percent, 100),
        buyer_may_chair=profile.buyer_may_chair,
    )


PARTIES = {"agency": Role.AGENCY_SUPERVISOR, "centre": Role.CENTRE_OPERATOR, "supervisor": Role.REGULATOR}
PURPOSE = "evaluation-committee"


def check_draw_conditions(
    conditions: DrawConditions, profile: Profile, buyers: int, case_id: str, lot: str, committee: tuple[str, int]
) -> None:
    """Draw conditions that the profile allows. `committee` is the trustees' id and threshold.

    Raises RuleViolation `draw_conditions_not_profile` naming the first figure that differs.
    """
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
    experts = sum(stratum.quota for stratum in conditions.strata)
    if (experts + buyers) % 2 == 0 or experts + buyers < profile.committee_size:
        raise RuleViolation("committee_size_wrong", experts=experts, buyers=buyers, least=profile.committee_size)


def check_party(party: str, actor: Actor) -> None:
    """A party's randomness comes from that party (ROLES 26). Raises RuleViolation `draw_party_of_another`."""
    if party not in PARTIES or not actor.is_(PARTIES[party]):
        raise RuleViolation("draw_party_of_another", party=party)

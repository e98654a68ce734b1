"""Who may form an evaluation committee (评标委员会), and who may chair it. The numbers come from the profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from evaluation.errors import RuleViolation


class MemberRole(StrEnum):
    """A member is a drawn expert or sits for the buyer by letter of authority."""

    EXPERT = "expert"
    BUYER = "buyer"


@dataclass(frozen=True)
class Share:
    """An exact fraction, such as 2/3 of the members."""

    numerator: int
    denominator: int

    def reached_by(self, part: int, whole: int) -> bool:
        return part * self.denominator >= whole * self.numerator

    def exceeded_by(self, part: int, whole: int) -> bool:
        return part * self.denominator > whole * self.numerator

    def __str__(self) -> str:
        return f"{self.numerator} %" if self.denominator == 100 else f"{self.numerator}/{self.denominator}"


@dataclass(frozen=True)
class CommitteeRules:
    """Composition: O12 art. 9 and Law 37 (works), O87 art. 45 and 47 (goods), sub-site seats by 807. The chair is
    elected; with `tenderer_may_name_chair` the tenderer may name it instead (works, O12 art. 9)."""

    least_members: int
    odd: bool
    least_experts: Share
    most_buyer_members: int
    least_sub_site_experts: Share
    buyer_may_chair: bool = False
    tenderer_may_name_chair: bool = False


@dataclass(frozen=True)
class Member:
    """What the composition rule needs to know of a member."""

    role: MemberRole
    site: str


def check_composition(members: Sequence[Member], host_site: str, rules: CommitteeRules) -> None:
    """Refuse a committee that may not evaluate.

    Raises RuleViolation `committee_too_small`, `committee_even`, `too_few_experts`, `too_many_buyer_members` or
    `too_few_sub_site_experts`.
    """
    size, experts = len(members), [member for member in members if member.role is MemberRole.EXPERT]
    if size < rules.least_members:
        raise RuleViolation("committee_too_small", size=size, least=rules.least_members)
    if rules.odd and size % 2 == 0:
        raise RuleViolation("committee_even", size=size)
    if not rules.least_experts.reached_by(len(experts), size):
        raise RuleViolation("too_few_experts", experts=len(experts), size=size, least=str(rules.least_experts))
    if size - len(experts) > rules.most_buyer_members:
        raise RuleViolation("too_many_buyer_members", buyers=size - len(experts), most=rules.most_buyer_members)
    remote = sum(expert.site != host_site for expert in experts)
    if not rules.least_sub_site_experts.reached_by(remote, len(experts)):
        facts = {"remote": remote, "experts": len(experts), "least": str(rules.least_sub_site_experts)}
        raise RuleViolation("too_few_sub_site_experts", **facts)


def may_chair(role: MemberRole, rules: CommitteeRules) -> bool:
    """Whether a member may chair: the buyer's representative never does (O87 art. 47)."""
    return role is MemberRole.EXPERT or rules.buyer_may_chair

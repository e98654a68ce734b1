from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.committee import CommitteeRules, Member, MemberRole, Share, check_composition, may_chair
from evaluation.errors import RuleViolation
from evaluation.experts import EligibilityRules, Employment, Expert, Ineligibility, age, eligible, ineligibility
from evaluation.recusal import (
    BidderParties,
    Conflict,
    ConflictGround,
    RecusalRules,
    Surroundings,
    conflicts,
    recusals,
    same_name,
)
from evaluation.standing import Status

RULES = CommitteeRules(5, True, Share(2, 3), 2, Share(1, 3))
EXPERT, REMOTE, BUYER = (
    Member(MemberRole.EXPERT, "host"),
    Member(MemberRole.EXPERT, "sub"),
    Member(MemberRole.BUYER, "host"),
)
DAY = date(2025, 5, 26)
ANNA = Expert("E1", "hospital", "host", ("first aid", "training"), date(1970, 5, 26), date(2026, 1, 1))
BIDDER = BidderParties("A", ("a-ltd", "a-holding"), ("director-a",))
days = st.dates(date(1940, 1, 1), date(2060, 12, 31))


def composition(*members: Member) -> str:
    try:
        check_composition(members, "host", RULES)
    except RuleViolation as refusal:
        return refusal.code
    return "lawful"


@pytest.mark.parametrize(
    ("members", "outcome"),
    [
        ([EXPERT] * 2 + [REMOTE] * 2 + [BUYER], "lawful"),
        ([EXPERT] * 3 + [REMOTE], "committee_too_small"),
        ([EXPERT] * 3 + [REMOTE] * 3, "committee_even"),
        ([EXPERT] * 2 + [REMOTE] + [BUYER] * 2, "too_few_experts"),
        ([EXPERT] * 4 + [REMOTE] * 2 + [BUYER] * 3, "too_many_buyer_members"),
        ([EXPERT] * 4 + [REMOTE], "too_few_sub_site_experts"),
    ],
)
def test_the_composition_of_a_committee(members, outcome):
    assert composition(*members) == outcome


def test_a_lawful_committee_keeps_every_figure():
    for host, sub, buyers in product(range(13), range(7), range(7)):
        size = host + sub + buyers
        keeps = size >= 5 and size % 2 == 1 and 3 * (host + sub) >= 2 * size and buyers <= 2 and 3 * sub >= host + sub
        found = composition(*[EXPERT] * host, *[REMOTE] * sub, *[BUYER] * buyers)
        assert (found == "lawful") is keeps, (host, sub, buyers)


def test_only_experts_chair_unless_the_profile_lets_the_buyer():
    assert may_chair(MemberRole.EXPERT, RULES)
    assert not may_chair(MemberRole.BUYER, RULES)
    assert may_chair(MemberRole.BUYER, replace(RULES, buyer_may_chair=True))


def why_not(**changes) -> set[Ineligibility]:
    expert = replace(ANNA, **changes)
    return set(ineligibility(expert, EligibilityRules(70), speciality="first aid", site="host", on=DAY))


def test_each_reason_keeps_an_expert_out_of_the_pool():
    assert why_not() == set()
    assert why_not(status=Status.SUSPENDED, site="sub") == {Ineligibility.NOT_ADMITTED, Ineligibility.OTHER_SITE}
    assert why_not(certified_until=DAY) == set()
    assert why_not(certified_until=DAY - timedelta(1)) == {Ineligibility.CERTIFICATE_ENDED}
    assert why_not(specialities=("law",)) == {Ineligibility.OTHER_SPECIALITY}
    assert why_not(born=date(1954, 5, 27)) == set()
    assert why_not(born=date(1954, 5, 26)) == {Ineligibility.TOO_OLD}


def test_a_pool_holds_those_without_a_reason_by_id():
    others = [replace(ANNA, id="E3"), replace(ANNA, id="E0", status=Status.REVIEWED), ANNA]
    pool = eligible(others, EligibilityRules(70), speciality="training", site="host", on=DAY)
    assert [expert.id for expert in pool] == ["E1", "E3"]


@given(days, days)
def test_age_rises_on_the_birthday(born, on):
    if on >= born:
        years = age(born, on)
        assert 0 <= years <= on.year - born.year
        assert (born.year + years, born.month, born.day) <= (on.year, on.month, on.day)
        assert (born.year + years + 1, born.month, born.day) > (on.year, on.month, on.day)


COLLEGE = {"college": ConflictGround.BUYER_STAFF}


def grounds(on: date = DAY, offices=COLLEGE, **changes) -> list[tuple[ConflictGround, str, str]]:
    found = conflicts(replace(ANNA, **changes), [BIDDER], Surroundings(offices), RecusalRules(3), on)
    return [(conflict.ground, conflict.bidder, conflict.reference) for conflict in found]


def test_each_conflict_is_named_with_its_ground():
    assert grounds() == []
    assert grounds(organisation="a-holding") == [(ConflictGround.EMPLOYER, "A", "a-holding")]
    assert grounds(relatives=("cousin", "director-a")) == [(ConflictGround.RELATIVE, "A", "director-a")]
    assert grounds(interests=("a-ltd",)) == [(ConflictGround.INTEREST, "A", "a-ltd")]
    for office in ("buyer_staff", "agency_staff", "authority_staff", "centre_staff", "trustee_staff"):
        assert grounds(offices={"hospital": ConflictGround(office)}) == [(office, "", "hospital")]
    assert grounds(service="finance bureau") == [(ConflictGround.AUTHORITY_STAFF, "", "finance bureau")]
    assert grounds(punished=True) == [(ConflictGround.PUNISHED, "", "")]
    assert grounds(status=Status.REMOVED) == [(ConflictGround.REMOVED, "", "")]


def test_who_sat_before_on_the_matter_or_too_often_steps_back():
    around = Surroundings(earlier=frozenset({"E1"}), seats={"E1": 4})
    for most, expected in (
        (None, ["earlier_committee"]),
        (5, ["earlier_committee"]),
        (4, ["earlier_committee", "frequency"]),
    ):
        rules = RecusalRules(3, most, {"frequency": "rule 7"})
        found = conflicts(ANNA, [BIDDER], around, rules, DAY)
        assert [one.ground for one in found] == expected
        if most == 4:
            assert found[-1] == Conflict("E1", ConflictGround.FREQUENCY, "", "4/4", "rule 7")
    assert not conflicts(replace(ANNA, id="E2"), [BIDDER], around, RecusalRules(3, 1), DAY)


@pytest.mark.parametrize("typed", ["经理A", "经理ａ", " 经 理\u3000a", "经理·a", "经理•A"])
def test_a_name_is_the_same_however_it_was_typed(typed):
    bidder = replace(BIDDER, persons=("经理a", ""))
    assert same_name(typed) == same_name("经理a")
    found = conflicts(replace(ANNA, relatives=(typed, "·")), [bidder], Surroundings(), RecusalRules(3), DAY)
    assert [(one.ground, one.reference) for one in found] == [(ConflictGround.RELATIVE, typed)]


@pytest.mark.parametrize(
    ("left", "on", "conflict"),
    [
        (date(2022, 5, 26), DAY, True),
        (date(2022, 5, 25), DAY, False),
        (date(2024, 2, 29), date(2027, 2, 28), True),
        (date(2024, 2, 29), date(2027, 3, 1), False),
    ],
)
def test_a_former_employer_counts_up_to_the_anniversary(left, on, conflict):
    assert bool(grounds(on, past_employments=(Employment("a-ltd", left),))) is conflict


def test_whoever_works_for_one_bidder_and_came_from_another_is_named_with_both():
    other = BidderParties("B", ("b-ltd",), ())
    anna = replace(ANNA, organisation="a-ltd", past_employments=(Employment("b-ltd", DAY),))
    found = conflicts(anna, [BIDDER, other], Surroundings(), RecusalRules(3), DAY)
    assert [(one.ground, one.bidder, one.reference) for one in found] == [
        (ConflictGround.EMPLOYER, BIDDER.bidder, "a-ltd"),
        (ConflictGround.PAST_EMPLOYER, "B", "b-ltd"),
    ]


def test_recusals_name_exactly_those_with_a_conflict():
    kinds = [
        replace(ANNA, organisation=organisation, punished=punished)
        for organisation, punished in product(("a-ltd", "hospital", "college"), (False, True))
    ]
    for drawn in (*(drawn for count in range(4) for drawn in product(kinds, repeat=count)), *permutations(kinds)):
        experts = [replace(expert, id=f"E{i}") for i, expert in enumerate(drawn)]
        found = recusals(experts, [BIDDER], Surroundings(COLLEGE), RecusalRules(3), DAY)
        assert found.keys() == {e.id for e in experts if e.punished or e.organisation != "hospital"}
        assert all(conflict.expert == expert for expert, reasons in found.items() for conflict in reasons)

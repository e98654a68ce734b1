"""The opening, step by step: nothing before its turn, one bad bid stops no other."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given

from app.messages import sentence
from app.procedure.buyers import BuyerMemberNamed, Buyers
from app.procedure.buyers import decide as decide_naming
from app.procedure.calendar import add
from app.procedure.convening import (
    check_committee_size,
    check_draw_conditions,
    check_party,
    committee_rules,
    least_members,
)
from app.procedure.errors import RuleViolation
from app.procedure.opening import (
    BidOpened,
    BidsReadOut,
    BidsReleased,
    BidVoided,
    LotClosed,
    LotFailed,
    ObjectionAnswered,
    ObjectionRaised,
    Opening,
    OpeningConcluded,
    OpeningConfirmed,
    ShareReleased,
    apply,
    close,
    decide,
    read_out,
)
from app.procedure.qualification import Qualification, QualificationChecked, is_qualification_file, qualified
from app.procedure.qualification import decide as decide_check
from app.procedure.roles import Actor, Role
from evaluation.draw import DrawConditions, Stratum
from tests.choices import choices
from tests.procedure.tenders import AT, GOODS, MILLISECOND, TERMS, WORKS, lot, terms

BIDS = ("1", "2", "3")


def act(opening, *facts, at=AT, bids=3):
    for fact in facts:
        for accepted in decide(opening, fact, bids, at):
            opening = apply(opening, accepted, "someone", at)
    return opening


def refused(opening, fact, at=AT, bids=3):
    with pytest.raises(RuleViolation) as violation:
        decide(opening, fact, bids, at)
    return violation.value.code


def closed(bids=3):
    opening = Opening()
    for fact in close(opening, bids, "0" * 64, AT, AT, GOODS):
        opening = apply(opening, fact, "system", AT)
    return opening


def opened_bid(receipt):
    return BidOpened(receipt, f"b{receipt}", f"B{receipt}", D(100), 60, "M", "k", "0" * 64, ())


def released():
    return act(closed(), ShareReleased(1, "aa"), ShareReleased(3, "bb"), BidsReleased("cc", (1, 3)))


def read(voided=()):
    facts = [BidVoided(r, f"b{r}", f"B{r}", "x") if r in voided else opened_bid(r) for r in BIDS]
    opening = act(released(), *facts)
    for fact in read_out(opening, AT, GOODS):
        opening = apply(opening, fact, "system", AT)
    return opening


# closing


def test_a_lot_closes_at_its_deadline_and_once():
    with pytest.raises(RuleViolation, match="deadline_not_reached"):
        close(Opening(), 3, "", AT, AT - MILLISECOND, GOODS)
    assert close(Opening(), 3, "r", AT, AT, GOODS) == (LotClosed(AT, "r", True),)
    with pytest.raises(RuleViolation, match="lot_already_closed"):
        close(closed(), 3, "", AT, AT, GOODS)


@pytest.mark.parametrize("bids", [0, 1, 2])
def test_fewer_than_three_bids_are_never_opened(bids):
    """招标投标法 28, 实施条例 44; the record tells no number."""
    assert close(Opening(), bids, "r", AT, AT, GOODS) == (LotClosed(AT, "r", False), LotFailed("fewer_than_required"))
    assert refused(closed(bids), ShareReleased(1, "aa")) == "lot_failed"


def test_no_share_before_the_close_and_none_twice():
    assert refused(Opening(), ShareReleased(1, "aa")) == "lot_not_closed"
    assert refused(act(closed(), ShareReleased(1, "aa")), ShareReleased(1, "bb")) == "share_repeated"


# opening


def test_nothing_is_opened_before_the_release():
    assert refused(closed(), opened_bid("1")) == "not_released"
    assert refused(closed(), BidVoided("1", "b", "B", "x")) == "not_released"
    assert refused(released(), BidsReleased("dd", (1, 2))) == "already_released"


def test_a_bid_is_settled_once():
    assert refused(act(released(), opened_bid("1")), BidVoided("1", "b", "B", "x")) == "bid_already_opened"


def test_all_are_settled_before_they_are_read_out():
    assert refused(act(released(), opened_bid("1"), opened_bid("2")), BidsReadOut(AT)) == "bids_unopened"
    assert refused(read(), BidsReadOut(AT)) == "already_read_out"


def test_one_void_bid_fails_goods_with_three_and_not_works():
    opening = act(released(), opened_bid("1"), opened_bid("2"), BidVoided("3", "b3", "B3", "x"))
    until = add(AT, GOODS.objection_at_opening)
    assert read_out(opening, AT, GOODS) == (BidsReadOut(until), LotFailed("too_few_valid"))
    assert read_out(opening, AT, WORKS) == (BidsReadOut(add(AT, WORKS.objection_at_opening)),)


# objections and the end


def test_objections_are_taken_from_the_reading_to_their_end():
    until = read().objections_until
    objection = ObjectionRaised("o", "?")
    assert refused(released(), objection) == "not_read_out"
    assert refused(released(), OpeningConfirmed("0")) == "not_read_out"
    raised = act(read(), objection, at=until - MILLISECOND)
    assert refused(read(), objection, at=until) == "objection_too_late"
    assert refused(read(), ObjectionRaised("o", " ")) == "text_missing"
    assert refused(raised, objection) == "objection_repeated"
    assert refused(raised, ObjectionAnswered("other", "!")) == "objection_unknown"
    assert refused(raised, ObjectionAnswered("o", " ")) == "text_missing"
    answered = act(raised, ObjectionAnswered("o", "!"))
    assert refused(answered, ObjectionAnswered("o", "again")) == "objection_unknown"


def test_the_opening_ends_when_objections_are_over_and_answered():
    until = read().objections_until
    assert refused(released(), OpeningConcluded("0")) == "not_read_out"
    assert refused(read(), OpeningConcluded("0"), at=until - MILLISECOND) == "objections_still_open"
    raised = act(read(), ObjectionRaised("o", "?"))
    assert refused(raised, OpeningConcluded("0"), at=until) == "objection_unanswered"
    done = act(act(raised, ObjectionAnswered("o", "!")), OpeningConcluded("0"), at=until)
    assert refused(done, OpeningConfirmed("0")) == "opening_concluded"


FACTS = [
    *(ShareReleased(index, "aa") for index in (1, 2, 3)),
    *(opened_bid(receipt) for receipt in BIDS),
    *(BidVoided(receipt, "b", "B", "x") for receipt in BIDS),
    # As often as one of three shares or bids.
    *3 * (BidsReleased("cc", (1, 2)), BidsReadOut(AT + timedelta(minutes=1))),
    *3 * (ObjectionRaised("o", "?"), ObjectionAnswered("o", "!"), OpeningConcluded("0")),
]


@given(choices(15))
def test_in_any_order_only_the_lawful_order_happens(chosen):
    opening = closed()
    for step in range(chosen.one(range(15))):
        try:
            opening = act(opening, chosen.one(FACTS), at=AT + timedelta(seconds=10 * step))
        except RuleViolation:
            continue
    assert not (opening.opened.keys() & opening.voided.keys())
    assert opening.release is not None or not (opening.opened or opening.voided)
    assert not opening.read_out or len(opening.opened) + len(opening.voided) == 3
    assert opening.concluded_at is None or all(o.answered_at for o in opening.objections.values())


# qualification and convening


def test_a_bidder_marks_files_of_qualification_by_name():
    marked = ("资格文件.pdf", "资格审查/营业执照.pdf", "Qualification/licence.pdf", "投标/资格证明/a.pdf")
    others = ("技术方案.pdf", "商务/非资格说明.pdf", "technical/pre-qualification.pdf", "")
    assert [is_qualification_file(path) for path in (*marked, *others)] == [True] * 4 + [False] * 4


def checked(results, profile=GOODS, opened=BIDS, before=False):
    return decide_check(before, opened, QualificationChecked(results), profile)


def test_the_agency_checks_every_opened_bid_once():
    results = dict.fromkeys(BIDS, Qualification(True, ""))
    (fact,) = checked(results)
    assert qualified(fact.results) == BIDS
    for changes, code in (
        ({"profile": WORKS}, "not_for_regime"),
        ({"before": True}, "already_checked"),
        ({"opened": (*BIDS, "4")}, "bids_unchecked"),
    ):
        with pytest.raises(RuleViolation, match=code):
            checked(results, **changes)
    with pytest.raises(RuleViolation, match="reason_missing"):
        checked({**results, "1": Qualification(False, " ")})


def test_the_buyer_names_as_many_as_the_profile_allows():
    named = BuyerMemberNamed("x", "s", "0")
    most = GOODS.buyer_members_at_most
    assert decide_naming(Buyers(), named, GOODS, settled=False) == (named,)
    with pytest.raises(RuleViolation, match="too_many_buyer_members"):
        decide_naming(Buyers((named,) * most), BuyerMemberNamed("y", "s", "0"), GOODS, settled=False)
    with pytest.raises(RuleViolation, match="buyer_member_repeated"):
        decide_naming(Buyers((named,)), named, replace(GOODS, buyer_members_at_most=2), settled=False)
    with pytest.raises(RuleViolation, match="committee_settled"):
        decide_naming(Buyers(), named, GOODS, settled=True)
    assert committee_rules(TERMS).buyer_may_chair is False


CONDITIONS = DrawConditions(
    "c", "1", "evaluation-committee", (Stratum("goods/host", 2, 1), Stratum("goods/sub", 2, 0)), GOODS.drawn_per_unit,
    ("agency", "centre", "supervisor"), GOODS.pool_factor, "k", 3,
)  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"tender": "d"}, {"lot": "2"}, {"purpose": "x"}, {"max_per_unit": 9}, {"parties": ("agency", "centre")},
        {"pool_factor": 1}, {"committee": "other"}, {"trustees_needed": 1},
    ],
)  # fmt: skip
def test_a_draw_is_held_under_the_profiles_conditions(changes):
    check_draw_conditions(CONDITIONS, TERMS, ["host"], "c", "1", ("k", 3))
    with pytest.raises(RuleViolation) as violation:
        check_draw_conditions(replace(CONDITIONS, **changes), TERMS, ["host"], "c", "1", ("k", 3))
    assert (violation.value.code, violation.value.facts["field"]) == ("draw_conditions_not_profile", *changes)


@pytest.mark.parametrize(("experts", "buyers"), [(3, 1), (4, 0), (5, 1), (2, 1)])
def test_a_committee_is_odd_and_large_enough(experts, buyers):
    with pytest.raises(RuleViolation, match="committee_size_wrong"):
        check_draw_conditions(
            replace(CONDITIONS, strata=(Stratum("s/sub", experts, 0),)), TERMS, ["host"] * buyers, "c", "1", ("k", 3)
        )


@given(choices(9))
def test_a_large_or_complex_purchase_of_goods_has_a_larger_committee(chosen):
    """O87 art. 47: from 10,000,000 yuan on, or when complex, at least seven; always odd, two thirds of them experts."""
    budget, complex = D(chosen.one(range(3_000_000_001))) / 100, chosen.one((False, True))
    experts, buyers, lots = chosen.one(range(15)), chosen.one(range(7)), chosen.one((1, 2, 3))
    parts = tuple(lot(number=str(i), budget=budget / lots) for i in range(lots))
    tender, size = terms(lots=parts, complex=complex), experts + buyers
    large = complex or sum(part.budget for part in parts) >= D("10000000")
    lawful = size % 2 == 1 and size >= (7 if large else 5) and 3 * experts >= 2 * size and buyers > 0
    assert committee_rules(tender).least_members == least_members(tender) == (7 if large else 5)
    assert least_members(replace(tender, profile=WORKS)) == WORKS.committee_size
    conditions = replace(CONDITIONS, strata=(Stratum("s/sub", experts, 0),))
    if lawful:
        check_committee_size(conditions, tender, ["host"] * buyers)
        return
    with pytest.raises(RuleViolation, match=r"committee_size|too_few_experts|too_few_sub_site_experts"):
        check_committee_size(conditions, tender, ["host"] * buyers)


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"lots": (lot(budget=D("9999999.99")), lot(number="2", budget=D("0.01")))}, "committee_size_for_budget",
         ("10,000,000.00 元", "10,000,000 元", "7 人以上单数", "专家 4 人", "代表 1 人", "共 5 人")),
        ({"complex": True}, "committee_size_for_complex", ("技术复杂", "7 人以上单数", "共 5 人")),
    ],
)  # fmt: skip
def test_five_members_are_too_few_for_it(changes, code, words):
    check_committee_size(CONDITIONS, terms(lots=(lot(budget=D("9999999.99")),)), ["host"])
    with pytest.raises(RuleViolation, match=code) as refusal:
        check_committee_size(CONDITIONS, terms(**changes), ["host"])
    said = sentence(refusal.value.code, refusal.value.facts, "zh")
    assert all(word in said for word in words)
    assert "art. 47" in sentence(refusal.value.code, refusal.value.facts, "en")
    check_committee_size(replace(CONDITIONS, strata=(Stratum("s/sub", 6, 0),)), terms(**changes), ["host"])


@pytest.mark.parametrize(
    ("quotas", "buyers", "remote"),
    [
        ({"a/host": 3, "a/sub": 1}, ["host"], 1),
        ({"a/host": 4}, ["host"], 0),
        ({"a/sub": 4}, ["sub"], 0),
        ({"a/host": 4, "b/sub": 1}, [], 1),
    ],
)  # fmt: skip
def test_too_few_of_the_drawn_at_a_sub_site_are_refused_before_the_draw(quotas, buyers, remote):
    strata = tuple(Stratum(name, quota, 0) for name, quota in quotas.items())
    with pytest.raises(RuleViolation, match="too_few_sub_site_experts") as refusal:
        check_committee_size(replace(CONDITIONS, strata=strata), TERMS, buyers)
    assert refusal.value.facts["remote"] == remote


def test_randomness_comes_from_the_party_itself():
    officer = Actor("i", "n", frozenset({Role.AGENCY_OFFICER}), "o", "", "")
    check_party("agency", replace(officer, roles=frozenset({Role.AGENCY_SUPERVISOR})))
    for party in ("agency", "centre", "supervisor", "stranger"):
        with pytest.raises(RuleViolation, match="draw_party_of_another"):
            check_party(party, officer)

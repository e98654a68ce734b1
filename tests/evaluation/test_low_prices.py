"""Prices that are clearly low: which are marked, who is asked, who decides, and what follows."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from evaluation.errors import RuleViolation
from evaluation.low_prices import LowPriceKind as K
from evaluation.low_prices import LowPriceRules, marked_prices
from evaluation.sitting import (
    PRICE_PROVEN,
    BidsReviewed,
    ClarificationAnswered,
    ClarificationDecided,
    ClarificationLapsed,
    ClarificationSent,
    ClarificationStanding,
    ClarificationVoted,
    ExplanationDecided,
    ExplanationJudged,
    MemberIdentified,
    MemberRecused,
    MemberReplaced,
    PricesMarked,
    Rejection,
    ReportPrepared,
    ReportSigned,
    ResultsComputed,
    ReviewConcluded,
    ScoreSheetLocked,
    SittingFailed,
    Stage,
    StatementMade,
    explainable,
    recheck,
    unexplained,
)
from tests.evaluation.questions import explain, proposal
from tests.evaluation.sittings import MARKED, REPORT, Sitting, findings, key_of, sheet, with_rules

HALVES = LowPriceRules(D("0.5"), D("0.5"), D("0.45"))
S = ClarificationStanding


def kinds(rules: LowPriceRules, *prices: str, ceiling: str = "") -> dict[str, list[K]]:
    found = marked_prices(rules, dict(zip("ABCDE", map(D, prices), strict=False)), D(ceiling) if ceiling else None)
    return {one.bid: [mark.kind for mark in one.marks] for one in found}


def test_a_price_is_marked_strictly_below_a_share_of_the_mean_of_the_next_and_of_the_ceiling():
    assert kinds(HALVES, "100", "100", "100") == {}
    assert kinds(HALVES, "33.33", "100", "100") == {"A": [K.MEAN, K.NEXT]}  # mean 77.78, half of it 38.89
    assert kinds(HALVES, "50.00", "100", "100") == {}
    assert kinds(HALVES, "49.99", "100", "100") == {"A": [K.NEXT]}
    assert kinds(HALVES, "90", "95", "100", ceiling="200") == {}
    assert kinds(HALVES, "89.99", "90", "100", ceiling="200") == {"A": [K.CEILING]}
    assert kinds(HALVES, "10", "11", "500") == {"A": [K.MEAN], "B": [K.MEAN]}
    assert kinds(HALVES, "10", ceiling="100") == {"A": [K.CEILING]}
    assert kinds(LowPriceRules(), "1", "100", "100", ceiling="900") == {}
    assert kinds(HALVES) == {}


def test_a_limit_is_rounded_before_it_is_used_so_that_it_can_be_computed_from_what_is_printed():
    (found,) = marked_prices(LowPriceRules(of_mean=D("0.5")), {"A": D("1"), "B": D("10"), "C": D("10")}, None)
    assert found.marks[0].compared == D("7.00")
    (found,) = marked_prices(LowPriceRules(of_mean=D("0.5")), {"A": D("1"), "B": D("10"), "C": D("11")}, None)
    assert (found.marks[0].compared, found.marks[0].limit) == (D("7.33"), D("3.67"))


def refused(sitting: Sitting, fact: object) -> str:
    with pytest.raises(RuleViolation) as refusal:
        sitting.act(fact)
    return refusal.value.code


def test_no_report_is_made_before_a_marked_price_is_explained_and_nobody_votes_on_whether_to_ask():
    sitting = Sitting(MARKED).until(Stage.RESULTS)
    assert [type(event) for event in sitting.events[-2:]] == [ResultsComputed, PricesMarked]
    assert [price.bid for price in sitting.state.marked] == ["A"]
    assert explainable(sitting.state) == ("A", "B", "C")
    assert refused(sitting, ReportPrepared(REPORT)) == "prices_unexplained"
    accepted = sitting.act(explain(4))
    assert accepted[1] == ClarificationDecided("q-1", True, 1, 0, by_rule=True)
    assert refused(sitting, explain(5, "q-2")) == "price_asked_before"
    for fact in (ClarificationSent(3, "q-1", 600), ClarificationAnswered("q-1", "A", "We own the mine.", ())):
        sitting.act(fact)
        assert refused(sitting, ReportPrepared(REPORT)) == "prices_unexplained"
    assert refused(sitting, ExplanationJudged(1, "q-1", False, " ")) == "sitting_text_missing"
    assert refused(sitting, ExplanationJudged(1, "q-0", True, "")) == "clarification_unknown"
    sitting.act(*(ExplanationJudged(seat, "q-1", True, "") for seat in (1, 2)))
    assert refused(sitting, ExplanationJudged(2, "q-1", True, "")) == "sitting_already_done"
    assert sitting.act(ExplanationJudged(3, "q-1", True, ""))[1] == ExplanationDecided("q-1", "A", True, 3, 0)
    assert refused(sitting, ExplanationJudged(4, "q-1", True, "")) == "explanation_not_awaited"
    sitting.act(ReportPrepared(REPORT))
    assert recheck(sitting.events) == sitting.state


def test_a_majority_that_finds_a_price_not_proven_rejects_the_bid_and_the_sheets_stand_without_it():
    sitting = Sitting(MARKED).until(Stage.RESULTS)
    accepted = sitting.explain(seats_against=3)
    assert [type(event) for event in accepted[1:]] == [ExplanationDecided, ReviewConcluded, ResultsComputed]
    assert accepted[2] == ReviewConcluded((Rejection("A", PRICE_PROVEN.id, 3, ("no proof",) * 3),), ("B", "C"))
    assert [row.bid for row in sitting.state.result.bids] == ["B", "C"]
    assert not unexplained(sitting.state)
    assert [price.bid for price in sitting.state.marked] == ["A"]  # and no other, now that it is gone
    sitting.until(Stage.CLOSED)
    assert recheck(sitting.events) == sitting.state


def test_two_of_five_reject_nothing():
    sitting = Sitting(MARKED).until(Stage.RESULTS)
    assert sitting.explain(seats_against=2)[-1] == ExplanationDecided("price-0", "A", True, 3, 2)
    sitting.act(ReportPrepared(REPORT))


def test_who_explains_nothing_in_time_has_proven_nothing():
    sitting = Sitting(MARKED).until(Stage.RESULTS)
    accepted = sitting.explain(answered=False)
    assert accepted[1] == ReviewConcluded((Rejection("A", PRICE_PROVEN.id, 0, ()),), ("B", "C"))
    few = Sitting(with_rules(low_price=MARKED.rules.low_price)).until(Stage.RESULTS)
    assert isinstance(few.explain(answered=False)[-1], SittingFailed)


def test_about_a_price_that_nothing_marks_a_majority_decides_whether_it_is_asked():
    sitting = Sitting().until(Stage.REPORT)
    sitting.act(explain(1, bid="B"))
    assert sitting.state.stage is Stage.RESULTS  # the report is to tell of it
    assert refused(sitting, ReportPrepared(REPORT)) == "prices_unexplained"
    accepted = sitting.act(*(ClarificationVoted(seat, "q-1", False) for seat in (2, 3, 4)))
    assert accepted[-1] == ClarificationDecided("q-1", False, 1, 3)
    assert refused(sitting, explain(2, "q-2", "B")) == "price_asked_before"
    sitting.act(ReportPrepared(REPORT))
    assert sitting.act(ReportSigned(1, REPORT, key_of(1)))
    assert refused(sitting, explain(2, "q-2", "C")) == "sitting_out_of_order"


def test_prices_are_asked_about_after_the_last_lock_and_everything_else_before():
    for stage in (Stage.REVIEW, Stage.SCORING):
        assert refused(Sitting(MARKED).until(stage), explain()) == "price_not_known"
    assert refused(Sitting(MARKED).until(Stage.RESULTS), proposal()) == "sitting_out_of_order"


@pytest.mark.parametrize("answered", [True, False])
def test_whoever_sits_after_a_member_left_decides_anew_and_an_answer_that_never_came_rejects_still(answered):
    sitting = Sitting(MARKED).until(Stage.RESULTS)
    sitting.act(explain(), ClarificationSent(3, "q-1", 600), MemberRecused(4, "ill"))
    assert not explainable(sitting.state)
    sitting.act(ClarificationAnswered("q-1", "A", "We own the mine.", ()) if answered else ClarificationLapsed("q-1"))
    sitting.act(MemberReplaced(4, "sub", "successor"), MemberIdentified(4, key_of(9), "witness"))
    sitting.act(StatementMade(4, True, ""))  # nobody waits for it, nor learns of it
    sitting.act(BidsReviewed(4, findings()), ScoreSheetLocked(4, sheet(4), {}))
    assert sitting.state.valid == (("A", "B", "C") if answered else ("B", "C"))
    assert unexplained(sitting.state) == (("A",) if answered else ())


def test_a_vote_of_somebody_who_left_counts_for_nothing():
    sitting = Sitting(MARKED).until(Stage.RESULTS)
    sitting.explain(seats_against=2)
    sitting.act(MemberRecused(4, "ill"))
    (one,) = sitting.state.clarifications.values()
    assert (one.standing, one.judged, one.proven) == (S.ANSWERED, {}, None)

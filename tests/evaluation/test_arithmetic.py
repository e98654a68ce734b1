"""Arithmetic corrections of prices: who may propose one, what its confirmation changes, and what follows without it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import RuleViolation
from evaluation.evaluate import corrected_in, evaluate
from evaluation.price_corrections import ArithmeticGround, CorrectedPrice, PriceCorrection
from evaluation.price_steps import steps_before
from evaluation.sitting import (
    ARITHMETIC_CONFIRMED,
    WITHIN_CEILING,
    BidsReviewed,
    ClarificationAsked,
    ClarificationDecided,
    ClarificationLapsed,
    ClarificationSent,
    ClarificationVoted,
    ClarificationWithdrawn,
    DissentRecorded,
    MemberIdentified,
    MemberRecused,
    MemberReplaced,
    PricesMarked,
    Rejection,
    ReportPrepared,
    ResultsComputed,
    ReviewConcluded,
    ScoreSheetLocked,
    Stage,
    StatementMade,
    TiesDrawn,
    price_correctable,
    recheck,
    unconfirmed,
)
from tests.evaluation.questions import ID, answer, confirm, correct, explain, proposal
from tests.evaluation.sittings import (
    CORRECTED,
    EVALUATION,
    REPORT,
    Sitting,
    findings,
    key_of,
    sheet,
    with_rules,
)

SUM = ArithmeticGround.SUM_OVER_TOTAL


def begun(convened=CORRECTED) -> Sitting:
    return Sitting(convened).until(Stage.RESULTS)


def asked(sitting: Sitting, fact=None) -> Sitting:
    """It is proposed, adopted and sent."""
    fact = fact or correct(bid="B")
    sitting.act(fact, *(ClarificationVoted(seat, fact.id, True) for seat in (3, 4)))
    sitting.act(ClarificationSent(3, fact.id, 600))
    return sitting


def refused(sitting: Sitting, fact: object) -> str:
    with pytest.raises(RuleViolation) as refusal:
        sitting.act(fact)
    return refusal.value.code


def test_a_price_that_its_bidder_confirms_counts_from_then_on_and_the_one_that_was_bid_stays_on_record():
    sitting = asked(begun())
    assert isinstance(sitting.events[-1], ClarificationAsked)
    assert sitting.events[-1].correction == PriceCorrection(D("1580000"), ArithmeticGround.UNIT_OVER_TOTAL)
    before = sitting.state.result
    accepted = sitting.act(confirm(bid="B"))
    assert [type(event) for event in accepted[1:]] == [ResultsComputed, PricesMarked]  # the next price is another
    row = sitting.state.result["B"]
    assert row.price == D("1580000")
    assert row.corrected == CorrectedPrice(D("1574022"), ArithmeticGround.UNIT_OVER_TOTAL)
    assert (before["B"].price, before["B"].read_out, row.read_out) == (D("1574022"),) * 3
    assert sitting.state.bids == CORRECTED.bids
    plain = evaluate(
        EVALUATION, {"A": D(1566000), "B": D(1580000), "C": D(1585000)}, {str(n): sheet(n) for n in range(1, 6)}
    )
    assert replace(row, corrected=None) == plain["B"]
    sitting.until(Stage.CLOSED)
    assert recheck(sitting.events) == sitting.state


@pytest.mark.parametrize(
    "fact", [confirm(bid="B", confirms=False, text="We bid what we bid."), ClarificationLapsed(ID)]
)
def test_who_does_not_confirm_or_does_not_answer_is_rejected_without_a_vote(fact):
    sitting = asked(begun())
    concluded, computed = sitting.act(fact)[1:3]
    assert concluded == ReviewConcluded((Rejection("B", ARITHMETIC_CONFIRMED.id, 0, ()),), ("A", "C"))
    assert [row.bid for row in computed.result.bids] == ["A", "C"]
    assert recheck(sitting.events) == sitting.state


def test_a_corrected_price_above_the_ceiling_is_rejected():
    sitting = asked(begun(), correct(bid="C", price="1586000.01"))
    accepted = sitting.act(confirm(bid="C"))
    assert accepted[1] == ReviewConcluded((Rejection("C", WITHIN_CEILING.id, 0, ()),), ("A", "B"))
    at_the_ceiling = asked(begun(), correct(bid="C", price="1586000"))
    assert isinstance(at_the_ceiling.act(confirm(bid="C"))[1], ResultsComputed)


def test_no_report_is_prepared_while_a_correction_waits_and_one_that_is_there_is_prepared_anew():
    sitting = Sitting(CORRECTED).until(Stage.REPORT)
    sitting.act(correct(bid="B"))
    assert sitting.state.stage is Stage.RESULTS
    assert unconfirmed(sitting.state) == ("B",)
    for fact in (ClarificationVoted(2, ID, True), ClarificationVoted(3, ID, True), ClarificationSent(3, ID, 600)):
        assert refused(sitting, ReportPrepared(REPORT)) == "corrections_unconfirmed"
        sitting.act(fact)
    assert refused(sitting, ReportPrepared(REPORT)) == "corrections_unconfirmed"
    sitting.act(confirm(bid="B"))
    assert not unconfirmed(sitting.state)
    sitting.act(ReportPrepared(REPORT))


def test_a_correction_that_is_refused_or_taken_back_changes_nothing_and_is_not_proposed_again_as_it_was():
    sitting = begun()
    sitting.act(correct(bid="B"), ClarificationWithdrawn(1, ID))
    sitting.act(correct(2, "q-2", "B"))
    accepted = sitting.act(*(ClarificationVoted(seat, "q-2", False) for seat in (1, 3, 4)))
    assert accepted[-1] == ClarificationDecided("q-2", False, 1, 3)
    assert refused(sitting, correct(1, "q-3", "B")) == "clarification_refused_before"
    sitting.act(correct(1, "q-3", "B", price="1579999.99"), ClarificationWithdrawn(1, "q-3"))
    assert sitting.state.result["B"].corrected is None


def test_what_may_be_proposed():
    for stage in (Stage.REVIEW, Stage.SCORING):
        assert refused(Sitting(CORRECTED).until(stage), correct()) == "price_not_known"
        assert not price_correctable(Sitting(CORRECTED).until(stage).state)
    assert refused(Sitting().until(Stage.RESULTS), correct()) == "arithmetic_not_known"
    works = begun(with_rules(arithmetic=(ArithmeticGround.WORDS_OVER_FIGURES,)))
    assert refused(works, correct()) == "correction_ground_unknown"
    sitting = begun()
    assert price_correctable(sitting.state) == ("A", "B", "C")
    for price in ("0", "-1", "1580000.001", "1e20", "NaN", "Infinity"):
        assert refused(sitting, correct(price=price)) == "correction_price_wrong"
    assert refused(sitting, correct(price="1566000.00")) == "corrected_price_same"
    assert refused(sitting, correct(bid="D")) == "clarification_bid_unknown"
    assert refused(sitting, replace(correct(), correction=None)) == "correction_ground_unknown"
    assert refused(sitting, replace(explain(), correction=correct().correction)) == "correction_unexpected"
    early = Sitting(CORRECTED).until(Stage.REVIEW)
    assert refused(early, replace(proposal(), correction=correct().correction)) == "correction_unexpected"


def test_only_a_correction_is_confirmed_and_a_correction_only_confirmed_or_not():
    sitting = asked(begun())
    assert refused(sitting, answer(bid="B")) == "confirmation_missing"
    assert refused(sitting, confirm(bid="A")) == "clarification_bid_unknown"
    assert refused(sitting, confirm(bid="B", text="no\x00")) == "sitting_text_unfit"
    sitting.act(confirm(bid="B"))
    assert refused(sitting, confirm(bid="B", confirms=False)) == "clarification_stands_otherwise"
    other = begun()
    other.act(explain(), ClarificationSent(3, ID, 600))
    assert refused(other, confirm()) == "confirmation_unexpected"


def test_a_price_is_explained_or_corrected_one_after_the_other_and_marks_follow_the_corrected_one():
    sitting = begun()  # A is marked, and explains its price
    sitting.act(explain())
    assert price_correctable(sitting.state) == ("B", "C")
    assert refused(sitting, correct(2, "q-2")) == "price_being_asked"
    sitting.act(ClarificationSent(3, ID, 600), answer())
    assert refused(sitting, correct(2, "q-2")) == "price_being_asked"
    sitting = begun()
    sitting.explain()
    asked(sitting, correct(2, "q-2", price="1500000"))
    assert refused(sitting, explain(4, "q-3")) == "price_asked_before"
    accepted = sitting.act(confirm("q-2"))
    assert [type(event) for event in accepted[1:]] == [ResultsComputed, PricesMarked]
    assert sitting.state.marked[0].price == D(1500000)
    assert refused(sitting, ReportPrepared(REPORT)) == "prices_unexplained"  # it explained another price
    sitting.explain()
    sitting.act(ReportPrepared(REPORT))
    asked(again := begun(), correct(price="1574000"))
    assert refused(again, explain(4, "q-3")) == "price_being_asked"
    assert again.act(confirm())[-1] == PricesMarked(())
    assert recheck(again.events) == again.state


def test_dissents_are_of_the_results_that_they_are_about():
    sitting = asked(begun())
    sitting.act(DissentRecorded(4, "too dear"))
    sitting.act(confirm(bid="B"))
    assert [one.text for one in sitting.state.superseded_dissents] == ["too dear"]
    assert not sitting.state.dissents


def test_equal_bids_are_drawn_anew_where_a_price_changes():
    tied = replace(CORRECTED, bids=tuple(replace(bid, price=D(1566000)) for bid in CORRECTED.bids))
    equal = {bid: sheet(1)["A"] for bid in "ABC"}
    sitting = Sitting(tied).play(Stage.SCORING)
    sitting.act(*(ScoreSheetLocked(seat, equal, {}) for seat in sitting.numbers))
    assert sitting.state.result.to_draw == (("A", "B", "C"),)
    sitting.act(TiesDrawn(("C", "B", "A"), "d" * 64))
    asked(sitting, correct(bid="C"))
    sitting.act(confirm(bid="C"))
    assert sitting.state.result.to_draw == (("A", "B"),)
    assert not sitting.state.drawn
    assert refused(sitting, TiesDrawn(("C", "B", "A"), "d" * 64)) == "tie_order_wrong"
    sitting.act(TiesDrawn(("B", "A"), "e" * 64))
    assert [row.bid for row in sitting.state.result.bids] == ["B", "A", "C"]
    assert recheck(sitting.events) == sitting.state


@pytest.mark.parametrize("fact", [confirm(bid="B"), ClarificationLapsed(ID)])
def test_what_a_bidder_has_answered_stands_whoever_leaves(fact):
    sitting = asked(begun())
    sitting.act(MemberRecused(4, "ill"), fact)
    sitting.act(MemberReplaced(4, "sub", "successor"), MemberIdentified(4, key_of(9), "witness"))
    sitting.act(StatementMade(4, True, ""))
    sitting.act(BidsReviewed(4, findings()), ScoreSheetLocked(4, sheet(4), {}))
    confirmed = not isinstance(fact, ClarificationLapsed)
    assert sitting.state.valid == (("A", "B", "C") if confirmed else ("A", "C"))
    assert corrected_in(sitting.state.result) == ({"B": correct().correction} if confirmed else {})
    assert recheck(sitting.events) == sitting.state


def test_a_changed_record_is_found():
    sitting = asked(begun())
    sitting.act(confirm(bid="B"))
    for at, event in enumerate(sitting.events):
        forged = list(sitting.events)
        if isinstance(event, ClarificationAsked):
            forged[at] = replace(event, correction=PriceCorrection(D(1), SUM))
        elif isinstance(event, ResultsComputed) and corrected_in(event.result):
            rows = tuple(replace(row, corrected=None) for row in event.result.bids)
            forged[at] = ResultsComputed(replace(event.result, bids=rows))
        else:
            continue
        with pytest.raises(RuleViolation, match="sitting_record_differs"):
            recheck(forged)


def test_the_example_of_the_documentation():
    prices, to = {"A": D(1566000), "B": D(1574022), "C": D(1585000)}, PriceCorrection(D("1583000.50"), SUM)
    result = evaluate(EVALUATION, prices, {str(n): sheet(n) for n in range(1, 6)}, corrections={"A": to})
    assert {row.bid: row.price_score for row in result.bids} == {"A": D("29.83"), "B": D("30.00"), "C": D("29.79")}
    (line,) = steps_before(result["A"])
    assert (line.figures, line.result) == ("1566000 + 17000.5", D("1583000.50"))
    lower = evaluate(
        EVALUATION, prices, {"1": sheet()}, deductions={"A": D("0.1")}, corrections={"A": replace(to, price=D(1500000))}
    )
    figures = [line.figures for line in steps_before(lower["A"])]
    assert figures == ["1566000 − 66000", "1500000 × (1 − 0.1)"]
    assert lower["A"].compared == D("1350000.00")


@given(st.integers(1, 10**12), st.sampled_from(["A", "B", "C"]), st.sampled_from(ArithmeticGround))
def test_results_are_those_of_the_corrected_prices_and_say_so(fen, bid, ground):
    prices = {"A": D(1566000), "B": D(1574022), "C": D(1585000)}
    sheets, correction = {str(n): sheet(n) for n in range(1, 6)}, PriceCorrection(D(fen) / 100, ground)
    found = evaluate(EVALUATION, prices, sheets, corrections={bid: correction})
    as_if = evaluate(EVALUATION, prices | {bid: correction.price}, sheets)
    assert tuple(replace(row, corrected=None) for row in found.bids) == as_if.bids
    assert replace(found, bids=()) == replace(as_if, bids=())
    assert {row.bid: row.read_out for row in found.bids} == prices
    assert corrected_in(found) == {bid: correction}

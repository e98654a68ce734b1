"""A tender's way to its deadline: periods of the profile, and two persons for all that is published."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from itertools import product

import pytest
from hypothesis import given

from app.procedure.calendar import Period, Unit, add
from app.procedure.errors import RuleViolation
from app.procedure.tender import (
    AmendmentProposed,
    AmendmentReleased,
    AnswerProposed,
    AnswerReleased,
    QuestionAsked,
    Tender,
    TenderPublished,
    TenderReturned,
    TenderSubmitted,
    decide,
    question_deadline,
)
from app.procedure.terms import CaseOpened, Party, check_terms
from evaluation.prices import FORMULAS, PriceRule
from tests.choices import choices
from tests.evaluation.test_prices import RULES as PRICE_RULES
from tests.procedure.tenders import (
    AT,
    DAY,
    DIGEST,
    EVALUATION,
    GOODS,
    MILLISECOND,
    TERMS,
    WORKS,
    act,
    lot,
    published,
    submitted,
    terms,
)


def refused(tender, fact, by="officer", at=AT):
    with pytest.raises(RuleViolation) as violation:
        decide(tender, fact, by, at)
    return violation.value.code


# terms


def test_whose_staff_the_buyer_s_are_is_asked_for():
    good = TERMS.buyer_code
    for code, outcome in (
        ("", "missing"),
        (good[:16], "wrong"),
        (good.replace("M", "O"), "wrong"),
        (good[:17] + "0", "digit"),
    ):
        with pytest.raises(RuleViolation, match=f"buyer_code_{outcome}") as violation:
            check_terms(terms(buyer_code=code), AT)
        assert violation.value.facts.get("due", good[17]) == good[17]
    check_terms(terms(buyer_code="", profile=replace(GOODS, recusal_articles={})), AT)  # of before there was this rule


@pytest.mark.parametrize("field", ["code", "title", "buyer", "notice"])
def test_terms_are_complete(field):
    with pytest.raises(RuleViolation) as violation:
        check_terms(terms(**{field: " "}), AT)
    assert (violation.value.code, violation.value.facts) == ("terms_incomplete", {"field": field})


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (terms(lots=()), "terms_incomplete"),
        (terms(lots=(lot(), lot())), "lot_repeated"),
        (terms(lots=(lot(ceiling=D("1751000.01")),)), "ceiling_above_budget"),
    ],
)
def test_terms_that_contradict_themselves_are_refused(found, code):
    with pytest.raises(RuleViolation, match=code):
        check_terms(found, AT)


@pytest.mark.parametrize("profile", [GOODS, WORKS])
def test_bidders_get_the_profiles_time(profile):
    """招标投标法 24: at least 20 days from the documents to the deadline; to the millisecond."""
    earliest = add(AT, profile.documents_to_deadline)
    assert earliest - AT >= 20 * DAY
    check_terms(terms(profile=profile, lots=(lot(deadline_at=earliest),)), AT)
    with pytest.raises(RuleViolation, match="deadline_too_early"):
        check_terms(terms(profile=profile, lots=(lot(deadline_at=earliest - MILLISECOND),)), AT)


def test_price_weighs_what_the_profile_asks_at_least():
    price = EVALUATION.criteria.price
    assert GOODS.price_weight_at_least == price.full == 30
    heavier = replace(GOODS, price_weight_at_least=31)
    with pytest.raises(RuleViolation, match="price_weight_too_low"):
        check_terms(terms(profile=heavier), AT)


@pytest.mark.parametrize("formula", sorted(FORMULAS))
def test_prices_are_scored_by_a_formula_of_the_rule_book(formula):
    """O87 art. 55: goods by the lowest price alone. A notice of before rule books named any is replayed as it was."""
    own = {"full": EVALUATION.criteria.price.full, "places": D(2)}
    scored = replace(EVALUATION, price_rule=PriceRule(formula, PRICE_RULES[formula] | own))
    for profile, names in ((GOODS, {"lowest_price_ratio"}), (WORKS, set(FORMULAS))):
        assert set(profile.price_formulas) == names
        with nullcontext() if formula in names else pytest.raises(RuleViolation, match="price_formula_not_allowed"):
            submitted(terms(profile=profile, lots=(lot(evaluation=scored),)))
    submitted(terms(profile=replace(GOODS, price_formulas=()), lots=(lot(evaluation=scored),)))


# two persons


def test_a_case_is_opened_once():
    parties = CaseOpened(Party("a", "A"), Party("c", "C"), Party("r", "R"))
    assert refused(act(Tender(), parties, "officer"), parties) == "case_already_opened"


def test_who_submitted_does_not_publish():
    assert refused(submitted(), TenderPublished(DIGEST), "officer") == "second_person_needed"
    assert refused(submitted(), TenderReturned("no"), "officer") == "second_person_needed"
    assert published().published_by == "releaser"


def test_exactly_what_was_submitted_is_published():
    assert refused(submitted(), TenderPublished("e" * 64), "releaser") == "object_has_changed"


def test_what_was_returned_is_submitted_again_first():
    returned = act(submitted(), TenderReturned("budget"), "releaser")
    assert refused(returned, TenderPublished(DIGEST), "releaser") == "nothing_submitted"
    again = act(returned, TenderSubmitted(TERMS), "officer")
    assert act(again, TenderPublished(DIGEST), "releaser").published_at == AT


def test_waiting_too_long_makes_a_deadline_too_early():
    assert refused(submitted(), TenderPublished(DIGEST), "releaser", AT + 11 * DAY) == "deadline_too_early"


def test_a_published_tender_is_not_submitted_or_published_again():
    assert refused(published(), TenderSubmitted(TERMS)) == "tender_already_published"
    assert refused(published(), TenderPublished(DIGEST), "releaser") == "tender_already_published"


def test_nothing_is_published_before_it_is_submitted():
    assert refused(Tender(), TenderPublished(DIGEST), "releaser") == "nothing_submitted"
    with pytest.raises(RuleViolation, match="tender_not_published"):
        _ = submitted().published


# questions


def test_questions_end_before_the_deadline():
    tender = published()
    until = question_deadline(tender)
    assert until < tender.deadlines["1"]
    decide(tender, QuestionAsked("q", "?"), "bidder", until - MILLISECOND)
    assert refused(tender, QuestionAsked("q", "?"), "bidder", until) == "question_too_late"


def test_an_answer_needs_two_persons_and_no_change():
    asked = act(published(), QuestionAsked("q", "?"), "bidder")
    assert refused(asked, QuestionAsked("q", "again"), "bidder") == "question_repeated"
    assert refused(asked, QuestionAsked("q2", " "), "bidder") == "text_missing"
    assert refused(asked, AnswerReleased("q", "yes"), "releaser") == "nothing_submitted"
    assert refused(asked, AnswerProposed("other", "yes")) == "question_unknown"
    proposed = act(asked, AnswerProposed("q", "yes"), "officer")
    assert refused(proposed, AnswerReleased("q", "yes"), "officer") == "second_person_needed"
    assert refused(proposed, AnswerReleased("q", "no"), "releaser") == "object_has_changed"
    answered = act(proposed, AnswerReleased("q", "yes"), "releaser")
    assert answered.questions["q"].answer == "yes"
    assert refused(answered, AnswerProposed("q", "later")) == "question_already_answered"


# amendments


def moved(days):
    return {"1": AT + days * DAY}


def test_an_amendment_leaves_the_profiles_time_or_moves_the_deadline():
    """招标投标法 23: 15 days before the deadline, else the deadline moves."""
    tender, late = published(), AT + 20 * DAY
    assert refused(tender, AmendmentProposed("a", "text", {}), at=late) == "amendment_too_late"
    decide(tender, AmendmentProposed("a", "text", moved(36)), "officer", late)
    early = AT + 10 * DAY
    decide(tender, AmendmentProposed("a", "text", {}), "officer", early)


def test_a_deadline_only_moves_later():
    assert refused(published(), AmendmentProposed("a", "text", moved(29))) == "deadline_only_later"
    assert refused(published(), AmendmentProposed("a", "text", {"2": AT + 60 * DAY})) == "lot_unknown"


def test_after_the_deadline_nothing_is_amended():
    at = published().deadlines["1"]
    assert refused(published(), AmendmentProposed("a", "text", moved(90)), at=at) == "deadline_over"


def test_an_amendment_is_released_by_another_person_word_for_word():
    tender = act(published(), AmendmentProposed("a", "text", moved(40)), "officer")
    assert tender.deadlines["1"] == AT + 30 * DAY
    assert refused(tender, AmendmentReleased("b", "text", moved(40)), "releaser") == "nothing_submitted"
    assert refused(tender, AmendmentReleased("a", "text", moved(40)), "officer") == "second_person_needed"
    assert refused(tender, AmendmentReleased("a", "text", moved(41)), "releaser") == "object_has_changed"
    assert refused(tender, AmendmentReleased("a", "other", moved(40)), "releaser") == "object_has_changed"
    released = act(tender, AmendmentReleased("a", "text", moved(40)), "releaser")
    assert released.deadlines["1"] == AT + 40 * DAY
    assert refused(released, AmendmentReleased("a", "text", moved(40)), "releaser") == "nothing_submitted"


@given(choices(7))
def test_however_amended_a_deadline_never_moves_earlier(chosen):
    tender = published()
    for number in range(chosen.one(range(7))):
        before, deadlines = tender.deadlines["1"], moved(30 + chosen.one(range(61)))
        try:
            tender = act(tender, AmendmentProposed(str(number), "text", deadlines), "officer")
            tender = act(tender, AmendmentReleased(str(number), "text", deadlines), "releaser")
        except RuleViolation:
            assert deadlines["1"] < before
        assert tender.deadlines["1"] >= before


# calendar


@pytest.mark.parametrize(
    ("amount", "due"),
    [(1, "2026-03-03"), (4, "2026-03-06"), (5, "2026-03-09"), (10, "2026-03-16")],
)
def test_working_days_skip_the_weekend(amount, due):
    assert add(AT, Period(amount, Unit.WORKING_DAYS)).date().isoformat() == due


def test_holidays_are_those_of_the_place():
    late = AT.replace(hour=17)  # 3 March, one o'clock in China
    holidays = {(AT + 2 * DAY).date()}
    assert add(late, Period(1, Unit.WORKING_DAYS), holidays).isoformat() == "2026-03-04T17:00:00+00:00"


def test_other_periods_are_plain_time():
    for amount, unit in product(range(101), [Unit.DAYS, Unit.HOURS, Unit.MINUTES, Unit.SECONDS]):
        assert add(AT, Period(amount, unit)) - AT == timedelta(**{unit.value: amount}), (amount, unit)
    assert str(Period(5, Unit.WORKING_DAYS)) == "5 working days"

"""Two persons take the evidence of a case: the release stands on the request, and nothing comes after it."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given

from app.procedure.errors import RuleViolation
from app.procedure.exports import (
    NONE,
    EvidenceExportReleased,
    EvidenceExportRequested,
    apply,
    check_taking,
    decide,
    may_take,
)
from app.procedure.tender import TenderReturned
from tests.choices import choices
from tests.procedure.tenders import AT, GOODS, MILLISECOND

ASKED, RELEASED = EvidenceExportRequested("r", "答复投诉"), EvidenceExportReleased("r", "答复投诉")
VALID = timedelta(minutes=15)


def released(by="supervisor", asked_by="officer"):
    return apply(apply(NONE, ASKED, asked_by, AT), RELEASED, by, AT)


def refused(function, *arguments):
    with pytest.raises(RuleViolation) as violation:
        function(*arguments)
    return violation.value.code


def test_who_asked_does_not_release_and_what_is_released_is_what_was_asked():
    waiting = apply(NONE, ASKED, "officer", AT)
    assert decide(waiting, RELEASED, "supervisor") == (RELEASED,)
    assert refused(decide, waiting, RELEASED, "officer") == "second_person_needed"
    for field in ("request", "reason"):
        assert refused(decide, waiting, replace(RELEASED, **{field: "x"}), "supervisor") == "object_has_changed"
    assert refused(decide, NONE, RELEASED, "supervisor") == "export_not_requested"
    assert refused(decide, released(), RELEASED, "supervisor") == "export_not_requested"
    assert refused(decide, NONE, replace(ASKED, reason=" "), "officer") == "text_missing"


def test_the_two_take_it_for_fifteen_minutes():
    until = AT + VALID
    assert released().valid_until(GOODS) == until
    for who in ("officer", "supervisor"):
        assert may_take(released(), who, until - MILLISECOND, GOODS)
        assert refused(check_taking, released(), who, until, GOODS) == "export_expired"
    assert refused(check_taking, released(), "colleague", AT, GOODS) == "export_not_released"
    assert may_take(released(), "officer", until + VALID, replace(GOODS, approval_valid=None))


STEPS = list(product([ASKED, RELEASED, TenderReturned("x")], ["officer", "supervisor", "colleague"]))


@given(choices(13))
def test_only_two_persons_about_the_last_state_open_it(chosen):
    state, accepted = NONE, []
    for _ in range(chosen.one(range(13))):
        fact, by = chosen.one(STEPS)
        if not isinstance(fact, TenderReturned):
            try:
                decide(state, fact, by)
            except RuleViolation:
                continue
        state, accepted = apply(state, fact, by, AT), [*accepted, (fact, by)]
    last = [fact for fact, _by in accepted[-2:]]
    takers = {who for who in ("officer", "supervisor", "colleague") if may_take(state, who, AT, GOODS)}
    signers = {by for _fact, by in accepted[-2:]}
    assert takers == (signers if last == [ASKED, RELEASED] else set())
    assert len(takers) in (0, 2)

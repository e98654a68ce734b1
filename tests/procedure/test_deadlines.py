"""Deadlines move only later and before they are reached; a lot that stands still loses no time; two persons each."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.casefile.case import Case, LotCase
from app.procedure.bid import Bidding, BidWithdrawn, check_open
from app.procedure.bid import decide as decide_bid
from app.procedure.calendar import Period, Unit, add
from app.procedure.deadlines import (
    PARTY_OF,
    RELEASED_BY,
    Fact,
    OutageExtensionProposed,
    OutageExtensionReleased,
    PauseOrdered,
    PauseProposed,
    PostponementProposed,
    PostponementReleased,
    ResumptionOrdered,
    ResumptionProposed,
    lots_of,
    rule_after_outage,
    rule_proposal,
)
from app.procedure.errors import RuleViolation
from app.procedure.opening import LotClosed, Opening
from app.procedure.roles import SYSTEM
from app.procedure.tender import AmendmentProposed, AmendmentReleased, decide
from tests.examples import at_least
from tests.procedure.tenders import AT, DAY, GOODS, MILLISECOND, TERMS, WORKS, act, lot, published, terms
from tests.procedure.test_bid import submission

DEADLINE = AT + 30 * DAY
HOUR = timedelta(hours=1)
NOTICE = add(AT, GOODS.moved_deadline_notice) - AT
PROPOSED = {released: proposed for proposed, released in RELEASED_BY.items()}


def refused(tender, fact, by="first", at=AT):
    with pytest.raises(RuleViolation) as violation:
        decide(tender, fact, by, at)
    return violation.value.code


def released(tender, fact, at=AT, first="first", second="second"):
    """The tender after one has proposed and another put into force."""
    return act(act(tender, PROPOSED[type(fact)](**vars(fact)), first, at), fact, second, at)


def to(days):
    return {"1": AT + timedelta(days=days)}


def outage(began=1, lasted=HOUR, cause="机房断电", days=31):
    began_at = AT + began * DAY
    return OutageExtensionReleased(cause, began_at, began_at + lasted, to(days))


def paused(at=AT + 10 * DAY):
    return released(published(), PauseOrdered("核查投诉", ("1",)), at)


# two persons


EXAMPLES = [
    (PostponementReleased("场地", to(31)), AT),
    (outage(), AT + 5 * DAY),
    (PauseOrdered("核查", ("1",)), AT),
]


@pytest.mark.parametrize(("fact", "at"), EXAMPLES)
def test_a_second_person_puts_into_force_word_for_word_what_the_first_proposed(fact, at):
    proposal = PROPOSED[type(fact)](**vars(fact))
    waiting = act(published(), proposal, "first", at)
    assert waiting.deadlines == published().deadlines
    assert refused(published(), fact, "second", at) == "nothing_submitted"
    assert refused(waiting, fact, "first", at) == "second_person_needed"
    words = "cause" if "cause" in vars(fact) else "reason"
    assert refused(waiting, replace(fact, **{words: "别的"}), "second", at) == "object_has_changed"
    done = act(waiting, fact, "second", at)
    assert refused(done, fact, "second", at) == "nothing_submitted"


def test_a_resumption_too_needs_two():
    at = AT + 10 * DAY
    waiting = act(paused(at), ResumptionProposed("完毕", to(30)), "first", at)
    assert refused(waiting, ResumptionOrdered("完毕", to(30)), "first", at) == "second_person_needed"
    assert act(waiting, ResumptionOrdered("完毕", to(30)), "second", at).timetable.left == {}


def test_a_later_proposal_replaces_the_one_that_waits():
    tender = act(published(), PostponementProposed("甲", to(31)), "first")
    tender = act(tender, PostponementProposed("乙", to(32)), "first")
    assert refused(tender, PostponementReleased("甲", to(31)), "second") == "object_has_changed"
    assert act(tender, PostponementReleased("乙", to(32)), "second").deadlines["1"] == AT + 32 * DAY


def test_every_act_is_of_one_party_and_says_why_and_for_which_lot():
    assert set(PARTY_OF) == {*RELEASED_BY, *RELEASED_BY.values()}
    assert refused(published(), PostponementProposed(" ", to(31))) == "text_missing"
    assert refused(published(), PostponementProposed("x", {})) == "no_lot_named"
    assert refused(published(), PauseProposed("x", ())) == "no_lot_named"
    for fact in (PostponementProposed("x", {"2": DEADLINE + DAY}), PauseProposed("x", ("2",))):
        assert refused(published(), fact) == "lot_unknown"


# later, in time, with notice


def test_a_deadline_is_postponed_and_what_was_published_first_stays_known():
    tender = released(published(), PostponementReleased("场地调整", to(33)))
    assert tender.deadlines == to(33)
    (change,) = tender.timetable.changes
    assert (change.type, change.reason, change.before, change.after) == (
        "PostponementReleased", "场地调整", to(30), to(33),
    )  # fmt: skip
    assert tender.published.lots[0].deadline_at == DEADLINE


@pytest.mark.parametrize("days", [29, 30])
def test_a_deadline_moves_neither_earlier_nor_nowhere(days):
    assert refused(published(), PostponementProposed("x", to(days))) == "deadline_only_later"
    extension = replace(OutageExtensionProposed(**vars(outage())), deadlines=to(days))
    assert refused(published(), extension, at=AT + 5 * DAY) in ("extension_too_short", "deadline_only_later")


def test_a_reached_deadline_neither_moves_nor_stands_still():
    later = {"1": DEADLINE + 9 * DAY}
    for at, code in ((DEADLINE - MILLISECOND, ""), (DEADLINE, "deadline_over"), (DEADLINE + HOUR, "deadline_over")):
        facts = (PostponementProposed("x", later), PauseProposed("x", ("1",)))
        facts = (*facts, replace(OutageExtensionProposed(**vars(outage())), deadlines=later))
        for fact in facts:
            if code:
                assert refused(published(), fact, at=at) == code
            else:
                decide(published(), fact, "first", at)


def test_what_was_proposed_in_time_is_not_released_too_late():
    later = {"1": DEADLINE + 9 * DAY}
    waiting = act(published(), PostponementProposed("x", later), "first", DEADLINE - MILLISECOND)
    assert refused(waiting, PostponementReleased("x", later), "second", DEADLINE) == "deadline_over"


@pytest.mark.parametrize("profile", [GOODS, WORKS])
def test_bidders_hear_of_a_moved_deadline_in_time(profile):
    tender, at = published(terms(profile=profile)), DEADLINE - HOUR
    earliest = add(at, profile.moved_deadline_notice)
    decide(tender, PostponementProposed("x", {"1": earliest}), "first", at)
    early = PostponementProposed("x", {"1": earliest - MILLISECOND})
    assert refused(tender, early, at=at) == "deadline_notice_too_short"


def test_a_rule_book_of_before_asks_for_no_notice():
    old = replace(GOODS, moved_deadline_notice=None, outage_at_least=None)
    tender = published(terms(profile=old))
    decide(tender, PostponementProposed("x", {"1": DEADLINE + MILLISECOND}), "first", DEADLINE - MILLISECOND)


def test_each_lot_has_its_own_deadline():
    tender = published(replace(TERMS, lots=(lot(), lot(number="2", deadline_at=DEADLINE + DAY))))
    tender = released(tender, PostponementReleased("x", {"2": DEADLINE + 3 * DAY}), DEADLINE)
    assert tender.deadlines == {"1": DEADLINE, "2": DEADLINE + 3 * DAY}


def test_a_closed_lot_stays_closed_while_others_go_on_and_the_clock_goes_back():
    tender = published(replace(TERMS, lots=(lot(), lot(number="2"))))
    closed = LotCase(opening=Opening(closed=LotClosed(DEADLINE, "", True)))
    case = Case("c", tender, {"1": closed, "2": LotCase()})
    for number in ("1", "2"):
        moved = {number: DEADLINE + DAY}
        for fact in (PostponementProposed("x", moved), PauseProposed("x", (number,))):
            if number == "1":
                with pytest.raises(RuleViolation, match="lot_already_closed"):
                    case.decide(fact, "", SYSTEM, DEADLINE - HOUR)
            else:
                case.decide(fact, "", SYSTEM, DEADLINE - HOUR)


# outages


@pytest.mark.parametrize(
    ("began", "lasted", "days", "code"),
    [
        (1, HOUR, 31, ""),
        (-1, HOUR, 31, "outage_interval_wrong"),  # before the publication
        (1, timedelta(0), 31, "outage_interval_wrong"),
        (1, 5 * DAY, 36, "outage_interval_wrong"),  # not over yet
        (1, timedelta(minutes=29, seconds=59), 31, "outage_too_short"),
        (1, 2 * DAY, 31, "extension_too_short"),
        (1, 2 * DAY, 32, ""),
    ],
)
def test_an_outage_gives_back_at_least_what_it_took(began, lasted, days, code):
    fact, at = outage(began, lasted, days=days), AT + 5 * DAY
    if code:
        assert refused(published(), OutageExtensionProposed(**vars(fact)), at=at) == code
    else:
        tender = released(published(), fact, at)
        assert tender.deadlines == to(days)
        assert tender.timetable.changes[-1].outage == (fact.began_at, fact.ended_at)


# pause and resumption


def test_a_paused_lot_takes_nothing_and_is_not_over():
    closes_at = paused().timetable.closes_at("1")
    assert closes_at is None
    with pytest.raises(RuleViolation, match="bidding_paused"):
        decide_bid(Bidding(), submission(1), "bidder", closes_at, DEADLINE + DAY)
    check_open(Bidding(), closes_at, DEADLINE + DAY)  # so that what is one's own can be taken back
    with pytest.raises(RuleViolation, match="receipt_unknown"):
        decide_bid(Bidding(), BidWithdrawn("r"), "bidder", closes_at, DEADLINE + DAY)


def test_a_paused_lot_keeps_all_the_time_that_was_left():
    tender, at = paused(AT + 10 * DAY), AT + 100 * DAY
    earliest = at + 20 * DAY
    assert refused(tender, ResumptionProposed("x", {"1": earliest - MILLISECOND}), at=at) == "left_too_short"
    resumed = released(tender, ResumptionOrdered("x", {"1": earliest}), at)
    assert resumed.timetable.closes_at("1") == earliest


def test_a_resumption_just_before_the_deadline_comes_with_notice():
    tender = paused(DEADLINE - MILLISECOND)
    early = {"1": DEADLINE + NOTICE - MILLISECOND}
    assert refused(tender, ResumptionProposed("x", early), at=DEADLINE) == "deadline_notice_too_short"
    decide(tender, ResumptionProposed("x", {"1": DEADLINE + NOTICE}), "first", DEADLINE)


def test_a_paused_lot_is_neither_postponed_nor_paused_again_and_a_running_one_not_resumed():
    tender, at = paused(), AT + 20 * DAY
    assert refused(tender, PostponementProposed("x", to(40)), at=at) == "lot_paused"
    assert refused(tender, OutageExtensionProposed(**vars(outage(days=40))), at=at) == "lot_paused"
    assert refused(tender, PauseProposed("x", ("1",)), at=at) == "lot_paused"
    assert refused(published(), ResumptionProposed("x", to(40))) == "lot_not_paused"


def test_documents_may_be_amended_while_a_lot_stands_still():
    """A pause is often what an amendment needs; its deadline is then the least that the resumption leaves."""
    at = AT + 100 * DAY
    tender = act(paused(), AmendmentProposed("a", "text", to(130)), "officer", at)
    tender = act(tender, AmendmentReleased("a", "text", to(130)), "releaser", at)
    assert refused(tender, ResumptionProposed("x", to(129)), at=at) == "deadline_only_later"
    assert released(tender, ResumptionOrdered("x", to(130)), at).timetable.closes_at("1") == AT + 130 * DAY


# whatever happens


class Timetabling(RuleBasedStateMachine):
    """Two persons do whatever they like, whenever they like; bidders never lose time."""

    def __init__(self):
        super().__init__()
        self.tender, self.now, self.before = published(), AT, DEADLINE
        self.paused_at = None

    def attempt(self, fact: Fact, first, second):
        """Proposed and put into force, as far as the rules allow."""
        try:
            tender = act(self.tender, PROPOSED[type(fact)](**vars(fact)), first, self.now)
            tender = act(tender, fact, second, self.now)
        except RuleViolation:
            return False
        assert first != second
        self.tender = tender
        return True

    people = st.sampled_from(["a", "b"])

    @rule(hours=st.integers(0, 24 * 20))
    def time_passes(self, hours):
        self.now += hours * HOUR

    @rule(hours=st.integers(-48, 24 * 30), first=people, second=people)
    def postpone(self, hours, first, second):
        reached, moved = self.now >= self.tender.deadlines["1"], {"1": self.tender.deadlines["1"] + hours * HOUR}
        if self.attempt(PostponementReleased("x", moved), first, second):
            assert not reached
            assert self.paused_at is None
            assert moved["1"] >= add(self.now, GOODS.moved_deadline_notice)

    @rule(first=people, second=people)
    def pause(self, first, second):
        reached = self.now >= self.tender.deadlines["1"]
        if self.attempt(PauseOrdered("x", ("1",)), first, second):
            assert not reached
            self.paused_at = self.now

    @rule(hours=st.integers(-48, 24 * 60), first=people, second=people)
    def resume(self, hours, first, second):
        before, moved = self.tender.deadlines["1"], {"1": self.now + hours * HOUR}
        if self.attempt(ResumptionOrdered("x", moved), first, second):
            assert self.paused_at is not None
            assert moved["1"] - self.now >= before - self.paused_at
            self.paused_at = None

    @invariant()
    def the_deadline_never_moved_earlier(self):
        assert self.tender.deadlines["1"] >= self.before
        self.before = self.tender.deadlines["1"]

    @invariant()
    def it_stands_still_exactly_from_pause_to_resumption(self):
        assert (self.tender.timetable.closes_at("1") is None) == (self.paused_at is not None)

    @invariant()
    def every_change_is_on_record_in_order(self):
        last = DEADLINE
        for change in self.tender.timetable.changes:
            assert change.before["1"] == last
            last = change.after.get("1", last)
        assert last == self.tender.deadlines["1"]


TestTimetabling = Timetabling.TestCase
TestTimetabling.settings = settings(at_least(40), stateful_step_count=12)


@given(st.lists(st.sampled_from(["1", "2"]), min_size=1, max_size=2, unique=True))
def test_only_the_named_lots_stand_still(lots):
    tender = published(replace(TERMS, lots=(lot(), lot(number="2"))))
    tender = released(tender, PauseOrdered("x", tuple(lots)))
    assert {number for number in ("1", "2") if tender.timetable.closes_at(number) is None} == set(lots)
    assert lots_of(PauseOrdered("x", tuple(lots))) == tuple(lots)


# measured outages


def measured(began, lasted, now=None, tender=None, profile=GOODS):
    """What the rule proposes after an outage from `began` on, once it is over or `now`."""
    found, ended = tender or published(), began + lasted
    return rule_after_outage(found.timetable, began, ended, now or ended, found.published_at, profile)


def with_rule(**changes):
    periods = {"outage_before_deadline": Period(24, Unit.HOURS), "outage_at_least": Period(30, Unit.MINUTES)}
    return replace(GOODS, **(periods | changes))


@given(
    before=st.timedeltas(timedelta(), timedelta(hours=30)),
    lasted=st.timedeltas(MILLISECOND, timedelta(hours=6)),
    later=st.timedeltas(timedelta(), timedelta(hours=2)),
)
def test_the_rule_proposes_what_two_persons_can_release_until_the_deadline_and_nothing_after_it(before, lasted, later):
    ended, tender, profile = DEADLINE - before, published(), with_rule()
    now = ended + later
    found = measured(ended - lasted, lasted, now, tender, profile)
    near = timedelta() < before <= timedelta(hours=24) and now < DEADLINE
    assert (found is not None) == (near and lasted >= timedelta(minutes=30))
    if found is None:
        return
    (moved,) = found.deadlines.values()
    assert moved >= max(DEADLINE + lasted, DEADLINE + NOTICE)
    assert moved < max(DEADLINE + lasted, DEADLINE + NOTICE) + timedelta(seconds=1)
    fact = OutageExtensionReleased("断电", found.began_at, found.ended_at, found.deadlines)
    assert released(tender, fact, DEADLINE - MILLISECOND).deadlines == found.deadlines
    assert refused(act(tender, PROPOSED[type(fact)](**vars(fact)), "first", now), fact, "second", DEADLINE)


def test_what_the_platform_measured_stands_once_with_the_deadlines_of_the_rule():
    began, tender = DEADLINE - 3 * HOUR, published()
    now = began + 2 * HOUR
    fact = measured(began, HOUR, now, tender)
    assert fact is not None
    for other in (
        replace(fact, deadlines={"1": fact.deadlines["1"] + MILLISECOND}),
        replace(fact, ended_at=now + HOUR),
    ):
        assert refused(tender, other, SYSTEM.id, now) == "outage_not_measured"
    after = act(tender, fact, SYSTEM.id, now)
    assert after.deadlines == tender.deadlines  # two persons decide
    assert refused(after, fact, SYSTEM.id, now) == "outage_not_measured"
    assert rule_proposal(after.timetable, now) == fact
    assert rule_proposal(after.timetable, DEADLINE) is None
    taken_up = OutageExtensionReleased("断电", began, fact.ended_at, fact.deadlines)
    proposal = PROPOSED[OutageExtensionReleased](**vars(taken_up))
    assert rule_proposal(act(after, proposal, "first", now).timetable, now) is None
    assert rule_proposal(released(after, taken_up, now).timetable, now) is None


def test_lots_that_stand_still_lose_nothing_and_old_rule_books_propose_nothing():
    began = DEADLINE - 3 * HOUR
    assert measured(began, HOUR, tender=paused()) is None
    assert measured(began, HOUR, profile=with_rule(outage_before_deadline=None)) is None
    assert measured(began, HOUR, profile=with_rule(outage_at_least=None)) is None
    assert measured(AT - HOUR, 2 * HOUR) is None  # it began before the publication

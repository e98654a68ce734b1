"""Messages, floor and announcements with their times: so many in a minute, noted once, and anew by a successor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.procedure.errors import RuleViolation
from app.procedure.talk import MINUTE, MOST_A_MINUTE, MOST_ANNOUNCED, TEN_MINUTES, Talk, apply, check
from evaluation.sitting import (
    AnnouncementMade,
    AnnouncementNoted,
    FloorGiven,
    MemberRecused,
    MemberReplaced,
    MessagePosted,
)

SITES = {1: "host", 2: "host", 3: "sub"}
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


def said(*facts: object, at: datetime = NOW) -> Talk:
    talk = Talk()
    for seq, fact in enumerate(facts):
        check(talk, SITES, fact, at)
        talk = apply(talk, fact, seq, at)
    return talk


@given(st.lists(st.tuples(st.sampled_from((1, 2, 3)), st.integers(0, 4000)), max_size=150))
def test_nobody_says_more_than_so_much_in_a_minute_and_nobody_else_is_held_up_by_it(steps):
    talk, now, taken = Talk(), NOW, list[tuple[int, datetime]]()
    for seq, (seat, wait) in enumerate(steps):
        now += timedelta(milliseconds=wait)
        fact = MessagePosted(seat, "x")
        lately = [at for other, at in taken if other == seat and at > now - MINUTE]
        if len(lately) == MOST_A_MINUTE:
            with pytest.raises(RuleViolation, match="message_too_soon") as refusal:
                check(talk, SITES, fact, now)
            assert refusal.value.facts["until"] == lately[0] + MINUTE
            continue
        check(talk, SITES, fact, now)
        talk = apply(talk, fact, seq, now)
        taken.append((seat, now))
    assert [(one.seat, one.at) for one in talk.messages] == taken


def test_no_place_is_flooded_with_announcements_and_no_other_is_held_up_by_it():
    talk = said(*(AnnouncementMade("sub", f"{n}") for n in range(MOST_ANNOUNCED)))
    with pytest.raises(RuleViolation, match="announcement_too_soon") as refusal:
        check(talk, SITES, AnnouncementMade("sub", "one more"), NOW + TEN_MINUTES - timedelta(milliseconds=1))
    assert refusal.value.facts["until"] == NOW + TEN_MINUTES
    check(talk, SITES, AnnouncementMade("sub", "one more"), NOW + TEN_MINUTES)
    check(talk, SITES, AnnouncementMade("", "to all"), NOW)


def test_an_announcement_waits_for_each_of_those_whom_it_is_for():
    talk = said(AnnouncementMade("", "noon"), AnnouncementMade("sub", "tea"), AnnouncementNoted(3, 1))
    assert [one.number for one in talk.unread(3, "sub")] == [2]
    assert [one.number for one in talk.unread(1, "host")] == [1]
    for fact, code in (
        (AnnouncementNoted(3, 1), "sitting_already_done"),
        (AnnouncementNoted(1, 2), "announcement_unknown"),
        (AnnouncementNoted(1, 3), "announcement_unknown"),
    ):
        with pytest.raises(RuleViolation, match=code):
            check(talk, SITES, fact, NOW)
    after = apply(talk, MemberReplaced(3, "sub", "person-4"), 9, NOW)
    assert [one.number for one in after.unread(3, "sub")] == [2, 1]


def test_the_floor_is_the_chairs_to_give_and_to_take():
    assert said(FloorGiven(1, 3)).floor == (3, NOW)
    assert said(FloorGiven(1, 3), FloorGiven(1, 0)).floor is None
    assert apply(said(FloorGiven(1, 3)), MemberRecused(2, "ill"), 5, NOW).floor is None

"""Recordings: the chain of pieces, what of it is missing, and who may look."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.adapters.profiles import read_profile
from app.procedure.errors import RuleViolation
from app.procedure.recording_gaps import ClockStep, Part, Stretch, clock_steps, parts
from app.procedure.recordings import (
    LARGEST_PIECE,
    MOST_PIECES,
    Piece,
    RecordingBegun,
    RecordingEnded,
    RecordingKept,
    RecordingLookGranted,
    RecordingLookRequested,
    Recordings,
    RecordingsDisposed,
    Room,
    Run,
    apply,
    decide,
    kept_until,
    link,
    look_of,
)
from app.procedure.roles import SYSTEM, Actor, Role

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
PROFILE = read_profile("cn-goods")
RULES = PROFILE.recording
ROOM = Room("c", "1", frozenset({"host", "sub"}), False)
WITNESS = Actor("w", "", frozenset({Role.SITE_WITNESS}), "o", "", "", frozenset({"sub"}))
INSPECTORS = [Actor(name, "", frozenset({Role.REGULATOR}), "r", "", "") for name in ("i1", "i2", "i3")]


def at(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def pieces(count: int) -> list[Piece]:
    """A chain of pieces of ten seconds each."""
    found: list[Piece] = []
    for number in range(1, count + 1):
        start = 1 + 10 * (number - 1)
        previous = link(ROOM, "sub", 1, found[-1]) if found else ""
        times = (at(start), at(start + 10))
        found.append(Piece(number, *times, 1000, f"{number:064x}", previous, 40, at(start + 11)))
    return found


def take(state: Recordings, fact, actor=SYSTEM, now=at(3600), room=ROOM) -> Recordings:
    for one in decide(state, fact, room, actor, now, PROFILE):
        state = apply(state, one, actor.id, now)
    return state


def refused(state: Recordings, fact, actor=SYSTEM, now=at(3600), room=ROOM) -> str:
    with pytest.raises(RuleViolation) as refusal:
        decide(state, fact, room, actor, now, PROFILE)
    return refusal.value.code


@pytest.fixture
def begun() -> Recordings:
    return take(Recordings(), RecordingBegun("sub", 1), WITNESS, AT)


def kept(state: Recordings, *which: Piece) -> Recordings:
    return take(state, RecordingKept("sub", 1, which))


def run(state: Recordings):
    return state.runs["sub", 1]


def kinds(state: Recordings, until: float = 3600) -> list[tuple[Stretch, int, int]]:
    return [(part.kind, part.first, part.last) for part in parts(run(state), RULES, at(until))]


def test_a_witness_records_its_own_site_one_recording_after_the_other(begun: Recordings):
    assert begun.running("sub") == run(begun)
    assert begun.running("host") is None
    assert refused(begun, RecordingBegun("host", 1), WITNESS) == "recording_site_other"
    assert refused(begun, RecordingBegun("sub", 1), WITNESS) == "recording_number_wrong"
    assert refused(begun, RecordingBegun("elsewhere", 1), SYSTEM) == "recording_site_other"
    assert refused(begun, RecordingBegun("sub", 2), WITNESS, room=replace(ROOM, over=True)) == "evaluation_over"
    another = take(begun, RecordingBegun("sub", 2), WITNESS)  # its machine broke, and another one goes on
    assert another.running("sub").number == 2
    with pytest.raises(RuleViolation, match="recording_not_foreseen"):
        decide(begun, RecordingBegun("sub", 2), ROOM, WITNESS, AT, replace(PROFILE, recording=None))


def test_a_piece_has_one_place_in_the_chain(begun: Recordings):
    one, two, three, four = pieces(4)
    state = kept(begun, one, two)
    assert refused(state, RecordingKept("sub", 1, (two,))) == "recording_piece_known"
    assert refused(state, RecordingKept("sub", 1, (replace(three, previous="f" * 64),))) == "recording_chain_broken"
    ahead = kept(state, four)  # the third comes later
    assert kinds(ahead)[1] == (Stretch.MISSING, 3, 3)
    changed = replace(three, sha256="e" * 64)
    assert refused(ahead, RecordingKept("sub", 1, (changed,))) == "recording_chain_broken"
    assert kinds(kept(ahead, three))[0] == (Stretch.KEPT, 1, 4)
    assert refused(begun, RecordingKept("sub", 1, (replace(one, previous="a" * 64),))) == "recording_chain_broken"
    assert refused(begun, RecordingKept("sub", 1, ())) == "recording_pieces_wrong"
    assert refused(begun, RecordingKept("sub", 1, tuple(pieces(MOST_PIECES + 1)))) == "recording_pieces_wrong"
    assert refused(begun, RecordingKept("sub", 1, (replace(one, size=LARGEST_PIECE + 1),))) == "recording_pieces_wrong"
    assert refused(begun, RecordingKept("sub", 2, (one,))) == "recording_unknown"


@pytest.mark.parametrize(
    "changes",
    [
        {"started_at": at(-60)},  # before the recording
        {"ended_at": at(0)},
        {"ended_at": at(100), "received_at": at(101)},  # far too long
        {"ended_at": at(20), "received_at": at(12)},  # before it was filmed
        {"received_at": at(9999)},
    ],
)
def test_a_piece_has_its_time(begun: Recordings, changes):
    assert refused(begun, RecordingKept("sub", 1, (replace(pieces(1)[0], **changes),))) == "recording_time_wrong"


def test_two_pieces_do_not_lie_upon_each_other(begun: Recordings):
    one, two = pieces(2)
    late = replace(one, ended_at=at(15), received_at=at(20))
    assert refused(kept(begun, two), RecordingKept("sub", 1, (late,))) == "recording_time_wrong"


def test_the_witness_signs_how_many_there_are(begun: Recordings):
    chain = pieces(3)
    head = link(ROOM, "sub", 1, chain[-1])
    state = kept(begun, *chain[:2])
    assert refused(state, RecordingEnded("sub", 1, 1, head), WITNESS) == "recording_pieces_wrong"
    assert refused(state, RecordingEnded("sub", 1, 2, head), WITNESS) == "recording_chain_broken"
    assert refused(begun, RecordingEnded("sub", 1, 0, head), WITNESS) == "recording_pieces_wrong"
    ended = take(state, RecordingEnded("sub", 1, 3, head), WITNESS, at(40))
    assert ended.running("sub") is None
    assert kinds(ended)[-1] == (Stretch.CUT, 3, 3)
    assert refused(ended, RecordingEnded("sub", 1, 3, head), WITNESS) == "recording_over"
    assert refused(ended, RecordingKept("sub", 1, (replace(chain[2], size=999),))) == "recording_chain_broken"
    over = replace(ROOM, over=True)  # what the line kept back comes after the evaluation, too
    whole = take(ended, RecordingKept("sub", 1, (chain[2],)), room=over)
    assert kinds(whole) == [(Stretch.KEPT, 1, 3)]
    assert refused(whole, RecordingKept("sub", 1, (replace(chain[2], number=4),))) == "recording_pieces_wrong"


def test_what_is_late_paused_or_open_is_said(begun: Recordings):
    one, two, three = pieces(3)
    late = replace(two, received_at=at(200))
    moved = replace(three, started_at=at(60), ended_at=at(70), previous=link(ROOM, "sub", 1, late))
    state = kept(begun, one, late, replace(moved, received_at=at(71), clock_ms=3_600_040))
    assert kinds(state) == [
        (Stretch.KEPT, 1, 1),
        (Stretch.LATE, 2, 2),
        (Stretch.PAUSED, 0, 0),
        (Stretch.KEPT, 3, 3),
        (Stretch.OPEN, 0, 0),
    ]
    assert parts(run(state), RULES, at(3600))[2] == Part(Stretch.PAUSED, at(21), at(60))
    assert kinds(state, 100)[-1] == (Stretch.KEPT, 3, 3)  # not yet: the next entry may be on its way
    assert clock_steps(run(state)) == (ClockStep(at(60), 3, 3_600_000),)


def test_two_inspectors_let_each_other_look_for_a_while(begun: Recordings):
    one, two, third = INSPECTORS
    asked = RecordingLookRequested("x1", "核查投诉")
    assert refused(begun, replace(asked, reason=" "), one) == "text_missing"
    state = take(begun, asked, one, AT)
    granted = RecordingLookGranted("x1", "核查投诉")
    assert refused(state, asked, one) == "recording_look_known"
    assert refused(state, granted, one, at(60)) == "second_person_needed"
    assert refused(state, replace(granted, reason="别的"), two, at(60)) == "object_has_changed"
    assert refused(state, granted, two, at(901)) == "proposal_lapsed"
    assert refused(state, replace(granted, request="x2"), two) == "recording_look_unknown"
    with pytest.raises(RuleViolation, match="recording_look_needed"):
        look_of(state, "i1", at(60), PROFILE)
    state = take(state, granted, two, at(60))
    assert refused(state, granted, third) == "recording_look_unknown"
    for who in ("i1", "i2"):
        assert look_of(state, who, at(60), PROFILE).fact == asked
    for who, seconds in (("i3", 60), ("i1", 60 + 8 * 3600)):
        with pytest.raises(RuleViolation, match="recording_look_needed"):
            look_of(state, who, at(seconds), PROFILE)


def test_films_are_deleted_once_their_years_are_over_and_nobody_waits_to_see_them(begun: Recordings):
    state = kept(begun, *pieces(2))
    over = replace(ROOM, over=True, over_at=at(60))
    due, disposed = at(60).replace(year=AT.year + 15), RecordingsDisposed(2)
    assert refused(state, disposed, now=due) == "recording_disposal_wrong"  # it is not over
    assert refused(state, disposed, now=due - timedelta(seconds=1), room=over) == "recording_kept_yet"
    assert refused(state, RecordingsDisposed(3), now=due, room=over) == "recording_disposal_wrong"
    assert refused(begun, RecordingsDisposed(0), now=due, room=over) == "recording_disposal_wrong"
    asked = take(state, RecordingLookRequested("x1", "核查投诉"), INSPECTORS[0], due, over)
    assert refused(asked, disposed, now=due, room=over) == "recording_look_stands"
    granted = take(asked, RecordingLookGranted("x1", "核查投诉"), INSPECTORS[1], due, over)
    assert refused(granted, disposed, now=due + timedelta(hours=7), room=over) == "recording_look_stands"
    gone = take(granted, disposed, now=due + timedelta(hours=8), room=over)
    assert gone.disposed_at == due + timedelta(hours=8)
    assert (gone.pieces, kinds(gone)) == (2, kinds(state)), "hashes and gaps stay as they were"
    for fact in (disposed, RecordingKept("sub", 1, (pieces(3)[2],)), RecordingLookRequested("x2", "再看")):
        assert refused(gone, fact, INSPECTORS[0], due, over) == "recording_disposed"


def test_years_are_those_of_the_calendar():
    late = replace(pieces(1)[0], received_at=datetime(2028, 2, 29, 1, tzinfo=UTC))
    state = Recordings({("sub", 1): Run("sub", 1, AT, "w", {1: late})})
    assert kept_until(state, AT, RULES) == datetime(2043, 3, 1, 1, tzinfo=UTC)
    assert kept_until(state, AT, replace(RULES, kept_years=4)) == datetime(2032, 2, 29, 1, tzinfo=UTC)


def test_the_link_is_what_a_browser_computes():
    piece = Piece(7, at(0.5), at(10.5), 1234, "ab" * 32, "cd" * 32, -15, at(11))
    # recording_chain.test.mjs expects the same
    assert link(ROOM, "sub", 2, piece) == "e61eea1925cf90e1ea209b062bfab57786006167842ad87ac993408acc590db9"

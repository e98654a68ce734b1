"""Playing a sitting back: with every event it is the machine itself, with gaps it is what the shown ones tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.casefile.codec import encode
from app.casefile.facts import FACTS
from app.casefile.playback import OF_A_SITTING, play_back, played_lots
from app.casefile.playback_details import details
from app.casefile.playback_scene import scene_of
from app.casefile.playback_telling import heading, told_of
from app.casefile.playback_words import PREFIX, WORDS_OF, Names, names_told, said, who, word_of
from app.casefile.record import Record
from app.messages import BEIJING, LANGUAGES, catalogue
from app.procedure.errors import RuleViolation
from app.procedure.roles import SYSTEM, Role
from evaluation.sitting import ClarificationStanding, SeatFact, Stage
from evaluation.sitting.events import SittingEvent
from tests.casefile.facts_of_any_kind import value_of
from tests.choices import choices
from tests.evaluation.sittings import Sitting
from tests.examples import at_least

PLAYED = sorted(name for name, fact in FACTS.items() if issubclass(fact.kind, OF_A_SITTING))
AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CASE, LOT = "case", "1"


def record_of(seq: int, fact: object) -> Record:
    actor = f"{CASE}/{LOT}#{fact.seat}" if isinstance(fact, SeatFact) else SYSTEM.id
    at, role = AT + timedelta(seconds=seq), "EX" if isinstance(fact, SeatFact) else ""
    return Record(CASE, seq, LOT, type(fact).__name__, at, actor, role, encode(fact), {})


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """A whole sitting up to its end."""
    return [record_of(seq, event) for seq, event in enumerate(Sitting().until(Stage.CLOSED).events)]


@given(chosen=choices(2000, told=False))
def test_every_fact_of_a_sitting_is_said_whole_in_both_languages(chosen):
    for name in PLAYED:
        record = record_of(1, value_of(FACTS[name].kind, chosen))
        for language in LANGUAGES:
            template = catalogue()[said(record, Names()).code][language]
            words = said(record, Names()).in_words(language, BEIJING)
            assert words
            assert "{" not in template or words != template, (name, words)
            assert all(one.in_words(language, BEIJING) for one in details(record, Names()))


def test_what_one_sentence_cannot_hold_is_said_below_it(records):
    """Every score, verdict and total of the sitting stands in the details of some step."""
    names, told = names_told(records, LOT), dict[str, list[str]]()
    for record in records:
        told.setdefault(record.type, []).extend(one.in_words("zh", BEIJING) for one in details(record, names))
    for record in records:
        if record.type == "ScoreSheetLocked":
            for bid, row in record.fact.scores.items():
                assert all(f"{names.bid(bid)} {score}" in "".join(told[record.type]) for score in row.values())
    assert len(told["BidsReviewed"]) == sum(len(r.fact.findings) for r in records if r.type == "BidsReviewed")
    assert told["ResultsComputed"][0].startswith("Bidder A：席位 1 ")


def test_every_part_of_a_sentence_has_words():
    codes = [word_of(value).code for kind in WORDS_OF for value in kind]
    codes += [f"{PREFIX}stage_{stage}" for stage in Stage]
    codes += [f"{PREFIX}question_{one}" for one in ClarificationStanding]
    codes += [f"{PREFIX}role_{role}" for role in Role if role is not Role.PUBLIC]
    assert [code for code in codes if set(catalogue().get(code, {})) != set(LANGUAGES)] == []


def test_a_whole_sitting_is_played_back_as_the_machine_went(records):
    played, expected = play_back(records, LOT), Sitting().until(Stage.CLOSED)
    assert [step.number for step in played.steps] == list(range(1, len(records) + 1))
    assert played.steps[-1].after.sitting == expected.state
    line = played.stretches
    assert (line[0].stage, line[-1].stage) == (Stage.GATHERING, Stage.CLOSED)
    assert all(one.until == following.since for one, following in pairwise(line))


@at_least(60)
@given(data=st.data())
def test_whatever_is_hidden_the_rest_is_played_and_nothing_hidden_is_told(data, records):
    """Each step is there under a number of its own, and no seat is said to have done what no shown record says."""
    shown = [one for one in records if data.draw(st.booleans())]
    if not shown:
        with pytest.raises(RuleViolation, match="replay_no_sitting"):
            play_back(shown, LOT)
        return
    played, names = play_back(shown, LOT), names_told(shown, LOT)
    for step in played.steps:
        until = shown[: step.number]
        scene = scene_of(step.after, names)
        types = {(one.type, one.payload.get("seat")) for one in until}
        for seat in scene.seats:
            assert not seat.key or ("MemberIdentified", seat.number) in types
            assert not seat.locked or ("ScoreSheetLocked", seat.number) in types
            assert not seat.reviewed or ("BidsReviewed", seat.number) in types
            assert not seat.signed or ("ReportSigned", seat.number) in types
        assert {one.seat for one in scene.sheets} <= {seat for type_, seat in types if type_ == "ScoreSheetLocked"}
        assert not scene.results or "ResultsComputed" in {type_ for type_, _seat in types}
        for part, lines in told_of(scene, names).items():
            for language in LANGUAGES:
                assert heading(part).in_words(language, BEIJING)
                assert all("{" not in line.in_words(language, BEIJING) for line in lines)


@at_least(40)
@given(chosen=choices(3000, told=False))
def test_no_record_that_can_be_read_stops_a_replay(chosen):
    """A bundle that does not verify is shown, too: in whatever order its facts come, and whatever they say."""
    kinds = [FACTS[chosen.one(PLAYED)].kind for _ in range(12)]
    found = [record_of(seq, value_of(kind, chosen)) for seq, kind in enumerate(kinds)]
    played, names = play_back(found, LOT), names_told(found, LOT)
    assert len(played.steps) == len(found)
    for step in played.steps:
        encode(scene_of(step.after, names))
        [
            line.in_words("zh", BEIJING)
            for lines in told_of(scene_of(step.after, names), names).values()
            for line in lines
        ]
        who(step.record).in_words("en", BEIJING)
    assert played.stretches


def test_what_is_not_there_is_refused_with_figures(records):
    played = play_back(records, LOT)
    last = len(records)
    for number in (0, last + 1):
        with pytest.raises(RuleViolation) as refused:
            played.at(number)
        assert (refused.value.code, refused.value.facts) == ("replay_step_unknown", {"number": number, "last": last})
    with pytest.raises(RuleViolation, match="replay_range_wrong"):
        played.between(3, 2)
    assert played_lots(records) == (LOT,)
    with pytest.raises(RuleViolation) as refused:
        play_back(records, "2")
    assert refused.value.facts == {"lot": "2", "records": last, "lots": LOT}


def test_every_event_of_a_sitting_is_played():
    assert {name for name, fact in FACTS.items() if issubclass(fact.kind, SittingEvent)} < set(PLAYED)

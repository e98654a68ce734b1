"""Scores over the live channel: kept once however often they come, by the own seat only, heard by nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select

from app.models import ScoreDraft
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.services.platform import DIST
from evaluation import sitting
from tests.app.realtime.serving import NAMESPACE, Listener, serving, until
from tests.app.services.people import LOT, Person
from tests.app.services.whole_case import WholeCase
from tests.app.workbench import Bench

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


@dataclass
class Scoring(WholeCase):
    """A case up to the moment at which members begin to score."""

    @property
    def bids(self) -> list[str]:
        return [bid.bid for bid in self.state.bids]


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Scoring:
    return Scoring(tmp_path_factory.mktemp("scoring")).until_scoring()


@pytest.fixture(scope="module")
def server(case) -> Iterator[object]:
    with serving(case.platform.settings) as found:
        yield found


@pytest.fixture
def booth(case, server):
    """Connects the booth of a seat."""
    made = []

    def connect(number):
        person = case.members[number]
        token = Bench.token(case, account=person.id, seat=person.log_in.seat)
        made.append(Listener(server, token, server.base_url).connect())
        made[-1].join(case.case_id)
        return made[-1]

    yield connect
    for listener in made:
        listener.close()


def cell(played, value="40", **changes):
    sent = {"case": played.case_id, "lot": LOT, "bid": played.bids[0], "criterion": "plan", "value": value}
    return {**sent, "comment": "", "command_id": "c1", **changes}


def drafts(case, seat):
    with case.platform.database.reading() as db_session:
        query = select(ScoreDraft).where(ScoreDraft.case_id == case.case_id, ScoreDraft.seat == seat)
        return {(row.bid, row.criterion): str(row.value) for row in db_session.scalars(query)}


def count(case):
    with case.platform.database.reading() as db_session:
        return db_session.scalar(select(func.count()).select_from(ScoreDraft))


def test_a_score_sent_again_is_kept_once(case, booth):
    first = booth(1)
    sent = cell(case, "41.5")
    assert "saved_at" in first.ask("score.save", **sent)
    before = count(case)
    first.tear()
    again = booth(1)
    for _ in range(3):
        assert again.ask("score.save", **sent)["value"] == "41.5"
    assert count(case) == before
    assert drafts(case, 1)[case.bids[0], "plan"] == "41.50"


def test_the_last_value_counts_and_other_seats_are_untouched(case, booth):
    one, two = booth(1), booth(2)
    for value in ("40", "42", "43.5"):
        assert "error" not in one.ask("score.save", **cell(case, value, command_id=value))
    two.ask("score.save", **cell(case, "50"))
    assert drafts(case, 1)[case.bids[0], "plan"] == "43.50"
    assert drafts(case, 2)[case.bids[0], "plan"] == "50.00"


def test_what_is_no_score_is_refused_with_the_names_that_a_member_knows(case, booth):
    error, state = booth(3).ask("score.save", **cell(case, "61"))["error"], case.case.lots[LOT].sitting
    bid = next(bid for bid in state.bids if bid.bid == case.bids[0])
    criterion = state.rules.evaluation.criteria["plan"]
    assert bid.bidder_name in error["message"]
    assert criterion.name_zh in error["message"]
    assert criterion.name_en in error["message_en"]
    assert "plan" not in error["message"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"value": "40.3"}, "score_off_step"),
        ({"value": "61"}, "score_out_of_range"),
        ({"value": "much"}, "malformed"),
        ({"criterion": "price", "value": "1"}, "criterion_unknown"),  # computed, not scored
        ({"criterion": "x" * 100, "value": ""}, "criterion_unknown"),
        ({"comment": "长" * 2001}, "comment_too_long"),
        ({"bid": "0" * 20}, "bid_not_under_review"),
        ({"case": "0" * 16}, "not_available"),
        ({"lot": "2"}, "not_available"),
    ],
)
def test_what_is_no_score_is_refused_in_words(case, booth, changes, code):
    before = count(case)
    error = booth(3).ask("score.save", **cell(case, **changes))["error"]
    assert error["code"] == code
    assert error["message"]
    assert error["message_en"]
    assert count(case) == before


@pytest.mark.parametrize("login", ["officer", "regulator", "bidder-a", "witness-host", "centre"])
def test_nobody_else_scores(case, server, login):
    listener = Listener(server, Bench.token(case, login), server.base_url).connect()
    assert listener.ask("score.save", **cell(case, "40"))["error"]["code"] == "not_available"
    listener.close()


def test_scores_are_heard_by_nobody_until_every_sheet_is_locked(case, server, booth):
    logins = ("officer", "regulator", "centre", "bidder-a", "witness-host")
    watchers = [Listener(server, Bench.token(case, login), server.base_url).connect() for login in logins]
    watchers += [Listener(server, "", server.base_url).connect(), booth(4)]
    for watcher in watchers:
        watcher.join(case.case_id)
    scorer = booth(1)
    scorer.ask("score.save", **cell(case, "44"))
    case.act(case.members[1], sitting.ScoreSheetLocked(1, case.sheet(1, case.bids), {}))
    for watcher in watchers:
        answer = watcher.ask("case.join", case=case.case_id, cursor=watcher.cursor)
        assert answer["missed"] == []
        assert watcher.frames == []
    error = scorer.ask("score.save", **cell(case, "45"))["error"]
    assert error["code"] == "sheet_locked"
    for watcher in watchers[:-1]:
        watcher.close()


def test_the_other_windows_of_a_seat_hear_that_it_saved_and_nothing_of_what(case, server, booth):
    person = case.members[2]
    token = Bench.token(case, account=person.id, seat=person.log_in.seat)
    windows = [Listener(server, token, server.base_url).connect() for _ in range(3)]
    heard = [[] for _ in range(4)]
    for kept, window in zip(heard, (*windows, booth(3)), strict=True):
        window.client.on("scores.saved", kept.append, namespace=NAMESPACE)
        window.join(case.case_id)
    assert "saved_at" in windows[0].ask("score.save", **cell(case, "47.5", comment="好"))
    until(lambda: heard[1] and heard[2])
    assert "error" in windows[0].ask("score.save", **cell(case, "61"))
    assert heard == [[], *[[{"case": case.case_id, "lot": LOT}]] * 2, []]
    for window in windows:
        window.close()


def test_the_window_that_comes_second_takes_over_and_the_first_is_told(case, server, booth):
    person = case.members[3]
    token = Bench.token(case, account=person.id, seat=person.log_in.seat)
    first, second, told = *(Listener(server, token, server.base_url).connect() for _ in range(2)), []
    first.client.on("desk.taken", told.append, namespace=NAMESPACE)
    stranger, heard = booth(4), []
    stranger.client.on("desk.taken", heard.append, namespace=NAMESPACE)
    place = {"case": case.case_id, "lot": LOT}
    assert first.ask("desk.open", **place, window="w1", take=True)["held"]
    assert "error" not in first.ask("score.save", **cell(case, "30", window="w1", seq=0, command_id="a"))
    assert not second.ask("desk.open", **place, window="w2")["held"]  # who only asks takes nothing
    assert second.ask("desk.open", **place, window="w2", take=True)["held"]
    until(lambda: told)
    assert told == [{**place, "window": "w2", "at": told[0]["at"]}]
    error = first.ask("score.save", **cell(case, "31", window="w1", seq=1, command_id="b"))["error"]
    assert error["code"] == "desk_taken_over"
    assert "另一个窗口" in error["message"]
    assert not first.ask("desk.open", **place, window="w1")["held"]
    assert second.ask("score.save", **cell(case, "32", window="w2", seq=1, command_id="c"))["seq"] == 2
    assert drafts(case, 3)[case.bids[0], "plan"] == "32.00"
    assert heard == []
    assert "error" in second.ask("desk.open", **place, window="", take=True)
    assert stranger.ask("desk.open", **{**place, "lot": "2"}, window="w", take=True)["error"]["code"] == "not_available"
    first.close()
    second.close()


def test_a_score_is_written_only_over_the_version_that_was_seen(case, booth):
    one = booth(5)

    def send(value, seq, command):
        return one.ask("score.save", **cell(case, value, seq=seq, command_id=command))

    assert send("20", 0, "a")["seq"] == 1
    assert send("21", 1, "b")["seq"] == 2
    assert send("21", 1, "b")["seq"] == 2  # its answer was lost
    error = send("22", 1, "c")["error"]
    assert error["code"] == "score_stale"
    assert "21.00" in error["message"]
    assert send("22", 0, "d")["error"]["code"] == "score_stale"
    assert send("22", "2", "e")["error"]["code"] == "malformed"
    assert one.ask("score.save", **cell(case, "4", criterion="record", seq=3))["error"]["code"] == "score_never_saved"
    assert drafts(case, 5)[case.bids[0], "plan"] == "21.00"
    assert send("22", 2, "f")["seq"] == 3


def test_nobody_acts_for_another_seat(case):
    """With the own key, on the own booth, but in somebody else's name."""
    sheet = sitting.ScoreSheetLocked(3, case.sheet(3, case.bids), {})
    with pytest.raises(RuleViolation) as refused:
        case.act(case.members[2], sheet)
    assert refused.value.code == "sitting_not_own_seat"
    with pytest.raises((NotAllowed, RuleViolation)):
        case.act("officer", sheet)
    stolen = Person(case.members[3].log_in, case.members[2].key, "")
    with pytest.raises((NotAllowed, RuleViolation)):
        case.act(stolen, sheet)
    assert 3 not in case.case.lots[LOT].sitting.sheets


def test_a_zero_is_acknowledged_as_a_zero(case, booth):
    assert booth(2).ask("score.save", **cell(case, "0", command_id="zero", bid=case.bids[1]))["value"] == "0"
    assert booth(2).ask("score.save", **cell(case, "", command_id="emptied", bid=case.bids[1]))["value"] == ""

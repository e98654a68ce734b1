"""The live channel on a real server: who may listen, to what, exactly once; who has logged out hears no more."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from socketio.exceptions import ConnectionError as NoConnection

from app.procedure.deadlines import PostponementProposed, PostponementReleased
from app.procedure.tender import AnswerProposed, AnswerReleased, QuestionAsked
from app.services.accounts import end_web_session
from app.services.platform import DIST
from crypto.instants import format_instant
from tests.app.realtime.serving import ANSWERS_WITHIN, NAMESPACE, Listener, Server, serving, until
from tests.app.workbench import LOT, Bench, RealClock

pytestmark = [
    pytest.mark.each_database,
    pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built"),
]
EVICTED_WITHIN = 2.0  # seconds
LISTENERS = ("", "officer", "releaser", "regulator", "centre", "bidder-a", "bidder-b", "trustee-1", "admin")


@pytest.fixture(scope="module")
def bench(database_url, tmp_path_factory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("live"), clock=RealClock(), database_url=database_url).found()
    yield made
    made.platform.database.dispose()


@pytest.fixture(scope="module")
def server(bench) -> Iterator[Server]:
    """One process on SQLite, two on PostgreSQL."""
    with serving(bench.platform.settings, 1 if bench.platform.database.is_sqlite else 2) as found:
        yield found
    log = found.log.read_text("utf-8", "replace")
    assert "Traceback" not in log, log[-3000:]


@pytest.fixture
def listen(bench, server):
    """Makes listeners that are connected, and hangs up for them at the end."""
    made = []

    def connect(login="", **named):
        token = bench.token(login) if login else ""
        made.append(Listener(server, token, named.pop("origin", server.base_url)))
        return made[-1].connect()

    yield connect
    for listener in made:
        listener.close()


def answer_question(bench, question="q1"):
    """A question by bidder A, drafted and released: facts for some, then for everybody."""
    bench.act("bidder-a", QuestionAsked(question, "交货地点？"), "")
    bench.act("officer", AnswerProposed(question, "校内"), "")
    bench.act("releaser", AnswerReleased(question, "校内"), "")


# who may connect


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null", ""])
def test_without_a_token_only_our_own_pages_connect(server, origin):
    with pytest.raises(NoConnection):
        Listener(server, "", origin).connect()


def test_our_own_pages_connect_without_a_log_in(listen):
    assert listen().client.connected


def test_a_program_brings_its_token_and_no_origin(listen):
    assert listen("bidder-a", origin="").client.connected


def test_a_token_that_nobody_has_is_refused(server):
    with pytest.raises(NoConnection):
        Listener(server, "invented", "").connect()


def test_an_unpublished_and_an_unknown_case_look_alike(bench, listen):
    bench.draft()
    answers = [listen("bidder-a").join(case) for case in (bench.case_id, "0" * 16)]
    assert answers[1]["error"]["code"] == "not_available"
    assert answers[0] == answers[1]
    assert "cursor" in listen("officer").join(bench.case_id)


def test_a_cursor_of_another_case_is_refused(bench, listen):
    bench.publish()
    listener = listen()
    listener.join(bench.case_id)
    bench.publish()
    assert listener.ask("case.join", case=bench.case_id, cursor=listener.cursor)["error"]["code"] == "cursor_wrong"
    assert listener.ask("case.join", case=bench.case_id, cursor="x")["error"]["code"] == "cursor_wrong"


@pytest.mark.parametrize("sent", ["x", [], None, 7, {"case": 7}, {"case": "\ud800"}, {"case": ["x"], "cursor": {}}])
@pytest.mark.parametrize("event", ["case.join", "score.save"])
def test_whatever_a_socket_sends_is_refused_in_words(bench, listen, event, sent):
    for listener in (listen(), listen("officer")):
        answer = listener.client.call(event, sent, namespace=NAMESPACE, timeout=ANSWERS_WITHIN)
        assert answer["error"]["code"] in ("malformed", "log_in_needed")
        assert answer["error"]["message_en"]


# who hears what


def world(bench, listen, bids):
    """What each listener hears of a tender in which so many bids are handed in, up to an answer for everybody."""
    bench.publish()
    listeners = {login: listen(login) for login in LISTENERS}
    for listener in listeners.values():
        listener.join(bench.case_id)
    for login in ("bidder-a", "bidder-b", "bidder-c")[:bids]:
        bench.hand_in(login)
    answer_question(bench)
    for listener in listeners.values():
        until(lambda listener=listener: "AnswerReleased" in listener.types)
    return listeners


def test_bids_are_heard_by_their_bidders_alone(bench, listen):
    without, with_ = (world(bench, listen, bids) for bids in (0, 3))
    own = ["BidSubmitted", "BidReceipted"]
    for login in LISTENERS:
        more = own if login in ("bidder-a", "bidder-b") else []
        assert with_[login].types == more + without[login].types, login
    assert without[""].types == ["AnswerReleased"]
    for one, other in zip(without[""].frames, with_[""].frames, strict=True):
        assert set(one) == set(other) == {"cursor", "case", "type", "lot", "at"}
        sizes = [len(str(frame | {"at": ""})) for frame in (one, other)]  # a whole second is written without a fraction
        assert sizes[0] == sizes[1]


def test_frames_say_that_something_changed_and_never_what(bench, listen):
    listener = world(bench, listen, 1)["bidder-a"]
    receipt = bench.records("BidReceipted")[0].payload["receipt_id"]
    assert receipt not in str(listener.frames)
    assert "校内" not in str(listener.frames)


def test_a_moved_deadline_is_heard_by_everybody_once_it_is_in_force_and_by_few_before(bench, listen):
    bench.publish(120)
    heard = {login: listen(login) for login in ("", "bidder-a", "officer", "centre")}
    for listener in heard.values():
        listener.join(bench.case_id)
    later = {LOT: bench.deadline_at + timedelta(seconds=60)}
    bench.act("officer", PostponementProposed("场地调整", later), "")
    bench.act("releaser", PostponementReleased("场地调整", later), "")
    for login, listener in heard.items():
        expected = {"PostponementReleased"} | ({"PostponementProposed"} if login == "officer" else set())
        until(lambda listener=listener, expected=expected: expected <= set(listener.types))
        assert set(listener.types) == expected, login


# exactly once


def test_nothing_is_missed_and_nothing_comes_twice_over_a_line_that_breaks(bench, server, listen):
    bench.publish(120)
    listener, over = listen("bidder-a"), threading.Event()
    listener.join(bench.case_id)

    def ask_questions():
        for number in range(40):
            bench.act("bidder-a", QuestionAsked(f"q{number}", "？"), "")
            time.sleep(0.02)
        over.set()

    asking = threading.Thread(target=ask_questions)
    asking.start()
    breaks = 0
    while not over.is_set():
        time.sleep(0.15)
        listener.tear()
        breaks += 1
        time.sleep(0.05)
        again = Listener(server, listener.token, server.base_url, listener.frames, listener.cursor).connect()
        again.join(bench.case_id)
        listener = again
    asking.join()
    recorded = [format_instant(record.at) for record in bench.records("QuestionAsked")]
    until(lambda: len(listener.frames) >= len(recorded))
    time.sleep(0.3)
    listener.close()
    assert [frame["at"] for frame in listener.frames] == recorded
    assert breaks >= 2


def test_many_join_while_facts_arrive(bench, listen):
    """Joining and telling may cross; whoever joined hears every later fact once."""
    bench.publish(120)
    over = threading.Event()

    def ask_questions():
        number = 0
        while not over.is_set():
            bench.act("bidder-a", QuestionAsked(f"q{number}", "？"), "")
            number += 1
            time.sleep(0.005)

    asking = threading.Thread(target=ask_questions)
    asking.start()
    listeners = []
    for _ in range(8):
        listener = listen("bidder-a")
        listener.before = len(bench.records("QuestionAsked"))
        listener.join(bench.case_id)
        listeners.append(listener)
    over.set()
    asking.join()
    recorded = [format_instant(record.at) for record in bench.records("QuestionAsked")]
    for listener in listeners:
        until(
            lambda listener=listener: not recorded or not listener.frames or listener.frames[-1]["at"] == recorded[-1]
        )
    time.sleep(0.3)
    for listener in listeners:
        heard = [frame["at"] for frame in listener.frames]
        assert heard == recorded[len(recorded) - len(heard) :]
        assert len(heard) <= len(recorded) - listener.before


# how much may be asked


def test_a_stranger_who_asks_without_end_is_refused_and_keeps_nobody_waiting(bench, listen):
    bench.publish()
    loud, other = listen(), listen("bidder-a")
    before = time.monotonic()
    for _ in range(80):
        loud.client.emit("case.join", {"case": bench.case_id, "cursor": ""}, namespace=NAMESPACE)
    asked = time.monotonic()
    assert "cursor" in other.join(bench.case_id)
    assert time.monotonic() - asked < 2, "behind a flood it took ten seconds"
    loud.join(bench.case_id)
    assert time.monotonic() - before > 1, "who is refused is read slowly"


# who has logged out


def test_an_ended_log_in_loses_its_line_at_once_and_others_keep_theirs(bench, listen):
    bench.publish()
    ended, other, public = listen("bidder-a"), listen("bidder-a"), listen()
    for listener in (ended, other, public):
        listener.join(bench.case_id)
    end_web_session(bench.platform, ended.token)
    assert ended.cut.wait(EVICTED_WITHIN)
    answer_question(bench)
    until(lambda: "AnswerReleased" in other.types and "AnswerReleased" in public.types)
    assert other.types == ["QuestionAsked", "AnswerReleased"]
    assert ended.types == []
    assert not other.cut.is_set()

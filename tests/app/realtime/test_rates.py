"""How much may be asked on the live channel: buckets of tokens, and the one door before every handler."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from flask import Flask

from app.extensions import socketio
from app.realtime import live, rates
from app.realtime.rates import Rates, payers

ONE = payers("account-1/", "s1", "192.0.2.1")


def taken(found: Rates, who, cost: int, now: float, times: int) -> int:
    return sum(found.take(who, cost, now) for _ in range(times))


def test_a_full_bucket_at_once_and_then_so_many_a_second():
    found = Rates(300, 20)
    assert taken(found, ONE, 1, 0, 500) == 300
    assert taken(found, ONE, 1, 1.5, 500) == 30
    assert taken(found, ONE, 5, 2.5, 500) == 4
    assert taken(found, ONE, 1, 1000, 500) == 300


def test_one_person_pays_from_one_bucket_however_many_sockets_and_others_from_their_own():
    found = Rates(300, 20)
    for number in range(30):
        taken(found, payers("account-1/", f"s{number}", "192.0.2.1"), 1, 0, 10)
    assert not found.take(ONE, 1, 0)
    assert found.take(payers("account-2/", "other", "192.0.2.1"), 1, 0)
    assert found.take(payers("", "stranger", "192.0.2.1"), 1, 0)


def test_strangers_pay_by_socket_and_all_of_an_address_together():
    found = Rates(300, 20)
    assert taken(found, payers("", "s1", "192.0.2.1"), 5, 0, 500) == 60
    others = sum(taken(found, payers("", f"t{number}", "192.0.2.1"), 5, 0, 60) for number in range(50))
    assert others == 600 - 60
    assert found.take(payers("", "u", "192.0.2.2"), 5, 0)
    assert not found.take(ONE, 301, 0)
    assert found.take(ONE, 300, 0), "what is refused costs nothing"


def test_nothing_is_limited_where_no_limit_is_set():
    assert taken(Rates(300, 0), ONE, 5, 0, 10_000) == 10_000


def test_buckets_that_are_full_again_are_forgotten(monkeypatch):
    monkeypatch.setattr(rates, "KEPT", 10)
    found = Rates(300, 20)
    for number in range(100):
        found.take(payers(f"account-{number}/", "s", ""), 300, float(number))
    assert len(found._buckets) <= 17
    assert not found.take(payers("account-99/", "s", ""), 300, 100.0)


# what people do in a minute is never refused


@pytest.mark.parametrize(
    ("events", "each_second", "seconds"),
    [
        ([1], 12, 60),  # twelve scores saved a second
        ([5, 5, 5, 2], 1, 20),  # a page of the room loaded anew every second: line, case, room, desk
        ([1] * 16, 1, 60),  # candidates of a new viewer each second
    ],
)
def test_normal_use_is_not_refused(events, each_second, seconds):
    found = Rates(300, 20)
    for second in range(seconds):
        for cost in events * each_second:
            assert found.take(ONE, cost, float(second))


def test_nine_people_who_come_back_at_once_are_not_refused():
    found = Rates(300, 20)
    for number in range(9):
        who = payers(f"account-{number}/seat", f"s{number}", "192.0.2.1")
        assert all(found.take(who, cost, 0.0) for cost in (2, 5, 5, 5) * 4)  # four windows each


# the door


@pytest.fixture
def door(monkeypatch):
    """A handler behind the door, for who may ask twice; what it was given, and how often the socket had to wait."""
    app, given, waited = Flask("app"), list[object](), list[float]()
    settings = SimpleNamespace(live_at_once=10, live_per_second=1)
    app.extensions["tenderhall"] = SimpleNamespace(settings=settings)
    bound: dict[str, object] = {}
    channel = SimpleNamespace(
        on_event=lambda event, handler, namespace: bound.update({event: handler}), sleep=waited.append
    )
    monkeypatch.setattr(live, "socketio", channel)
    monkeypatch.setattr(live, "socket_id", lambda: "s1")
    app.extensions["tenderhall.audience"] = live.Audience(payers={"s1": ONE})
    monkeypatch.setattr(live.time, "monotonic", lambda: 0.0)
    live.bind("case.join", lambda sent: given.append(sent) or {"heard": sent}, 5)
    with app.app_context():
        yield bound["case.join"], given, waited


def test_who_asks_too_much_is_refused_and_not_read_for_a_moment(door):
    handler, given, waited = door
    assert [handler(number) for number in (1, 2)] == [{"heard": 1}, {"heard": 2}]
    assert handler(3)["error"]["code"] == "too_many_at_once"
    assert (given, waited) == ([1, 2], [live.REFUSED_FOR])


def test_no_event_but_coming_and_going_has_another_door():
    live.attach()
    names = {event for event, _handler, _namespace in socketio.handlers}
    assert names - {"connect", "disconnect"}
    for event, handler, _namespace in socketio.handlers:
        if event not in ("connect", "disconnect"):
            assert handler.__wrapped__.__qualname__ == handler.__qualname__
            assert handler.__wrapped__.__code__.co_name == "bounded", event

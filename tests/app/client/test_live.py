"""The live channel and the booth's unfinished sheet, over lines that break."""

from __future__ import annotations

import socket
import time
from decimal import Decimal

import pytest
from small_channel import SmallChannel, channel_serving

from app.client import live
from app.client.booth import ScoreSheetDraft
from app.client.connection import Connection, Refused
from app.client.live import LiveChannel

CELLS = [(bid, criterion) for bid in ("b1", "b2", "b3") for criterion in ("x", "y", "z")]


@pytest.fixture
def platform():
    return SmallChannel()


@pytest.fixture
def channel(platform):
    with channel_serving(platform) as url:
        made = LiveChannel(Connection(url, token="t"))
        yield made
        if made.up:
            tear(made)


def tear(channel: LiveChannel) -> None:
    channel.client.eio.ws.sock.shutdown(socket.SHUT_RDWR)


def send_all(channel: LiveChannel, draft: ScoreSheetDraft) -> float:
    began = time.monotonic()
    while not draft.send():
        channel.wait(0.2)
    return time.monotonic() - began


def test_scores_reach_the_platform_in_order(platform, channel):
    assert channel.open()
    draft = ScoreSheetDraft(channel, "c1", "1")
    for bid, criterion in CELLS:
        draft.type(bid, criterion, Decimal("1.50"))
    assert draft.send()
    assert [(m["bid"], m["criterion"]) for m in platform.received] == CELLS
    assert draft.saved.keys() == set(CELLS)


@pytest.mark.parametrize("breaks", [1, 5])
def test_a_torn_line_loses_nothing_and_counts_nothing_twice(platform, channel, breaks):
    channel.open()
    draft = ScoreSheetDraft(channel, "c1", "1")
    slowest = 0.0
    for number in range(breaks * 4):
        draft.type("b", str(number), Decimal(number))
        if number % 4 == 2:
            tear(channel)
        slowest = max(slowest, send_all(channel, draft))
    assert list(platform.kept.values()) == [str(number) for number in range(breaks * 4)]
    assert slowest < 5, "a reconnection must not wait for a time-out"


def test_a_line_that_says_nothing_any_more_is_given_up(platform, channel, monkeypatch):
    monkeypatch.setattr(live, "ANSWER_WITHIN", 0.5)
    channel.open()
    draft = ScoreSheetDraft(channel, "c1", "1")
    channel.client.eio.ws.shutdown()  # closed under the reader's hands, who hears nothing of it: a cut cable
    draft.type("b", "x", Decimal(1))
    assert send_all(channel, draft) < 5
    assert list(platform.kept.values()) == ["1"]


def test_an_answer_lost_on_the_way_is_asked_for_again_with_the_same_command(platform, channel):
    channel.open()
    draft = ScoreSheetDraft(channel, "c1", "1")
    draft.type("b1", "x", Decimal(1))
    platform.swallow = 1
    send_all(channel, draft)
    assert len(platform.received) == 2
    assert len(platform.kept) == 1


def test_a_refused_score_is_said_and_stays_in_the_queue(platform, channel):
    channel.open()
    draft = ScoreSheetDraft(channel, "c1", "1")
    draft.type("b1", "forbidden", Decimal(1))
    with pytest.raises(Refused, match="score_off_step"):
        draft.send()
    assert len(draft.queue) == 1


def test_a_followed_case_is_joined_again_from_where_one_was(platform, channel):
    channel.follow("c1")
    channel.wait(0.1)
    assert platform.joins == [{"case": "c1"}]
    platform.change("c7")
    assert channel.wait(5)
    tear(channel)
    for _ in range(50):
        channel.wait(0.1)
        if len(platform.joins) > 1:
            break
    assert platform.joins[1] == {"case": "c1", "cursor": "c7"}


def test_a_platform_that_is_away_is_no_error():
    channel = LiveChannel(Connection("http://127.0.0.1:9"))
    channel.follow("c1")
    assert channel.wait(0.1) is False
    with pytest.raises(Refused, match="no_answer"):
        channel.ask("score.save", {})

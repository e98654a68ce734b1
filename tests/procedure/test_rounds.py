"""Which rounds a lot's bids may be sealed to, whatever becomes of its deadline; and what a lot waits for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from app.casefile.case import LotCase
from app.config import BadSettings, Settings
from app.procedure.bid import Bidding, BidSubmitted, ClientCode, Submission, check_round
from app.procedure.deadlines import Timetable
from app.procedure.errors import RuleViolation
from app.procedure.opening import BidsReleased, Opening, RoundSigned, apply, decide
from crypto.timelock import QUICKNET, Round
from tests.choices import choices

AT = datetime(2026, 3, 24, 1, 30, tzinfo=UTC)
FACT = BidSubmitted("v", "c", "r", 1, "b", "s", "t", ClientCode("n", "1", "h"), "n", "a")


def refused(code, call, *args):
    with pytest.raises(RuleViolation) as found:
        call(*args)
    assert found.value.code == code
    return found.value.facts


def moves_of(chosen):
    """Up to six postponements of up to three days."""
    return [timedelta(microseconds=chosen.one(range(3 * 86400 * 10**6 + 1))) for _ in range(chosen.one(range(7)))]


@given(choices(31))
def test_every_deadline_that_stood_is_remembered_and_the_latest_is_last(chosen):
    moves = moves_of(chosen)
    timetable, stood = Timetable({"1": AT, "2": AT}), [AT]
    for by in (*moves, timedelta(0)):  # one that moves nothing
        stood.append(stood[-1] + by)
        timetable = timetable.moved("PostponementReleased", "r", {"1": stood[-1]}, AT)
    assert timetable.had("1") == tuple(sorted(set(stood)))
    assert timetable.had("1")[-1] == timetable.deadlines["1"]
    assert timetable.had("2") == (AT,)


@given(choices(35))
def test_bid_is_taken_exactly_at_the_rounds_of_its_deadlines_and_never_later(chosen):
    deadlines, number = [AT], chosen.one(range(1, 60_000_001))
    for by in moves_of(chosen):
        deadlines.append(deadlines[-1] + by)
    rounds = tuple(QUICKNET.round_after(at) for at in deadlines)
    numbers = {found.number for found in rounds}
    for allowed in numbers:
        check_round(replace(FACT, round=allowed), rounds)
    for other in {number, *(allowed + by for allowed in numbers for by in (-1, 1))} - numbers:
        code = "round_too_late" if other > rounds[-1].number else "round_foreign"
        assert refused(code, check_round, replace(FACT, round=other), rounds)["latest"] == max(numbers)


def test_lot_with_one_lock_takes_no_bid_with_two_and_the_other_way_round():
    check_round(FACT, ())
    refused("second_lock_unwanted", check_round, replace(FACT, round=5), ())
    refused("second_lock_missing", check_round, FACT, (Round(QUICKNET, 5),))


def test_lot_waits_for_the_rounds_of_its_standing_bids_once_it_is_released():
    submissions = {
        str(number): Submission(str(number), "o", "p", replace(FACT, round=number), AT, "k", ended)
        for number, ended in ((9, ""), (7, ""), (8, "withdrawn"))
    }
    lot = LotCase(bidding=Bidding(submissions))
    assert (lot.rounds_needed, lot.rounds_missing) == ((7, 9), ())
    refused("not_released", decide, lot.opening, RoundSigned(7, "ab"), 2, AT)
    opening = apply(Opening(), BidsReleased("cc", (1, 2)), "system", AT)
    assert replace(lot, opening=opening).rounds_missing == (7, 9)
    opening = apply(opening, RoundSigned(7, "ab"), "system", AT)
    assert replace(lot, opening=opening).rounds_missing == (9,)
    refused("round_already_signed", decide, opening, RoundSigned(7, "ab"), 2, AT)


def test_settings_name_the_chain_and_the_relays(tmp_path):
    own = tmp_path / "chain.json"
    own.write_text('{"v": "drandchain/v1"}')
    read = Settings.from_env(
        {"TENDERHALL_DRAND_CHAIN": "quicknet", "TENDERHALL_DRAND_URLS": "https://a.example/, http://b"}
    )
    assert (read.drand_chain, read.drand_urls) == (QUICKNET, ("https://a.example", "http://b"))
    assert Settings.from_env({}).drand_chain is None
    for name, value in (
        ("CHAIN", str(own)),
        ("CHAIN", str(tmp_path / "none")),
        ("URLS", "ftp://a"),
        ("URLS", "a.example"),
    ):
        with pytest.raises(BadSettings, match=f"TENDERHALL_DRAND_{name}"):
            Settings.from_env({f"TENDERHALL_DRAND_{name}": value})

"""A tool that never saw a case before, and terms that nobody but it is shown.

The attack: who has the web server, and two certified people of the agency (or keys/, which certifies people), signs
other terms for a real case: an earlier deadline, no witnesses. A trustee's tool without memory of the case took them,
since the parties and the witnesses of a case were known from its terms alone.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.casefile.act_list import ActList, Entry
from app.client.connection import Refused
from app.client.trustee import Memory, Trustee
from app.client.verified_case import ListFeed, Vouchers, verified_case
from app.procedure.witnesses import NO_WITNESS
from crypto.committee import Member, run_ceremony
from crypto.errors import CryptoError
from crypto.instants import format_instant
from tests.app.client.signed_world import CASE, DEADLINE, ORIGIN, TWO_WITNESSES, WITNESSES, World

EARLY = DEADLINE - timedelta(days=5)
MEMBERS = [Member(i, f"受托人{i}", f"{i:064x}") for i in (1, 2, 3)]
COMMITTEE, SECRETS = run_ceremony(MEMBERS, 2, os.urandom)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def stranger(world: World, tmp_path: Path) -> Trustee:
    """A trustee's tool that knows platform and witnesses from its first meeting, and of the case nothing at all."""
    memory = Memory(tmp_path / "memory.json")
    return Trustee(COMMITTEE, 1, SECRETS[1], memory, world.roots, Vouchers(TWO_WITNESSES))


def closed(world: World, at: datetime) -> dict[str, Any]:
    payload = {"deadline_at": format_instant(at), "submissions_root": "a" * 64, "enough": True}
    return world.event("LotClosed", payload, at=at)


def falsified(world: World, **terms: Any) -> list[dict[str, Any]]:
    """Another publication of the case, with its close, under acts that are signed as they should be."""
    true, world.register = world.register, terms.get("register", world.register)
    try:
        return [*world.published(COMMITTEE.describe(), EARLY), closed(world, EARLY)]
    finally:
        world.register = true


def due(tool: Trustee, world: World, events: list[dict[str, Any]], now: datetime) -> tuple[int, list[str]]:
    refused: list[Refused] = []
    if world.listed is None:
        world.events = events
    shares = tool.shares_due(world, ORIGIN, CASE, events, now=now, clock_offset=timedelta(0), refuse=refused.append)
    return len(shares), [refusal.code for refusal in refused]


@pytest.mark.parametrize("register", [NO_WITNESS, TWO_WITNESSES])
def test_terms_that_are_shown_to_one_tool_alone_open_nothing(world, stranger, register):
    """The attack as it succeeded; with the true terms in the list it is refused, whomever the false ones name."""
    world.listed = world.published(COMMITTEE.describe())
    false = falsified(world, register=register)
    moment = EARLY + timedelta(seconds=1)
    assert due(stranger, world, false, moment) == (0, ["history_not_listed"])
    careless = replace(stranger, vouchers=Vouchers())  # as every tool was: it knows witnesses from the terms alone
    if register == NO_WITNESS:
        assert due(careless, world, false, moment) == (1, []), "this is the attack"


def test_the_true_history_is_signed_by_a_tool_without_memory(world, stranger):
    events = [*world.published(COMMITTEE.describe()), closed(world, DEADLINE)]
    assert due(stranger, world, events, DEADLINE) == (1, [])


def test_false_terms_added_to_the_list_open_nothing_either(world, stranger):
    """A platform that lists them itself shows two publications to everybody, for ever."""
    true, false = world.published(COMMITTEE.describe()), falsified(world)
    world.listed = [*true, *false]
    assert due(stranger, world, false, EARLY) == (0, ["history_not_listed"])
    assert due(stranger, world, [*true, *false], EARLY) == (0, ["trustee_not_due"]), "the first publication counts"
    assert due(stranger, world, [*true, *false], DEADLINE) == (0, ["history_not_listed"])


@pytest.mark.parametrize("hidden", ["PostponementReleased", "PauseOrdered"])
def test_an_order_that_is_withheld_stops_the_opening(world, stranger, hidden):
    """Terms and close as they are, but the tool is not shown what moves or stops the lot."""
    payload = {"deadlines": {"1": format_instant(DEADLINE + timedelta(days=1))}, "lots": ["1"]}
    whole = [*world.published(COMMITTEE.describe()), world.event(hidden, payload, ""), closed(world, DEADLINE)]
    world.listed = whole
    shown = [event for event in whole if event["type"] != hidden]
    assert due(stranger, world, shown, DEADLINE) == (0, ["history_withheld"])


def test_what_is_not_listed_yet_waits(world, stranger):
    terms = world.published(COMMITTEE.describe())
    world.listed = terms
    assert due(stranger, world, [*terms, closed(world, DEADLINE)], DEADLINE) == (0, ["trustee_unvouched"])


@pytest.mark.parametrize("cosigners", [(), WITNESSES[:1], WITNESSES[2:]])
def test_the_pinned_witnesses_must_have_cosigned(world, stranger, cosigners):
    world.cosigners, world.register = cosigners, NO_WITNESS
    events = [*world.published(COMMITTEE.describe()), closed(world, DEADLINE)]
    assert due(stranger, world, events, DEADLINE) == (0, ["trustee_unvouched"])


def test_a_tool_that_lost_its_memory_signs_no_second_history(world, stranger, tmp_path):
    """A restored folder remembers nothing: the list does."""
    events = [*world.published(COMMITTEE.describe()), closed(world, DEADLINE)]
    assert due(stranger, world, events, DEADLINE) == (1, [])
    restored = replace(stranger, memory=Memory(tmp_path / "restored.json"))
    world.listed = events
    other = [*events[:-1], world.event("LotClosed", {**events[-1]["payload"], "submissions_root": "b" * 64})]
    assert due(restored, world, other, DEADLINE) == (0, ["history_not_listed"])
    assert due(restored, world, events, DEADLINE) == (1, [])


# before a bid is sealed


def seen(world: World, events: Sequence[dict[str, Any]], vouchers: Vouchers) -> tuple[str, ...]:
    found = verified_case(ORIGIN, CASE, events, world.roots, world, vouchers)
    assert found is not None
    return found.vouched_by()


def test_a_bidder_is_told_no_terms_that_the_list_lacks(world):
    true = world.published(COMMITTEE.describe())
    world.listed = true
    vouchers = Vouchers(TWO_WITNESSES)
    assert len(seen(world, true, vouchers)) == 2
    with pytest.raises(Refused) as refused:
        seen(world, falsified(world)[:2], vouchers)
    assert refused.value.code == "history_not_listed"
    world.cosigners = ()
    with pytest.raises(Refused) as refused:
        seen(world, true, vouchers)
    assert refused.value.code == "trustee_unvouched"


# the list itself


@pytest.mark.parametrize("text", ["", "0" * 127, "0" * 126 + "g0", "A" * 128, 7, None])
def test_an_entry_is_128_digits(text):
    with pytest.raises(CryptoError, match="act_list_malformed"):
        Entry.parse(text)


def test_a_list_that_does_not_fit_its_note_is_refused(world):
    world.events = world.published(COMMITTEE.describe())
    whole = world.acts()
    shorter = ActList()
    shorter.notes = whole.notes
    changed = ActList()
    changed.grow([Entry(bytes(32), bytes(32))])
    changed.notes = whole.notes
    for wrong in (shorter, changed):
        with pytest.raises(CryptoError, match="act_list_forked"):
            wrong.vouching(TWO_WITNESSES.log_key, TWO_WITNESSES.witness_keys)


def test_a_list_that_grows_while_it_is_fetched_is_no_forked_one(world):
    """An act is listed and cosigned between two requests of the same look."""
    world.events = world.published(COMMITTEE.describe())
    states = [world.acts()]
    world.events = [*world.events, closed(world, DEADLINE)]
    states.append(world.acts())

    class Growing:
        """The platform one request later each time."""

        asked = 0

        def get(self, path: str, **query: str) -> Any:
            state = states[min(self.asked, 1)]
            self.asked += 1
            if path.endswith("cosigned"):
                return {"notes": [str(note) for note in state.notes]}
            entries = [str(entry) for entry in state.entries]
            return {"size": len(entries), "entries": entries[int(query["from"]) :][:1]}

    found = ListFeed(Growing()).refresh()
    assert len(found.entries) == 2
    assert set(found.vouching(TWO_WITNESSES.log_key, TWO_WITNESSES.witness_keys).values()) == {1}

"""What several actors do alike: confirm an opening, take part in a draw."""

from __future__ import annotations

import os
from collections.abc import Callable

from app.client.connection import Refused
from app.client.draw_party import DrawParty
from app.client.feed import CaseFeed
from crypto.committee import Committee
from demo.case import LOT
from demo.stage import Actor
from evaluation.draw import draw_id

State = Callable[[Actor, int], None]


def confirm_opening(actor: Actor) -> None:
    """Confirm what was read out; whoever is too late for that has accepted it by silence (O87 art. 42)."""
    board = actor.connection.get(f"/cases/{actor.case_id}/lots/{LOT}/opening")
    try:
        actor.act("OpeningConfirmed", {"board_sha256": board["board_sha256"]})
        actor.tell("opening_confirmed")
    except Refused as refusal:
        if refusal.code != "opening_concluded":
            raise
        actor.tell("opening_accepted")


def take_part_in_draw(actor: Actor, name: str, state: State | None = None) -> None:
    """Commit and reveal in every round, until the committee sits down; the centre also states each round."""
    party, round_ = DrawParty(actor.folder, name), 1
    while _round_or_sitting(actor, round_):
        _play_round(actor, party, round_, state)
        round_ += 1


def _round_or_sitting(actor: Actor, round_: int) -> bool:
    """Whether a further round was opened; else the sitting was convened."""
    actor.on_record(lambda feed: _in_round(feed, "DrawRoundOpened", round_) or feed.of("SittingConvened"), "a round")
    return _in_round(actor.feed, "DrawRoundOpened", round_)


def _play_round(actor: Actor, party: DrawParty, round_: int, state: State | None) -> None:
    commit(actor, party, round_)
    if state:
        state(actor, round_)
    reveal(actor, party, round_)


def commit(actor: Actor, party: DrawParty, round_: int) -> None:
    """Promise one's random bytes, before anybody knows those of the others."""
    committee = Committee.from_description(actor.event("TenderSubmitted")["terms"]["committee"])
    actor.act("DrawCommitted", party.make_commitment(committee, _draw(actor), round_, os.urandom))
    actor.tell("draw_committed", round=round_)


def reveal(actor: Actor, party: DrawParty, round_: int) -> None:
    """Show them, once the trustees have signed the statement."""
    actor.on_record(lambda feed: _in_round(feed, "DrawSigned", round_), "the trustees' signature")
    actor.act("DrawRevealed", party.reveal(_draw(actor), round_))
    actor.tell("draw_revealed", round=round_)


def _draw(actor: Actor) -> str:
    conditions = actor.event("DrawConditionsProposed")["conditions"]
    return draw_id(conditions["tender"], conditions["lot"], conditions["purpose"])


def _in_round(feed: CaseFeed, type: str, round_: int) -> bool:
    return any(event["payload"]["round"] == round_ for event in feed.of(type))

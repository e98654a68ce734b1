"""Cases that are brought to a stage and left there, each with signed acts of the people concerned."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from demo.actors import bidder, officer, operator, supervisor
from demo.actors.parties import confirm_opening
from demo.case import DemoCase
from demo.seeding.evaluation import evaluate
from demo.seeding.troupe import Player, Troupe

PATH = Path(__file__).with_name("scenes.json")
DAYS_AHEAD = timedelta(days=25)  # the rule book asks for 20: the case stays open for a while after the seeding


@dataclass
class Scene:
    """One case on its way to its stage."""

    name: str
    case: DemoCase
    troupe: Troupe
    case_id: str = ""

    def player(self, role: str) -> Player:
        """A person who acts in this case."""
        player = self.troupe.player(role)
        player.case = self.case
        if self.case_id:
            player.case_id = self.case_id
        player.person.certify()
        return player

    @property
    def bidders(self) -> list[dict[str, Any]]:
        """Who bids in this case, at which price."""
        prices = self.case.facts["prices"]
        return [{**one, "price": prices[one["code"]]} for one in self.case.bidders if one["code"] in prices]

    def bid(self) -> None:
        """Each bidder of this case seals and submits."""
        for facts in self.bidders:
            bidder.submit_bid(self.player(facts["login"]), facts)

    def await_fact(self, type: str) -> None:
        """Until the clock and the trustees have brought the case to a fact. Raises StageFright."""
        watching = self.player("officer")

        def on_record() -> Any:
            watching.feed.refresh()
            return watching.feed.of(type)

        watching.until(on_record, type)


def scenes(troupe: Troupe) -> list[Scene]:
    """Every case that is brought to a stage, with the figures of its own."""
    return [_scene(facts, troupe) for facts in json.loads(PATH.read_text("utf-8"))]


def _scene(facts: dict[str, Any], troupe: Troupe) -> Scene:
    return Scene(facts["name"], DemoCase({**DemoCase.read().facts, **facts}), troupe)


def _draft(scene: Scene) -> None:
    """A form that is not complete: no code, no ceiling, no deadline."""
    author = scene.player("officer")
    form = officer.tender_form(author, DAYS_AHEAD)
    form["lots"][0]["deadline_at"] = ""
    scene.case_id = officer.begin_case(author, form)


def _submit(scene: Scene, lasts: timedelta = DAYS_AHEAD) -> None:
    author = scene.player("officer")
    scene.case_id = officer.begin_case(author, officer.tender_form(author, lasts))
    officer.submit_tender(scene.player("officer"), lasts)


def _publish(scene: Scene, lasts: timedelta) -> None:
    _submit(scene, lasts)
    supervisor.publish_tender(scene.player("supervisor"))
    operator.book_booths(scene.player("operator"))


def _open(scene: Scene) -> None:
    """Published, a question asked and answered, one bid handed in."""
    _publish(scene, DAYS_AHEAD)
    bidder.ask_question(scene.player("bidder-b"))
    officer.answer_question(scene.player("officer"))
    supervisor.release_answer(scene.player("supervisor"))
    scene.bid()


def _bid_in_seconds(scene: Scene) -> None:
    _publish(scene, officer.bidding_lasts(scene.player("officer")))
    scene.bid()


def _await_failure(scene: Scene) -> None:
    scene.await_fact("LotFailed")


def _conclude_opening(scene: Scene) -> None:
    """Read out, confirmed by those present, on record; qualification and the draw are left to do."""
    scene.await_fact("BidsReadOut")
    for role in ("officer", "operator", *(one["login"] for one in scene.bidders)):
        confirm_opening(scene.player(role))
    scene.await_fact("OpeningConcluded")


def _nothing_more(scene: Scene) -> None:
    """The case is where it should be left."""


Part = Callable[[Scene], None]
# What people do, and what comes of it when the clock has moved on: the waiting is shared by all cases.
STAGES: dict[str, tuple[Part, Part]] = {
    "draft": (_draft, _nothing_more),
    "waiting": (_submit, _nothing_more),
    "open": (_open, _nothing_more),
    "failed": (_bid_in_seconds, _await_failure),
    "opened": (_bid_in_seconds, _conclude_opening),
    "evaluating": (_bid_in_seconds, evaluate),
}

"""The agency's supervisor: second person for whatever the officer proposes; the agency's part in a draw."""

from __future__ import annotations

from app.casefile.codec import decode
from crypto.canonical import digest
from demo.actors.parties import take_part_in_draw
from demo.case import LOT
from demo.stage import Actor
from evaluation.draw import DrawConditions, conditions_sha256


def play(actor: Actor) -> None:
    actor.join()
    actor.paper("case")
    publish_tender(actor)
    release_answer(actor)
    approve_draw(actor)
    actor.tell("draw_conditions_approved")
    take_part_in_draw(actor, "agency")


def approve_draw(actor: Actor) -> None:
    """Approve exactly what the officer proposed, with the pool as the platform says it is."""
    conditions = decode(DrawConditions, actor.event("DrawConditionsProposed")["conditions"])
    due = actor.connection.get(f"/cases/{actor.case_id}/lots/{LOT}/draw/approval")
    actor.act("DrawConditionsApproved", {**due, "conditions_sha256": conditions_sha256(conditions)})


def publish_tender(actor: Actor) -> None:
    """Publish exactly what the officer submitted."""
    submitted = actor.event("TenderSubmitted")
    actor.act("TenderPublished", {"terms_sha256": digest(submitted)}, lot="")
    actor.tell("tender_published", ceiling=actor.case.facts["ceiling"])


def release_answer(actor: Actor) -> None:
    """Publish the officer's answer, unless nobody asked before the close."""
    first = actor.on_record(lambda feed: feed.of("AnswerProposed") or feed.of("LotClosed"), "an answer")[0]
    if first["type"] == "AnswerProposed":
        actor.act("AnswerReleased", first["payload"], lot="")
        actor.tell("answer_released", text=first["payload"]["text"])

"""A bidder: signs up, reads, seals on its own machine, submits, keeps its receipt, confirms the opening."""

from __future__ import annotations

import secrets
import time

from app.client import bidder
from app.client.checked_terms import checked_parameters
from app.client.connection import Refused
from app.procedure.page_links import PageLink
from demo.actors.parties import confirm_opening
from demo.case import LOT
from demo.papers import draw_paper
from demo.stage import Actor

ASKS, OBJECTS = "B", "C"
TOO_LATE = frozenset({"objection_too_late", "opening_concluded"})


def play(actor: Actor) -> None:
    mine = actor.case.bidder(actor.role.rpartition("-")[2].upper())
    sign_up(actor, mine)
    actor.event("TenderPublished")
    _download_documents(actor)
    if mine["code"] == ASKS:
        ask_question(actor)
    submit_bid(actor, mine)
    actor.event("BidsReadOut")
    if mine["code"] == OBJECTS:
        raise_objection(actor)
    confirm_opening(actor)


def sign_up(actor: Actor, mine: dict[str, str]) -> None:
    """A bidder's own account, once for all tenders, and its certified key."""
    if not actor.person.profile.facts.get("login"):
        body = {"organisation": mine["name"], "credit_code": mine["credit_code"], "login": mine["login"]}
        answer = actor.connection.post("/bidders", {**body, "name": mine["person"], "password": actor.password})
        actor.person.profile.keep(login=mine["login"], **answer)
    actor.person.certify()
    actor.tell("bidder_signed_up", name=mine["name"])


def ask_question(actor: Actor) -> None:
    question = {"question": secrets.token_hex(8), "text": actor.case.facts["question"]["text"]}
    actor.act("QuestionAsked", question, lot="")
    actor.tell("question_asked", text=question["text"])


def raise_objection(actor: Actor) -> None:
    """On the spot; a machine that is too slow for the seconds of the demonstration has none."""
    objection = {"objection": secrets.token_hex(8), "text": actor.case.facts["objection"]["text"]}
    try:
        actor.act("ObjectionRaised", objection)
        actor.tell("objection_raised", text=objection["text"])
    except Refused as refusal:
        if refusal.code not in TOO_LATE:
            raise


def _download_documents(actor: Actor) -> None:
    for document in actor.feed.payload("TenderSubmitted")["terms"]["documents"]:
        data = actor.connection.get_bytes(f"/cases/{actor.case_id}/documents/{document['id']}")
        (actor.folder / document["name"]).write_bytes(data)


def submit_bid(actor: Actor, mine: dict[str, str]) -> None:
    """Write a bid's files, seal them on this machine, submit, and verify the receipt."""
    files, sealed = actor.folder / f"bid-files-{actor.case_id}", actor.folder / f"bid-{actor.case_id}"
    files.mkdir(parents=True, exist_ok=True)
    for name in ("资格文件", "商务文件", "技术文件"):
        words = (f"投标人：{mine['name']}", f"统一社会信用代码：{mine['credit_code']}", "（演示内容）")
        (files / f"{name}.pdf").write_bytes(draw_paper(name, mine["name"], words))
    items = {
        "price_fen": mine["price"].replace(".", ""),
        "duration_days": str(actor.case.facts["duration_days"]),
        "project_manager": mine["manager"],
    }
    began = time.monotonic()
    parameters = checked_parameters(actor.person, actor.case_id, LOT)
    pages = tuple(PageLink(criterion, "技术文件.pdf", 1, 1) for criterion in parameters.criteria or ())
    if not (sealed / "submission.json").exists():  # sealed before the play was interrupted
        bidder.seal_bid([files], items, parameters, actor.person.key, sealed, pages)
    took = round((time.monotonic() - began) * 1000)
    signed = bidder.submit(actor.person, sealed)
    actor.tell("bid_submitted", name=mine["name"], ms=took, receipt=signed.receipt["receipt_id"])

"""The agency's officer: drafts and submits the tender, answers, checks qualification, sets the draw's conditions."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from app.client.feed import CaseFeed
from crypto.committee import Committee
from demo.actors.parties import confirm_opening
from demo.case import LOT
from demo.papers import draw_paper
from demo.stage import Actor
from evaluation.draw import DrawConditions, DrawConditionsProposed, Stratum

DRAWN_PER_SITE = 2
PURPOSE = "evaluation-committee"
LETTER = "授权函：兹委派演示采购人代表参加评标委员会。（演示）".encode()


def play(actor: Actor) -> None:
    actor.join()
    lasts = bidding_lasts(actor)
    actor.leave("case", begin_case(actor, tender_form(actor, lasts)))
    submit_tender(actor, lasts)
    answer_question(actor)
    actor.event("BidsReadOut")
    answer_objection(actor)
    check_qualification(actor)
    confirm_opening(actor)
    name_buyer_member(actor)
    set_draw_conditions(actor)


def bidding_lasts(actor: Actor) -> timedelta:
    """For how long bids are taken where periods are seconds: as this machine can do it."""
    return timedelta(seconds=actor.paper("pace")["bidding_seconds"])


def tender_form(actor: Actor, lasts: timedelta) -> dict[str, Any]:
    """The terms as typed, with a deadline counted from now."""
    return actor.case.form(datetime.now(UTC) + lasts, actor.paper("committee-id")["id"])


def begin_case(actor: Actor, form: dict[str, Any]) -> str:
    """A new draft of the agency; the case's id."""
    name = actor.case.people["regulator"]["organisation"]["name"]  # of a seeded site there are two authorities
    regulator = next(o for o in actor.connection.get("/organisations", kind="regulator") if o["name"] == name)
    body = {"title": actor.case.facts["title"], "regulator": regulator["id"], "form": form}
    return str(actor.post("/cases", body)["case"])


def submit_tender(actor: Actor, lasts: timedelta) -> None:
    """The document, the final terms, and the officer's signature over both."""
    case, facts = actor.case_id, actor.case.facts
    document = draw_paper("招标文件", facts["buyer"], (facts["title"], facts["code"], facts["notice"]))
    actor.connection.post_bytes(f"/cases/{case}/documents", document, name="招标文件.pdf")
    form = tender_form(actor, lasts)
    actor.connection.put(f"/cases/{case}/draft", {"form": form})
    payload = actor.connection.get(f"/cases/{case}/draft/submission")
    actor.act("TenderSubmitted", payload, lot="")
    actor.tell("tender_submitted", title=facts["title"], deadline=form["lots"][0]["deadline_at"])


def answer_question(actor: Actor) -> None:
    def asked_or_closed(feed: CaseFeed) -> list[dict[str, Any]]:
        return feed.of("QuestionAsked") or feed.of("LotClosed")

    first = actor.on_record(asked_or_closed, "a question")[0]
    if first["type"] == "QuestionAsked":
        answer = {"question": first["payload"]["question"], "text": actor.case.facts["question"]["answer"]}
        actor.act("AnswerProposed", answer, lot="")
        actor.tell("answer_proposed")


def answer_objection(actor: Actor) -> None:
    """At once; whoever raises none in time has accepted the opening."""

    def raised_or_concluded(feed: CaseFeed) -> list[dict[str, Any]]:
        return feed.of("ObjectionRaised") or feed.of("OpeningConcluded")

    first = actor.on_record(raised_or_concluded, "what is raised at the opening")[0]
    if first["type"] == "ObjectionRaised":
        text = actor.case.facts["objection"]["answer"]
        actor.act("ObjectionAnswered", {"objection": first["payload"]["objection"], "text": text})
        actor.tell("objection_answered", text=text)


def check_qualification(actor: Actor) -> None:
    """Every bid that was opened qualifies."""
    results = {e["payload"]["receipt_id"]: {"qualified": True, "reason": ""} for e in actor.feed.of("BidOpened")}
    actor.act("QualificationChecked", {"results": results})
    actor.tell("qualification_checked", count=len(results))


def name_buyer_member(actor: Actor) -> None:
    """The buyer's representative, who sits at the host site."""
    account, rooms = actor.paper("account-buyer")["account"], actor.paper("rooms")
    letter = hashlib.sha256(LETTER).hexdigest()
    actor.act("BuyerMemberNamed", {"account": account, "site": rooms["host"], "letter_sha256": letter})
    actor.tell("buyer_member_named", name=actor.case.people["buyer"]["name"])


def set_draw_conditions(actor: Actor) -> None:
    """As many experts of the speciality from each site."""
    terms, speciality = actor.feed.payload("TenderSubmitted")["terms"], actor.case.facts["speciality"]
    committee, profile = Committee.from_description(terms["committee"]), terms["profile"]
    rooms = actor.paper("rooms").values()
    conditions = DrawConditions(
        tender=actor.case_id,
        lot=LOT,
        purpose=PURPOSE,
        strata=tuple(Stratum(f"{speciality}/{site}", DRAWN_PER_SITE, 0) for site in sorted(rooms)),
        max_per_unit=profile["drawn_per_unit"],
        parties=("agency", "centre", "supervisor"),
        pool_factor=profile["pool_factor"],
        committee=committee.id,
        trustees_needed=committee.k,
    )
    actor.act("DrawConditionsProposed", DrawConditionsProposed(conditions))
    actor.tell("draw_conditions_proposed", quota=DRAWN_PER_SITE * len(rooms), sites=len(rooms))

"""The agency's officer: drafts and submits the tender, answers, checks qualification, sets the draw's conditions."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from app.client.feed import CaseFeed
from crypto.committee import Committee
from demo.actors.parties import confirm_opening
from demo.case import LOT
from demo.stage import Actor
from evaluation.draw import DrawConditions, DrawConditionsProposed, Stratum

DRAWN_PER_SITE, RESERVE_PER_SITE = 2, 2
PURPOSE = "evaluation-committee"
LETTER = "授权函：兹委派演示采购人代表参加评标委员会。（演示）".encode()


def play(actor: Actor) -> None:
    actor.join()
    _begin_case(actor)
    _answer_question(actor)
    actor.event("BidsReadOut")
    _check_qualification(actor)
    confirm_opening(actor)
    _name_buyer_member(actor)
    _set_draw_conditions(actor)


def _begin_case(actor: Actor) -> None:
    committee = actor.paper("committee-id")["id"]
    regulator = actor.connection.get("/organisations", kind="regulator")[0]
    lasts = timedelta(seconds=actor.paper("pace")["bidding_seconds"])
    form = actor.case.form(datetime.now(UTC) + lasts, committee)
    body = {"title": actor.case.facts["title"], "regulator": regulator["id"], "form": form}
    case = actor.post("/cases", body)["case"]
    document = f"{actor.case.facts['title']}\n\n{actor.case.facts['notice']}\n".encode()
    actor.connection.post_bytes(f"/cases/{case}/documents", document, name="招标文件.txt")
    actor.leave("case", case)
    form = actor.case.form(datetime.now(UTC) + lasts, committee)
    actor.connection.put(f"/cases/{case}/draft", {"form": form})
    payload = actor.connection.get(f"/cases/{case}/draft/submission")
    actor.act("TenderSubmitted", payload, lot="")
    actor.tell("tender_submitted", title=actor.case.facts["title"], deadline=form["lots"][0]["deadline_at"])


def _answer_question(actor: Actor) -> None:
    def asked_or_closed(feed: CaseFeed) -> list[dict[str, Any]]:
        return feed.of("QuestionAsked") or feed.of("LotClosed")

    first = actor.on_record(asked_or_closed, "a question")[0]
    if first["type"] == "QuestionAsked":
        answer = {"question": first["payload"]["question"], "text": actor.case.facts["question"]["answer"]}
        actor.act("AnswerProposed", answer, lot="")
        actor.tell("answer_proposed")


def _check_qualification(actor: Actor) -> None:
    results = {e["payload"]["receipt_id"]: {"qualified": True, "reason": ""} for e in actor.feed.of("BidOpened")}
    actor.act("QualificationChecked", {"results": results})
    actor.tell("qualification_checked", count=len(results))


def _name_buyer_member(actor: Actor) -> None:
    account, rooms = actor.paper("account-buyer")["account"], actor.paper("rooms")
    letter = hashlib.sha256(LETTER).hexdigest()
    actor.act("BuyerMemberNamed", {"account": account, "site": rooms["host"], "letter_sha256": letter})
    actor.tell("buyer_member_named", name=actor.case.people["buyer"]["name"])


def _set_draw_conditions(actor: Actor) -> None:
    terms, speciality = actor.feed.payload("TenderSubmitted")["terms"], actor.case.facts["speciality"]
    committee, profile = Committee.from_description(terms["committee"]), terms["profile"]
    rooms = actor.paper("rooms").values()
    conditions = DrawConditions(
        tender=actor.case_id,
        lot=LOT,
        purpose=PURPOSE,
        strata=tuple(Stratum(f"{speciality}/{site}", DRAWN_PER_SITE, RESERVE_PER_SITE) for site in sorted(rooms)),
        max_per_unit=profile["drawn_per_unit"],
        parties=("agency", "centre", "supervisor"),
        pool_factor=profile["pool_factor"],
        committee=committee.id,
        trustees_needed=committee.k,
    )
    actor.act("DrawConditionsProposed", DrawConditionsProposed(conditions))
    actor.tell("draw_conditions_proposed", quota=DRAWN_PER_SITE * len(rooms), sites=len(rooms))

"""A member of the committee: called up by mail, seated at a booth whose program this is.

The members of the sub-site lose their line in the middle of scoring: the socket is torn without a goodbye, scores go on
being typed, and after the reconnection everything unacknowledged is sent again under its own command id.
"""

from __future__ import annotations

import re
import socket
import time
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from app.client.booth import ScoreSheetDraft, request_seat, sign_report
from app.client.feed import CaseFeed
from app.client.live import LiveChannel
from demo.case import LOT
from demo.stage import LOOK_EVERY, Actor, patiently
from evaluation.committee import MemberRole
from evaluation.scoring import Cells
from evaluation.sitting import BidsReviewed, ChairVoted, ReviewFinding, ScoreSheetLocked, StatementMade

CODE = re.compile(r"^code: (.+?)\s*$", re.M)
OUTAGE = 2.0  # seconds without a line, in which the member goes on typing
NOT_YET = frozenset({"sitting_not_convened", "not_available", "call_up_unknown"})


def play(actor: Actor, mailbox: Path, since: float, declines: bool) -> None:
    code = actor.until(lambda: code_in(mailbox, since), "a call-up")
    if not mailbox.name.startswith("buyer@"):
        reason = "与既定教学安排冲突" if declines else ""
        actor.post("/call-ups", {"code": code, "accepted": not declines, "reason": reason}, done="call_up_declined")
        actor.tell("call_up_declined" if declines else "call_up_accepted")
        if declines:
            return
    offer = patiently(lambda: request_seat(actor.person, code), NOT_YET, actor)
    seat = int(offer["seat"])
    actor.role = f"seat-{seat}"
    actor.tell("seat_requested", seat=seat, key=actor.person.key.key_id[:16])
    actor.until(actor.person.logged_in, "the witness")
    actor.__dict__["case_id"] = offer["case_id"]
    actor.channel.follow(offer["case_id"])
    _evaluate(actor, seat)


def code_in(mailbox: Path, since: float = 0) -> str:
    """The code of the first call-up in a mailbox from then on (seconds since 1970), "" while there is none."""
    for message in sorted(one for one in mailbox.glob("*.eml") if one.stat().st_mtime >= since):
        text = message_from_bytes(message.read_bytes(), policy=policy.default).get_content()
        if found := CODE.search(text):
            return found.group(1)
    return ""


def _evaluate(actor: Actor, seat: int) -> None:
    actor.event("SittingOpened")
    convened = actor.connection.get(f"/cases/{actor.case_id}/lots/{LOT}/room")
    actor.act("StatementMade", StatementMade(seat, no_conflict=True, conflict=""))
    actor.tell("statement_made", seat=seat)
    experts = [s["number"] for s in convened["seats"] if s["role"] == MemberRole.EXPERT]
    actor.event("StatementsCompleted")
    actor.act("ChairVoted", ChairVoted(seat, for_seat=min(experts), round=1))
    actor.event("ChairElected")
    _read_bids(actor, seat)
    actor.act("BidsReviewed", BidsReviewed(seat, findings(convened)))
    actor.tell("bids_reviewed", seat=seat)
    valid = actor.event("ReviewConcluded")["valid"]
    _score(actor, convened, seat, valid)
    actor.event("ReportPrepared")
    actor.on_record(lambda feed: _signed_before(feed, convened, seat), "the seats before")
    digest = sign_report(actor.person, actor.case_id, LOT, seat)
    actor.tell("report_signed", seat=seat, sha256=digest[:16])


def _read_bids(actor: Actor, seat: int) -> None:
    """In the room, as the booth's page shows them."""
    listed = actor.connection.get(f"/cases/{actor.case_id}/lots/{LOT}/files")
    opened = [file for file in listed if file["kind"] == "opened"]
    read = [actor.connection.get_bytes(f"/files/{file['id']}") for file in opened]
    actor.tell("bids_read", seat=seat, files=sum(data.startswith(b"%PDF-") for data in read))


def findings(convened: dict[str, Any]) -> tuple[ReviewFinding, ...]:
    """Every bid passes every item of the review."""
    items = [item["id"] for item in convened["rules"]["review_items"]]
    return tuple(ReviewFinding(bid["bid"], item, passed=True, ground="") for bid in convened["bids"] for item in items)


def _signed_before(feed: CaseFeed, convened: dict[str, Any], seat: int) -> bool:
    """Members sign one after the other, so that nobody's prepared signature goes stale."""
    signed = {event["payload"]["seat"] for event in feed.of("ReportSigned")}
    return {s["number"] for s in convened["seats"] if s["number"] < seat} <= signed


def scores_of(actor: Actor, convened: dict[str, Any], seat: int, valid: list[str]) -> Cells:
    """What the published member whose seat this is gave the bids that are valid."""
    experts = [s["number"] for s in convened["seats"] if s["role"] == MemberRole.EXPERT]
    names = {bid["bid"]: bid["bidder_name"] for bid in convened["bids"]}
    sheet = actor.case.sheet(actor.case.column(seat, experts))
    return {bid: sheet[actor.case.bidder_named(names[bid])["code"]] for bid in valid}


def _score(actor: Actor, convened: dict[str, Any], seat: int, valid: list[str]) -> None:
    scores = scores_of(actor, convened, seat, valid)
    draft = ScoreSheetDraft(actor.channel, actor.case_id, LOT)
    cells = [(bid, criterion, value) for bid, row in scores.items() for criterion, value in row.items()]
    site = next(s["site"] for s in convened["seats"] if s["number"] == seat)
    torn = len(cells) // 2 if site != convened["host_site"] else -1
    connect(actor)
    for number, cell in enumerate(cells):
        if number == torn:
            _tear(actor.channel)
            actor.tell("line_cut", seat=seat, acknowledged=len(draft.saved))
        draft.type(*cell)
        if torn < 0 or number < torn:
            send(actor, draft)
        else:
            time.sleep(OUTAGE / (len(cells) - torn))
    send(actor, draft)
    if torn >= 0:
        actor.tell("line_restored", seat=seat, acknowledged=len(draft.saved), queued=len(cells) - torn)
    actor.act("ScoreSheetLocked", ScoreSheetLocked(seat, scores, {}))
    actor.tell("scores_locked", seat=seat, cells=len(draft.saved))


def connect(actor: Actor) -> None:
    """Wait for the live channel."""
    actor.until(actor.channel.open, "the live channel")


def send(actor: Actor, draft: ScoreSheetDraft) -> None:
    """Send what is queued, through as many broken lines as it takes."""
    while not draft.send():
        actor.channel.wait(LOOK_EVERY)


def _tear(channel: LiveChannel) -> None:
    """What a line does that breaks: the connection is gone, and nobody said goodbye."""
    channel.client.eio.ws.sock.shutdown(socket.SHUT_RDWR)

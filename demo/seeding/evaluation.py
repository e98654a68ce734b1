"""A sitting that is under way: drawn, signed in, with a chair and a concluded review; sheets stand at several stages.

Whoever tries the site finds a room in which something can be done. Seats are entered by the code of their call-up, and
the witness of the site lets them sit at another booth, as after a booth that broke.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.client.booth import ScoreSheetDraft, request_seat
from app.client.draw_party import DrawParty
from app.client.keyfile import write_json
from demo.actors import member, officer, operator, supervisor, witness
from demo.actors.parties import commit, confirm_opening, reveal
from demo.case import LOT
from demo.seeding.troupe import Player
from demo.stage import patiently
from evaluation.committee import MemberRole
from evaluation.sitting import BidsReviewed, ChairVoted, ScoreSheetLocked, StatementMade

if TYPE_CHECKING:
    from demo.seeding.scenes import Scene

PARTIES = (("supervisor", "agency"), ("operator", "centre"), ("regulator", "supervisor"))  # of the draw
SEATS = 5
SEATS_FILE = "seats.json"
# How far each sheet is, in the order of the seats: the first is locked, of the last nothing is saved.
SAVED = (1.0, 1.0, 0.5, 0.2, 0.0)


@dataclass(frozen=True)
class Seated:
    """A member of the committee at its booth."""

    player: Player
    code: str
    number: int


def evaluate(scene: Scene) -> None:
    """From the bids that were read out to a room in which members score."""
    _conclude(scene)
    since = time.time()
    _draw(scene)
    members = _sign_in(scene, _called(scene, since))
    convened = _review(members)
    _score(scene, members, convened)


def _conclude(scene: Scene) -> None:
    scene.await_fact("BidsReadOut")
    author = scene.player("officer")
    author.feed.refresh()
    officer.check_qualification(author)
    for role in ("officer", "operator", *(one["login"] for one in scene.bidders)):
        confirm_opening(scene.player(role))
    officer.name_buyer_member(author)
    scene.await_fact("OpeningConcluded")


def _draw(scene: Scene) -> None:
    author = scene.player("officer")
    author.feed.refresh()
    officer.set_draw_conditions(author)
    supervisor.approve_draw(scene.player("supervisor"))
    parties = [(player, DrawParty(player.folder, name)) for role, name in PARTIES for player in [scene.player(role)]]
    for player, party in parties:
        commit(player, party, 1)
    operator.state_draw(scene.player("operator"), 1)
    for player, party in parties:
        reveal(player, party, 1)


def _called(scene: Scene, since: float) -> list[tuple[Player, str]]:
    """Everybody who finds a call-up of this case in the mail, with its code; each expert accepts."""
    mail, found = scene.troupe.company.site.mail, dict[str, tuple[Player, str]]()

    def all_called() -> bool:
        for mailbox in sorted(mail.iterdir()) if mail.is_dir() else ():
            code = "" if mailbox.name in found else member.code_in(mailbox, since)
            if not code:
                continue
            called = scene.troupe.player(f"member-evaluating-{len(found) + 1}")
            found[mailbox.name] = called, code
            if not mailbox.name.startswith("buyer@"):
                called.post("/call-ups", {"code": code, "accepted": True, "reason": ""})
                called.tell("call_up_accepted")
        return len(found) == SEATS

    scene.player("officer").until(all_called, "call-ups")
    return list(found.values())


def _sign_in(scene: Scene, called: list[tuple[Player, str]]) -> list[Seated]:
    """Everybody asks for a seat, and the witness of each site lets them sit down."""
    found = []
    for player, code in called:
        offer = patiently(lambda asks=player, code=code: request_seat(asks.person, code), member.NOT_YET, player)
        player.case, player.case_id, player.role = scene.case, scene.case_id, f"seat-{offer['seat']}"
        player.tell("seat_requested", seat=offer["seat"], key=player.person.key.key_id[:16])
        found.append(Seated(player, code, int(offer["seat"])))
    for role in witness.SEATS:
        checks = scene.player(role)
        for waiting in checks.connection.get("/seats/waiting"):
            if waiting["case_id"] == scene.case_id:
                witness.identify(checks, waiting)
    for one in found:
        one.player.until(one.player.person.logged_in, "the witness")
    return sorted(found, key=lambda one: one.number)


def _review(members: list[Seated]) -> dict[str, Any]:
    """Statements, a chair and a review that every bid passes; what was convened."""
    convened: dict[str, Any] = members[0].player.connection.get(f"/cases/{members[0].player.case_id}/lots/{LOT}/room")
    chair = min(seat["number"] for seat in convened["seats"] if seat["role"] == MemberRole.EXPERT)
    for one in members:
        one.player.act("StatementMade", StatementMade(one.number, no_conflict=True, conflict=""))
        one.player.tell("statement_made", seat=one.number)
    for one in members:
        one.player.act("ChairVoted", ChairVoted(one.number, for_seat=chair, round=1))
    for one in members:
        one.player.act("BidsReviewed", BidsReviewed(one.number, member.findings(convened)))
        one.player.tell("bids_reviewed", seat=one.number)
    return convened


def _score(scene: Scene, members: list[Seated], convened: dict[str, Any]) -> None:
    """Drafts as far as SAVED says; the first seat locks its sheet. What can be tried is left beside the log-ins."""
    valid, rows = [bid["bid"] for bid in convened["bids"]], []
    for one, share in zip(members, SAVED, strict=True):
        scores = member.scores_of(one.player, convened, one.number, valid)
        cells = [(bid, criterion, value) for bid, row in scores.items() for criterion, value in row.items()]
        draft = ScoreSheetDraft(one.player.channel, scene.case_id, LOT)
        if typed := cells[: round(len(cells) * share)]:
            member.connect(one.player)
            for cell in typed:
                draft.type(*cell)
            member.send(one.player, draft)
            one.player.channel.close()
        locked = one is members[0]
        if locked:
            one.player.act("ScoreSheetLocked", ScoreSheetLocked(one.number, scores, {}))
            one.player.tell("scores_locked", seat=one.number, cells=len(typed))
        seat = next(seat for seat in convened["seats"] if seat["number"] == one.number)
        rows.append(
            {
                "seat": one.number,
                "code": one.code,
                "role": seat["role"],
                "witness": "witness-host" if seat["site"] == convened["host_site"] else "witness-sub",
                "saved": len(typed),
                "of": len(cells),
                "locked": locked,
            }
        )
    write_json(scene.troupe.company.folder / SEATS_FILE, rows)

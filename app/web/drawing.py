"""What pages of every draw hand to the browser, of experts, objects or inspectors."""

from __future__ import annotations

from datetime import timedelta

from app.extensions import platform
from app.procedure.trustees import REVEAL_PATIENCE
from app.queries.draw_course import Step, draw_course
from app.queries.draw_hall import DrawHall
from app.web.entitled import account_key
from crypto.canonical import Json

MINUTE = timedelta(minutes=1)


def bytes_to_give(hall: DrawHall, reference: str, party: str) -> Json:
    """What the browser needs to make, seal and later show the bytes of a party in the open round. `reference` names
    case and lot, as signed acts do."""
    current = hall.current
    assert current is not None  # else the draw waits for nobody
    return {
        "case": reference,
        "origin": platform().origin,
        "key_name": account_key(),
        "draw_id": hall.draw_id,
        "round": current.number,
        "party": party,
        "reveal_identity": current.reveal_identity,
        "committee": hall.committee,
        "commitment": next((card.commitment for card in current.cards if card.party == party), ""),
    }


def course_of(hall: DrawHall, case_id: str, lot: str) -> dict[str, object]:
    """What happened when in each round, the trustees by their numbers, and from when on those of them that are
    unattended open what a party has sealed and does not show (decision 0032)."""
    with platform().database.reading() as db_session:
        course = draw_course(db_session, case_id, lot)
    trustees = {member["index"]: member["organisation"] for member in hall.committee.get("members", ())}
    current = hall.current
    lines = course.get(current.number, ()) if current is not None and current.step == "reveal" else ()
    signed_at = next((line.at for line in lines if line.step is Step.SIGNED), None)
    opens = {"opens_at": signed_at and signed_at + REVEAL_PATIENCE, "patience": REVEAL_PATIENCE // MINUTE}
    return {"course": course, "trustees": trustees, **opens}

"""What pages of every draw hand to the browser, of experts, objects or inspectors."""

from __future__ import annotations

from app.extensions import platform
from app.queries.draw_course import draw_course
from app.queries.draw_hall import DrawHall
from app.web.entitled import account_key
from crypto.canonical import Json


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
    """What happened when in each round, and the trustees by their numbers."""
    with platform().database.reading() as db_session:
        course = draw_course(db_session, case_id, lot)
    trustees = {member["index"]: member["organisation"] for member in hall.committee.get("members", ())}
    return {"course": course, "trustees": trustees}

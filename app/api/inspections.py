"""Inspections for programs: what is no act of its own (years, registers), and what an act is to say word for word."""

from __future__ import annotations

from flask import Blueprint

from app.api.people import body, text
from app.casefile.case import Case
from app.casefile.codec import decode, encode
from app.casefile.inspecting import published_digest
from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.procedure.errors import RuleViolation
from app.procedure.inspections.items import Item
from app.queries.cases import load_case
from app.queries.inspection_steps import year_of
from app.queries.inspections import inspectors_list
from app.services import inspection_years
from app.services.actors import authorize_or_record
from crypto.canonical import Json

routes = Blueprint("api_inspections", __name__)


def _texts(sent: Json, name: str) -> list[str]:
    """A list of texts. Raises RuleViolation `malformed`."""
    return list(decode(tuple[str, ...], sent.get(name, []), f"$.{name}"))


def _year(case: str, action: Action) -> Case:
    """The year, if the asker may do this with it now. Raises NotAllowed, RuleViolation `inspection_unknown`."""
    here = platform()
    with here.database.reading() as db_session:
        found = load_case(db_session, case)
    authorize_or_record(here.database, current_actor(), action, found, "", "")
    if found.inspection is None:
        raise RuleViolation("inspection_unknown")
    return found


@routes.post("/inspections")
@access(Action.INSPECTION_OPEN)
def open_year() -> Json:
    """`year`, and the ids of authorities that join."""
    sent = body()
    year = decode(int, sent.get("year"), "$.year")
    return {"case": inspection_years.open_year(platform(), required_log_in(), year, _texts(sent, "joint"))}


@routes.post("/inspections/items")
@access(Action.INSPECTION_REGISTER)
def keep_item() -> Json:
    """An item of the asker's authority; a known id makes a further version."""
    sent = {"id": "", "authority": "", **body()}
    return {"item": inspection_years.keep_item(platform(), required_log_in(), decode(Item, sent))}


@routes.post("/inspections/inspectors")
@access(Action.INSPECTION_REGISTER)
def keep_inspector() -> Json:
    """An inspector of the asker's authority by account, with unit and the credit codes to keep away from."""
    sent = body()
    account, unit, ties = text(sent, "account"), text(sent, "unit"), _texts(sent, "ties")
    inspection_years.keep_inspector(platform(), required_log_in(), account, unit, ties)
    return {}


@routes.post("/inspections/<case>/plan")
@access(Action.INSPECTION_PREPARE)
def plan(case: str) -> Json:
    """The payload of PlanProposed: `title`, `committee` (id), `book` (rule book)."""
    sent = body()
    title, committee, book = text(sent, "title"), text(sent, "committee"), text(sent, "book")
    return inspection_years.plan_payload(platform(), required_log_in(), case, title, committee, book)


@routes.get("/inspections/<case>/campaigns/<int:number>/inspectors")
@access(Action.INSPECTORS_LIST)
def inspectors(case: str, number: int) -> Json:
    """The payload of InspectorsListed of the asker's authority."""
    found, actor = _year(case, Action.INSPECTORS_LIST), current_actor()
    with platform().database.reading() as db_session:
        campaign = year_of(found).campaign(number)
        return encode(inspectors_list(db_session, campaign, actor.organisation_id, actor.credit_code))


@routes.get("/inspections/<case>/campaigns/<int:number>/publication")
@access(Action.INSPECTION_APPROVE)
def publication(case: str, number: int) -> Json:
    """The payload of CampaignPublished, as the campaign and its lists stand."""
    found = _year(case, Action.INSPECTION_APPROVE)
    return {"campaign": number, "frozen_sha256": published_digest(year_of(found).campaign(number))}

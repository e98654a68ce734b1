"""Key ceremonies: a centre opens and cancels them, the trustees' own tools carry them; their agents report."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint

from app.api.people import body, text
from app.casefile.codec import decode
from app.extensions import access, platform, required_log_in
from app.permissions.actions import Action
from app.services import ceremonies, trustee_agents
from crypto.canonical import Json

routes = Blueprint("api_ceremonies", __name__)


@routes.post("/ceremonies")
@access(Action.CEREMONY_OPEN)
def open_ceremony() -> Json:
    """`k`, and the ids of the trustees' certified keys in the order of their shares.

    With `committee` (its id) the key of that committee is handed on to them.
    """
    sent = body()
    k, keys = decode(int, sent.get("k"), "$.k"), decode(tuple[str, ...], sent.get("keys"), "$.keys")
    if "committee" in sent:
        committee = text(sent, "committee")
        return {"ceremony": ceremonies.open_resharing(platform(), required_log_in(), committee, k, keys)}
    return {"ceremony": ceremonies.open_ceremony(platform(), required_log_in(), k, keys)}


@routes.get("/ceremonies")
@access(Action.CEREMONY_READ)
def list_ceremonies() -> Json:
    return ceremonies.list_ceremonies(platform(), required_log_in())


@routes.get("/ceremonies/<ceremony>")
@access(Action.CEREMONY_READ)
def read_ceremony(ceremony: str) -> Json:
    return ceremonies.read_ceremony(platform(), required_log_in(), ceremony)


@routes.delete("/ceremonies/<ceremony>")
@access(Action.CEREMONY_OPEN)
def cancel(ceremony: str) -> Json:
    ceremonies.cancel_ceremony(platform(), required_log_in(), ceremony, text(body(), "reason"))
    return {}


@routes.post("/ceremonies/<ceremony>/<step>")
@access(Action.CEREMONY_TAKE_PART)
def take_step(ceremony: str, step: str) -> Json:
    """`join`, `deal`, `accept` or `complain`, signed with the trustee's certified key."""
    return ceremonies.take_step(platform(), required_log_in(), ceremony, step, body())


@routes.post("/agent")
@access(Action.AGENT_REPORT)
def report_agent() -> Json:
    """An unattended agent is there; `clock` is what its machine shows."""
    trustee_agents.report_agent(platform(), required_log_in(), decode(datetime, body().get("clock"), "$.clock"))
    return {}

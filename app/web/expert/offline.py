"""A sheet that was finished without a line, as its member sees it once the platform has it."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.extensions import access, platform
from app.permissions.actions import Action
from app.queries.sittings import scored_criteria
from app.services.offline_sheets import own_offline_sheet
from app.web.expert.desk import name_of
from app.web.expert.room import entered

routes = Blueprint("offline", __name__, url_prefix="/room/<case>/<lot>/offline")


@routes.get("")
@access(Action.ROOM_JOIN)
def received(case: str, lot: str) -> str:
    """My sheet that was signed without a line: when it was signed and came, and where the platform had saved something
    else."""
    found, room, shown = entered(case, lot)
    own = own_offline_sheet(platform(), found, lot, room.seat) if room.seat else None
    names, criteria = dict(room.bids), {c.id: name_of(c) for c in scored_criteria(found, lot)}
    rows = [
        {"bidder": names.get(d.bid, d.bid), "name": criteria.get(d.criterion, d.criterion), **vars(d)}
        for d in (own.differences if own else ())
    ]
    return render_template("pages/expert/offline.html", **shown | {"own": own, "rows": rows})

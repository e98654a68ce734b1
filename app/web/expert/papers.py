"""Papers of bids in the room: a bid in the viewer, and two bids side by side."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.extensions import access
from app.permissions.actions import Action
from app.web.expert.desk import compared, papers_of
from app.web.expert.room import entered

routes = Blueprint("papers", __name__, url_prefix="/room/<case>/<lot>")


@routes.get("/papers")
@access(Action.BIDS_READ)
def show(case: str, lot: str) -> str | Response:
    """The papers of one bid, from a page on."""
    found, room, shown = entered(case, lot, Action.BIDS_READ)
    bids = dict(room.bids)
    if not bids:  # nobody knows the bidders before all sit down
        return redirect(shown["back"])
    asked = request.args.get("bid", "")
    bid = asked if asked in bids else next(iter(bids))
    page = request.args.get("page", "1")
    more = {
        "bid": bid,
        "bid_name": bids[bid],
        "papers": papers_of(found, lot, shown["files"], bid),
        "chosen": request.args.get("file", ""),
        "page": page if page.isascii() and page.isdigit() and len(page) < 7 else "1",
        "title": _("查看投标文件"),
    }
    return render_template("pages/expert/papers.html", **shown | more)


@routes.get("/compare")
@access(Action.SCORE_SAVE)
def compare(case: str, lot: str) -> str | Response:
    """Two bids side by side, with the fields of both for each criterion."""
    found, room, shown = entered(case, lot, Action.SCORE_SAVE)
    if room.task != "score":
        return redirect(shown["back"])
    return render_template("pages/expert/compare.html", **shown | compared(found, lot, room, shown["files"]))

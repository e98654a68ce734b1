"""清标提示 for the competent authority, which states a reason until the lot is over, and for the agency afterwards."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.casefile.rounds_of_evaluation import latest_evaluation
from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.queries.cases import load_records
from app.queries.findings import all_findings, vote_words
from app.web.pages import case_trail, entitled_case, head_of, known_lot

routes = Blueprint("findings", __name__)


@routes.get("/cases/<case>/lots/<lot>/findings")
@access(Action.FINDINGS_READ)
def show(case: str, lot: str) -> str | Response:
    """Every finding with its evidence and what the committee decided; a seat has them in its room."""
    found = entitled_case(case, Action.FINDINGS_READ, lot)
    known_lot(found, lot)
    if current_actor().seat:
        return redirect(f"/room/{case}/{lot}/findings")
    language = g.get("lang", "zh")
    with platform().database.reading() as db_session:
        records = latest_evaluation(record for record in load_records(db_session, case) if record.lot == lot)
    return render_template(
        "pages/findings.html",
        **head_of(found, lot),
        breadcrumbs=case_trail(found, (_("清标提示"), None)),
        lot=lot,
        checked=found.lots[lot].checked is not None,
        findings=all_findings(found, lot, records, language),
        vote_words=lambda vote: vote_words(vote, language),
    )

"""Figures of an authority's draws that are over: facts and how rare they are, never a verdict."""

from __future__ import annotations

from decimal import Decimal

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.procedure.roles import ALL_DRAWS
from app.queries.fairness import fairness_figures
from app.services import inspections
from app.services.access import record_reading
from app.web.pages import attempt, confirmed
from app.web.recusal_words import RECUSALS
from app.web.regulator.views import ReasonForm

routes = Blueprint("fairness", __name__)
SHOWN = 50  # lines of a table, the rarest
RAREST, COMMON = Decimal("0.000001"), Decimal("0.5")


@routes.get("/regulator/fairness")
@access(Action.FAIRNESS_READ)
def figures() -> str:
    """Who was drawn how often, who met whom, which groups were small; names for a stated reason only."""
    here, actor = platform(), current_actor()
    with here.database.reading() as db_session:
        found = fairness_figures(db_session, actor)
    named = ALL_DRAWS in actor.reasons
    for draw in found.draws if named else ():
        address = request.remote_addr or ""
        of_all = {"lot": draw.lot, "address": address, "reason_for": ALL_DRAWS}
        record_reading(here.database, actor, Action.FAIRNESS_READ, draw.case_id, **of_all)
    return render_template(
        "pages/regulator/fairness.html",
        breadcrumbs=[(_("监督工作台"), "/regulator"), (_("抽取情况统计"), "")],
        figures=found,
        named=named,
        ordinal={line.number: n for n, line in enumerate(found.experts, 1)},
        shown=SHOWN,
        one_in=_one_in,
        recusals=RECUSALS,
    )


@routes.route("/regulator/fairness/reason", methods=["GET", "POST"])
@access(Action.FAIRNESS_READ)
def reason() -> str | Response:
    """Why an inspector reads the names."""
    form, here, home = ReasonForm(), platform(), url_for("fairness.figures")
    if confirmed(form):
        words, address = form.reason.data or "", request.remote_addr or ""
        if attempt(form, lambda: inspections.state_reason_for_draws(here, required_log_in(), words, address)):
            return redirect(home)
    return render_template(
        "pages/regulator/reason.html",
        breadcrumbs=[(_("监督工作台"), "/regulator"), (_("抽取情况统计"), home), (_("查阅的理由"), "")],
        form=form,
        lead=_(
            "每次登录说明一次，%(minutes)s 分钟内有效。统计里有其成员的每个项目，查阅记录里都记一条。",
            minutes=here.settings.reason_minutes,
        ),
        back_url=home,
    )


def _one_in(rarity: Decimal) -> str:
    """A probability in words: once in so many times."""
    if rarity > COMMON:
        return _("常见")
    if rarity < RAREST:
        return _("不到百万分之一")
    return _("约 %(n)s 次中有 1 次", n=f"{round(1 / rarity):,}")

"""Figures of an authority's draws that are over: facts and how rare they are, never a verdict."""

from __future__ import annotations

from decimal import Decimal

from flask import Blueprint, render_template
from flask_babel import gettext as _

from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.queries.fairness import fairness_figures

routes = Blueprint("fairness", __name__)
SHOWN = 50  # lines of a table, the rarest
RAREST, COMMON = Decimal("0.000001"), Decimal("0.5")


@routes.get("/regulator/fairness")
@access(Action.FAIRNESS_READ)
def figures() -> str:
    """Who was drawn how often, who met whom, which groups were small."""
    with platform().database.reading() as db_session:
        found = fairness_figures(db_session, current_actor())
    return render_template(
        "pages/regulator/fairness.html",
        breadcrumbs=[(_("监督工作台"), "/regulator"), (_("抽取情况统计"), "")],
        figures=found,
        shown=SHOWN,
        one_in=_one_in,
    )


def _one_in(rarity: Decimal) -> str:
    """A probability in words: once in so many times."""
    if rarity > COMMON:
        return _("常见")
    if rarity < RAREST:
        return _("不到百万分之一")
    return _("约 %(n)s 次中有 1 次", n=f"{round(1 / rarity):,}")

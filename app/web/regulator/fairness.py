"""Figures of an authority's draws that are over: facts and how rare they are, never a verdict."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.adapters.workbooks import write_sheets
from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.procedure.roles import ALL_DRAWS
from app.queries.fairness import Fairness, fairness_figures, names_of_experts
from app.queries.fairness_search import Asked, Only, Order, narrowed
from app.services import experts, inspections
from app.services.access import record_readings
from app.web.operator.library import XLSX
from app.web.pages import attempt, confirmed, download, place_asked
from app.web.recusal_words import RECUSALS
from app.web.regulator.fairness_sheets import sheets
from app.web.regulator.fairness_words import ONLY, ORDERS, one_in, rate
from app.web.regulator.views import ReasonForm
from app.web.specialities import stratum_words

routes = Blueprint("fairness", __name__)
SHOWN = 50  # lines of a table on a page
TABLES = ("experts", "pairs", "clusters", "draws")
LONGEST = 60
EXPORT = "fairness.xlsx"  # in the access log beside the looks at the page

Choice = TypeVar("Choice", bound=StrEnum)


@routes.get("/regulator/fairness")
@access(Action.FAIRNESS_READ)
def figures() -> str:
    """Who was drawn how often, who met whom, which groups were small; names for a stated reason only."""
    here, actor, asked = platform(), current_actor(), _asked()
    named = ALL_DRAWS in actor.reasons
    with here.database.reading() as db_session:
        whole = fairness_figures(db_session, actor)
        found = narrowed(db_session, whole, asked, named=named)
        places = {table: _place(table, len(getattr(found, table))) for table in TABLES}
        shown = {table: getattr(found, table)[places[table] : places[table] + SHOWN] for table in TABLES}
        people = {line.expert for table in ("experts", "pairs") for line in shown[table]}
        people |= {expert for cluster in shown["clusters"] for expert in cluster.experts}
        names = names_of_experts(db_session, people) if named else {}
    if named:
        _record(whole)
    return render_template(
        "pages/regulator/fairness.html",
        breadcrumbs=[(_("监督工作台"), "/regulator"), (_("抽取情况统计"), "")],
        figures=whole,
        found={table: len(getattr(found, table)) for table in TABLES},
        shown=shown,
        places=places,
        pages={table: _neighbours(asked, places, table, len(getattr(found, table))) for table in TABLES},
        asked=asked,
        orders=ORDERS,
        only=ONLY,
        named=named,
        names=names,
        ordinal={line.expert: n for n, line in enumerate(whole.experts, 1)},
        export=url_for(".workbook", **_query(asked)),
        one_in=one_in,
        rate=rate,
        group=_group_words(),
        recusals=RECUSALS,
    )


@routes.get("/regulator/fairness.xlsx")
@access(Action.FAIRNESS_READ)
def workbook() -> Response:
    """Every line that was asked for, under the same rule as the page: names for a stated reason, and on record."""
    here, actor, asked = platform(), current_actor(), _asked()
    named = ALL_DRAWS in actor.reasons
    with here.database.reading() as db_session:
        whole = fairness_figures(db_session, actor)
        found = narrowed(db_session, whole, asked, named=named)
        names = names_of_experts(db_session) if named else None
    if named:
        _record(whole, EXPORT)
    ordinal = {line.expert: n for n, line in enumerate(whole.experts, 1)}
    return download(EXPORT, write_sheets(sheets(found, names, ordinal, _group_words())), XLSX)


def _record(found: Fairness, subject: str = "") -> None:
    """Before any name is shown: each case whose committee is among the figures has it in its log, once for a reason."""
    lots = [(draw.case_id, draw.lot) for draw in found.draws]
    address = request.remote_addr or ""
    what = {"action": Action.FAIRNESS_READ, "subject": subject, "address": address}
    record_readings(platform().database, current_actor(), lots, reason_for=ALL_DRAWS, **what)


def _asked() -> Asked:
    words = " ".join(request.args.get("words", "").split())[:LONGEST]
    return Asked(words, _choice(Order, "order", Order.RAREST), _choice(Only, "only", Only.ALL))


def _choice(kind: type[Choice], name: str, otherwise: Choice) -> Choice:
    given = request.args.get(name, "")
    return kind(given) if given in set(kind) else otherwise


def _query(asked: Asked) -> dict[str, str]:
    return {"words": asked.words, "order": asked.order.value, "only": asked.only.value}


def _place(table: str, count: int) -> int:
    """From which line on a table is shown: one that is there."""
    asked = place_asked(table)
    return asked if asked < count else 0


def _neighbours(asked: Asked, places: dict[str, int], table: str, count: int) -> tuple[str | None, str | None]:
    """The pages before and after the one that is shown of a table; the other tables stay where they are."""

    def page(place: int) -> str:
        return url_for(".figures", **_query(asked), **{**places, table: place}, _anchor=f"{table}-section")

    here = places[table]
    return page(max(0, here - SHOWN)) if here else None, page(here + SHOWN) if here + SHOWN < count else None


def _group_words() -> Callable[[str], str]:
    """Groups of a draw as people name them."""
    sites = {site["id"]: site["name"] for site in experts.list_sites(platform())}
    return lambda stratum: stratum_words(stratum, sites)


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

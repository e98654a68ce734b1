"""Figures of an authority's draws that are over: facts and how rare they are, never a verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.adapters.spreadsheets import Cell, write_sheets
from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.procedure.roles import ALL_DRAWS
from app.queries.fairness import Fairness, fairness_figures
from app.services import inspections
from app.services.access import record_reading
from app.web.operator.library import XLSX
from app.web.pages import attempt, confirmed, download
from app.web.recusal_words import RECUSALS
from app.web.regulator.views import ReasonForm

routes = Blueprint("fairness", __name__)
SHOWN = 50  # lines of a table, the rarest
Row = Sequence[Cell]
RAREST, COMMON = Decimal("0.000001"), Decimal("0.5")


def _read() -> tuple[Fairness, bool]:
    """The figures, and whether names may be told: then each of the cases has it on record."""
    here, actor = platform(), current_actor()
    with here.database.reading() as db_session:
        found = fairness_figures(db_session, actor)
    named = ALL_DRAWS in actor.reasons
    for draw in found.draws if named else ():
        address = request.remote_addr or ""
        of_all = {"lot": draw.lot, "address": address, "reason_for": ALL_DRAWS}
        record_reading(here.database, actor, Action.FAIRNESS_READ, draw.case_id, **of_all)
    return found, named


def _ordinals(found: Fairness) -> dict[str, int]:
    """What stands for experts where names are not told."""
    return {line.number: n for n, line in enumerate(found.experts, 1)}


@routes.get("/regulator/fairness")
@access(Action.FAIRNESS_READ)
def figures() -> str:
    """Who was drawn how often, who met whom, which groups were small; names for a stated reason only."""
    found, named = _read()
    return render_template(
        "pages/regulator/fairness.html",
        breadcrumbs=[(_("监督工作台"), "/regulator"), (_("抽取情况统计"), "")],
        figures=found,
        named=named,
        ordinal=_ordinals(found),
        shown=SHOWN,
        one_in=_one_in,
        of_calls=lambda n: _of_calls(n, found.calls),
        recusals=RECUSALS,
    )


@routes.get("/regulator/fairness.xlsx")
@access(Action.FAIRNESS_READ)
def workbook() -> Response:
    """The same of everybody, not of the rarest alone: experts, who met whom, draws; names for a stated reason only."""
    found, named = _read()
    ordinal = _ordinals(found)

    def who(number: str, *particulars: str) -> tuple[str, ...]:
        return (number, *particulars) if named else (_("第 %(n)s 名", n=ordinal[number]), *("" for _one in particulars))

    sheets = {_("专家"): _experts(found, who), _("相遇"): _pairs(found, who), _("抽取"): _draws(found)}
    return download("draws.xlsx", write_sheets(sheets), XLSX)


def _experts(found: Fairness, who: Callable[..., tuple[str, ...]]) -> list[Row]:
    rows: list[Row] = [(
        _("专家"), _("姓名"), _("工作单位"), _("可抽次数"), _("抽中"), _("平均应抽中"), _("到席"), _("谢绝"),
        _("未答复"), _("随机情况下的可能"),
    )]  # fmt: skip
    for line in found.experts:
        one = line.tally
        counted = (one.pools, one.drawn, round(one.expected, 4), one.accepted, one.declined, one.silent)
        rows.append((*who(line.number, line.name, line.employer), *counted, round(one.rarity, 9)))
    return rows


def _pairs(found: Fairness, who: Callable[..., tuple[str, ...]]) -> list[Row]:
    heading = (
        _("专家"),
        _("姓名"),
        _("投标人"),
        _("相遇"),
        _("可能相遇"),
        _("其中该投标人第一"),
        _("随机情况下的可能"),
    )
    return [heading] + [
        (*who(one.number, one.name), one.bidder, one.met, one.possible, one.won, round(one.rarity, 9))
        for one in found.pairs
    ]


def _draws(found: Fairness) -> list[Row]:
    heading = (
        _("项目"), _("名称"), _("标包"), _("名单人数"), _("其中回避"), _("席位"), _("轮次"), _("补抽席位"),
        _("人数偏少的组"),
    )  # fmt: skip
    return [heading] + [
        (d.code, d.title, d.lot, d.pool, d.recused, d.seats, d.rounds, d.substitutions, d.small) for d in found.draws
    ]


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


def _of_calls(n: int, calls: int) -> str:
    """A count of call-ups, with its share."""
    return f"{n}" + (f"（{(1000 * n + calls // 2) // calls / 10:.1f} %）" if calls else "")


def _one_in(rarity: Decimal) -> str:
    """A probability in words: once in so many times."""
    if rarity > COMMON:
        return _("常见")
    if rarity < RAREST:
        return _("不到百万分之一")
    return _("约 %(n)s 次中有 1 次", n=f"{round(1 / rarity):,}")

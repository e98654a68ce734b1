"""What a year's results amount to, for everybody: tables with bars, and the same as a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from flask import Blueprint, Response, render_template
from flask_babel import gettext as _

from app.adapters.spreadsheets import Cell, write_sheets
from app.casefile.case import Case
from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.inspections.facts import ResultCode
from app.procedure.inspections.figures import Figures, Rate, figures
from app.procedure.inspections.items import Grade
from app.procedure.inspections.pools import visits
from app.queries.inspection_steps import year_of
from app.queries.inspections import found_before
from app.web.inspections.shared import entitled_year, head, names_of, trail
from app.web.inspections.words import CLASSES, CODES, GRADES
from app.web.operator.library import XLSX
from app.web.pages import download, local_time

routes = Blueprint("inspection_statistics", __name__, url_prefix="/inspections/<case>")
Row = Sequence[Cell]


def _percent(per_mille: int) -> str:
    return f"{per_mille // 10}.{per_mille % 10} %"


def _counted(found: Case) -> Figures:
    year = year_of(found)
    with platform().database.reading() as db_session:
        earlier = found_before(db_session, year)
    return figures(year, found.draws, platform().database.now(), earlier)


def _grades(rates: tuple[Rate, ...]) -> tuple[Rate, ...]:
    return tuple(Rate(str(GRADES[Grade(rate.name)]), rate.inspected, rate.hits) for rate in rates)


@routes.get("/statistics")
@access(Action.INSPECTION_READ)
def page(case: str) -> str:
    """Hit rates by item and risk, coverage and lateness of each campaign, objects found in two campaigns or more."""
    found = entitled_year(case, Action.INSPECTION_READ)
    counted = _counted(found)
    return render_template(
        "pages/inspections/statistics.html",
        **head(found),
        breadcrumbs=trail(found, (_("统计"), None)),
        figures=counted,
        by_grade=_grades(counted.by_grade),
        covered=_grades(counted.covered),
        codes=[(str(CODES[ResultCode(code)]), n) for code, n in counted.by_code],
        percent=_percent,
        staff=allowed(current_actor(), Action.INSPECTION_VISIT, found),
    )


@routes.get("/statistics.xlsx")
@access(Action.INSPECTION_READ)
def workbook(case: str) -> Response:
    """Every published result, a line each, and on a sheet of their own the figures, as numbers."""
    found = entitled_year(case, Action.INSPECTION_READ)
    sheets = {_("结果"): _results(found), _("统计"): _figures(_counted(found))}
    return download(f"inspections-{year_of(found).opened.year}.xlsx", write_sheets(sheets), XLSX)


def _figures(counted: Figures) -> list[Row]:
    item, rates = _("抽查事项"), (_("检查项次"), _("发现问题"), _("发现率（百分之）"))
    codes = {code: str(CODES[ResultCode(code)]) for code, _n in counted.by_code}
    return [
        (item, *rates),
        *map(_rate_row, counted.by_item),
        (),
        (_("信用风险"), *rates),
        *map(_rate_row, _grades(counted.by_grade)),
        (),
        (_("信用风险"), _("名录"), _("抽中"), _("抽查面（百分之）")),
        *((rate.name, rate.inspected, rate.hits, _in_percent(rate)) for rate in _grades(counted.covered)),
        (),
        (_("抽查任务"), _("名录"), _("抽中"), _("已公布"), _("逾期公布"), _("逾期未公布")),
        *((c.title, c.listed, c.drawn, c.published, c.late, c.overdue) for c in counted.coverage),
        (),
        (_("结果"), _("项次")),
        *((codes[code], n) for code, n in counted.by_code),
        (_("待整改"), counted.awaited),
        (_("陈述申辩"), counted.stated),
        (_("陈述申辩成立"), counted.upheld),
        (),
        (_("代码"), _("名称"), _("涉及抽查次数"), _("往年"), _("发现问题"), _("待整改")),
        *((r.object, r.name, r.campaigns, r.earlier, r.findings, r.open) for r in counted.repeated),
    ]


def _rate_row(rate: Rate) -> Row:
    return (rate.name, rate.inspected, rate.hits, _in_percent(rate) if rate.telling else "—")


def _in_percent(rate: Rate) -> Decimal:
    return Decimal(rate.per_mille) / 10


def _results(found: Case) -> list[Row]:
    names = names_of(found)
    lines: list[Row] = [(
        _("抽查任务"), _("代码"), _("名称"), _("类别"), _("信用风险"), _("检查部门"), _("抽查事项"), _("结果"),
        _("公布时间"), _("整改情况"),
    )]  # fmt: skip
    for _number, one in sorted(year_of(found).campaigns.items()):
        items = {item.id: item for item in one.items}
        for visit in visits(one, found.draws) if one.published_at else ():
            outcome, known = one.outcomes.get(visit), one.objects[visit[0]]
            if outcome is None or outcome.confirmed is None or outcome.confirmed_at is None:
                continue
            for result in outcome.confirmed.results:
                step = outcome.corrected.get(result.item)
                awaited = _("待整改") if result.item in outcome.awaited() else ""
                lines.append((
                    one.proposed.title, known.id, known.name, str(CLASSES[known.object_class]),
                    str(GRADES[known.grade]), names[visit[1]], items[result.item].title, str(CODES[result.code]),
                    local_time(outcome.confirmed_at), _("已改正") if step is not None and step.done else awaited,
                ))  # fmt: skip
    return lines

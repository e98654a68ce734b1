"""What a year's results amount to, for everybody: tables with bars, and the same as a workbook."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from flask_babel import gettext as _

from app.adapters.spreadsheets import write_workbook
from app.casefile.case import Case
from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.inspections.facts import ResultCode
from app.procedure.inspections.figures import Figures, Rate, figures
from app.procedure.inspections.items import Grade
from app.procedure.inspections.pools import visits
from app.queries.inspection_steps import year_of
from app.web.inspections.shared import entitled_year, head, names_of, trail
from app.web.inspections.words import CLASSES, CODES, GRADES
from app.web.operator.library import XLSX
from app.web.pages import download, local_time

routes = Blueprint("inspection_statistics", __name__, url_prefix="/inspections/<case>")
FULL = 1000  # per mille


def _percent(per_mille: int) -> str:
    return f"{per_mille // 10}.{per_mille % 10} %"


def _grades(found: Figures) -> tuple[Rate, ...]:
    return tuple(Rate(str(GRADES[Grade(rate.name)]), rate.inspected, rate.hits) for rate in found.by_grade)


@routes.get("/statistics")
@access(Action.INSPECTION_READ)
def page(case: str) -> str:
    """Hit rates by item and risk, coverage and lateness of each campaign, objects found in two campaigns or more."""
    found = entitled_year(case, Action.INSPECTION_READ)
    counted = figures(year_of(found), found.draws, platform().database.now())
    return render_template(
        "pages/inspections/statistics.html",
        **head(found),
        breadcrumbs=trail(found, (_("统计"), None)),
        figures=counted,
        by_grade=_grades(counted),
        codes=[(str(CODES[ResultCode(code)]), n) for code, n in counted.by_code],
        percent=_percent,
        staff=allowed(current_actor(), Action.INSPECTION_VISIT, found),
    )


@routes.get("/statistics.xlsx")
@access(Action.INSPECTION_READ)
def workbook(case: str) -> Response:
    """Every published result, a line each, and after them the figures."""
    found = entitled_year(case, Action.INSPECTION_READ)
    counted = figures(year_of(found), found.draws, platform().database.now())
    return download(f"inspections-{year_of(found).opened.year}.xlsx", write_workbook(_rows(found, counted)), XLSX)


def _rows(found: Case, counted: Figures) -> list[tuple[str, ...]]:
    heading = (
        _("抽查任务"), _("代码"), _("名称"), _("类别"), _("信用风险"), _("检查部门"), _("抽查事项"), _("结果"),
        _("公布时间"), _("整改情况"),
    )  # fmt: skip
    rows = [heading, *_results(found), ()]
    rows += [(_("抽查事项"), _("检查项次"), _("发现问题"), _("发现率"))]
    rows += [_rate_row(rate) for rate in counted.by_item]
    rows += [(), (_("信用风险"), _("检查项次"), _("发现问题"), _("发现率"))]
    rows += [_rate_row(rate) for rate in _grades(counted)]
    rows += [(), (_("抽查任务"), _("名录"), _("抽中"), _("已公布"), _("逾期公布"), _("逾期未公布"))]
    rows += [tuple(map(str, (c.title, c.listed, c.drawn, c.published, c.late, c.overdue))) for c in counted.coverage]
    rows += [(), (_("代码"), _("名称"), _("涉及抽查次数"), _("发现问题"), _("待整改"))]
    rows += [(r.object, r.name, str(r.campaigns), str(r.findings), str(r.open)) for r in counted.repeated]
    return rows


def _rate_row(rate: Rate) -> tuple[str, ...]:
    return (rate.name, str(rate.inspected), str(rate.hits), _percent(rate.per_mille) if rate.telling else "—")


def _results(found: Case) -> list[tuple[str, ...]]:
    names, lines = names_of(found), []
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

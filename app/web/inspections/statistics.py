"""What a year's results amount to, for everybody: tables with bars, and the same as a workbook."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from flask_babel import gettext as _

from app.adapters.workbooks import write_sheets
from app.casefile.case import Case
from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.inspections.facts import ResultCode
from app.procedure.inspections.figures import Figures, Group, Rate, figures, per_mille
from app.procedure.inspections.items import Grade, ObjectClass
from app.queries.inspection_steps import year_of
from app.queries.inspections import earlier_years
from app.web.inspections.shared import entitled_year, head, trail
from app.web.inspections.statistics_sheets import sheets
from app.web.inspections.words import CLASSES, CODES, GRADES
from app.web.operator.library import XLSX
from app.web.pages import download

routes = Blueprint("inspection_statistics", __name__, url_prefix="/inspections/<case>")


def _percent(part: int, whole: int) -> str:
    found = per_mille(part, whole)
    return f"{found // 10}.{found % 10} %"


def _of_grade(rate: Rate) -> Rate:
    return Rate(str(GRADES[Grade(rate.name)]), rate.inspected, rate.hits)


def _group_name(group: Group) -> str:
    if not group.object_class:
        return _("全部名录")
    return f"{CLASSES[ObjectClass(group.object_class)]} · {GRADES[Grade(group.grade)]}"


def _counted(found: Case) -> Figures:
    here, year = platform(), year_of(found)
    with here.database.reading() as db_session:
        before = earlier_years(db_session, year)
    return figures(year, found.draws, here.database.now(), before)


@routes.get("/statistics")
@access(Action.INSPECTION_READ)
def page(case: str) -> str:
    """Hit rates by item and risk, coverage of lists and campaigns, what is pending, what is found again, over years."""
    found = entitled_year(case, Action.INSPECTION_READ)
    counted = _counted(found)
    return render_template(
        "pages/inspections/statistics.html",
        **head(found),
        breadcrumbs=trail(found, (_("统计"), None)),
        figures=counted,
        by_grade=[_of_grade(rate) for rate in counted.by_grade],
        codes=[(str(CODES[ResultCode(code)]), n) for code, n in counted.by_code],
        group_name=_group_name,
        per_mille=per_mille,
        percent=_percent,
        staff=allowed(current_actor(), Action.INSPECTION_VISIT, found),
    )


@routes.get("/statistics.xlsx")
@access(Action.INSPECTION_READ)
def workbook(case: str) -> Response:
    """Every result, published or pending, a line each; what parties said; and the figures, a sheet each."""
    found = entitled_year(case, Action.INSPECTION_READ)
    made = sheets(found, _counted(found), platform().database.now())
    return download(f"inspections-{year_of(found).opened.year}.xlsx", write_sheets(made), XLSX)

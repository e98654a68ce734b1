"""The statistics of a year as sheets of a workbook: what everybody may read on its pages, as numbers to go on with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flask_babel import gettext as _

from app.adapters.workbooks import Cell, Share
from app.casefile.case import Case
from app.procedure.inspections.facts import FOLLOWED_UP, ItemResult, ResultCode
from app.procedure.inspections.figures import Figures, Group, Rate
from app.procedure.inspections.items import Grade, ObjectClass
from app.procedure.inspections.pools import items_at, visits
from app.procedure.inspections.state import Campaign, Outcome, Statement
from app.queries.inspection_steps import year_of
from app.web.inspections.shared import names_of
from app.web.inspections.words import CLASSES, CODES, GRADES
from app.web.pages import local_time

Row = tuple[Cell, ...]


def sheets(found: Case, counted: Figures, now: datetime) -> dict[str, list[Row]]:
    """By name of the sheet its rows, the heading first."""
    return {
        _("结果"): [_result_heading(), *_results(found, now)],
        _("发现率"): [*_rates(counted)],
        _("结果代码"): [(_("代码"), _("结果"), _("项次")), *_codes(counted)],
        _("抽查任务"): [*_campaigns(counted)],
        _("名录覆盖"): [*_groups(counted)],
        _("各年度"): [*_years(counted)],
        _("重复发现"): [*_repeated(counted)],
        _("整改和陈述申辩"): [*_followed(counted)],
        _("陈述申辩"): [*_statements(found)],
    }


def _result_heading() -> Row:
    return (
        _("抽查任务"), _("代码"), _("名称"), _("类别"), _("信用风险"), _("检查部门"), _("抽查事项"), _("结果代码"),
        _("结果"), _("公布时间"), _("整改情况"), _("整改期限"), _("陈述申辩"), _("其中成立"),
    )  # fmt: skip


def _visits(found: Case) -> Iterator[tuple[Campaign, tuple[str, str], Outcome | None]]:
    for _number, one in sorted(year_of(found).campaigns.items()):
        for visit in visits(one, found.draws) if one.published_at else ():
            yield one, visit, one.outcomes.get(visit)


def _results(found: Case, now: datetime) -> Iterator[Row]:
    """A line for each item of each visit; of those without a published result what they wait for."""
    names = names_of(found)
    for one, visit, outcome in _visits(found):
        known = one.objects[visit[0]]
        head: Row = (
            one.proposed.title, known.id, known.name, str(CLASSES[known.object_class]),
            str(GRADES[known.grade]), names[visit[1]],
        )  # fmt: skip
        if outcome is None or outcome.confirmed is None or outcome.confirmed_at is None:
            late = one.due_at is not None and one.due_at <= now
            waits = _("已逾期，尚无结果") if late else _("尚无结果")
            for item in items_at(one, found.draws, *visit):
                yield (*head, item.title, "", waits, "", "", "", 0, 0)
            continue
        titles = {item.id: item.title for item in one.items}
        upheld = sum(said.answered is not None and said.answered.right for said in outcome.statements)
        for result in outcome.confirmed.results:
            code = (titles[result.item], result.code.value, str(CODES[result.code]), local_time(outcome.confirmed_at))
            yield (*head, *code, *_correction(one, outcome, result, now), len(outcome.statements), upheld)


def _correction(one: Campaign, outcome: Outcome, result: ItemResult, now: datetime) -> tuple[str, str]:
    until = one.correction_due_at(outcome)
    if result.code not in FOLLOWED_UP or until is None:
        return "", ""
    if result.item not in outcome.awaited():
        return _("已改正"), local_time(until)
    return _("逾期未改正") if until <= now else _("待整改"), local_time(until)


def _rates(counted: Figures) -> Iterator[Row]:
    yield (_("分组"), _("名称"), _("检查项次"), _("发现问题"), _("发现率"))
    for rate in counted.by_item:
        yield (_("抽查事项"), rate.name, rate.inspected, rate.hits, _share(rate))
    for rate in counted.by_grade:
        yield (_("信用风险"), str(GRADES[Grade(rate.name)]), rate.inspected, rate.hits, _share(rate))
    again = counted.after_finding
    yield (_("检查对象"), _("有过问题又被检查的"), again.inspected, again.hits, _share(again))


def _share(rate: Rate) -> Cell:
    """As on the page: of a few results a rate says nothing."""
    return Share(rate.hits, rate.inspected) if rate.telling else _("数量少") if rate.inspected else _("尚无结果")


def _codes(counted: Figures) -> Iterator[Row]:
    for code, n in counted.by_code:
        yield (code, str(CODES[ResultCode(code)]), n)


def _campaigns(counted: Figures) -> Iterator[Row]:
    yield (
        _("抽查任务"), _("名录"), _("抽中"), _("抽查面"), _("结果已公布"), _("逾期公布"), _("逾期未公布"),
        _("检查户次"), _("其中尚无结果"),
    )  # fmt: skip
    for one in counted.coverage:
        yield (
            one.title, one.listed, one.drawn, Share(one.drawn, one.listed), one.published, one.late, one.overdue,
            one.visits, one.pending,
        )  # fmt: skip


def _groups(counted: Figures) -> Iterator[Row]:
    yield (_("类别"), _("信用风险"), _("名录"), _("抽中"), _("抽中占名录"), _("已检查"), _("已检查占名录"))
    for group in counted.groups:
        names = str(CLASSES[ObjectClass(group.object_class)]), str(GRADES[Grade(group.grade)])
        yield (*names, *_covered(group))
    yield (_("全部名录"), "", *_covered(counted.whole))


def _covered(group: Group) -> Row:
    drawn, inspected = Share(group.drawn, group.listed), Share(group.inspected, group.listed)
    return group.listed, group.drawn, drawn, group.inspected, inspected


def _years(counted: Figures) -> Iterator[Row]:
    yield (_("年度"), _("名录"), _("已检查"), _("已检查占名录"), _("检查项次"), _("发现问题"), _("发现率"))
    for one in counted.years:
        covered = (one.listed, one.inspected, Share(one.inspected, one.listed))
        yield (one.year, *covered, one.results.inspected, one.results.hits, _share(one.results))


def _repeated(counted: Figures) -> Iterator[Row]:
    yield (
        _("代码"), _("名称"), _("年度"), _("涉及抽查次数"), _("发现问题"), _("涉及事项"), _("同一事项再次发现"),
        _("待整改"),
    )  # fmt: skip
    for one in counted.repeated:
        years = _("、").join(map(str, one.years))
        yield (one.object, one.name, years, one.campaigns, one.findings, one.items, one.again, one.open)


def _followed(counted: Figures) -> Iterator[Row]:
    done, said = counted.corrections, counted.statements
    yield (_("名称"), _("件数"), _("占比"))
    yield (_("应整改"), done.due, None)
    yield (_("已改正"), done.corrected, Share(done.corrected, done.due))
    yield (_("待整改"), done.awaited, Share(done.awaited, done.due))
    yield (_("其中逾期未改正"), done.overdue, Share(done.overdue, done.due))
    yield (_("陈述申辩"), said.made, None)
    yield (_("其中成立"), said.upheld, Share(said.upheld, said.made))
    yield (_("其中待答复"), said.open, Share(said.open, said.made))


def _statements(found: Case) -> Iterator[Row]:
    yield (
        _("抽查任务"), _("代码"), _("名称"), _("检查部门"), _("提出时间"), _("陈述申辩"), _("称已改正的事项"),
        _("答复"), _("答复内容"), _("答复时间"),
    )  # fmt: skip
    names = names_of(found)
    for one, visit, outcome in _visits(found):
        if outcome is None or outcome.confirmed is None:
            continue
        titles, known = {item.id: item.title for item in one.items}, one.objects[visit[0]]
        for said in outcome.statements:
            corrected = _("、").join(titles[item] for item in said.made.corrected)
            head = (one.proposed.title, known.id, known.name, names[visit[1]], local_time(said.at))
            yield (*head, said.made.words, corrected, *_answer(said))


def _answer(said: Statement) -> tuple[str, str, str]:
    if said.answered is None or said.answered_at is None:
        return _("待答复") if said.open else _("已核查"), "", ""
    verdict = _("成立") if said.answered.right else _("不成立")
    return verdict, said.answered.words, local_time(said.answered_at)

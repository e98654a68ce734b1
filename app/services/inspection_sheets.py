"""The task of an object on paper: what two inspectors take along, made from the record."""

from __future__ import annotations

from app.casefile.case import Case
from app.documents.inspection_content import Joining, SheetItem, TaskSheet
from app.documents.wording import Lang
from app.procedure.errors import RuleViolation
from app.procedure.inspections.facts import Part
from app.procedure.inspections.pools import inspectors_of, items_at, others_at
from app.procedure.inspections.state import lot_of
from app.queries.inspections import expert_names
from app.queries.people import names_of_accounts
from app.services.platform import Platform

CODES = {
    "zh": (
        "1 未发现问题", "5 违反其他部门的规定", "6 通过登记的住所无法联系", "7 已停业或注销", "8 不配合检查，情节严重",
        "A 发现问题，待后续处理", "B 未按规定公示", "C 隐瞒真实情况、弄虚作假", "E 责令改正，已改正",
        "F 未开展该项业务",
    ),
    "en": (
        "1 nothing found", "5 another authority's rules broken", "6 cannot be found", "7 out of business",
        "8 refuses to co-operate, serious", "A problem found, follow-up due", "B not published as required",
        "C concealed or falsified", "E ordered to correct, corrected", "F not engaged in the activity",
    ),
}  # fmt: skip
CLASSES = {
    "zh": {"agency": "代理机构", "project": "项目", "bidder": "投标人", "expert": "评审专家"},
    "en": {"agency": "agency", "project": "project", "bidder": "bidder", "expert": "expert"},
}
MARKINGS = {"zh": "演示，不具有法律效力", "en": "Demonstration, without legal force"}


def task_sheet(platform: Platform, case: Case, number: int, object_: str, authority: str, lang: Lang = "zh") -> bytes:
    """任务单 as PDF. Raises RuleViolation `inspection_not_drawn`, `object_not_drawn`."""
    year = case.inspection
    assert year is not None
    campaign = year.campaign(number)
    people = inspectors_of(campaign, case.draws).get((object_, authority), ())
    if campaign.inspectors_drawn_at is None or campaign.due_at is None:
        raise RuleViolation("inspection_not_drawn", part=Part.INSPECTORS.value)
    if not people:
        raise RuleViolation("object_not_drawn", object=object_[:60])
    found, others = campaign.objects[object_], others_at(campaign, case.draws, object_, authority)
    names = names_of_accounts(platform.database, {*people, *(one for drawn in others.values() for one in drawn)})
    with platform.database.reading() as db_session:
        name = found.name or expert_names(db_session, {object_}).get(object_, "")
    items = items_at(campaign, case.draws, object_, authority)
    called = {party.id: party.name for party in year.parties.authorities}
    together = tuple(
        Joining(
            called[other],
            tuple(names[account] for account in drawn),
            tuple(item.title for item in items_at(campaign, case.draws, object_, other)),
        )
        for other, drawn in others.items()
    )
    current = case.lots[lot_of(number, Part.INSPECTORS)].draw.current
    content = TaskSheet(
        campaign_title=campaign.proposed.title,
        authority=called[authority],
        year=year.opened.year,
        campaign=number,
        object=f"{object_} {name}".strip(),
        object_class=CLASSES[lang][found.object_class.value],
        grade=found.grade.value,
        inspectors=tuple(names[account] for account in people),
        items=tuple(SheetItem(item.title, item.basis, item.method) for item in items),
        codes=CODES[lang],
        drawn_at=campaign.inspectors_drawn_at,
        due_at=campaign.due_at,
        address=f"{platform.settings.base_url}/inspections/{case.id}/campaigns/{number}/visits/{object_}",
        digest=current.record_sha256 if current else "",
        together=together,
        marking=MARKINGS[lang] if campaign.plan.rules.demo else "",
    )
    return platform.renderer.render(content, lang=lang)

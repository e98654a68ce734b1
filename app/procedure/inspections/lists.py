"""A list of objects as people keep it: a line for each, with code, name, class, risk and the units behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.procedure.errors import RuleViolation
from app.procedure.inspections.facts import Inspected
from app.procedure.inspections.items import Grade, ObjectClass

HEADINGS = ("代码", "名称", "类别", "风险分类", "关联单位代码")
CLASSES = {
    "代理机构": ObjectClass.AGENCY,
    "项目": ObjectClass.PROJECT,
    "投标人": ObjectClass.BIDDER,
    "专家": ObjectClass.EXPERT,
}
LONGEST_NAME = 200


def read_objects(rows: Iterable[Sequence[str]]) -> tuple[Inspected, ...]:
    """The objects of a table; empty lines and one of headings are passed over. Of an expert the number alone is kept.

    Raises RuleViolation `objects_line_wrong` (line, counted from 1).
    """
    found = []
    for number, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and cells[: len(HEADINGS)] == list(HEADINGS)):
            continue
        try:
            code, name, class_, grade, units = (*cells, "")[: len(HEADINGS)]
            kind = CLASSES.get(class_) or ObjectClass(class_)
            made = Inspected(code, name, kind, Grade(grade.upper()), tuple(sorted(set(units.split(";")) - {""})))
        except ValueError as exc:
            raise RuleViolation("objects_line_wrong", line=number) from exc
        if kind is ObjectClass.EXPERT:
            made = Inspected(code, "", kind, made.grade, ())
        if not made.id or len(made.name) > LONGEST_NAME or len(cells) < len(HEADINGS) - 1:
            raise RuleViolation("objects_line_wrong", line=number)
        found.append(made)
    return tuple(found)


def object_rows(objects: Iterable[Inspected]) -> list[tuple[str, ...]]:
    """The same as a table, without headings."""
    names = {kind: word for word, kind in CLASSES.items()}
    return [(o.id, o.name, names[o.object_class], o.grade.value, ";".join(o.units)) for o in objects]

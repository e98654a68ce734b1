"""Two windows on one draft: a page says what it showed of its step, and what has changed since is not saved over.

Each field is told by a short digest in the page, so that nothing but what others have changed counts: another step, or
another lot, is no clash.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from app.procedure.errors import RuleViolation
from app.services.tenders import Draft
from app.web.pages import local_time
from crypto.canonical import digest
from crypto.errors import CryptoError
from crypto.instants import parse_instant

BASICS = ("code", "buyer", "buyer_code", "region", "method", "profile", "committee", "timelock", "notice")
FIELD = "seen"  # of the form
LONGEST_SHOWN = 80
LABELS: dict[str, LazyString] = {
    "title": _l("名称"),
    "deadline_at": _l("投标截止时间"),
    "number": _l("标包编号"),
    "method": _l("评标办法"),
    "gate": _l("谁进入价格评审"),
    "criteria": _l("评审因素与分值"),
    "price_rule": _l("价格公式"),
    "scoring": _l("汇总方法"),
    "tie_chain": _l("同分时的依据"),
    "most_candidates": _l("候选人不超过"),
    "review_items": _l("初步评审事项"),
}


def part_of(draft: Draft, step: str) -> dict[str, Any]:
    """What a step of a draft shows, by field, as it is stored."""
    kind, _dash, index = step.partition("-")
    if kind == "basics":
        basics = {name: draft.form.get(name, "") for name in BASICS}
        return {"title": draft.title, **basics, "complex": bool(draft.form.get("complex"))}
    if kind not in ("lot", "scoring"):
        return {}
    lot = draft.form["lots"][int(index)]
    if kind == "scoring":
        return {"number": lot["number"], **lot["evaluation"], "review_items": lot["review_items"]}
    names = ("number", "title", "budget", "ceiling", "deadline_at")
    unusual = {"anonymous": bool(lot.get("anonymous")), "core_product": lot.get("core_product", "")}
    return {**{name: lot[name] for name in names}, **unusual}


def seen(draft: Draft, step: str) -> str:
    """What a page gives back of what it showed: a digest for each field."""
    return json.dumps({name: _short(value) for name, value in part_of(draft, step).items()})


def _short(value: Any) -> str:
    return digest({"value": json.dumps(value, ensure_ascii=False, sort_keys=True)})[:16]


def overtaken(form: FlaskForm, draft: Draft, step: str) -> bool:
    """Whether somebody has changed this step since the page was shown; the form says what, and keeps what was typed."""
    shown, stored = _read(request.form.get(FIELD, "")), part_of(draft, step)
    changed = [name for name, value in stored.items() if shown and shown.get(name) != _short(value)]
    if not changed:
        return False
    said = [_("您打开本页以后，有人改动并保存了这一步，您填写的没有保存。核对以后再保存，即以您填写的为准。")]
    form.form_errors = [*said, *(_words(form, name, stored[name]) for name in changed)]
    return True


def _read(text: str) -> Mapping[str, str]:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _words(form: FlaskForm, name: str, value: Any) -> str:
    box = next((field for field in form if field.short_name == name), None)
    label = str(box.label.text) if box is not None else str(LABELS.get(name, name))
    if not isinstance(value, (str, bool)):
        return _("“%(field)s”已被改动", field=label)
    return _("“%(field)s”现为：%(value)s", field=label, value=_shown(box, name, value))


def _shown(box: Any, name: str, value: str | bool) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if name == "deadline_at" and value:
        try:
            return local_time(parse_instant(value))
        except (CryptoError, RuleViolation):
            return value
    named = {choice.value: str(choice.label) for choice in getattr(box, "choices", None) or ()}
    text = named.get(value, value)
    return (text[:LONGEST_SHOWN] + "…" if len(text) > LONGEST_SHOWN else text) or "—"

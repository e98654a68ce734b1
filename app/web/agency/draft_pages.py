"""What every step of a draft has: its place among the others, its page, and what saving it leads to."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.extensions import current_actor, platform, required_log_in
from app.procedure.roles import Role
from app.services import tenders
from app.services.tenders import Draft
from app.web.agency.overtaken import seen


def steps_of(draft: Draft) -> list[tuple[str, str]]:
    """(step, its name) in order; each lot has two."""
    lots = draft.form.get("lots", [])
    found = [("basics", _("基本信息"))]
    for index, lot in enumerate(lots):
        named = {"number": lot["number"]}
        found += [
            (f"lot-{index}", _("标包 %(number)s", **named) if len(lots) > 1 else _("标包")),
            (f"scoring-{index}", _("评分办法 %(number)s", **named) if len(lots) > 1 else _("评分办法")),
        ]
    return [*found, ("documents", _("招标文件")), ("preview", _("预览与送审"))]


def shown(draft: Draft, step: str, template: str, **facts: Any) -> str:
    """The page of a step."""
    steps = steps_of(draft)
    trail = [(_("代理机构工作台"), url_for("agency.desk")), (draft.title, None)]
    return render_template(
        f"pages/agency/{template}.html",
        draft=draft,
        steps=steps,
        step=step,
        step_name=dict(steps)[step],
        seen=seen(draft, step),
        may_edit=current_actor().is_(Role.AGENCY_OFFICER),
        breadcrumbs=trail,
        **facts,
    )


def saved(draft: Draft, step: str, form: dict[str, Any], *, stay: bool = False) -> Response:
    """Keep the form and go on to the step after, or stay where the person asked to."""
    keep(draft, form)
    names = [name for name, _words in steps_of(draft)]
    stay = stay or request.form.get("go") == "stay"
    following = step if stay else names[min(names.index(step) + 1, len(names) - 1)]
    return redirect(url_for("agency.draft", case=draft.case_id, step=following))


def keep(draft: Draft, form: dict[str, Any]) -> None:
    """Keep the form as the draft holds it now."""
    tenders.save_draft(platform(), required_log_in(), draft.case_id, form, before=draft.form)

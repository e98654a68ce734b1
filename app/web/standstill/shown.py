"""What the page about a standstill shows one person: drafts of its own party, what can be signed no more, forms."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_wtf import FlaskForm

from app.casefile.case import Case
from app.extensions import current_actor, platform
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.roles import SYSTEM, Role
from app.procedure.standstill import PARTY_OF, Waiting
from app.queries.standstills import (
    decision_steps,
    decision_waiting,
    dropped,
    lapsed,
    order_steps,
    order_waiting,
    refusal_of,
    releasing,
    replaceable,
    replacement_waiting,
    standstill_of,
    takes,
    valid_until,
)
from app.web.entitled import in_words
from app.web.names import DROPPED, SITTING_STEPS
from app.web.pages import local_time
from app.web.standstill.choices import announcement_form, fault_form, replacement_form, step_form, warning_form
from app.web.standstill.forms import RepairForm
from crypto.canonical import digest
from evaluation.sitting import FaultRepaired, ReplacementProposed, SuspensionGround


def state_of(found: Case, lot: str, now: datetime) -> str:
    """All that this person's page shows of it, in short; of drafts its own party's alone."""
    drafts = [waiting for waiting in drafts_of(found, lot, now) if concerns(waiting)]
    told = [title for title, _why in held_up(found, lot)]  # why may name the time
    shown = (standstill_of(found, lot), found.lots[lot].standstill.warnings, drafts, told)
    forms = [kind for kind, _form in forms_of(found, lot)]
    return digest([found.lots[lot].sitting.stage.value, repr(shown), forms])[:16]


def drafts_of(found: Case, lot: str, now: datetime) -> tuple[Waiting | None, Waiting | None, Waiting | None]:
    return order_waiting(found, lot, now), decision_waiting(found, lot, now), replacement_waiting(found, lot, now)


def concerns(waiting: Waiting | None) -> bool:
    """Whether a draft is the asker's own party's to see."""
    if waiting is None:
        return False
    roles = {"regulator": (Role.REGULATOR,), "agency": (Role.AGENCY_OFFICER, Role.AGENCY_SUPERVISOR)}
    return current_actor().is_(*roles[PARTY_OF[type(waiting.fact)]])


def held_up(found: Case, lot: str) -> list[tuple[str, str]]:
    """Drafts that nobody can release, each with what it is about and why: it counts no more, or not just now."""
    now, mine = platform().database.now(), [one for one in dropped(found, lot) if concerns(one.waiting)]
    told = [(_("拟定已失效") + _("：") + _drafted_words(one.waiting), str(DROPPED[one.cause])) for one in mine]
    for one in found.lot(lot).standstill.waiting.values():
        refusal = refusal_of(found, lot, releasing(one), SYSTEM, now)
        if refusal is None or not concerns(one):
            continue
        over, until, why = one in lapsed(found, lot, now), valid_until(found, one), in_words(refusal)
        if until and not over:
            why += _("最迟签名时间仍为 %(time)s，逾时失效。", time=local_time(until))
        told.append(((_("拟定已失效") if over else _("拟定待签，现在不能签发")) + _("：") + _drafted_words(one), why))
    return told


def _drafted_words(waiting: Waiting) -> str:
    """What was drafted, in a line."""
    fact = waiting.fact
    replaces = isinstance(fact, ReplacementProposed)
    what = _("更换席位 %(n)s 的成员", n=fact.seat) if replaces else str(SITTING_STEPS[fact.step])
    return f"{what}{_('：')}{fact.note}"


def forms_of(found: Case, lot: str) -> list[tuple[str, FlaskForm]]:
    """The forms that this person may send now, by the address that takes them."""
    actor, now = current_actor(), platform().database.now()
    view, forms = standstill_of(found, lot), list[tuple[str, FlaskForm]]()
    if allowed(actor, Action.FAULT_REPORT, found, lot):
        if view is None or view.ground is SuspensionGround.RECESS:
            forms.append(("fault", fault_form(found, lot)))
        elif takes(found, lot, FaultRepaired("-"), actor, now):
            forms.append(("repair", RepairForm()))
    if allowed(actor, Action.SITTING_WARN, found, lot):
        forms.append(("warning", warning_form(found, lot)))
    if allowed(actor, Action.SITTING_ANNOUNCE, found, lot):
        forms.append(("announcement", announcement_form(found, lot)))
    if allowed(actor, Action.SITTING_ORDER_PROPOSE, found, lot):
        forms.append(("order", step_form(order_steps(found, lot))))
    if replaceable(found, lot) and allowed(actor, Action.REPLACEMENT_PROPOSE, found, lot):
        forms.append(("replacement", replacement_form(found, lot)))
    decisions = decision_steps(found, lot, now)
    if decisions and allowed(actor, Action.SITTING_DECISION_PROPOSE, found, lot):
        forms.append(("decision", step_form(decisions)))
    return forms

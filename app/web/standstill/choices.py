"""The forms about a sitting, each with what this person may choose in it."""

from __future__ import annotations

from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from app.casefile.case import Case
from app.extensions import current_actor, platform
from app.procedure.roles import Role
from app.queries.standstills import replaceable
from app.services import experts
from app.web.names import SITTING_STEPS, WARNING_GROUNDS
from app.web.standstill.forms import (
    NO_SITE,
    AnnouncementForm,
    FaultForm,
    ReplacementForm,
    StepForm,
    WarningForm,
)
from evaluation.sitting import Disposition


def warning_form(found: Case, lot: str) -> WarningForm:
    """A warning is for everybody or for one site."""
    form = WarningForm()
    form.site.choices = [SelectChoice(NO_SITE, _("全体")), *_places(found, lot)]
    grounds = found.tender.published.profile.warning_grounds
    if not grounds:
        del form.ground
        return form
    form.ground.choices = [SelectChoice("", _("请选择")), *(SelectChoice(one, WARNING_GROUNDS[one]) for one in grounds)]
    return form


def announcement_form(found: Case, lot: str) -> AnnouncementForm:
    """A witness announces at its own site, others at any or to everybody."""
    form = AnnouncementForm()
    everybody = [] if current_actor().is_(Role.SITE_WITNESS) else [SelectChoice(NO_SITE, _("全体"))]
    form.site.choices = [*everybody, *_places(found, lot)]
    return form


def fault_form(found: Case, lot: str) -> FaultForm:
    """A witness speaks of its own site, the centre of any or of none."""
    form = FaultForm()
    none = [] if current_actor().is_(Role.SITE_WITNESS) else [SelectChoice(NO_SITE, _("不限于一处"))]
    form.site.choices = [*_places(found, lot), *none]
    return form


def _places(found: Case, lot: str) -> list[SelectChoice]:
    """The sites of the sitting that this person speaks of: a witness of its own."""
    actor, sites = current_actor(), sorted(found.lots[lot].sites)
    names = {site["id"]: site["name"] for site in experts.list_sites(platform())}
    mine = [site for site in sites if site in actor.sites] if actor.is_(Role.SITE_WITNESS) else sites
    return [SelectChoice(site, names.get(site, site)) for site in mine]


def step_form(steps: tuple[Disposition, ...]) -> StepForm:
    form = StepForm()
    form.step.choices = [SelectChoice(step.value, SITTING_STEPS[step]) for step in steps]
    return form


def replacement_form(found: Case, lot: str) -> ReplacementForm:
    form = ReplacementForm()
    form.seat.choices = [SelectChoice(number, _("席位 %(n)s", n=number)) for number in replaceable(found, lot)]
    return form

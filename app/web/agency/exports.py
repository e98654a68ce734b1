"""The agency takes the evidence of its case: the officer asks, the supervisor releases, both may then take it."""

from __future__ import annotations

import secrets

from flask import abort, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.calendar import Period
from app.procedure.exports import EvidenceExportReleased, EvidenceExportRequested, may_take
from app.procedure.roles import Actor, Role
from app.queries.access import AccessRow, access_rows
from app.queries.cases import log_head
from app.queries.people import names_of_accounts
from app.web.agency.blueprint import routes
from app.web.names import ACCESSES
from app.web.pages import (
    agency_case,
    attempt,
    case_trail,
    confirmed,
    entitled_case,
    head_of,
    review_act,
)
from app.web.wording import period_words


class ExportForm(FlaskForm):
    reason = TextAreaField(
        _l("导出的用途"),
        [InputRequired(_l("请写明用途，例如：答复投诉，提交财政部门")), Length(max=2000)],
        description=_l("写入案卷，审核人和监督部门可见"),
    )


@routes.route("/agency/cases/<case>/evidence", methods=["GET", "POST"])
@access(Action.EVIDENCE_EXPORT)
def export(case: str) -> str:
    """Where the export stands: nothing, asked for, released; and who has taken or looked at what."""
    agency_case(case, Role.AGENCY_OFFICER, Role.AGENCY_SUPERVISOR)
    found, form, actor = entitled_case(case, Action.EVIDENCE_EXPORT), ExportForm(), current_actor()
    here, profile = platform(), found.tender.published.profile
    may_ask, now = allowed(actor, Action.EVIDENCE_REQUEST, found), here.database.now()
    if may_ask and confirmed(form):
        fact = EvidenceExportRequested(secrets.token_hex(8), form.reason.data.strip())
        if attempt(form, lambda: found.decide(fact, "", actor, here.database.now())):
            back, effects = url_for("agency.export", case=case), [(_("用途"), fact.reason)]
            return review_act(_("申请导出证据包"), found, fact, effects=effects, next_url=back, back_url=back)
    state = found.export
    with here.database.reading() as db_session:
        taken = [row for row in access_rows(db_session, case) if _shown(row, actor)]
    return render_template(
        "pages/agency/export.html",
        **head_of(found),
        breadcrumbs=case_trail(found, (_("证据包"), None)),
        case_id=case,
        form=form if may_ask else None,
        state=state,
        names=names_of_accounts(here.database, {state.requested_by, state.released_by} - {""}),
        until=state.valid_until(profile),
        may_take=may_take(state, actor.id, now, profile),
        may_release=allowed(actor, Action.EVIDENCE_RELEASE, found) and actor.id != state.requested_by,
        taken=taken,
        accesses=ACCESSES,
    )


@routes.get("/agency/cases/<case>/evidence/release")
@access(Action.EVIDENCE_RELEASE)
def release_export(case: str) -> str:
    """The supervisor sees what is asked for, and of which state of the case."""
    found, here = entitled_case(case, Action.EVIDENCE_RELEASE), platform()
    state, profile = found.export, found.tender.published.profile
    waiting = state.request
    if waiting is None or state.released_at is not None:
        abort(404)
    with here.database.reading() as db_session:
        size, root = log_head(db_session, case)
    name = names_of_accounts(here.database, {state.requested_by}).get(state.requested_by, "")
    return review_act(
        _("放行导出证据包"),
        found,
        EvidenceExportReleased(waiting.request, waiting.reason),
        effects=[
            (_("用途"), waiting.reason),
            (_("申请人"), name),
            (_("案卷"), _("%(size)s 条记录，根摘要 %(root)s", size=size, root=root)),
        ],
        words=_release_words(profile.approval_valid),
        next_url=url_for("agency.export", case=case),
        label=_("签名放行"),
    )


def _shown(row: AccessRow, actor: Actor) -> bool:
    """What the authority looked at, the supervisor sees afterwards (audit entries of the own tender)."""
    return row.action == Action.EVIDENCE_EXPORT or actor.is_(Role.AGENCY_SUPERVISOR)


def _release_words(valid: Period | None) -> str:
    if valid is None:
        return _("放行只对此刻的案卷有效：案卷一有新记录即失效。")
    return _("放行只对此刻的案卷有效：案卷一有新记录即失效，最长 %(period)s。", period=period_words(valid))

"""Another committee for an evaluation that was given up: the officer drafts it, the supervisor releases it."""

from __future__ import annotations

from flask import abort, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from app.casefile.case import Case
from app.extensions import access, platform
from app.permissions.actions import Action
from app.queries.standstills import new_committee_waiting, valid_until
from app.web.agency.blueprint import routes
from app.web.entitled import words_of
from app.web.pages import agency_page, confirmed, entitled_case, known_lot, local_time, review_act, taken_now
from evaluation.sitting import NewCommitteeOrdered, NewCommitteeProposed

Effects = list[tuple[str, object]]


class NewCommitteeForm(FlaskForm):
    """Why another committee is formed."""

    note = TextAreaField(
        _l("另组评审委员会的理由和依据"),
        [DataRequired(_l("请写明理由和依据")), Length(max=500, message=_l("至多 500 字"))],
    )


def _effects(found: Case, lot: str, note: str) -> Effects:
    state = found.lots[lot].sitting
    experts = sum(seat.role == "expert" for seat in state.seats.values())
    rows: Effects = [(_("标包"), lot), (_("评审终止的原因"), state.failure), (_("重新抽取的专家"), experts)]
    if buyers := len(state.seats) - experts:
        rows.append((_("须另行委派的%(who)s", who=words_of(found)["buyer_member"]), buyers))
    return [*rows, (_("理由和依据"), note)]


@routes.route("/agency/cases/<case>/lots/<lot>/new-committee", methods=["GET", "POST"])
@access(Action.NEW_COMMITTEE_PROPOSE)
def new_committee(case: str, lot: str) -> str:
    """The officer drafts it."""
    found, form = entitled_case(case, Action.NEW_COMMITTEE_PROPOSE, lot), NewCommitteeForm()
    back = url_for("agency.failure", case=case, lot=known_lot(found, lot))
    note = (form.note.data or "").strip()
    fact = NewCommitteeProposed(note)
    if confirmed(form) and taken_now(form, found, lot, fact):
        return review_act(
            _("拟另组评审委员会"),
            found,
            fact,
            lot=lot,
            effects=_effects(found, lot, note),
            words=_("由审核人复核后生效：原委员会成员不再参加，其资料封存保留、不给新成员看；全部席位重新抽取。"),
            next_url=back,
            back_url=url_for("agency.new_committee", case=case, lot=lot),
        )
    lead = _("终止的评审不能恢复。另组的委员会按原核准的抽取条件，从名单中未被抽中过的人里抽取，对同一批投标从头评审。")
    return agency_page("form", found, lot, _("拟另组评审委员会"), form=form, lead=lead, back_url=back)


@routes.get("/agency/cases/<case>/lots/<lot>/new-committee/release")
@access(Action.NEW_COMMITTEE_ORDER)
def release_new_committee(case: str, lot: str) -> str:
    """Word for word what waits, for the supervisor."""
    found = entitled_case(case, Action.NEW_COMMITTEE_ORDER, lot)
    waiting = new_committee_waiting(found, known_lot(found, lot), platform().database.now())
    if waiting is None:
        abort(404)
    note, until = waiting.fact.note, valid_until(found, waiting)
    return review_act(
        _("复核另组评审委员会"),
        found,
        NewCommitteeOrdered(note),
        lot=lot,
        effects=[*_effects(found, lot, note), *([(_("最迟签名"), local_time(until))] if until else [])],
        words=_("签名后立即开始重新抽取，不能撤回；监督部门和投标人同时收到通知。"),
        next_url=f"/cases/{case}/lots/{lot}/draw",
        label=_("签名放行"),
        tone="warning",
    )

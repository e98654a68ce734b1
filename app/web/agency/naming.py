"""The tenderer names the chair of the committee by its seat, before anybody has voted: the officer signs."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from app.casefile.case import Case
from app.extensions import access, platform
from app.permissions.actions import Action
from app.services import experts
from app.web.agency.blueprint import routes
from app.web.entitled import words_of
from app.web.names import MEMBERS
from app.web.pages import agency_page, confirmed, entitled_case, known_lot, review_act, taken_now
from app.web.wording import article_words
from evaluation.committee import may_chair
from evaluation.sitting import ChairNamed, Seat, nameable


class NamingForm(FlaskForm):
    """Who chairs, by its seat."""

    seat = RadioField(
        _l("担任组长的席位"),
        [InputRequired(_l("请选择一个席位"))],
        coerce=int,
        description=_l("席位只有编号、身份和评审场所；成员的姓名在评审结束之前保密。"),
    )


@routes.route("/agency/cases/<case>/lots/<lot>/chair", methods=["GET", "POST"])
@access(Action.CHAIR_NAME)
def chair(case: str, lot: str) -> str:
    """The officer names who chairs, for the tenderer (O12 art. 9)."""
    found, form = entitled_case(case, Action.CHAIR_NAME, lot), NamingForm()
    known_lot(found, lot)
    places = _places(found, lot)
    form.seat.choices = [SelectChoice(number, words) for number, words in places.items()]
    home, title = url_for("agency.desk"), _("指定评标委员会组长")
    if confirmed(form) and taken_now(form, found, lot, ChairNamed(form.seat.data)):
        return review_act(
            title,
            found,
            ChairNamed(form.seat.data),
            lot=lot,
            effects=[(_("标包"), lot), (_("担任组长的席位"), places[form.seat.data])],
            words=_("签名后评审现场立即看到，不再推选组长；载入评审报告，不能更改，也不能另行指定。"),
            next_url=home,
            back_url=url_for("agency.chair", case=case, lot=lot),
        )
    if not form.is_submitted() and not nameable(found.lot(lot).sitting):
        taken_now(form, found, lot, ChairNamed(next(iter(places), 0)))  # the rules say why not
    source = article_words(found.tender.published.profile, "tenderer_may_name_chair")
    lead = _(
        "评标委员会组长由成员推选，也可以由招标人指定（%(source)s）。第一名成员投票之前可以指定一次；依法可以不指定，评审不因此等待。",
        source=source,
    )
    return agency_page("form", found, lot, title, form=form, lead=lead, back_url=home)


def _places(found: Case, lot: str) -> dict[int, str]:
    """The seats whose members may chair, in words, by number."""
    state, roles = found.lot(lot).sitting, {**MEMBERS, "buyer": words_of(found)["buyer_member"]}
    sites = {site["id"]: site["name"] for site in experts.list_sites(platform())}
    able = (seat for number, seat in sorted(state.seats.items()) if number not in state.empty)
    return {
        seat.number: _place(seat, str(roles[seat.role]), sites.get(seat.site, "—"))
        for seat in able
        if may_chair(seat.role, state.rules.committee)
    }


def _place(seat: Seat, role: str, site: str) -> str:
    return _("席位 %(n)s（%(role)s，%(site)s）", n=seat.number, role=role, site=site)

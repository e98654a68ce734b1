"""Wider conditions for the seats of a further round that nobody of the pool is left for: what the agency fills in."""

from __future__ import annotations

from dataclasses import replace

from flask import abort, url_for
from flask_babel import gettext as _

from app.casefile.case import Case
from app.extensions import access, platform, required_log_in
from app.permissions.actions import Action
from app.queries.boards import expert_pools
from app.queries.draw_hall import draw_hall
from app.services.experts import list_sites
from app.services.pools import library_day
from app.services.wider_pools import wider_proposal
from app.web.agency.blueprint import routes
from app.web.agency.forms import WiderConditionsForm, options
from app.web.pages import agency_page, attempt, confirmed, entitled_case, review_act
from app.web.specialities import day_words, offered, stratum_words
from evaluation.draw import DrawConditionsProposed, Stratum, exhausted, given_away


@routes.route("/agency/cases/<case>/lots/<lot>/wider-conditions", methods=["GET", "POST"])
@access(Action.DRAW_CONDITIONS_PROPOSE)
def wider_conditions(case: str, lot: str) -> str:
    found, form = entitled_case(case, Action.DRAW_CONDITIONS_PROPOSE, lot), WiderConditionsForm()
    hall, sites = draw_hall(found, lot), {site["id"]: site["name"] for site in list_sites(platform())}
    if not hall.may_widen:
        abort(404)
    for row in form.strata:
        row.site.choices = options(sites.items())
    open_seats = found.lots[lot].draw.strata
    while len(form.given) < len(open_seats):
        form.given.append_entry()
    for row, stratum in zip(form.given, open_seats, strict=False):
        row.seats.label.text = stratum_words(stratum.name, sites)
        row.seats.description = _("空缺 %(n)s 席", n=stratum.quota)
    back = url_for("rooms.draw", case=case, lot=lot)
    if confirmed(form):
        strata = _strata(found, lot, form)
        fact = attempt(
            form,
            lambda: wider_proposal(platform(), required_log_in(), case, lot, strata, form.reason.data.strip()),
        )
        if fact:
            return review_act(
                _("放宽抽取条件"),
                found,
                fact,
                lot=lot,
                effects=widening_words(found, lot, fact, {}, sites),
                words=_(
                    "由审核人核准后生效。理由和条件随抽取记录永久公开；此前抽中或回避的人都不再参加，名额总数不变。"
                ),
                next_url=back,
                back_url=url_for("agency.wider_conditions", case=case, lot=lot),
            )
    with platform().database.reading() as db_session:
        pools = expert_pools(db_session, library_day(found))
    short = exhausted(found.lots[lot].draw)
    named = stratum_words(short.stratum, sites) if short else ""
    shown = {"form": form, "hall": hall, "pools": pools, "short": short, "short_name": named, "back": back}
    shown |= {"offered": offered(row.speciality for row in pools), "as_of": day_words(found)}
    return agency_page("wider_conditions", found, lot, _("放宽抽取条件"), **shown)


def _strata(case: Case, lot: str, form: WiderConditionsForm) -> tuple[Stratum, ...]:
    """The strata of all rounds less the seats that are given away, and those that they are drawn for now."""
    draw = case.lots[lot].draw
    assert draw.conditions is not None
    given = {stratum.name: row.seats.data or 0 for stratum, row in zip(draw.strata, form.given, strict=False)}
    strata = {s.name: replace(s, quota=s.quota - given.get(s.name, 0)) for s in draw.conditions.strata}
    for row in form.strata:
        if speciality := (row.speciality.data or "").strip():
            name = f"{speciality}/{row.site.data}"
            before = strata.get(name, Stratum(name, 0, 0))
            strata[name] = replace(before, quota=before.quota + (row.quota.data or 0))
    return tuple(stratum for stratum in strata.values() if stratum.quota > 0)


def widening_words(
    case: Case, lot: str, fact: DrawConditionsProposed, sizes: dict[str, int], sites: dict[str, str]
) -> list[tuple[str, object]]:
    """Wider conditions as pairs of term and text: what is given away, what it is drawn for, and why. `sizes`: how many
    could be drawn, for who approves them.
    """
    conditions = case.lots[lot].draw.conditions
    assert conditions is not None
    assert fact.widening is not None
    before, after = conditions.strata, fact.conditions.strata
    less, more = given_away(before, after), given_away(after, before)
    return [
        *((stratum_words(name, sites), _("减少 %(n)s 席", n=seats)) for name, seats in less.items()),
        *((stratum_words(name, sites), _more_words(seats, sizes.get(name))) for name, seats in more.items()),
        (_("理由"), fact.widening.reason),
    ]


def _more_words(seats: int, size: int | None) -> str:
    if size is None:
        return _("增加 %(seats)s 席，人数足够", seats=seats)
    return _("增加 %(seats)s 席，除去应当回避的现可抽 %(n)s 人", seats=seats, n=size)

"""Corrections after the last lock: whose score, on which lawful ground, and who lets it be changed."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from app.queries.sittings import Room
from app.web.expert.forms import CorrectionForm
from app.web.names import CORRECTIONS
from app.web.wording import named
from evaluation import sitting
from evaluation.scoring import ScorePlace

Effects = list[tuple[str, object]]


def correction_form(state: sitting.SittingState, room: Room) -> CorrectionForm:
    """What may be asked for: any score of one's own sheet; where objective ones differ, those are chosen already."""
    mine = state.sheets.get(room.seat, {})
    apart = [_key(found.bid, found.criterion) for found in state.must_agree if str(room.seat) in found.apart]
    form = CorrectionForm(data={"ground": sitting.CorrectionGround.UNEQUAL_OBJECTIVE, "places": apart} if apart else {})
    form.places.choices = [
        SelectChoice(_key(bid, criterion), f"{place_words(state, ScorePlace(bid, criterion))} · {score}")
        for bid, row in mine.items()
        for criterion, score in row.items()
    ]
    return form


def requested(seat: int, form: CorrectionForm) -> sitting.CorrectionRequested:
    """The request that a valid form makes."""
    keys = [key.partition("/") for key in form.places.data or ()]
    places = tuple(ScorePlace(bid, criterion) for bid, _slash, criterion in keys)
    words = (form.explanation.data or "").strip()
    return sitting.CorrectionRequested(seat, sitting.CorrectionGround(form.ground.data), words, places)


def correction_words(state: sitting.SittingState, asked: sitting.CorrectionRequested) -> Effects:
    """What is asked for, as pairs of term and text."""
    places = places_words(state, asked.places)
    return [(_("依据"), CORRECTIONS[asked.ground]), (_("更正的分项"), places), (_("说明"), asked.explanation)]


def places_words(state: sitting.SittingState, places: Iterable[ScorePlace]) -> str:
    return _("；").join(place_words(state, place) for place in places)


def place_words(state: sitting.SittingState, place: ScorePlace) -> str:
    """A place by the names of bidder and criterion."""
    bidder = next(bid.bidder_name for bid in state.bids if bid.bid == place.bid)
    return f"{bidder} · {named(state.rules.evaluation.criteria[place.criterion])}"


def _key(bid: str, criterion: str) -> str:
    return f"{bid}/{criterion}"

"""Corrections after the last lock in words: whose score, on which ground, and whether the results bear it out."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from app.documents.wording import plain
from app.queries.sittings import Room
from app.web.expert.forms import CorrectionForm
from app.web.names import CORRECTIONS
from app.web.wording import named
from evaluation import sitting
from evaluation.errors import RuleViolation
from evaluation.scoring import ScorePlace
from evaluation.sitting import CorrectionGround

Effects = list[tuple[str, object]]


def correction_form(state: sitting.SittingState, room: Room) -> CorrectionForm:
    """What may be asked for: any score of one's own sheet; where objective ones differ, those are chosen already."""
    mine = state.sheets.get(room.seat, {})
    apart = [_key(found.bid, found.criterion) for found in state.must_agree if str(room.seat) in found.apart]
    form = CorrectionForm(data={"ground": CorrectionGround.UNEQUAL_OBJECTIVE, "places": apart} if apart else {})
    form.ground.description = _limit_words(state) + _(
        "合计由系统计算，超出范围的评分系统不接受：以这两项为依据的，系统重新核对后才接受。"
    )
    places = [ScorePlace(bid, criterion) for bid, row in mine.items() for criterion in row]
    form.places.choices = [
        SelectChoice(_key(at.bid, at.criterion), _score_words(state, room.seat, at)) for at in places
    ]
    return form


def requested(seat: int, form: CorrectionForm) -> sitting.CorrectionRequested:
    """The request that a valid form makes."""
    keys = [key.partition("/") for key in form.places.data or ()]
    places = tuple(ScorePlace(bid, criterion) for bid, _slash, criterion in keys)
    words = (form.explanation.data or "").strip()
    return sitting.CorrectionRequested(seat, CorrectionGround(form.ground.data), words, places)


def correction_words(state: sitting.SittingState, asked: sitting.CorrectionRequested) -> Effects:
    """What is asked for, as pairs of term and text, and what the results say of it."""
    scores = _("；").join(_score_words(state, asked.seat, at) for at in asked.places)
    words: Effects = [(_("依据"), CORRECTIONS[asked.ground]), (_("更正的分项"), scores), (_("说明"), asked.explanation)]
    open_to = sitting.correctable(state, asked.seat, asked.ground)
    if open_to is None:
        words.append((_("提示"), _limit_words(state)))
    elif not open_to.issuperset(asked.places):
        words.append((_("提示"), _("其他评分更正以后，所列分项在现有汇总结果中已不符合该依据。")))
    return words


def in_names(state: sitting.SittingState, refusal: RuleViolation) -> RuleViolation:
    """A refusal that speaks of bidder and criterion by name, as the form does."""
    facts, names = refusal.facts, {bid.bid: bid.bidder_name for bid in state.bids}
    if facts.get("bid") not in names or "criterion" not in facts:
        return refusal
    criteria = {criterion.id: named(criterion) for criterion in state.rules.evaluation.criteria.criteria}
    criterion = criteria.get(facts["criterion"], facts["criterion"])
    return RuleViolation(refusal.code, **facts | {"bid": names[facts["bid"]], "criterion": criterion})


def _limit_words(state: sitting.SittingState) -> str:
    """From where a score is abnormal, as it was published."""
    share = state.rules.evaluation.scoring.outlier_share
    if share is None:
        return _(
            "没有公布畸高、畸低的界限，汇总结果不作标记，是否畸高、畸低由准许的人（组长；组长本人的，其他成员）判断。"
        )
    return _(
        "“评分畸高、畸低”只限注明“偏离”的分项：与其他成员平均分相差超过该项满分的 %(share)s%%。",
        share=plain(share * 100),
    )


def _score_words(state: sitting.SittingState, seat: int, at: ScorePlace) -> str:
    """A place with the score that stands there, and the mean of the others where the results mark it."""
    words = f"{place_words(state, at)} · {state.sheets[seat][at.bid][at.criterion]}"
    for far in state.result.outliers if state.result else ():
        if (far.seat, far.bid, far.criterion) == (str(seat), at.bid, at.criterion):
            return words + _("（偏离，其他成员平均 %(mean)s 分）", mean=far.mean_of_others)
    return words


def places_words(state: sitting.SittingState, places: Iterable[ScorePlace]) -> str:
    return _("；").join(place_words(state, place) for place in places)


def place_words(state: sitting.SittingState, place: ScorePlace) -> str:
    """A place by the names of bidder and criterion."""
    bidder = next(bid.bidder_name for bid in state.bids if bid.bid == place.bid)
    return f"{bidder} · {named(state.rules.evaluation.criteria[place.criterion])}"


def _key(bid: str, criterion: str) -> str:
    return f"{bid}/{criterion}"

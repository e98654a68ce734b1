"""The scoring desk: what a seat has scored, the criteria of the bids in front of it, and their papers beside them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from flask import g, request, url_for
from flask import session as web_session
from flask_babel import gettext as _

from app.casefile.case import Case
from app.casefile.record import case_reference
from app.extensions import current_actor, platform, required_log_in
from app.queries.sittings import Room, scored_criteria
from app.services import score_drafts
from app.services.acts import act_head
from app.services.bid_papers import PDF, BidPapers, LinkedPages, bid_papers
from app.services.files import FileView
from app.services.offline_sheets import seal_point
from app.web.expert.corrections import places_words
from app.web.wording import adjustment_words, standard_of
from evaluation.criteria import Criterion
from evaluation.scoring import ScorePlace
from evaluation.sitting import sheet_basis

NAMED_MISSING = 8  # scores of a bid that are named one by one; the desk counts them all
Drafts = dict[tuple[str, str], score_drafts.SavedScore]


def scoring_desk(found: Case, lot: str, room: Room, files: Iterable[FileView]) -> dict[str, Any]:
    """Bidders with my progress, the chosen bidder's papers, the criteria with what I have saved, and all of it as one
    table: bidders across, criteria down."""
    chosen = request.args.get("bid", "")
    chosen = chosen if chosen in room.valid else room.valid[0]
    drafts, papers = drafts_of(found, lot), papers_of(found, lot, files, chosen)
    rows = desk_bids(found, lot, room, drafts, chosen)
    return {
        "bid": chosen,
        "bid_name": dict(room.bids)[chosen],
        "desk_bids": rows,
        "papers": papers,
        "criteria": criteria_of(found, lot, room, chosen, papers, drafts),
        "matrix": _matrix(found, lot, room, drafts),
        "in_money": counts_units(found, lot),
        "complete": all(row["done"] == row["total"] for row in rows),
        "correcting": _correcting(found, lot, room),
        "completing": _completing(found, lot, room),
        "offline": _offline(found, lot, room, drafts),
    }


def drafts_of(found: Case, lot: str) -> Drafts:
    return {(d.bid, d.criterion): d for d in score_drafts.own_drafts(platform(), required_log_in(), found, lot)}


def desk_bids(found: Case, lot: str, room: Room, drafts: Drafts, chosen: str) -> list[dict[str, Any]]:
    """Each bid with how many of its criteria this seat has scored."""
    criteria, names = scored_criteria(found, lot), dict(room.bids)
    return [
        {
            "id": bid,
            "name": names[bid],
            "url": f"?bid={bid}",
            "done": sum(has_score(drafts.get((bid, c.id))) for c in criteria),
            "total": len(criteria),
            "current": bid == chosen,
        }
        for bid in room.valid
    ]


def compared(found: Case, lot: str, room: Room, files: Iterable[FileView]) -> dict[str, Any]:
    """Two bids side by side: their papers, and for each criterion both fields."""
    readable, drafts = tuple(files), drafts_of(found, lot)
    asked = [request.args.get(side, "") for side in ("left", "right")]
    left = asked[0] if asked[0] in room.valid else room.valid[0]
    others = [bid for bid in room.valid if bid != left]
    right = asked[1] if asked[1] in others else next(iter(others), left)
    names, sides = dict(room.bids), []
    for side, bid in (("left", left), ("right", right)):
        papers = papers_of(found, lot, readable, bid)
        criteria = criteria_of(found, lot, room, bid, papers, drafts)
        sides.append({"side": side, "bid": bid, "name": names[bid], "papers": papers, "criteria": criteria})
    both = list(zip(sides[0]["criteria"], sides[1]["criteria"], strict=True))
    choices = [(bid, names[bid]) for bid in room.valid]
    of_desk = {"offline": _offline(found, lot, room, drafts), "in_money": counts_units(found, lot)}
    return {"sides": sides, "both": both, "choices": choices, **of_desk}


def counts_units(found: Case, lot: str) -> bool:
    """Whether members count deviations, and give no points."""
    return found.lot(lot).sitting.rules.evaluation.in_money


def papers_of(found: Case, lot: str, files: Iterable[FileView], bid: str) -> BidPapers:
    """The papers of a bid, for this actor."""
    return bid_papers(platform(), current_actor(), found, lot, files, bid)


def _offline(found: Case, lot: str, room: Room, drafts: Drafts) -> dict[str, Any]:
    """All that the page needs to finish and sign the sheet without a line: bids, criteria, what is saved."""
    here, state, names = platform(), found.lot(lot).sitting, dict(room.bids)
    fields = [_criterion(c, None, False, ()) for c in scored_criteria(found, lot)]
    places = [(bid, field["id"]) for bid in room.valid for field in fields]
    reopened = state.reopened.get(room.seat)
    return {
        "case": case_reference(found.id, lot),
        "seat": room.seat,
        "origin": here.origin,
        "basis": sheet_basis(state, room.seat),
        "point": seal_point(here, found.id, lot),
        "prev_act": act_head(here, found.id, required_log_in()),
        "key_name": web_session.get("booth_key", ""),
        "received": url_for("offline.received", case=found.id, lot=lot),
        "bids": [{"id": bid, "name": names[bid]} for bid in room.valid],
        "criteria": [
            {
                "id": field["id"],
                "name": field["name"],
                "full": str(field["full"]),
                "step": str(field["step"]),
                "bands": field["bands"],
                "range": f"{field['most']} {field['band']}",
            }
            for field in fields
        ],
        "saved": [
            {"bid": d.bid, "criterion": d.criterion, "value": str(d.value), "comment": d.comment, "seq": d.seq}
            for d in drafts.values()
            if has_score(d)
        ],
        "fixed": [at for at in places if reopened is not None and reopened.fixes(ScorePlace(*at))],
    }


def has_score(draft: score_drafts.SavedScore | None) -> bool:
    return draft is not None and draft.value is not None


def typed_sheet(room: Room, drafts: Drafts) -> tuple[dict[str, dict[str, Decimal]], dict[str, dict[str, str]]]:
    """Scores and comments of each bid as they are saved; a comment counts with its score alone."""
    scores: dict[str, dict[str, Decimal]] = {bid: {} for bid in room.valid}
    comments: dict[str, dict[str, str]] = {}
    for (bid, criterion), draft in drafts.items():
        if bid in scores and draft.value is not None:
            scores[bid][criterion] = draft.value
            if draft.comment:
                comments.setdefault(bid, {})[criterion] = draft.comment
    return scores, comments


def missing_scores(room: Room, criteria: Iterable[Criterion], drafts: Drafts, back: str) -> list[dict[str, Any]]:
    """Of each bid how many scores are missing, and where the first of them are entered."""
    names, found = dict(room.bids), []
    for bid in room.valid:
        left = [c for c in criteria if not has_score(drafts.get((bid, c.id)))]
        first = [{"url": f"{back}?bid={bid}#score-{bid}-{c.id}", "name": name_of(c)} for c in left[:NAMED_MISSING]]
        if left:
            found.append({"bidder": names[bid], "count": len(left), "first": first})
    return found


def _matrix(found: Case, lot: str, room: Room, drafts: Drafts) -> dict[str, Any]:
    """My own sheet as it is saved."""
    names, criteria = dict(room.bids), scored_criteria(found, lot)
    rows = []
    for criterion in criteria:
        cells = []
        for bid in room.valid:
            draft = drafts.get((bid, criterion.id))
            cells.append({"bid": bid, "criterion": criterion.id, "value": draft.value if draft else None})
        rows.append({"name": name_of(criterion), "most": most_words(criterion), "cells": cells})
    sums = [
        (bid, sum((d.value for (b, _c), d in drafts.items() if b == bid and d.value is not None), Decimal("0.00")))
        for bid in room.valid
    ]
    return {"bids": [(bid, names[bid]) for bid in room.valid], "rows": rows, "sums": sums}


def _correcting(found: Case, lot: str, room: Room) -> str:
    """The scores that may be changed, in words, where the sheet was opened again to be corrected."""
    state = found.lot(lot).sitting
    reopened = state.reopened.get(room.seat)
    return places_words(state, sorted(reopened.places)) if reopened else ""


def _completing(found: Case, lot: str, room: Room) -> str:
    """The bids that passed only when the review was held again, by name, where all else of the sheet stands."""
    reopened = found.lot(lot).sitting.reopened.get(room.seat)
    if reopened is None or reopened.places:
        return ""
    return _("、").join(name for bid, name in room.bids if bid in room.valid and bid not in reopened.before)


def _fixed(found: Case, lot: str, room: Room, bid: str, criterion: Criterion) -> bool:
    """Whether a sheet is locked again, and this score of it stands as it was."""
    reopened = found.lot(lot).sitting.reopened.get(room.seat)
    return reopened is not None and reopened.fixes(ScorePlace(bid, criterion.id))


def name_of(criterion: Criterion) -> str:
    """A criterion in the language of the page."""
    return criterion.name_en if g.get("lang") == "en" else criterion.name_zh


def most_words(criterion: Criterion) -> str:
    """The full mark; of a deviation how many units at most."""
    priced = criterion.adjustment
    if priced is None:
        return _("满分 %(full)s", full=criterion.full)
    unit = priced.unit_en if g.get("lang") == "en" else priced.unit_zh
    return _("最多 %(full)s %(unit)s", full=criterion.full, unit=unit)


def criteria_of(found: Case, lot: str, room: Room, bid: str, papers: BidPapers, drafts: Drafts) -> list[dict[str, Any]]:
    """The criteria of a bid as its fields show them, with the pages that its bidder named for each."""
    return [
        _criterion(c, drafts.get((bid, c.id)), _fixed(found, lot, room, bid, c), papers.links.get(c.id, ()))
        for c in scored_criteria(found, lot)
    ]


def _criterion(
    criterion: Criterion, draft: score_drafts.SavedScore | None, fixed: bool, pages: tuple[LinkedPages, ...]
) -> dict[str, Any]:
    english = g.get("lang") == "en"
    bands = "；".join(f"{b.name_en if english else b.name_zh} {b.low}–{b.high}" for b in criterion.bands)
    return {
        "id": criterion.id,
        "name": name_of(criterion),
        "full": criterion.full,
        "most": most_words(criterion),
        "step": criterion.step,
        "standard": standard_of(criterion),
        "band": adjustment_words(criterion) or bands or _("最小计分单位 %(step)s", step=criterion.step),
        "bands": " ".join(f"{b.low}-{b.high}" for b in criterion.bands),
        "value": draft.value if draft else None,
        "comment": draft.comment if draft else "",
        "seq": draft.seq if draft else 0,
        "locked": fixed,
        "pages": [page_words(one) for one in pages],
    }


def page_words(linked: LinkedPages) -> dict[str, Any]:
    """Where a criterion is answered, for a link into the viewer."""
    same = linked.first == linked.last
    where = _("第 %(n)s 页", n=linked.first) if same else _("第 %(a)s–%(b)s 页", a=linked.first, b=linked.last)
    file = linked.file if linked.file is not None and linked.file.media_type == PDF else None
    return {"where": where, "name": linked.name, "file": file.id if file else "", "page": linked.first}

"""Stages of a sitting that were held again, and the one that waits for its second member, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.casefile.anonymous import shown_names
from app.casefile.case import Case
from app.casefile.record import Record
from app.casefile.rolled_back import Conclusions, RolledBack, rolled_back
from app.documents.review_content import RollbackLine
from app.documents.wording import Lang, hundredths, instant, listed
from app.messages import sentence
from app.queries.rejections import rejection_items
from evaluation.evaluate import BidResult
from evaluation.sitting import Rejection, ReviewItem, RollbackGround, RollbackTarget, may_release


@dataclass(frozen=True)
class RollbackProposal:
    """What waits: `mine` says whether this seat may release it; `lapsed`, that it has to be proposed again."""

    seat: int
    to: RollbackTarget
    ground: RollbackGround
    note: str
    proposed_at: datetime
    until: datetime | None
    lapsed: bool
    mine: bool

    @property
    def key(self) -> str:
        """Changes with what waits."""
        return f"{self.seat}{self.to}{self.lapsed}"


def rollback_waiting(case: Case, lot: str, seat: int | None, now: datetime) -> RollbackProposal | None:
    """None where nothing waits."""
    state, profile = case.lot(lot), case.tender.published.profile
    fact, waiting = state.sitting.rollback, state.rollback
    if fact is None or waiting is None:
        return None
    lapsed = waiting.lapsed(now, profile)
    mine = seat is not None and not lapsed and may_release(state.sitting, seat)
    until = waiting.until(profile)
    return RollbackProposal(fact.seat, fact.to, fact.ground, fact.note, waiting.at, until, lapsed, mine)


def rollbacks_in_room(
    case: Case, lot: str, seat: int | None, records: Iterable[Record], lang: Lang
) -> tuple[RollbackLine, ...]:
    """As a seat may read them now: what was found and scored only while results stand, and by who succeeded a member
    nothing of what was before it came, until then."""
    state = case.lot(lot)
    stands, since = state.sitting.result is not None, state.succeeded.get(seat or 0, 0)
    found = [one for one in rolled_back(records) if stands or one.released.seq > since]
    names, regime = shown_names(case, lot, lang), case.tender.published.profile.regime
    if not stands:
        return tuple(RollbackLine(told(one, lang)) for one in found)
    return rollback_lines(found, names, rejection_items(state.sitting, regime), lang)


def rollback_lines(
    found: Iterable[RolledBack], names: Mapping[str, str], items: Mapping[str, ReviewItem], lang: Lang
) -> tuple[RollbackLine, ...]:
    """With everything that stood before, and stands now."""
    lines = []
    for one in found:
        chosen = one.released.fact.to is RollbackTarget.CHAIR
        before = replace(one.before, chair=one.before.chair if chosen else None)
        after = replace(one.after, chair=one.after.chair if chosen else None)
        stood = (_stood(*part, names, items, lang) for part in (("before", before), ("after", after)))
        lines.append(RollbackLine(told(one, lang), *stood))
    return tuple(lines)


def told(one: RolledBack, lang: Lang) -> str:
    """Who had a stage held again, when, on which ground and why."""
    fact = one.released.fact
    facts: dict[str, Any] = {
        "stage": sentence(f"rollback_{fact.to}", {}, lang),
        "ground": sentence(f"rollback_ground_{fact.ground}", {}, lang),
        "proposed_by": fact.proposed_by,
        "released_by": fact.seat,
        "proposed_at": instant(one.proposed.at) if one.proposed else "—",
        "released_at": instant(one.released.at),
        "note": fact.note,
    }
    return sentence("note_rollback", facts, lang)


def _stood(
    when: str, found: Conclusions, names: Mapping[str, str], items: Mapping[str, ReviewItem], lang: Lang
) -> tuple[str, ...]:
    lines = []
    if found.chair is not None:
        lines.append(sentence(f"note_rollback_chair_{when}", {"seat": found.chair.seat}, lang))
    if found.review is not None:
        valid = listed([names[bid] for bid in found.review.valid], lang)
        rejected = listed([_rejected(one, names, items, lang) for one in found.review.rejected], lang)
        facts = {"valid": valid or "—", "rejected": rejected or "—"}
        lines.append(sentence(f"note_rollback_review_{when}", facts, lang))
    if found.results is not None:
        totals = listed([_total(row, names, lang) for row in found.results.result.bids], lang)
        lines.append(sentence(f"note_rollback_results_{when}", {"totals": totals}, lang))
    return tuple(lines)


def _rejected(one: Rejection, names: Mapping[str, str], items: Mapping[str, ReviewItem], lang: Lang) -> str:
    item = items[one.item].name_en if lang == "en" else items[one.item].name_zh
    facts = {"bidder": names[one.bid], "item": item, "grounds": listed(one.grounds, lang) or "—"}
    return sentence("note_rollback_rejected", facts, lang)


def _total(row: BidResult, names: Mapping[str, str], lang: Lang) -> str:
    """The rank of a bid and what it rests on by the method: points, the evaluated price, or the price score."""
    facts: dict[str, Any] = {"rank": row.rank, "bidder": names[row.bid], "total": hundredths(row.total)}
    if row.evaluated_price is not None:
        return sentence(
            "note_rollback_price" if row.ranked else "note_rollback_behind",
            facts | {"price": f"{row.evaluated_price:,.2f}"},
            lang,
        )
    if row.passed is None:
        return sentence("note_rollback_total", facts, lang)
    code = "note_rollback_gone_on" if row.passed else "note_rollback_stopped"
    return sentence(code, facts | {"price_score": hundredths(row.price_score)}, lang)

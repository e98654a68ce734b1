"""The preliminary review in a report: what was voted on each item of each bid, by whose signed reviews, who passed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.casefile.case import Case, LotCase
from app.casefile.record import Record
from app.casefile.rolled_back import rolled_back
from app.documents.brand_wording import brand_words
from app.documents.method_wording import deduction_words, review_item_words
from app.documents.review_content import ItemVotes, PreliminaryReview, RollbackLine, SignedReview
from app.documents.wording import Lang
from app.queries.rejections import rejection_items
from app.queries.rollbacks import rollback_lines
from app.services.report_competition import competition_of
from evaluation.sitting import BidsReviewed, ChairRolledBack, MemberRecused, ReviewRolledBack


def review_of(state: LotCase, records: Sequence[Record], names: Mapping[str, str], lang: Lang) -> PreliminaryReview:
    """Counts of votes alone: who voted how stands in the signed reviews (O87 art. 50, O12 art. 42)."""
    sitting = state.sitting
    given: dict[tuple[str, str], list[bool]] = {}
    for findings in sitting.reviews.values():
        for one in findings:
            given.setdefault((one.item, one.bid), []).append(one.passed)
    votes = (
        ItemVotes(review_item_words(item, lang), names[bid.bid], found.count(True), found.count(False))
        for item in sitting.rules.review_items
        for bid in sitting.bids
        if (found := given.get((item.id, bid.bid)))
    )
    valid = tuple(names[bid] for bid in sitting.valid)
    deductions = tuple(filter(None, (deduction_words(sitting, bid, names[bid], lang) for bid in sitting.valid)))
    competition = competition_of(records, names, sitting.rules.vote_below, lang)
    signed, brands = signed_reviews(records), brand_words(sitting, names, lang)
    return PreliminaryReview(tuple(votes), signed, valid, deductions, competition, brands)


def signed_reviews(records: Sequence[Record]) -> tuple[SignedReview, ...]:
    """The reviews that count: not those of a member who left, nor from before the review was held again."""
    found: dict[int, SignedReview] = {}
    for record in records:
        if isinstance(record.fact, BidsReviewed):
            found[record.fact.seat] = SignedReview(record.fact.seat, record.payload_sha256, record.at)
        elif isinstance(record.fact, MemberRecused):
            found.pop(record.fact.seat, None)
        elif isinstance(record.fact, ReviewRolledBack | ChairRolledBack):
            found = {}
    return tuple(found[seat] for seat in sorted(found))


def rollbacks_of(case: Case, lot: str, records: Sequence[Record], lang: Lang) -> tuple[RollbackLine, ...]:
    """The stages that were held again, with what stood before and what came in its place."""
    sitting = case.lots[lot].sitting
    names, regime = {bid.bid: bid.bidder_name for bid in sitting.bids}, case.tender.published.profile.regime
    return rollback_lines(rolled_back(records), names, rejection_items(sitting, regime), lang)

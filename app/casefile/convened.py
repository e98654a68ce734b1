"""The sitting that a lot's own record leads to: who sits where, under which rules, over which bids.

Used by the service that convenes it and by the offline verifier alike, so that both mean the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.casefile.bid_ids import receipts_by_id
from app.casefile.case import Case, LotCase
from app.procedure import qualification
from app.procedure.convening import committee_rules, least_members
from app.procedure.profiles import Profile, Regime
from evaluation.committee import MemberRole
from evaluation.prices import settled
from evaluation.sitting import BidUnderReview, Seat, SittingConvened, SittingRules


def sitting_of(case: Case, lot: str) -> SittingConvened | None:
    """The sitting of a lot of a published case, or None while something is missing.

    Due: the opening concluded, the qualification checked where the agency does it (O87 art. 44), every drawn seat
    accepted, the buyer's people named.
    """
    state, profile = case.lot(lot), case.tender.published.profile
    if not _complete(state, profile, least_members(case.tender.published)):
        return None
    seats = _seats(state)
    host = state.buyers.members[0].site if state.buyers.members else seats[0].site
    rules = _rules(case, lot, profile)
    named = f"{case.id}/{lot}" if state.sitting.committee == 1 else f"{case.id}/{lot}/{state.sitting.committee}"
    return SittingConvened(named, host, seats, rules, _bids(case, lot, profile))


def _complete(state: LotCase, profile: Profile, least: int) -> bool:
    experts = sum(s.quota for s in state.draw.conditions.strata) if state.draw.conditions else 0
    checked = bool(state.qualification) or not profile.qualification_by_agency
    size = len(state.draw.seated) + len(state.buyers.members)
    return (
        state.opening.concluded_at is not None
        and not state.opening.failed
        and checked
        and not state.buyers.vacant
        and len(state.draw.seated) == experts > 0
        and size >= least
    )


def _seats(state: LotCase) -> tuple[Seat, ...]:
    """Experts by stratum and pseudonym, then the buyer's people; numbers from 1, of a further committee after those of
    the ones before, so that no number ever means people of two."""
    strata: Mapping[str, str] = state.draw.drawn_for
    drawn = sorted(state.draw.seated, key=lambda number: (strata[number], number))
    places = [(strata[number].rpartition("/")[2], MemberRole.EXPERT, number) for number in drawn]
    places += [(one.site, MemberRole.BUYER, person) for person, one in state.buyers.sitting.items()]
    return tuple(Seat(i, site, role, person) for i, (site, role, person) in enumerate(places, state.sitting.first_seat))


def _rules(case: Case, lot: str, profile: Profile) -> SittingRules:
    terms, coefficients = case.tender.published.lot(lot), case.lot(lot).opening.coefficients
    published = terms.evaluation.price_rule
    price_rule = None if published is None else settled(published, coefficients)
    return SittingRules(
        evaluation=replace(terms.evaluation, price_rule=price_rule),
        committee=committee_rules(case.tender.published),
        review_items=terms.review_items,
        least_valid_bids=1 if profile.may_go_on_below_three else profile.bids_required,
        chair_rounds=profile.chair_rounds,
        objective_must_agree=profile.regime is Regime.GOODS,
        ceiling=terms.ceiling,
        low_price=profile.low_price,
        arithmetic=profile.arithmetic,
        more_time_share=profile.more_time_share,
        vote_below=profile.bids_required if profile.competition_voted else None,
        core_product=terms.core_product,
    )


def _bids(case: Case, lot: str, profile: Profile) -> tuple[BidUnderReview, ...]:
    state = case.lot(lot)
    going_on = set(state.opening.opened)
    if profile.qualification_by_agency:
        going_on &= set(qualification.qualified(state.qualification))
    opened = ((bid, state.opening.opened[receipt]) for bid, receipt in receipts_by_id(case, lot).items())
    return tuple(
        BidUnderReview(bid, of.bidder_name, of.price, of.core_brand) for bid, of in opened if of.receipt_id in going_on
    )

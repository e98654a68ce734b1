"""What holds at every moment of a sitting about prices and competition: nothing counts that nobody has decided."""

from __future__ import annotations

from hypothesis.stateful import invariant

from evaluation.sitting import (
    ClarificationAnswered,
    ClarificationDecided,
    CompetitionDecided,
    SittingFailed,
    Stage,
    unconfirmed,
    unexplained,
)
from evaluation.sitting.price_rules import of_price
from evaluation.sitting.stages import AFTER_LAST_LOCK


class Decided:
    """For a machine with a `sitting` and its `state`."""

    @invariant()
    def nothing_is_scored_before_it_is_decided_whether_competition_is_lacking(self):
        state = self.state
        below = state.rules.vote_below
        if below and state.stage in {Stage.SCORING, *AFTER_LAST_LOCK} and len(state.valid) < below:
            assert not state.competition.adopted
            assert set(state.competition.valid) <= set(state.valid)

    @invariant()
    def all_bids_are_rejected_by_more_than_half_alone(self):
        lacking = [e for e in self.sitting.events if isinstance(e, CompetitionDecided) and e.adopted]
        failed = [e for e in self.sitting.events if isinstance(e, SittingFailed) and e.reason == "competition_lacking"]
        assert len(lacking) == len(failed) <= 1
        assert all(2 * one.lacking > 5 for one in lacking)

    @invariant()
    def a_report_waits_for_every_explanation_of_a_price(self):
        if self.state.stage in {Stage.REPORT, Stage.SIGNING, Stage.CLOSED}:
            assert not unexplained(self.state)
            marked = {price.bid for price in self.state.marked} & set(self.state.valid)
            assert all((asked := of_price(self.state, bid)) is not None and asked.proven for bid in marked)

    @invariant()
    def results_and_reports_go_by_the_prices_that_bidders_have_confirmed(self):
        state, confirmed = self.state, [e for e in self.sitting.events if isinstance(e, ClarificationAnswered)]
        assert len(state.corrections) <= sum(bool(one.confirms) for one in confirmed)
        for row in state.result.bids if state.result else ():
            assert row.price == state.price_of(row.bid)
            assert row.read_out == next(bid.price for bid in state.bids if bid.bid == row.bid)
            assert state.rules.within_ceiling(row.price)
        if state.stage in {Stage.REPORT, Stage.SIGNING, Stage.CLOSED}:
            assert not unconfirmed(state)

    @invariant()
    def nobody_is_asked_what_no_majority_voted(self):
        by_rule = {e.id for e in self.sitting.events if isinstance(e, ClarificationDecided) and e.by_rule}
        assert all(self.state.clarifications[id].of_price for id in by_rule)
        for one in self.state.clarifications.values():
            if one.proposed.id not in by_rule and one.standing in {"sent", "answered", "lapsed"}:
                assert 2 * one.agreed > len(self.state.seats)

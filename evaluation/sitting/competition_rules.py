"""When a committee decides whether competition is lacking, and what follows (O12 art. 27).

1. Where the rules have it voted on, and fewer bids passed the review than `vote_below` but enough to go on, nothing is
   scored before the committee has decided.
2. Each member votes once on the bids that are valid then, by a signed act; who finds competition lacking says why. More
   than half of all members reject all bids; the vote ends as soon as no further vote can change it.
3. A decision to go on stands as long as every bid on which it counted is valid. Where one of them falls out, be it by a
   review held again, a successor's verdict, an adopted vote or an unproven price, it is decided again.
4. Votes belong to members: whoever leaves takes its own along, and what was counted with it is counted again.
5. Who does not come back to a recheck is not waited for.
"""

from __future__ import annotations

from evaluation.errors import RuleViolation
from evaluation.sitting.checks import require_fit, require_once, require_text
from evaluation.sitting.competition import CompetitionDecided, CompetitionQuestioned, CompetitionVoted
from evaluation.sitting.events import SittingFailed
from evaluation.sitting.state import SittingState

COMPETITION_LACKING = "competition_lacking"


def sound_competition(least_valid_bids: int, vote_below: int | None) -> bool:
    """Whether there is a number of bids with which it is voted on."""
    return vote_below is None or vote_below > least_valid_bids


def questioned(state: SittingState) -> CompetitionQuestioned | SittingFailed | None:
    """Before anything is scored: that the committee has to decide, or has rejected all bids. Enough bids to go on with
    are there."""
    below, decided = state.rules.vote_below, state.competition
    if below is None or state.bidders_counted >= below:
        return None
    if decided is not None and set(decided.valid) <= set(state.valid):
        return SittingFailed(COMPETITION_LACKING, state.bidders_counted, below) if decided.adopted else None
    return CompetitionQuestioned(state.valid)


def check_competition_vote(fact: CompetitionVoted, state: SittingState) -> None:
    """Raises RuleViolation `competition_bids_other`, `sitting_already_done`, `sitting_text_missing`,
    `sitting_text_unfit`."""
    if fact.valid != state.valid:
        raise RuleViolation("competition_bids_other")
    require_once(fact.seat, fact.seat in counting(state), "competition_vote")
    (require_text if fact.lacking else require_fit)(fact.reason, "reason")


def counting(state: SittingState) -> dict[int, CompetitionVoted]:
    """The votes about the bids that are valid now, by seat."""
    found = state.competition_votes
    return {seat: found[seat] for seat in sorted(found) if found[seat].valid == state.valid}


def counted(state: SittingState) -> CompetitionDecided | None:
    """The decision, as soon as no further vote can change it."""
    votes, members = counting(state), len(state.seats)
    lacking = sum(vote.lacking for vote in votes.values())
    adopted = 2 * lacking > members
    open_ = len(state.waiting({*votes, *state.not_waited_for}))
    if not adopted and 2 * (lacking + open_) > members:
        return None
    return CompetitionDecided(state.valid, lacking, len(votes) - lacking, adopted)


def failed_below(state: SittingState) -> int:
    """Of how many valid bids there were fewer, where the lot has failed."""
    lacking = state.failure == COMPETITION_LACKING
    return (state.rules.vote_below or 0) if lacking else state.rules.least_valid_bids

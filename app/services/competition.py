"""What follows from a vote about competition: the lot fails, results are new, or members go on to score."""

from __future__ import annotations

from app.services.acts import Act, Answer, completes
from app.services.findings import after_decision


@completes("CompetitionVoted")
def follow_competition_vote(act: Act) -> Answer:
    """After the last lock the sheets stand, so that results follow from the decision at once."""
    after_decision(act.work, act.lot, anew=True)
    return {}

"""A stage of a sitting is held again: who is told of it, and that nothing more is to be done by the platform."""

from __future__ import annotations

from app.messages import LANGUAGES, sentence
from app.services.acts import Act, Answer, completes
from app.services.notices import SERVING, tell_role


@completes("RollbackReleased")
def hold_again(act: Act) -> Answer:
    """Those who serve the case are told which stage, by which seats and on which ground, the authority among them (as
    of a correction, matrix 2, row 40); not in which words, for these speak of bids. Members read it in their room."""
    terms, fact = act.work.case.tender.published, act.fact
    ground = {lang: sentence(f"rollback_ground_{fact.ground}", {}, lang) for lang in LANGUAGES}
    facts = {"title": terms.title, "lot": act.lot, "seat": fact.proposed_by, "by": fact.seat, "ground": ground}
    for party, role in SERVING:
        tell_role(act.work, getattr(terms.parties, party).id, role, f"rolled_back_{fact.to}", **facts)
    return {}

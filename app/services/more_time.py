"""Members have asked for more time, and the tenderer has given it: who is told."""

from __future__ import annotations

from app.services.acts import Act, Answer, completes
from app.services.notices import SERVING, tell_role


@completes("MoreTimeAsked", "TimeExtended")
def tell_of_time(act: Act) -> Answer:
    """Nobody, while too few have asked; else everybody who serves the case, the centre for the sake of its rooms."""
    sitting, terms = act.work.case.lots[act.lot].sitting, act.work.case.tender.published
    facts = {"title": terms.title, "lot": act.lot}
    if sitting.more_time_due:
        code = "more_time_due"
    elif hasattr(act.fact, "minutes"):
        code, facts = "time_extended", facts | {"minutes": act.fact.minutes, "note": act.fact.note}
    else:
        return {}
    for party, role in SERVING:
        tell_role(act.work, getattr(terms.parties, party).id, role, code, **facts)
    return {}

"""What became of each question to a bidder, event by event."""

from __future__ import annotations

from dataclasses import replace

from evaluation.sitting.clarifications import (
    UNSENT,
    Clarification,
    ClarificationAnswered,
    ClarificationAsked,
    ClarificationDecided,
    ClarificationLapsed,
    ClarificationProposed,
    ClarificationStanding,
    ClarificationVoted,
    ClarificationWithdrawn,
    ExplanationDecided,
    ExplanationJudged,
)

Clarifications = dict[str, Clarification]
ClarificationFact = (
    ClarificationProposed
    | ClarificationVoted
    | ClarificationDecided
    | ClarificationWithdrawn
    | ClarificationAsked
    | ClarificationAnswered
    | ClarificationLapsed
    | ExplanationJudged
    | ExplanationDecided
)
_BECOMES = {
    ClarificationWithdrawn: ClarificationStanding.WITHDRAWN,
    ClarificationAsked: ClarificationStanding.SENT,
    ClarificationLapsed: ClarificationStanding.LAPSED,
}


def folded(found: Clarifications, event: ClarificationFact) -> Clarifications:
    """All of them after an event that the rules have let pass."""
    return found | {event.id: _after(found, event)}


def _after(found: Clarifications, event: ClarificationFact) -> Clarification:
    if isinstance(event, ClarificationProposed):
        return Clarification(event, votes={event.seat: True})
    one = found[event.id]
    if isinstance(event, ClarificationVoted):
        return replace(one, votes=one.votes | {event.seat: event.agrees})
    if isinstance(event, ClarificationDecided):
        accepted = ClarificationStanding.ACCEPTED if event.accepted else ClarificationStanding.REFUSED
        return replace(one, standing=accepted)
    if isinstance(event, ExplanationJudged):
        return replace(one, judged=one.judged | {event.seat: event})
    if isinstance(event, ExplanationDecided):
        return replace(one, proven=event.proven)
    if isinstance(event, ClarificationAnswered):
        return replace(one, standing=ClarificationStanding.ANSWERED, confirms=event.confirms)
    return replace(one, standing=_BECOMES[type(event)])


def dropped(found: Clarifications, standings: frozenset[ClarificationStanding]) -> Clarifications:
    """Those that stand so go on no further; they stay on record. Where a member leaves, others sit than voted."""
    ended = ClarificationStanding.DROPPED
    return {id: replace(one, standing=ended) if one.standing in standings else one for id, one in found.items()}


def left(found: Clarifications) -> Clarifications:
    """All of them when a member leaves: what was not sent is dropped, and whether a price is proven is decided by those
    who sit now, who may also ask about one about which others refused to. What a bidder has confirmed stays so, and
    what it had explained of the price before counts no more."""
    ended = dropped(found, UNSENT)
    return {id: _undecided(one) if one.of_price and not overtaken(ended, one) else one for id, one in ended.items()}


def overtaken(found: Clarifications, one: Clarification) -> bool:
    """Whether the price of its bid was corrected after it was asked about."""
    later = list(found.values())
    later = later[later.index(one) + 1 :]
    return any(other.confirms and other.proposed.bid == one.proposed.bid for other in later)


def _undecided(one: Clarification) -> Clarification:
    refused = one.standing is ClarificationStanding.REFUSED
    return replace(one, judged={}, proven=None, standing=ClarificationStanding.DROPPED if refused else one.standing)

"""Which step of a clarification is lawful now, and what waits for it.

1. A member proposes a question about one bid while bids are reviewed, and while none is scored: once a sheet is locked
   an answer would reach some members after they have judged. Where somebody succeeds a member after that, those who
   have locked or seen scores propose nothing: the words of a question could tell one.
2. Each member votes once; who proposed has voted for it. More than half of all members decide, and the vote is closed
   as soon as no further vote can change it.
3. The chair, and nobody else, sends what was accepted, as it was voted; who proposed it may take it back until then.
4. The bidder that is asked answers once. Nobody hands in a review or locks a sheet before every request has ended.
5. About its price a bidder is asked after the last lock, and for that no review or lock waits: why it is low
   (`price_rules`), and whether it confirms a corrected one (`arithmetic_rules`).
6. Where a member leaves, what was not sent is dropped: those who sit now have not voted on it. What was sent goes on.

Who the bidder is, and when its time has passed, `app.procedure.clarifying` adds.
"""

from __future__ import annotations

from evaluation.errors import RuleViolation
from evaluation.sitting.arithmetic_rules import check_correction
from evaluation.sitting.checks import require_digest, require_fit, require_id, require_once, require_text
from evaluation.sitting.clarifications import (
    OF_PRICES,
    Clarification,
    ClarificationAnswered,
    ClarificationAsked,
    ClarificationDecided,
    ClarificationLapsed,
    ClarificationProposed,
    ClarificationSent,
    ClarificationStanding,
    ClarificationSubject,
    ClarificationVoted,
    ClarificationWithdrawn,
)
from evaluation.sitting.events import SittingEvent
from evaluation.sitting.price_rules import asked_by_rule, check_price_proposal
from evaluation.sitting.question_rules import standing_bids
from evaluation.sitting.stages import Stage
from evaluation.sitting.state import SittingState

S = ClarificationStanding
MOST_FRUITLESS = 10  # questions of a seat that were voted down or taken back: each held up reviews and locks
_AWAITED = {
    S.VOTING: "clarification_in_vote",
    S.ACCEPTED: "clarification_unsent",
    S.SENT: "clarification_unanswered",
}


def may_propose(state: SittingState, seat: int) -> bool:
    """Whether whoever sits in `seat` may propose a question about a bid now, other than about its price."""
    open_to = state.stage in (Stage.REVIEW, Stage.SCORING) and state.suspended is None
    return open_to and not (state.stage is Stage.SCORING and state.sheets) and not _could_tell(state, seat)


def _could_tell(state: SittingState, seat: int) -> bool:
    return state.kept_from_some and seat in state.keepers


def askable(state: SittingState) -> tuple[str, ...]:
    """The bids about which a question may be proposed: those that nobody has rejected, nor is about to by a vote."""
    standing = standing_bids(state) - set(state.put.bids if state.put is not None else ())
    return tuple(bid.bid for bid in state.bids if bid.bid in standing)


def check_proposal(fact: ClarificationProposed, state: SittingState) -> None:
    """Raises RuleViolation `clarification_too_late`, `clarification_rests_for_successor`, `clarification_id_taken`,
    `clarification_bid_unknown`, `clarification_own_in_vote`, `clarification_refused_before`, `clarification_too_many`,
    `sitting_id_malformed`, `sitting_text_missing`, `sitting_text_unfit`, `correction_unexpected`, and of a price what
    `check_price_proposal` and `check_correction` raise; `sitting_out_of_order`."""
    about_price, explained = fact.subject in OF_PRICES, fact.subject is ClarificationSubject.LOW_PRICE
    if fact.subject is ClarificationSubject.ARITHMETIC:
        check_correction(fact, state)
    elif fact.correction is not None:
        raise RuleViolation("correction_unexpected")
    elif explained:
        check_price_proposal(fact, state)
    elif state.stage not in (Stage.REVIEW, Stage.SCORING):
        raise RuleViolation("sitting_out_of_order", fact=type(fact).__name__, stage=str(state.stage))
    elif state.stage is Stage.SCORING and state.sheets:
        raise RuleViolation("clarification_too_late")  # how many have locked members are not told
    elif _could_tell(state, fact.seat):
        raise RuleViolation("clarification_rests_for_successor")
    require_id(fact.id)
    require_text(fact.place, "place")
    require_text(fact.question, "question")
    if fact.id in state.clarifications:
        raise RuleViolation("clarification_id_taken")
    if not about_price and fact.bid not in askable(state):
        raise RuleViolation("clarification_bid_unknown", bid=fact.bid)
    if any(one.standing is S.VOTING and one.proposed.seat == fact.seat for one in state.clarifications.values()):
        raise RuleViolation("clarification_own_in_vote", seat=fact.seat)
    if not explained:
        _check_fruitful(fact, state)


def _check_fruitful(fact: ClarificationProposed, state: SittingState) -> None:
    """Every open question holds up reviews and locks. Raises RuleViolation `clarification_refused_before`,
    `clarification_too_many`."""
    fruitless = [one for one in state.clarifications.values() if one.standing in (S.REFUSED, S.WITHDRAWN)]
    if any(one.standing is S.REFUSED and _asks(one.proposed) == _asks(fact) for one in fruitless):
        raise RuleViolation("clarification_refused_before")
    if sum(one.proposed.seat == fact.seat for one in fruitless) >= MOST_FRUITLESS:
        raise RuleViolation("clarification_too_many", seat=fact.seat, most=MOST_FRUITLESS)


def _asks(fact: ClarificationProposed) -> tuple[object, ...]:
    """The bid and the words, however they are spaced, and to which price it is to be corrected."""
    return fact.bid, "".join(fact.question.split()), fact.correction


def _found(state: SittingState, id: str, *standings: ClarificationStanding) -> Clarification:
    """The request of that id, where it stands so or so. Raises RuleViolation `clarification_unknown` and
    `clarification_stands_otherwise` (standing)."""
    found = state.clarifications.get(id)
    if found is None:
        raise RuleViolation("clarification_unknown")
    if found.standing not in standings:
        raise RuleViolation("clarification_stands_otherwise", standing=str(found.standing))
    return found


def check_vote(fact: ClarificationVoted, state: SittingState) -> None:
    """Raises RuleViolation `clarification_unknown`, `clarification_stands_otherwise`, `sitting_already_done`."""
    found = _found(state, fact.id, S.VOTING)
    require_once(fact.seat, fact.seat in found.votes, "clarification_vote")


def check_withdrawal(fact: ClarificationWithdrawn, state: SittingState) -> None:
    """Until it is sent, so that a chair that does not send holds up no review; what bids must be asked about their
    prices, until it is accepted. Raises RuleViolation `clarification_unknown`, `clarification_stands_otherwise`,
    `clarification_of_another`."""
    named = state.clarifications.get(fact.id)
    found = _found(state, fact.id, S.VOTING, *(() if named is None or named.of_price else (S.ACCEPTED,)))
    if found.proposed.seat != fact.seat:
        raise RuleViolation("clarification_of_another", seat=found.proposed.seat)


def check_sending(fact: ClarificationSent, state: SittingState) -> None:
    """Raises RuleViolation `clarification_by_chair`, `clarification_unknown`, `clarification_stands_otherwise`."""
    if state.chair != fact.seat:
        raise RuleViolation("clarification_by_chair", seat=fact.seat)
    _found(state, fact.id, S.ACCEPTED)


def check_answer(fact: ClarificationAnswered, state: SittingState) -> None:
    """A corrected price is confirmed or not, with words or without.

    Raises RuleViolation `clarification_unknown`, `clarification_stands_otherwise`, `clarification_bid_unknown`,
    `confirmation_missing`, `confirmation_unexpected`, `sitting_text_missing`, `sitting_text_unfit`,
    `sitting_digest_malformed`, `file_repeated`."""
    found = _found(state, fact.id, S.SENT)
    if found.proposed.bid != fact.bid:
        raise RuleViolation("clarification_bid_unknown", bid=fact.bid)
    if found.of_arithmetic != (fact.confirms is not None):
        raise RuleViolation("confirmation_missing" if found.of_arithmetic else "confirmation_unexpected")
    if found.of_arithmetic:
        require_fit(fact.text, "answer")
    else:
        require_text(fact.text, "answer")
    for file in fact.files:
        require_text(file.name, "name")
        require_digest(file.sha256, "sha256")
    if len({file.id for file in fact.files}) != len(fact.files):
        raise RuleViolation("file_repeated")


def check_lapse(fact: ClarificationLapsed, state: SittingState) -> None:
    """Raises RuleViolation `clarification_unknown`, `clarification_stands_otherwise`."""
    _found(state, fact.id, S.SENT)


def check_none_awaited(state: SittingState) -> None:
    """That no request is voted on, waits to be sent, or for its bidder: each has its own words.

    Raises RuleViolation `clarification_in_vote` (voted, of), `clarification_unsent` (chair),
    `clarification_unanswered`.
    """
    for one in state.clarifications_awaited:
        if one.after_locks:
            continue
        facts = {"voted": len(one.votes), "of": len(state.seats), "chair": state.chair}
        raise RuleViolation(_AWAITED[one.standing], **facts)


def asked(fact: ClarificationSent, state: SittingState) -> SittingEvent:
    """What the bidder reads of what the chair sends."""
    voted = state.clarifications[fact.id].proposed
    words = (voted.subject, voted.place, voted.question)
    return ClarificationAsked(voted.id, voted.bid, *words, fact.seconds, voted.correction)


def decided(state: SittingState) -> SittingEvent | None:
    """The decision on a request on which enough members have voted."""
    for one in state.clarifications.values():
        if one.standing is not S.VOTING:
            continue
        if asked_by_rule(state, one):
            return ClarificationDecided(one.proposed.id, True, one.agreed, one.opposed, by_rule=True)
        if (accepted := one.decision(len(state.seats))) is not None:
            return ClarificationDecided(one.proposed.id, accepted, one.agreed, one.opposed)
    return None

"""The one door through which a person's signed act enters a case file.

1. the payload's shape; 2. what can be prepared outside a transaction (hashing, pairings); then in one transaction
3. lock case and lot, read the clock, reload the actor; 4. a repeated command gets its first answer; 5. the policy;
6. the signature, by a key that counts and that links to the actor's act before; 7. the pure rule; 8. the facts; 9. what
the feature adds (receipt, jobs, notices, projections). Where 2 is refused, 4 and 5 are asked all the same: what a
repeated command was prepared from is gone, and who may not act so learns nothing else and is denied on record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.casefile.case import Case
from app.casefile.codec import check_lengths
from app.casefile.facts import FactType, fact_type
from app.casefile.record import Record
from app.database import Busy
from app.models import ActHead
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, authorize
from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor
from app.queries.cases import load_case
from app.services.accounts import LogIn
from app.services.act_readings import Asked, Readings
from app.services.actors import record_denial, rights_of
from app.services.platform import Platform
from app.services.proposals import Answer, Proposal, parse_proposal
from app.services.shared_transactions import Gather
from app.services.unit_of_work import UnitOfWork, unit_of_work
from crypto.errors import CryptoError

__all__ = ["Answer", "Proposal", "act_head", "parse_proposal", "record_act"]


@dataclass(frozen=True)
class Act:
    """An accepted act inside its transaction, for what a feature adds to it."""

    platform: Platform
    work: UnitOfWork
    actor: Actor
    proposal: Proposal
    record: Record
    prepared: Any

    @property
    def lot(self) -> str:
        return self.proposal.lot

    @property
    def fact(self) -> Any:
        return self.record.fact


Preparation = Callable[[Platform, LogIn, Proposal], Any]
Completion = Callable[[Act], Answer]
Retreat = Callable[[Platform, Any], None]
Refusal = Callable[[UnitOfWork, Actor, Proposal], None]
Explanation = Callable[[Case, Actor, str, datetime], None]
# Characters of one text: what people write in a hall or a room is printed in its documents; a notice may be long.
LONGEST_OF_LOT, LONGEST_OF_CASE = 5_000, 200_000
WORD_FOR_WORD = frozenset({"DrawStated"})  # the platform's own text, which nobody writes: as long as its pool makes it
LONGEST_STATEMENT = 4_000_000
_preparations: dict[str, Preparation] = {}
_completions: dict[str, Completion] = {}
_retreats: dict[str, Retreat] = {}
_explanations: dict[str, Explanation] = {}
_refusals: dict[tuple[str, str], Refusal] = {}
_shared: set[str] = set()


def prepares(name: str) -> Callable[[Preparation], Preparation]:
    """Register what is done before the transaction of an act of type `name`."""

    def register(function: Preparation) -> Preparation:
        _preparations[name] = function
        return function

    return register


def retreats(name: str) -> Callable[[Retreat], Retreat]:
    """Register what becomes of what was prepared for an act of type `name` that is refused after all."""

    def register(function: Retreat) -> Retreat:
        _retreats[name] = function
        return function

    return register


def explains(*names: str) -> Callable[[Explanation], Explanation]:
    """Register what may be said, as a RuleViolation, to whom the policy denies acts of these types."""

    def register(function: Explanation) -> Explanation:
        _explanations.update(dict.fromkeys(names, function))
        return function

    return register


def keeps_refused(name: str, code: str) -> Callable[[Refusal], Refusal]:
    """Register what is put on record of an act of type `name` that its signer may do, but that was refused with
    `code` in its preparation."""

    def register(function: Refusal) -> Refusal:
        _refusals[name, code] = function
        return function

    return register


def completes(*names: str, shared: bool = False) -> Callable[[Completion], Completion]:
    """Register what a feature adds inside the transaction of acts of these types. Acts that are `shared` have one
    together, where several wait: their completion only adds rows (`UnitOfWork.add`), and reads nothing."""

    def register(function: Completion) -> Completion:
        _completions.update(dict.fromkeys(names, function))
        _shared.update(names if shared else ())
        return function

    return register


def record_act(platform: Platform, log_in: LogIn | None, proposal: Proposal) -> Answer:
    """Take a person's act on record, or refuse it; the answer, which a repeat of the same command gets again.

    Raises RuleViolation (`text_too_long` before anything else is looked at), CryptoError, NotAllowed, Busy.
    """
    kind = fact_type(proposal.type)
    written = LONGEST_OF_LOT if kind.per_lot else LONGEST_OF_CASE
    check_lengths(proposal.payload, LONGEST_STATEMENT if kind.name in WORD_FOR_WORD else written)
    _ = proposal.fact
    if kind.action is None or log_in is None:
        raise NotAllowed(Action.EVENTS_READ)
    prepare = _preparations.get(kind.name)
    try:
        prepared = prepare(platform, log_in, proposal) if prepare else None
    except (RuleViolation, CryptoError, NotAllowed) as refusal:
        with _denials_on_record(platform, log_in, proposal):
            if (earlier := _unprepared(platform, Asked(log_in, kind, proposal))) is None:
                if keep := _refusals.get((kind.name, getattr(refusal, "code", ""))):
                    _keep_refused(platform, log_in, kind, proposal, keep)
                raise
        return earlier
    try:
        return _recorded(platform, Asked(log_in, kind, proposal, prepared))
    except (RuleViolation, CryptoError, NotAllowed, Busy):  # nothing was committed; any other fault may come after it
        _retreat(platform, kind, prepared)
        raise


def _keep_refused(platform: Platform, log_in: LogIn, kind: FactType, proposal: Proposal, keep: Refusal) -> None:
    """Put a refused act on record, if its signature is its signer's and the rules have a place for it now."""
    try:
        with unit_of_work(platform.database, proposal.case_id, proposal.lot) as work:
            asked = Asked(log_in, kind, proposal)
            readings = Readings(work.connection, [asked])
            readings.verify(platform, work, asked)
            keep(work, readings.actor(asked), proposal)
    except (RuleViolation, CryptoError):
        return  # what is said to the sender is why it was refused in the first place


def _retreat(platform: Platform, kind: FactType, prepared: Any) -> None:
    if kind.name in _retreats:
        _retreats[kind.name](platform, prepared)


def _recorded(platform: Platform, asked: Asked) -> Answer:
    """The transaction of an act, which others of its kind may share; who may not do it is denied on record."""
    kind, proposal = asked.kind, asked.proposal
    lot = proposal.lot if kind.per_lot else ""

    def transaction(gather: Gather[Asked]) -> Sequence[Answer | Exception]:
        gathered: list[Asked] = []

        def come() -> set[str]:
            gathered.extend(gather())
            return _rights(gathered)

        with unit_of_work(platform.database, proposal.case_id, lot, shares=come) as work:
            take = _taker(platform, work, kind, gathered)
            return [_outcome(work, take, one) for one in gathered]

    with _denials_on_record(platform, asked.log_in, proposal):
        if kind.name in _shared:
            with platform.queues.at(proposal.case_id, lot) as queue:
                answer: Answer = queue.go_through(asked, asked.signer, transaction)
            return answer
        with unit_of_work(platform.database, proposal.case_id, lot, shares=lambda: _rights([asked])) as work:
            return _taker(platform, work, kind, [asked])(asked)


def _rights(asked: Sequence[Asked]) -> set[str]:
    """What must not end while these acts are taken on record."""
    return {rights_of(one.log_in.account_id) for one in asked}


@contextmanager
def _denials_on_record(platform: Platform, log_in: LogIn, proposal: Proposal) -> Iterator[None]:
    try:
        yield
    except NotAllowed as denied:
        actor = Actor(log_in.account_id, "", frozenset(), "", "", "", seat=log_in.seat)
        record_denial(platform.database, actor, denied.action, proposal.case_id, proposal.private.get("address", ""))
        raise


def _outcome(work: UnitOfWork, take: Callable[[Asked], Answer], one: Asked) -> Answer | Exception:
    """What becomes of one act of several: its refusal leaves the others as they are."""
    try:
        with work.all_or_nothing():
            return take(one)
    except (RuleViolation, CryptoError, NotAllowed) as refusal:
        return refusal


def _taker(platform: Platform, work: UnitOfWork, kind: FactType, asked: Sequence[Asked]) -> Callable[[Asked], Answer]:
    """What takes each of these acts on record, or refuses it, in an open transaction."""
    readings = Readings(work.connection, asked)
    complete = _completions.get(kind.name)

    def take(one: Asked) -> Answer:
        if (earlier := readings.earlier_answer(one)) is not None:
            return earlier  # what was prepared stays: it may be what that very answer was given for
        actor, proposal = readings.actor(one), one.proposal
        _authorize(actor, kind, work.case, proposal.lot, work.now)
        readings.verify(platform, work, one)
        record = _append(work, actor, proposal)
        act = Act(platform, work, actor, proposal, record, one.prepared)
        answer = {"accepted": kind.name, "lot": proposal.lot, "at": record.to_json()["at"]}
        answer |= complete(act) if complete else {}
        readings.remember(work, one, answer)
        return answer

    return take


def _append(work: UnitOfWork, actor: Actor, proposal: Proposal) -> Record:
    """The accepted fact with its consequences, in the log; the record of the fact itself."""
    facts = work.case.decide(proposal.fact, proposal.lot, actor, work.now)
    record = work.append(
        facts[0],
        lot=proposal.lot,
        actor=actor,
        role="+".join(sorted(actor.roles)),
        act=proposal.signed,
        payload=proposal.payload,
        private=dict(proposal.private),
    )
    for consequence in facts[1:]:
        work.append(consequence, lot=proposal.lot)
    return record


def _authorize(actor: Actor, kind: FactType, case: Case, lot: str, now: datetime) -> None:
    """Raises NotAllowed, or the RuleViolation with which an act of this type explains it."""
    try:
        authorize(actor, Action(kind.action or ""), case, lot)
    except NotAllowed:
        if explain := _explanations.get(kind.name):
            explain(case, actor, lot, now)
        raise


def _unprepared(platform: Platform, asked: Asked) -> Answer | None:
    """The first answer to this command, if there is one, to an act that could not be prepared.

    Raises NotAllowed before anything else is said to somebody who may not act so.
    """
    with platform.database.reading() as db_session:
        readings = Readings(db_session.connection(), [asked])
        if (earlier := readings.earlier_answer(asked)) is None:
            case = load_case(db_session, asked.proposal.case_id)
            lot, now = asked.proposal.lot, platform.database.now()
            _authorize(readings.actor(asked), asked.kind, case, lot, now)
        return earlier


def act_head(platform: Platform, case_id: str, log_in: LogIn) -> str:
    """The hash that the actor's next act in this case must link to; "" for the first."""
    with platform.database.reading() as db_session:
        row = db_session.get(ActHead, (case_id, log_in.seat or log_in.account_id))
        return row.act_hash if row else ""

"""The one door through which a person's signed act enters a case file.

1. the payload's shape; 2. what can be prepared outside a transaction (hashing, pairings); then in one transaction
3. lock case and lot, read the clock, reload the actor; 4. a repeated command gets its first answer; 5. the policy;
6. the signature, by a key that counts and that links to the actor's act before; 7. the pure rule; 8. the facts; 9. what
the feature adds (receipt, jobs, notices, projections). Where 2 is refused, 4 and 5 are asked all the same: what a
repeated command was prepared from is gone, and who may not act so learns nothing else and is denied on record.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.casefile.codec import check_lengths
from app.casefile.facts import FactType, fact_type
from app.casefile.record import Record, case_reference
from app.database import Busy
from app.models import ActHead, Certificate, Command
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, authorize
from app.procedure.errors import RuleViolation
from app.procedure.roles import ANYONE, Actor
from app.queries.cases import load_case
from app.services.accounts import LogIn
from app.services.actors import load_actor, record_denial
from app.services.platform import Platform
from app.services.unit_of_work import UnitOfWork, unit_of_work
from crypto.canonical import Json, canonical
from crypto.certificates import verify_certificate
from crypto.errors import CryptoError
from crypto.signing import SignedAct, verify_act

Answer = dict[str, Json]


@dataclass(frozen=True)
class Proposal:
    """A signed act as it came in. `attachments` are small files it names by hash; `private` is where it came from."""

    case_id: str
    lot: str
    type: str
    payload: Json
    signed: SignedAct
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    private: Mapping[str, str] = field(default_factory=dict)


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
# Asked for and written with every act: made once, and of columns, not objects.
_EARLIER = select(Command.payload_sha256, Command.answer).where(
    Command.actor == bindparam("actor"),
    Command.case_id == bindparam("case"),
    Command.command_id == bindparam("command"),
)
_PEM = select(Certificate.pem).where(
    Certificate.account_id == bindparam("account"),
    Certificate.scope == bindparam("seat"),
    Certificate.key_id == bindparam("key"),
    Certificate.revoked_at.is_(None),
)
_OF_ACTOR = (ActHead.case_id == bindparam("case"), ActHead.actor == bindparam("signer"))
_HEAD = select(ActHead.act_hash).where(*_OF_ACTOR)
_NEXT_HEAD = update(ActHead.__table__).where(*_OF_ACTOR).values(act_hash=bindparam("next_hash"))
_FIRST_HEAD, _ANSWERED = insert(ActHead.__table__), insert(Command.__table__)


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


def completes(*names: str) -> Callable[[Completion], Completion]:
    """Register what a feature adds inside the transaction of acts of these types."""

    def register(function: Completion) -> Completion:
        _completions.update(dict.fromkeys(names, function))
        return function

    return register


def record_act(platform: Platform, log_in: LogIn | None, proposal: Proposal) -> Answer:
    """Take a person's act on record, or refuse it; the answer, which a repeat of the same command gets again.

    Raises RuleViolation (`text_too_long` before anything else is looked at), CryptoError, NotAllowed, Busy.
    """
    kind = fact_type(proposal.type)
    written = LONGEST_OF_LOT if kind.per_lot else LONGEST_OF_CASE
    check_lengths(proposal.payload, LONGEST_STATEMENT if kind.name in WORD_FOR_WORD else written)
    kind.decode(proposal.payload)
    if kind.action is None or log_in is None:
        raise NotAllowed(Action.EVENTS_READ)
    prepare = _preparations.get(kind.name)
    try:
        prepared = prepare(platform, log_in, proposal) if prepare else None
    except (RuleViolation, CryptoError, NotAllowed) as refusal:
        with _denials_on_record(platform, log_in, proposal):
            if (earlier := _unprepared(platform, log_in, kind, proposal)) is None:
                if keep := _refusals.get((kind.name, getattr(refusal, "code", ""))):
                    _keep_refused(platform, log_in, proposal, keep)
                raise
        return earlier
    try:
        return _recorded(platform, log_in, kind, proposal, prepared)
    except (RuleViolation, CryptoError, NotAllowed, Busy):  # nothing was committed; any other fault may come after it
        _retreat(platform, kind, prepared)
        raise


def _keep_refused(platform: Platform, log_in: LogIn, proposal: Proposal, keep: Refusal) -> None:
    """Put a refused act on record, if its signature is its signer's and the rules have a place for it now."""
    try:
        with unit_of_work(platform.database, proposal.case_id, proposal.lot) as work:
            actor = load_actor(work.db_session, log_in.account_id, log_in.seat)
            _verify(platform, work, actor, proposal)
            keep(work, actor, proposal)
    except (RuleViolation, CryptoError):
        return  # what is said to the sender is why it was refused in the first place


def _retreat(platform: Platform, kind: FactType, prepared: Any) -> None:
    if kind.name in _retreats:
        _retreats[kind.name](platform, prepared)


def _recorded(platform: Platform, log_in: LogIn, kind: FactType, proposal: Proposal, prepared: Any) -> Answer:
    """The transaction of an act; who may not do it is denied on record."""
    with (
        _denials_on_record(platform, log_in, proposal),
        unit_of_work(platform.database, proposal.case_id, proposal.lot if kind.per_lot else "") as work,
    ):
        return _take(platform, work, log_in, kind, proposal, prepared)


@contextmanager
def _denials_on_record(platform: Platform, log_in: LogIn, proposal: Proposal) -> Iterator[None]:
    try:
        yield
    except NotAllowed as denied:
        actor = Actor(log_in.account_id, "", frozenset(), "", "", "", seat=log_in.seat)
        record_denial(platform.database, actor, denied.action, proposal.case_id, proposal.private.get("address", ""))
        raise


def _take(
    platform: Platform, work: UnitOfWork, log_in: LogIn, kind: FactType, proposal: Proposal, prepared: Any
) -> Answer:
    actor = load_actor(work.db_session, log_in.account_id, log_in.seat)
    if (earlier := _earlier_answer(work.db_session, actor, proposal)) is not None:
        _retreat(platform, kind, prepared)
        return earlier
    _authorize(actor, kind, work.case, proposal.lot, work.now)
    _verify(platform, work, actor, proposal)
    facts = work.case.decide(kind.decode(proposal.payload), proposal.lot, actor, work.now)
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
    complete = _completions.get(kind.name)
    act = Act(platform, work, actor, proposal, record, prepared)
    answer = {"accepted": kind.name, "lot": proposal.lot, "at": record.to_json()["at"]}
    answer |= complete(act) if complete else {}
    _remember(work, actor, proposal, answer)
    return answer


def _authorize(actor: Actor, kind: FactType, case: Case, lot: str, now: datetime) -> None:
    """Raises NotAllowed, or the RuleViolation with which an act of this type explains it."""
    try:
        authorize(actor, Action(kind.action or ""), case, lot)
    except NotAllowed:
        if explain := _explanations.get(kind.name):
            explain(case, actor, lot, now)
        raise


def _unprepared(platform: Platform, log_in: LogIn, kind: FactType, proposal: Proposal) -> Answer | None:
    """The first answer to this command, if there is one, to an act that could not be prepared.

    Raises NotAllowed before anything else is said to somebody who may not act so.
    """
    with platform.database.reading() as db_session:
        actor = load_actor(db_session, log_in.account_id, log_in.seat)
        if (earlier := _earlier_answer(db_session, actor, proposal)) is None:
            case = load_case(db_session, proposal.case_id)
            _authorize(actor, kind, case, proposal.lot, platform.database.now())
        return earlier


def _earlier_answer(db_session: DbSession, actor: Actor, proposal: Proposal) -> Answer | None:
    """The first answer to this very command. Raises RuleViolation `command_reused` for another act."""
    if actor is ANYONE:
        return None
    command = proposal.signed.act["command_id"]
    asked = {"actor": actor.signs_as, "case": proposal.case_id, "command": command}
    found = db_session.connection().execute(_EARLIER, asked).one_or_none()
    if found is None:
        return None
    answer: Answer = json.loads(found.answer)
    first = found.payload_sha256, answer["accepted"], answer["lot"]
    if first != (proposal.signed.act["payload_sha256"], proposal.type, proposal.lot):
        raise RuleViolation("command_reused", command=command)
    return answer


def _verify(platform: Platform, work: UnitOfWork, actor: Actor, proposal: Proposal) -> None:
    signed = proposal.signed
    facts = verify_certificate(_certificate(work.db_session, actor, signed.key_id), platform.keys.roots, work.now)
    reference = case_reference(proposal.case_id, proposal.lot)
    verify_act(signed, facts.spki, origin=platform.origin, case=reference, type=proposal.type, payload=proposal.payload)
    expected = work.connection.scalar(_HEAD, {"case": proposal.case_id, "signer": actor.signs_as}) or ""
    if signed.act["prev_act"] != expected:
        raise RuleViolation("act_out_of_order", expected=expected[:12], stated=signed.act["prev_act"][:12])


def _certificate(db_session: DbSession, actor: Actor, key_id: str) -> str:
    asked = {"account": actor.id, "seat": actor.seat, "key": key_id}
    pem: str | None = db_session.connection().scalar(_PEM, asked)
    if pem is None:
        raise RuleViolation("key_not_certified", key=key_id[:16])
    return pem


def _remember(work: UnitOfWork, actor: Actor, proposal: Proposal, answer: Answer) -> None:
    act, act_hash, case_id = proposal.signed.act, proposal.signed.act_hash, proposal.case_id
    if act["prev_act"]:
        work.connection.execute(_NEXT_HEAD, {"case": case_id, "signer": actor.signs_as, "next_hash": act_hash})
    else:
        work.connection.execute(_FIRST_HEAD, {"case_id": case_id, "actor": actor.signs_as, "act_hash": act_hash})
    answered = {
        "actor": actor.signs_as,
        "case_id": case_id,
        "command_id": act["command_id"],
        "payload_sha256": act["payload_sha256"],
        "answer": canonical(answer).decode(),
    }
    work.connection.execute(_ANSWERED, answered)


def parse_proposal(case: str, type: str, body: Json, private: Mapping[str, str]) -> Proposal:
    """A proposal from `{payload, act, key_id, signature, attachments?}`; `case` is "id" or "id/lot".

    Raises RuleViolation `malformed`, CryptoError `act_malformed`.
    """
    if not isinstance(body, dict) or "payload" not in body:
        raise RuleViolation("malformed", path="$.payload", expected="a_value")
    case_id, _, lot = case.partition("/")
    signed = SignedAct.from_json({name: body.get(name, "") for name in ("act", "key_id", "signature")})
    try:
        attachments = {
            str(name): base64.b64decode(data, validate=True)
            for name, data in dict(body.get("attachments") or {}).items()
        }
    except (ValueError, TypeError) as exc:
        raise RuleViolation("malformed", path="$.attachments", expected="base64") from exc
    return Proposal(case_id, lot, type, body["payload"], signed, attachments, private)


def act_head(platform: Platform, case_id: str, log_in: LogIn) -> str:
    """The hash that the actor's next act in this case must link to; "" for the first."""
    with platform.database.reading() as db_session:
        row = db_session.get(ActHead, (case_id, log_in.seat or log_in.account_id))
        return row.act_hash if row else ""

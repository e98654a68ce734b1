"""What is on record about those who act, read together for all acts of a transaction: who they are now, what they were
answered, the keys they sign with, and the acts to which their next ones link."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, insert, literal_column, select, union_all, update

from app.casefile.facts import FactType
from app.casefile.record import case_reference
from app.database import padded
from app.models import ActHead, Certificate, Command
from app.procedure.errors import RuleViolation
from app.procedure.roles import ANYONE, Actor
from app.sending import find
from app.services.accounts import LogIn
from app.services.actors import NONE, actor_of, rows_of_accounts
from app.services.platform import Platform
from app.services.proposals import Answer, Proposal
from app.services.unit_of_work import UnitOfWork
from crypto.canonical import canonical
from crypto.certificates import verify_certificate
from crypto.signing import verify_act


def _among(column: Any, names: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.in_(bindparam(names, expanding=True))
    return found


# Asked for and written with every act: made once, and of columns, not objects.
_ON_RECORD = union_all(
    *rows_of_accounts(lambda column: _among(column, "accounts")),
    select(
        literal_column("'pem'"), Certificate.account_id, Certificate.scope, Certificate.key_id, Certificate.pem, NONE
    )
    .where(_among(Certificate.account_id, "accounts"), _among(Certificate.key_id, "keys"))
    .where(Certificate.revoked_at.is_(None)),
    select(literal_column("'answer'"), Command.actor, Command.command_id, Command.payload_sha256, Command.answer, NONE)
    .where(Command.case_id == bindparam("case"), _among(Command.actor, "signers"))
    .where(_among(Command.command_id, "commands")),
    select(literal_column("'head'"), ActHead.actor, ActHead.act_hash, NONE, NONE, NONE).where(
        ActHead.case_id == bindparam("case"), _among(ActHead.actor, "signers")
    ),
)
_NEXT_HEAD = (
    update(ActHead.__table__)
    .where(ActHead.case_id == bindparam("case"), ActHead.actor == bindparam("signer"))
    .values(act_hash=bindparam("next_hash"))
)
_FIRST_HEAD, _ANSWERED = insert(ActHead.__table__), insert(Command.__table__)


@dataclass(eq=False)
class Asked:
    """An act that somebody asks for, with what was prepared for it outside the transaction."""

    log_in: LogIn
    kind: FactType
    proposal: Proposal
    prepared: Any = None

    @property
    def signer(self) -> str:
        """Under which name the acts of whoever is logged in are chained."""
        return self.log_in.seat or self.log_in.account_id


class Readings:
    """What is on record about the signers of these acts, of one case, as of now."""

    def __init__(self, connection: Connection, asked: Sequence[Asked]) -> None:
        acts = [one.proposal.signed for one in asked]
        names = {
            "case": asked[0].proposal.case_id,
            "accounts": padded({one.log_in.account_id for one in asked}),
            "signers": padded({one.signer for one in asked}),
            "keys": padded([signed.key_id for signed in acts]),
            "commands": padded([signed.act["command_id"] for signed in acts]),
        }
        rows: dict[str, list[Sequence[Any]]] = {account_id: [] for account_id in names["accounts"]}
        self._pems: dict[Any, str] = {}
        self._answers: dict[Any, Any] = {}
        self._heads: dict[str, str] = {}
        self._roots: tuple[str, ...] = ()  # read from files, once for all acts
        for row in find(connection, _ON_RECORD, **names):
            match row[0]:
                case "pem":
                    self._pems[row[1:4]] = row[4]
                case "answer":
                    self._answers[row[1:3]] = row[3:5]
                case "head":
                    self._heads[row[1]] = row[2]
                case _:
                    rows[row[1]].append(row)
        ones = {(one.log_in.account_id, one.log_in.seat) for one in asked}
        self._actors = {(account_id, seat): actor_of(rows[account_id], account_id, seat) for account_id, seat in ones}

    def actor(self, one: Asked) -> Actor:
        return self._actors[one.log_in.account_id, one.log_in.seat]

    def earlier_answer(self, one: Asked) -> Answer | None:
        """The first answer to this very command. Raises RuleViolation `command_reused` for another act."""
        act = one.proposal.signed.act
        found = self._answers.get((one.signer, act["command_id"]))
        if found is None or self.actor(one) is ANYONE:
            return None
        payload_sha256, text = found
        answer: Answer = json.loads(text)
        first = payload_sha256, answer["accepted"], answer["lot"]
        if first != (act["payload_sha256"], one.proposal.type, one.proposal.lot):
            raise RuleViolation("command_reused", command=act["command_id"])
        return answer

    def verify(self, platform: Platform, work: UnitOfWork, one: Asked) -> None:
        """Returns when the act is signed with a key of its signer that counts now, and linked to the act before.

        Raises RuleViolation `key_not_certified`, `act_out_of_order`; CryptoError.
        """
        proposal, signed, actor = one.proposal, one.proposal.signed, self.actor(one)
        pem = self._pems.get((actor.id, actor.seat, signed.key_id))
        if pem is None:
            raise RuleViolation("key_not_certified", key=signed.key_id[:16])
        self._roots = self._roots or platform.keys.roots
        facts = verify_certificate(pem, self._roots, work.now)
        verify_act(
            signed,
            facts.spki,
            origin=platform.origin,
            case=case_reference(proposal.case_id, proposal.lot),
            type=proposal.type,
            payload=proposal.payload,
        )
        expected = self._heads.get(actor.signs_as, "")
        if signed.act["prev_act"] != expected:
            raise RuleViolation("act_out_of_order", expected=expected[:12], stated=signed.act["prev_act"][:12])

    def remember(self, work: UnitOfWork, one: Asked, answer: Answer) -> None:
        """Keep the answer, and the act as the one to which its signer's next one links."""
        signed, signer, case_id = one.proposal.signed, self.actor(one).signs_as, one.proposal.case_id
        if signed.act["prev_act"]:
            work.add(_NEXT_HEAD, {"case": case_id, "signer": signer, "next_hash": signed.act_hash})
        else:
            work.add(_FIRST_HEAD, {"case_id": case_id, "actor": signer, "act_hash": signed.act_hash})
        answered = {
            "actor": signer,
            "case_id": case_id,
            "command_id": signed.act["command_id"],
            "payload_sha256": signed.act["payload_sha256"],
            "answer": canonical(answer).decode(),
        }
        work.add(_ANSWERED, answered)

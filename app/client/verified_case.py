"""A case as a trustee's tool has verified it: signed acts, and turns for which the witnesses vouch.

The platform is only asked for what proves itself: certificates under pinned authorities, proofs under cosigned notes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote

from app.casefile.record import Record
from app.casefile.signed_acts import VERIFIED, SignedCase, check_act, signed_case
from app.casefile.ticks import TickProof
from app.casefile.turns import TURNS, LotName, Turn, quorum_at, vouched
from app.casefile.verification.evidence import Keys, certificates_of
from app.client.connection import Connection, Refused
from app.messages import sentence
from app.procedure.errors import RuleViolation
from crypto.canonical import Json
from crypto.errors import CryptoError
from crypto.instants import parse_instant
from crypto.notes import Note, VerifierKey

Event = Mapping[str, Any]


class Source(Protocol):
    """Where proofs come from; nothing of it is believed."""

    def certificates(self, keys: frozenset[str]) -> Sequence[Json]:
        """The register's entries about these keys, as records."""

    def turns(self, lot: str, needed: int) -> Json:
        """`{"proofs","notes"}`: how the first `needed` turns of a lot stand in cosigned ticks."""


class PlatformSource:
    """The platform as a source of proofs; certificates are fetched again when a key, or a further act, needs one."""

    def __init__(self, connection: Connection, case: str) -> None:
        self._connection, self._path = connection, f"/cases/{quote(case)}"
        self._known: tuple[frozenset[str], Sequence[Json]] = (frozenset(), ())

    def certificates(self, keys: frozenset[str]) -> Sequence[Json]:
        if self._known[0] != keys:
            self._known = (keys, list(self._connection.get(f"{self._path}/certificates")))
        return self._known[1]

    def turns(self, lot: str, needed: int) -> Json:
        return self._connection.get(f"{self._path}/lots/{quote(lot)}/turns/{needed}")


@dataclass(frozen=True)
class VerifiedCase:
    """What is certain of a case. `more` are witnesses whom this trustee asks for in addition to those of the terms."""

    origin: str
    case: str
    records: tuple[Record, ...]
    keys: Keys
    signed: SignedCase
    source: Source
    more: tuple[VerifierKey, ...]

    def check_acts(self, lot: str, *types: str) -> None:
        """The acts of these types on a lot are their parties' own. Raises Refused `trustee_act_unverified`."""
        try:
            for record in self.records:
                if record.lot == lot and record.type in types:
                    check_act(record, self.signed.terms, self.keys, self.origin)
        except (CryptoError, KeyError, TypeError, AttributeError) as exc:
            raise _unverified(exc) from exc

    def vouched_by(self, lot: str, turn: str) -> tuple[str, ...]:
        """The names of the witnesses that vouch for the last turn of this type, none where the terms name none.

        Raises Refused `trustee_unvouched` while too few do, `trustee_proof_wrong`.
        """
        register = self.signed.register
        if not register.witnesses and not self.more:
            return ()
        found = self._found(lot, turn)
        missing = [key.name for key in self.more if key not in found]
        if missing or (register.quorum and quorum_at(register, found) is None):
            what, names = f"{self.case}/{lot}", ", ".join(missing) or "-"
            raise Refused(
                "trustee_unvouched",
                f"{what} 的 {turn} 联署不足（招标文件要求 {register.quorum} 方；自选而未到：{names}）。等待联署。",
                f"{turn} of {what} has too few cosignatures (the terms ask for {register.quorum}; of one's own choice "
                f"missing: {names}). Waiting.",
            )
        return tuple(sorted(key.name for key in found))

    def _found(self, lot: str, turn: str) -> dict[VerifierKey, datetime]:
        turns = [record for record in self.records if record.lot == lot and record.type in TURNS]
        needed = max(at for at, record in enumerate(turns, 1) if record.type == turn)
        name, known = LotName(self.origin, self.case, lot), [Turn.of(record) for record in turns]
        try:
            answer = self.source.turns(lot, needed)
            proofs = [TickProof.from_json(proof) for proof in answer["proofs"]]
            notes = {int(size): Note.parse(text) for size, text in answer["notes"].items()}
            return vouched(name, known, needed, proofs, notes, self.signed.register, self.more)
        except (CryptoError, KeyError, TypeError, ValueError, AttributeError) as exc:
            zh, en = _reasons(exc)
            raise Refused(
                "trustee_proof_wrong",
                f"登记簿对 {self.case}/{lot} 的证明不成立：{zh}。拒绝签署；请联系监督部门和见证方。",
                f"The register's proof for {self.case}/{lot} is wrong: {en}. Refused; call regulator and witnesses.",
            ) from exc


def verified_case(
    origin: str,
    case: str,
    events: Iterable[Event],
    roots: Sequence[str],
    source: Source,
    more: Sequence[VerifierKey] = (),
) -> VerifiedCase | None:
    """The case that these events prove, None before it is published. Raises Refused `trustee_act_unverified`."""
    try:
        records = tuple(_record(case, event) for event in events)
        needed = frozenset(r.act["key_id"] for r in records if r.act and r.type in VERIFIED)
        register = [Record.from_json(entry) for entry in source.certificates(needed)]
        keys = Keys(certificates_of(register), tuple(roots))
        signed = signed_case(records, keys, origin)
    except (CryptoError, RuleViolation, KeyError, TypeError, ValueError, AttributeError) as exc:
        raise _unverified(exc) from exc
    return None if signed is None else VerifiedCase(origin, case, records, keys, signed, source, tuple(more))


def _record(case: str, event: Event) -> Record:
    """An event as a record; what an event does not tell (the place in the log) nothing here hangs on."""
    at = parse_instant(event["at"])
    return Record(
        case, 0, event["lot"], event["type"], at, event["actor"], event["role"], event["payload"], event["act"]
    )


def _reasons(exc: Exception) -> tuple[str, str]:
    if isinstance(exc, CryptoError | RuleViolation):
        return sentence(exc.code, exc.facts, "zh").rstrip("。"), sentence(exc.code, exc.facts, "en").rstrip(".")
    return type(exc).__name__, type(exc).__name__


def _unverified(exc: Exception) -> Refused:
    zh, en = _reasons(exc)
    return Refused(
        "trustee_act_unverified",
        f"平台出示的行为核验不通过：{zh}。拒绝签署；请联系监督部门。",
        f"An act that the platform shows does not verify: {en}. Refused; call the regulator.",
    )

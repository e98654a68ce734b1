"""A bundle as read, of which nothing is believed yet. What cannot be read keeps its place; the log step names it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from app.casefile.bundle import CASE, EVENTS, PERSONS, PRIVATE, TRUST, committee_at, submitted_pairs
from app.casefile.case import Case
from app.casefile.ceremony import OF_A_CEREMONY
from app.casefile.record import Record, case_reference
from app.casefile.register import CertificateIssued, CertificateRevoked, ClientCodePublished
from app.procedure.errors import RuleViolation
from app.procedure.profiles import Profile
from app.procedure.roles import Role
from app.procedure.witnesses import NO_WITNESS, RegisterTerms
from crypto.canonical import Json, parse
from crypto.certificates import CertificateFacts, verify_certificate
from crypto.committee import Committee
from crypto.errors import CryptoError
from crypto.notes import VerifierKey
from crypto.signing import SignedAct, verify_act

DIGEST = 32


@dataclass(frozen=True)
class ReadLine:
    """A line of `events.jsonl`; `wrong` says why it is none."""

    leaf: bytes
    record: Record | None = None
    salt: bytes = b""
    wrong: str = ""


@dataclass(frozen=True)
class Issued:
    """A certificate of the register with the time for which it counts."""

    fact: CertificateIssued
    issued_at: datetime
    revoked_at: datetime | None

    def counts(self, key_id: str, signer: str, at: datetime) -> bool:
        """Whether this key was that signer's (an account, or a seat by its scope) at an instant."""
        mine = self.fact.scope == signer if self.fact.scope else self.fact.account == signer
        in_time = self.issued_at <= at and (self.revoked_at is None or at < self.revoked_at)
        return mine and in_time and self.fact.key_id == key_id


@dataclass(frozen=True)
class Keys:
    """Whose keys count: certificates of the register with their times, under the authorities that are believed."""

    issued: tuple[Issued, ...]
    roots: tuple[str, ...]

    def certificate(self, record: Record, key_id: str) -> CertificateFacts:
        """The certificate under which the actor of a record could sign with a key then.

        Raises CryptoError `evidence_key_uncertified` (seq) and those of `verify_certificate`.
        """
        for issued in self.issued:
            if issued.counts(key_id, record.actor, record.at):
                facts = verify_certificate(issued.fact.pem, self.roots, record.at)
                if (facts.key_id, facts.scope, facts.subject.serial) == (
                    key_id,
                    issued.fact.scope,
                    issued.fact.account,
                ):
                    return facts
        raise CryptoError("evidence_key_uncertified", seq=record.seq, type=record.type, key=key_id[:16])

    def verified(self, record: Record, origin: str) -> tuple[SignedAct, CertificateFacts]:
        """The signed act of a record, and whose it is. Raises CryptoError."""
        act = SignedAct.from_json(record.act)
        signer = self.certificate(record, act.key_id)
        reference = case_reference(record.case_id, record.lot)
        verify_act(act, signer.spki, origin=origin, case=reference, type=record.type, payload=record.payload)
        return act, signer


def approves_own(record: Record, signer: CertificateFacts, author: str) -> bool:
    """Whether draw conditions are approved by who proposed them; `author` is the certified serial of that person."""
    return record.type == "DrawConditionsApproved" and signer.subject.serial == author


@dataclass(frozen=True)
class Evidence:
    """Files, head, log and trust of a bundle. `roots` are the authorities believed, `pinned` if the verifier's own."""

    files: Mapping[str, bytes]
    head: Mapping[str, Any]
    signature: Mapping[str, str]
    lines: tuple[ReadLine, ...]
    certificates: tuple[Issued, ...]
    ceremonies: tuple[Record, ...]  # the register's records of them, in order
    client_code: tuple[Record, ...]  # its records of code that seals
    platform: str
    roots: tuple[str, ...]
    pinned: bool
    profiles: tuple[Profile, ...]
    witnesses: tuple[VerifierKey, ...] = ()  # whose cosignatures the verifier asks for
    films: Mapping[str, str] = field(default_factory=dict)  # SHA-256 of recordings that the verifier has, by file name

    @property
    def origin(self) -> str:
        return str(self.head["origin"])

    @property
    def case_id(self) -> str:
        return str(self.head["case"])

    @property
    def for_regulator(self) -> bool:
        return bool(self.head["holder"] == Role.REGULATOR)

    @cached_property
    def records(self) -> tuple[Record, ...]:
        return tuple(line.record for line in self.lines if line.record is not None)

    @cached_property
    def readable(self) -> tuple[Record, ...]:
        """The records whose fact can be read at all; the others are named by the replay."""
        return tuple(record for record in self.records if _has_fact(record))

    def unopened(self, lot: str) -> bool:
        """Whether the holder may not see the bids of a lot because it was never opened."""
        opening = self.case.lots[lot].opening
        return bool(opening.failed) and not opening.openable and not self.for_regulator

    @cached_property
    def hidden(self) -> tuple[int, ...]:
        """Sequence numbers of which only the leaf is there."""
        return tuple(seq for seq, line in enumerate(self.lines) if line.record is None)

    @cached_property
    def case(self) -> Case:
        """The case as far as it can be folded; whether it is lawful is for the replay to say."""
        case = Case(self.case_id)
        for record in self.readable:
            try:
                case = case.apply(record)
            except (RuleViolation, KeyError, IndexError, AssertionError):
                continue  # hidden facts leave gaps in sittings; in a whole log the replay fails here
        return case

    @property
    def register(self) -> RegisterTerms:
        """Whom the published terms, or a year's approved plan, name to vouch for the case's history."""
        if (year := self.case.inspection) is not None:
            return year.plan.register if year.plan else NO_WITNESS
        terms = self.case.tender.terms
        return terms.register if terms else NO_WITNESS

    @cached_property
    def bids(self) -> dict[str, tuple[Record, Record]]:
        """Visible submissions by receipt id, each with its receipt."""
        return {receipt.fact.receipt_id: (sub, receipt) for sub, receipt in submitted_pairs(self.readable)}

    def committee(self, record: Record) -> Committee:
        """The trustees whose shares counted at a record; for an opening see `opening_committee`."""
        seq = record.seq
        if record.type in ("ShareReleased", "ShareRefused"):
            fixed = (r.seq for r in self.of_lot(record.lot) if r.type in ("BidsReleased", "FallbackStarted"))
            seq = min((*fixed, seq))
        return Committee.from_description(committee_at(self.readable, seq))

    def of_lot(self, lot: str) -> list[Record]:
        return [record for record in self.readable if record.lot == lot]

    @property
    def keys(self) -> Keys:
        return Keys(self.certificates, self.roots)

    def certificate(self, record: Record, key_id: str) -> CertificateFacts:
        """The certificate under which the actor of a record could sign with a key then. Raises CryptoError."""
        return self.keys.certificate(record, key_id)


def _has_fact(record: Record) -> bool:
    try:
        _ = record.fact
    except RuleViolation:
        return False
    return True


def read_evidence(
    files: Mapping[str, bytes],
    roots: Sequence[str] = (),
    profiles: Sequence[Profile] = (),
    witnesses: Sequence[VerifierKey] = (),
    films: Mapping[str, str] | None = None,
) -> Evidence:
    """The evidence of a bundle's files. `roots`: authorities (PEM) that the verifier knows itself.

    Raises RuleViolation `evidence_file_missing`, CryptoError `not_canonical`, KeyError or TypeError for other shapes.
    """
    for name in (EVENTS, CASE, TRUST):
        if name not in files:
            raise RuleViolation("evidence_file_missing", name=name)
    case, trust = parse(files[CASE]), parse(files[TRUST])
    register = [Record.from_json(entry) for entry in trust["register"]]
    return Evidence(
        files=files,
        head=dict(case["head"]),
        signature={name: str(case[name]) for name in ("key_id", "signature")},
        lines=read_lines(files[EVENTS]),
        certificates=certificates_of(register),
        ceremonies=tuple(record for record in register if record.type in OF_A_CEREMONY),
        client_code=tuple(record for record in register if record.type == ClientCodePublished.__name__),
        platform=str(trust["platform"]),
        roots=tuple(roots) or tuple(str(root) for root in trust["roots"]),
        pinned=bool(roots),
        profiles=tuple(profiles),
        witnesses=tuple(witnesses),
        films=films or {},
    )


def read_lines(data: bytes) -> tuple[ReadLine, ...]:
    """The lines of `events.jsonl`, each in its place."""
    *lines, rest = data.split(b"\n")
    found = [_read_line(line) for line in lines]
    return (*found, ReadLine(b"", wrong="line without an end")) if rest else tuple(found)


def _read_line(data: bytes) -> ReadLine:
    try:
        value = parse(data)
        leaf = _digest(value["leaf"])
        if set(value) == {"leaf"}:
            return ReadLine(leaf)
        if set(value) != {"leaf", "entry", "salt"}:
            return ReadLine(leaf, wrong="fields")
        record = Record.from_json(value["entry"])
        if record.to_json() != value["entry"]:
            return ReadLine(leaf, wrong="entry")
        return ReadLine(leaf, record, _digest(value["salt"]))
    except (CryptoError, KeyError, ValueError, TypeError) as exc:
        return ReadLine(b"", wrong=str(exc)[:80] or type(exc).__name__)


def _digest(text: Json) -> bytes:
    data = bytes.fromhex(text)
    if len(data) != DIGEST or data.hex() != text:
        raise ValueError("not 32 bytes in hex")
    return data


def certificates_of(register: Sequence[Record]) -> tuple[Issued, ...]:
    """The certificates that entries of the register speak of."""
    revoked = {r.fact.serial: r.at for r in register if isinstance(r.fact, CertificateRevoked)}
    issued = [r for r in register if isinstance(r.fact, CertificateIssued)]
    return tuple(Issued(r.fact, r.at, revoked.get(r.fact.serial)) for r in issued)


def read_private(evidence: Evidence) -> dict[int, dict[str, Json]]:
    """The private halves by sequence number, {} where there are none."""
    data = evidence.files.get(PRIVATE, b"")
    return {half["seq"]: half for half in (parse(line) for line in data.splitlines())}


def read_persons(evidence: Evidence) -> dict[tuple[str, str], bytes]:
    """The salts that open the drawn numbers, by lot and number, {} where there are none."""
    lines = (parse(line) for line in evidence.files.get(PERSONS, b"").splitlines())
    return {(line["lot"], line["id"]): _digest(line["salt"]) for line in lines}

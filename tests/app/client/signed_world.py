"""A published case whose acts are really signed, and a list of acts that witnesses cosigned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from app.casefile.act_list import LISTED, ActList, Entry, list_name
from app.casefile.codec import encode
from app.casefile.record import Record, case_reference
from app.casefile.register import CertificateIssued
from app.casefile.ticks import log_name
from app.procedure.witnesses import RegisterTerms
from crypto import merkle
from crypto.canonical import digest
from crypto.certificates import Subject, create_authority, issue, verify_certificate
from crypto.instants import format_instant, parse_instant
from crypto.notes import COSIGNATURE, ED25519, Checkpoint, Note, NoteKey, cosign, sign_note
from crypto.signing import SigningKey, sign_act

ORIGIN, CASE = "centre.example", "c1"
DEADLINE = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
LOG = NoteKey.generate(log_name(ORIGIN), ED25519)
WITNESSES = tuple(NoteKey.generate(f"witness.example/w{i}", COSIGNATURE) for i in (1, 2, 3))
TWO_WITNESSES = RegisterTerms(str(LOG.verifier), tuple(str(key.verifier) for key in WITNESSES[:2]), 2)
PEOPLE = {
    "officer": "代理",
    "releaser": "代理",
    "centre": "中心",
    "regulator": "监督",
    "stranger": "另一代理",
}
SIGNERS = {
    "TenderSubmitted": "officer",
    "DrawConditionsProposed": "officer",
    "DrawConditionsApproved": "releaser",
    "DrawStated": "centre",
    "PauseOrdered": "regulator",
    "ResumptionOrdered": "regulator",
}
PARTY_SIGNERS = {"agency": "releaser", "centre": "centre", "supervisor": "regulator"}


@dataclass
class World:
    """`register` is what the terms name; `cosigners` have cosigned the one tick there is."""

    register: RegisterTerms = TWO_WITNESSES
    cosigners: Sequence[NoteKey] = WITNESSES
    log: NoteKey = LOG
    listed: list[dict[str, Any]] | None = None  # the events in the list of acts, where it has others than the record
    profile: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, SigningKey] = field(default_factory=lambda: {name: SigningKey.generate() for name in PEOPLE})

    def __post_init__(self) -> None:
        since = DEADLINE - timedelta(days=30)
        self.authority = create_authority("root", "centre", since, DEADLINE + timedelta(days=30))
        self.certificates_ = [self._certified(name, since) for name in PEOPLE]
        self.events: list[dict[str, Any]] = []

    @property
    def roots(self) -> tuple[str, ...]:
        return (self.authority.certificate_pem,)

    def _certified(self, name: str, since: datetime) -> Any:
        until, key = DEADLINE + timedelta(days=20), self.keys[name]
        subject = Subject(name, PEOPLE[name], name)
        pem = issue(self.authority, subject=subject, spki=key.spki, not_before=since, not_after=until, usage="person")
        serial = verify_certificate(pem, self.roots, DEADLINE).serial_number
        fact = CertificateIssued(serial, key.key_id, name, name, PEOPLE[name], "", until, pem)
        return Record("register", 0, "", "CertificateIssued", since, "system", "system", encode(fact), {}).to_json()

    def event(self, type: str, payload: Any, lot: str = "1", by: str = "", at: datetime = DEADLINE) -> dict[str, Any]:
        """An event as the platform shows it; signed by `by`, or by whose act it is, unless it is the system's."""
        name = by or SIGNERS.get(type) or PARTY_SIGNERS.get(payload.get("party", ""), "")
        name = name or ("releaser" if type.endswith(("Published", "Released")) and type != "ShareReleased" else "")
        act = {}
        if name and type != "BidsReleased":
            act = sign_act(
                self.keys[name],
                origin=ORIGIN,
                case=case_reference(CASE, lot),
                type=type,
                payload=payload,
                prev_act="",
                command_id="1" * 32,
                at=at,
            ).to_json()
        who = {"actor": name or "system", "role": "", "name": name}
        return {"type": type, "lot": lot, "at": format_instant(at), **who, "payload": payload, "act": act}

    def published(self, committee: Any, deadline_at: datetime = DEADLINE) -> list[dict[str, Any]]:
        """Submitted by the officer, published by the supervisor."""
        parties = {party: {"id": party, "name": name} for party, name in
                   (("agency", "代理"), ("centre", "中心"), ("regulator", "监督"))}  # fmt: skip
        lots = [{"number": "1", "deadline_at": format_instant(deadline_at)}]
        terms = {"parties": parties, "committee": committee, "lots": lots, "register": encode(self.register)}
        terms |= {"profile": self.profile} if self.profile else {}
        submitted = self.event("TenderSubmitted", {"terms": terms}, "")
        return [submitted, self.event("TenderPublished", {"terms_sha256": digest({"terms": terms})}, "")]

    # as a source of proofs

    def certificates(self, keys: frozenset[str]) -> list[Any]:
        return self.certificates_

    def acts(self) -> ActList:
        """The list of a platform that has this case alone, cosigned as a whole."""
        found, key = ActList(), NoteKey(list_name(self.log.name), ED25519, self.log.private)
        shown = self.events if self.listed is None else self.listed
        found.grow(Entry.of(ORIGIN, record_of(event)) for event in shown if event["type"] in LISTED)
        if found.entries:
            head = Checkpoint(key.name, len(found.entries), merkle.root([entry.leaf() for entry in found.entries]))
            note = sign_note(key, str(head))
            lines = [cosign(key, note.text, int(DEADLINE.timestamp()) + 1) for key in self.cosigners]
            found.notes = [Note(note.text, (*note.signatures, *lines))]
        return found


def record_of(event: dict[str, Any]) -> Record:
    """An event as the record of the case that it is shown of."""
    at, who = parse_instant(event["at"]), (event["actor"], event["role"])
    return Record(CASE, 0, event["lot"], event["type"], at, *who, event["payload"], event["act"])

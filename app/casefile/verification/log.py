"""The log: every leaf, the tree and its signed head. The files: each repeats the log, none is foreign."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from app.casefile.bundle import CASE, EVENTS, HEAD, PERSONS, PRIVATE, README, README_TEXT, TRUST, derived_files
from app.casefile.document_data import failure_name, report_name, statement_name
from app.casefile.record import Record
from app.casefile.verification.evidence import Evidence, read_private
from app.casefile.verification.findings import Findings, failed, held, not_covered
from app.casefile.verification.witnesses import register_files
from crypto import merkle
from crypto.canonical import canonical
from crypto.certificates import verify_certificate
from crypto.errors import CryptoError
from crypto.instants import parse_instant
from crypto.signing import verify_object


def platform_spki(evidence: Evidence) -> bytes:
    """The platform's public key, as an authority certified it. Raises CryptoError, also for a key of another use."""
    facts = verify_certificate(evidence.platform, evidence.roots, parse_instant(evidence.head["exported_at"]))
    if facts.usage != "platform":
        raise CryptoError("certificate_malformed", reason="usage")
    return facts.spki


def check_head(evidence: Evidence) -> Findings:
    """The head is the platform's own word, by a certificate of the trusted authority."""
    try:
        verify_object(platform_spki(evidence), HEAD, dict(evidence.head), evidence.signature)
    except CryptoError as exc:
        yield failed("evidence_head_unsigned", reason=exc.code)
        return
    if evidence.head["v"] != HEAD:
        yield failed("evidence_head_unsigned", reason="v")
    if hashlib.sha256(evidence.files[TRUST]).hexdigest() != evidence.head["trust_sha256"]:
        yield failed("evidence_file_differs", name=TRUST)
    yield held("evidence_head_signed", origin=evidence.origin, exported_at=parse_instant(evidence.head["exported_at"]))
    if not evidence.pinned:
        yield not_covered("evidence_roots_own")


def check_log(evidence: Evidence) -> Findings:
    """Leaves, order, times, size and root."""
    before: Record | None = None
    for seq, line in enumerate(evidence.lines):
        if line.wrong:
            yield failed("evidence_line_malformed", seq=seq, reason=line.wrong)
        elif line.record is not None:
            yield from _check_entry(evidence, seq, line.record, line.salt, line.leaf)
            if before is not None and line.record.at < before.at:
                yield failed("evidence_time_backwards", seq=seq, type=line.record.type, before=before.seq)
            before = line.record
        elif evidence.for_regulator:
            yield failed("evidence_entry_missing", seq=seq)
    size, root = evidence.head["size"], merkle.root([line.leaf for line in evidence.lines]).hex()
    if size != len(evidence.lines):
        yield failed("evidence_size_differs", stated=size, found=len(evidence.lines))
    if root != evidence.head["root"]:
        yield failed("evidence_root_differs", stated=evidence.head["root"], found=root)
    yield held("evidence_log_whole", entries=len(evidence.records), hidden=len(evidence.hidden), root=root)


def _check_entry(evidence: Evidence, seq: int, record: Record, salt: bytes, leaf: bytes) -> Findings:
    if record.leaf(salt) != leaf:
        yield failed("evidence_leaf_differs", seq=seq, type=record.type)
    if record.seq != seq:
        yield failed("evidence_seq_wrong", seq=seq, type=record.type, found=record.seq)
    if record.case_id != evidence.case_id:
        yield failed("evidence_case_foreign", seq=seq, type=record.type, found=record.case_id)
    if record.at > parse_instant(evidence.head["exported_at"]):
        yield failed("evidence_time_backwards", seq=seq, type=record.type, before=len(evidence.lines))


def check_files(evidence: Evidence) -> Findings:
    """Every file is one that the log leads to; copies say what the log says."""
    derived = derived_files(evidence.readable, evidence.origin)
    derived[README] = README_TEXT.encode()
    known = {EVENTS, CASE, TRUST, PRIVATE, PERSONS} | derived.keys()
    known |= set(attachable(evidence)) | register_files(evidence)
    for name, data in derived.items():
        if name not in evidence.files:
            yield failed("evidence_file_missing", name=name)
        elif evidence.files[name] != data:
            yield failed("evidence_file_differs", name=name)
    for name in sorted(evidence.files.keys() - known):
        yield failed("evidence_file_unexpected", name=name[:120])
    yield from _check_private(evidence)
    yield held("evidence_files_agree", files=len(evidence.files))


def attachable(evidence: Evidence) -> list[str]:
    """Files that are no copies of the log but are named in it by hash."""
    names = [f"submissions/{receipt}/{kind}.age" for receipt in evidence.bids for kind in ("bid", "capsule")]
    for record in evidence.readable:
        names += [document.name for document in documents_named(record)]
    return names


@dataclass(frozen=True)
class NamedDocument:
    """A document that a record names: its kind among the stored files, its place in the bundle, its digest."""

    kind: str
    name: str
    sha256: str


def documents_named(record: Record) -> tuple[NamedDocument, ...]:
    """The documents that a record names: sealed ones, and those that a bidder answered the committee with."""
    """The sealed documents that a record names, and what was read of opened bids."""
    fact, lot = record.fact, record.lot
    if record.type == "OpeningConcluded":
        return (NamedDocument("record", f"documents/opening-record-{lot}.pdf", fact.record_sha256),)
    if record.type == "BidsChecked":
        return (NamedDocument("readings", f"documents/bid-readings-{lot}.json", fact.readings_sha256),)
    if record.type == "FailureRecordSealed":
        return (NamedDocument("failure", f"documents/{failure_name(lot, fact.committee)}", fact.sealed_sha256),)
    if record.type == "ClarificationAnswered":
        return tuple(
            NamedDocument("clarification", f"clarifications/{lot}-{fact.id}-{number}.pdf", file.sha256)
            for number, file in enumerate(fact.files, 1)
        )
    if record.type != "ReportSealed":
        return ()
    report = NamedDocument("report", f"documents/{report_name(lot, fact.version)}", fact.sealed_sha256)
    statement = NamedDocument("statement", f"documents/{statement_name(lot, fact.version)}", fact.statement_sha256)
    return (report, statement) if fact.statement_sha256 else (report,)


def _check_private(evidence: Evidence) -> Findings:
    halves = read_private(evidence)
    for record in evidence.records:
        half = halves.pop(record.seq, None)
        if half is None:
            if record.private_hash and evidence.for_regulator:
                yield failed("evidence_private_missing", seq=record.seq, type=record.type)
            continue
        data = bytes.fromhex(half["salt"]) + canonical(half["facts"])
        if hashlib.sha256(data).hexdigest() != record.private_hash:
            yield failed("evidence_private_differs", seq=record.seq, type=record.type)
    for seq in halves:
        yield failed("evidence_private_differs", seq=seq, type="-")

"""The witnesses: does the log continue every head of it that stood in a checkpoint cosigned by somebody outside?

A tick's proof leads from the head of this case over the register's map and tree to a checkpoint. Whoever rewrites the
log, recomputes its tree and signs it anew cannot rewrite that: the checkpoint bears a signature made elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from app.casefile.ticks import (
    ACTS,
    TICKS,
    TickProof,
    cosigned_at,
    log_name,
    note_name,
    turns_name,
    wrong_proof,
)
from app.casefile.verification.evidence import Evidence
from app.casefile.verification.findings import Finding, Findings, failed, held, not_covered
from crypto.canonical import parse
from crypto.errors import CryptoError
from crypto.instants import format_instant, parse_instant
from crypto.merkle import Frontier
from crypto.notes import Note, VerifierKey

LATE = timedelta(minutes=15)  # an entry that was cosigned later could have been rewritten until then
GAP = timedelta(hours=1)  # between two ticks that are shown


@dataclass(frozen=True)
class Shown:
    """The ticks of a bundle whose proofs hold, in order, and the checkpoints that they lead to, by size."""

    proofs: tuple[TickProof, ...]
    notes: Mapping[int, Note]


def read_ticks(files: Mapping[str, bytes], name: str = TICKS) -> tuple[TickProof, ...]:
    """The proofs of a file of a bundle, nothing of them verified.

    Raises CryptoError, KeyError, TypeError, ValueError.
    """
    return tuple(TickProof.from_json(parse(line)) for line in files.get(name, b"").splitlines())


def register_files(evidence: Evidence) -> set[str]:
    """The names of the files that the ticks lead to; of unreadable ticks only their own, which the step names."""
    own = {TICKS, ACTS, *(turns_name(lot) for lot in evidence.case.lots)} & evidence.files.keys()
    found = set(own)
    for name in own - {ACTS}:
        try:
            found |= {note_name(proof.checkpoint) for proof in read_ticks(evidence.files, name)}
        except (CryptoError, KeyError, TypeError, ValueError):
            continue
    return found


def read_note(evidence: Evidence, size: int) -> Note | None:
    """The note of a checkpoint as the bundle has it, None where there is none that can be read."""
    data = evidence.files.get(note_name(size))
    try:
        return None if data is None else Note.parse(data.decode())
    except (CryptoError, UnicodeDecodeError):
        return None


def check_witnesses(evidence: Evidence) -> Findings:
    """Every tick that is shown; what the witnesses whom the terms name, and those whom the verifier knows, cosigned."""
    if TICKS not in evidence.files:
        missing = dict.fromkeys((*evidence.register.witness_keys, *evidence.witnesses))
        yield from (failed("evidence_witness_missing", name=key.name) for key in missing)
        if not missing:
            yield not_covered("evidence_no_witness")
        return
    found = list(_checked(evidence, read_ticks(evidence.files)))
    yield from (finding for finding in found if isinstance(finding, Finding))
    shown = next(part for part in found if isinstance(part, Shown))
    yield from _check_named(evidence, shown)
    for key in evidence.witnesses:
        if key not in evidence.register.witness_keys:
            yield from _check_witness(evidence, shown, key)
    if not evidence.witnesses and not evidence.register.witnesses:
        names = sorted({line.name for note in shown.notes.values() for line in note.signatures})
        own = log_name(evidence.origin)
        yield not_covered("evidence_witness_unnamed", names=", ".join(n for n in names if n != own)[:200])


def _check_named(evidence: Evidence, shown: Shown) -> Findings:
    """The witnesses of the terms: as many as these ask for have cosigned, under the register's own key."""
    register = evidence.register
    if not register.witnesses:
        return
    for size, note in shown.notes.items():
        try:
            note.verify(register.log_key)
        except CryptoError as exc:
            yield failed("evidence_log_key_wrong", size=size, reason=exc.code)
    absent = 0
    for key in register.witness_keys:
        found = list(_check_witness(evidence, shown, key))
        if [finding.code for finding in found] != ["evidence_witness_missing"] or key in evidence.witnesses:
            yield from found
        else:
            absent += 1
            yield not_covered("evidence_witness_absent", name=key.name, quorum=register.quorum)
    if len(register.witnesses) - absent < register.quorum:
        yield failed("evidence_quorum_missing", quorum=register.quorum, found=len(register.witnesses) - absent)
    yield from _hidden(evidence, shown)


def _hidden(evidence: Evidence, shown: Shown) -> Findings:
    """Entries of which the bundle shows no tick of their time: the register stood still, or ticks were left out."""
    found = []
    for record in evidence.records:
        at = min((proof.at for proof in shown.proofs if proof.size > record.seq), default=None)
        until = parse_instant(evidence.head["exported_at"]) if at is None else at
        if until - record.at > LATE:
            found.append((until - record.at, record.seq))
    if found:
        longest, first, last = max(found)[0] // timedelta(minutes=1), found[0][1], found[-1][1]
        yield failed("evidence_tick_hidden", count=len(found), first=first, last=last, minutes=longest)


def _checked(evidence: Evidence, proofs: Sequence[TickProof]) -> Iterator[Finding | Shown]:
    """What is wrong with a tick, and the ticks with which nothing is."""
    notes = {size: read_note(evidence, size) for size in {proof.checkpoint for proof in proofs}}
    good = []
    for proof in sorted(proofs, key=lambda proof: (proof.index, proof.checkpoint)):
        wrong = wrong_proof(proof, notes[proof.checkpoint], evidence.origin, evidence.case_id)
        if wrong:
            yield failed(wrong, tick=proof.index, at=format_instant(proof.at))
        else:
            good.append(proof)
    yield from _check_prefixes(evidence, good)
    for earlier, later in pairwise(good):
        if later.size < earlier.size or later.at < earlier.at:
            yield failed("evidence_tick_backwards", tick=later.index, at=format_instant(later.at))
    yield Shown(tuple(good), {size: note for size, note in notes.items() if note is not None})


def _check_prefixes(evidence: Evidence, proofs: Sequence[TickProof]) -> Findings:
    """The log must have grown from every head shown. The first that differs is named, with where the difference is."""
    roots, edge, sizes = {0: Frontier().root()}, Frontier(), {proof.size for proof in proofs}
    for line in evidence.lines:
        edge = edge.push(line.leaf)
        if edge.size in sizes:
            roots[edge.size] = edge.root()
    agreed = 0
    for proof in proofs:
        what = {"tick": proof.index, "at": format_instant(proof.at), "size": proof.size}
        if proof.size > len(evidence.lines):
            yield failed("evidence_tick_shorter", **what, found=len(evidence.lines))
            return
        if roots[proof.size] != proof.root:
            yield failed("evidence_tick_root", **what, first=agreed, last=proof.size - 1)
            return
        agreed = proof.size


def _check_witness(evidence: Evidence, shown: Shown, key: VerifierKey) -> Findings:
    times: dict[int, datetime] = {}
    for size, note in shown.notes.items():
        try:
            at = cosigned_at(note, key)
        except CryptoError:
            yield failed("evidence_cosignature_wrong", name=key.name, size=size)
        else:
            times |= {} if at is None else {size: at}
    proofs = [proof for proof in shown.proofs if proof.checkpoint in times]
    if not proofs:
        yield failed("evidence_witness_missing", name=key.name)
        return
    covered = max(proof.size for proof in proofs)
    yield held("evidence_witnessed", name=key.name, ticks=len({p.index for p in proofs}), entries=covered)
    if covered < len(evidence.lines):
        yield not_covered("evidence_witness_tail", name=key.name, first=covered, last=len(evidence.lines) - 1)
    yield from _late(evidence, key.name, [(p.size, times[p.checkpoint]) for p in proofs])
    yield from _gaps(key.name, [*(p.at for p in proofs), parse_instant(evidence.head["exported_at"])])


def _late(evidence: Evidence, name: str, cosigned: Iterable[tuple[int, datetime]]) -> Findings:
    """Visible entries that no cosignature covered within LATE of their time."""
    lines, found = list(cosigned), []
    for record in evidence.records:
        # the cosignature of any longer log covers an entry; the first of them in time is what counts
        at = min((when for size, when in lines if size > record.seq), default=None)
        if at is not None and at - record.at > LATE:
            found.append((at - record.at, record))
    if found:
        longest = max(wait for wait, _ in found) // timedelta(minutes=1)
        first, last = found[0][1].seq, found[-1][1].seq
        yield not_covered("evidence_witness_late", name=name, count=len(found), first=first, last=last, minutes=longest)


def _gaps(name: str, at: Sequence[datetime]) -> Findings:
    """The longest time in which the bundle shows no tick, where it is longer than GAP."""
    since, until = max(pairwise(at), key=lambda pair: pair[1] - pair[0])
    if until - since > GAP:
        yield not_covered("evidence_witness_gap", name=name, since=format_instant(since), until=format_instant(until))

"""The witnesses: does the log continue every head of it that stood in a checkpoint cosigned by somebody outside?

A tick's proof leads from the head of this case over the register's map and tree to a checkpoint. Whoever rewrites the
log, recomputes its tree and signs it anew cannot rewrite that: the checkpoint bears a signature made elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from app.casefile.ticks import TICKS, TickProof, case_key, case_value, log_name, note_name, tick_leaf
from app.casefile.verification.evidence import Evidence
from app.casefile.verification.findings import Finding, Findings, failed, held, not_covered
from crypto.canonical import parse
from crypto.errors import CryptoError
from crypto.instants import format_instant, parse_instant
from crypto.merkle import Frontier, verify_inclusion
from crypto.notes import Checkpoint, Note, VerifierKey, check_cosignature
from crypto.sparse import verify_map

LATE = timedelta(minutes=15)  # an entry that was cosigned later could have been rewritten until then
GAP = timedelta(hours=1)  # between two ticks that are shown


@dataclass(frozen=True)
class Shown:
    """The ticks of a bundle whose proofs hold, in order, and the checkpoints that they lead to, by size."""

    proofs: tuple[TickProof, ...]
    notes: Mapping[int, Note]


def read_ticks(files: Mapping[str, bytes]) -> tuple[TickProof, ...]:
    """The proofs of a bundle, nothing of them verified. Raises CryptoError, KeyError, TypeError, ValueError."""
    return tuple(TickProof.from_json(parse(line)) for line in files.get(TICKS, b"").splitlines())


def register_files(files: Mapping[str, bytes]) -> set[str]:
    """The names of the files that the ticks lead to; of unreadable ticks only their own, which the step names."""
    try:
        return {TICKS, *(note_name(proof.checkpoint) for proof in read_ticks(files))} if TICKS in files else set()
    except (CryptoError, KeyError, TypeError, ValueError):
        return {TICKS}


def check_witnesses(evidence: Evidence) -> Findings:
    """Every tick that is shown, then what each witness whom the verifier knows cosigned of them."""
    if TICKS not in evidence.files:
        yield from (failed("evidence_witness_missing", name=key.name) for key in evidence.witnesses)
        if not evidence.witnesses:
            yield not_covered("evidence_no_witness")
        return
    found = list(_checked(evidence, read_ticks(evidence.files)))
    yield from (finding for finding in found if isinstance(finding, Finding))
    shown = next(part for part in found if isinstance(part, Shown))
    for key in evidence.witnesses:
        yield from _check_witness(evidence, shown, key)
    if not evidence.witnesses:
        names = sorted({line.name for note in shown.notes.values() for line in note.signatures})
        own = log_name(evidence.origin)
        yield not_covered("evidence_witness_unnamed", names=", ".join(n for n in names if n != own)[:200])


def _checked(evidence: Evidence, proofs: Sequence[TickProof]) -> Iterator[Finding | Shown]:
    """What is wrong with a tick, and the ticks with which nothing is."""
    notes = {size: _note(evidence, size) for size in {proof.checkpoint for proof in proofs}}
    good = []
    for proof in sorted(proofs, key=lambda proof: (proof.index, proof.checkpoint)):
        wrong = _wrong_proof(evidence, proof, notes[proof.checkpoint])
        if wrong:
            yield failed(wrong, tick=proof.index, at=format_instant(proof.at))
        else:
            good.append(proof)
    yield from _check_prefixes(evidence, good)
    for earlier, later in pairwise(good):
        if later.size < earlier.size or later.at < earlier.at:
            yield failed("evidence_tick_backwards", tick=later.index, at=format_instant(later.at))
    yield Shown(tuple(good), {size: note for size, note in notes.items() if note is not None})


def _note(evidence: Evidence, size: int) -> Note | None:
    data = evidence.files.get(note_name(size))
    try:
        return None if data is None else Note.parse(data.decode())
    except (CryptoError, UnicodeDecodeError):
        return None


def _wrong_proof(evidence: Evidence, proof: TickProof, note: Note | None) -> str:
    """The code of what a tick's proof lacks, "" when it leads from the case's head to the checkpoint."""
    value = case_value(proof.salt, evidence.origin, evidence.case_id, proof.size, proof.root)
    if not verify_map(proof.map_root, case_key(evidence.case_id), value, proof.map_proof):
        return "evidence_tick_map"
    try:
        head = Checkpoint.parse(note.text) if note else None
    except CryptoError:
        head = None
    if head is None or (head.origin, head.size) != (log_name(evidence.origin), proof.checkpoint):
        return "evidence_tick_note"
    leaf = tick_leaf(proof.at, proof.map_root)
    if not verify_inclusion(leaf, proof.index, head.size, proof.tree_proof, head.root):
        return "evidence_tick_tree"
    return ""


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
        for line in note.signatures:
            if line.is_by(key):
                try:
                    times[size] = datetime.fromtimestamp(check_cosignature(line, key, note.text), UTC)
                except (CryptoError, OverflowError, OSError, ValueError):
                    yield failed("evidence_cosignature_wrong", name=key.name, size=size)
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

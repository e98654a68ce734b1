"""The list of acts: is what was published, moved, closed and stated on this case all that everybody was shown of it?

The ticks say how the log grew; the list says that nobody, a trustee's tool or a bidder's, was shown other terms. It is
cosigned by the same witnesses, and the bundle carries all of it, so that an entry too many shows as well.
"""

from __future__ import annotations

from app.casefile.act_list import LISTED, ActList, Entry, entry_key
from app.casefile.record import Record
from app.casefile.ticks import ACTS
from app.casefile.verification.evidence import Evidence
from app.casefile.verification.findings import Findings, failed, held, not_covered
from app.casefile.verification.witnesses import LATE, read_ticks
from crypto.canonical import parse
from crypto.errors import CryptoError
from crypto.instants import parse_instant


def check_list(evidence: Evidence) -> Findings:
    """Where the terms name witnesses: the acts of the case are exactly those of the list that a quorum cosigned."""
    if not evidence.register.witnesses:
        return
    acts = ActList.from_json(parse(evidence.files[ACTS])) if ACTS in evidence.files else ActList()
    try:
        size = _vouched(evidence, acts)
    except CryptoError as exc:
        yield failed("evidence_list_wrong", reason=exc.code)
        return
    found, waiting = 0, list[Record]()
    for lot in ("", *evidence.case.lots):
        shown = [record for record in evidence.records if record.lot == lot and record.type in LISTED]
        listed = [entry.act for entry in acts.entries[:size] if entry.key == entry_key(evidence.case_id, lot)]
        own = [Entry.of(evidence.origin, record).act for record in shown]
        if evidence.hidden:  # of what the holder may not see the list has the hash alone
            listed = [act for act in listed if act in own]
        if listed != own[: len(listed)]:
            yield failed("evidence_list_differs", lot=lot, listed=len(listed), shown=len(own))
        found += len(listed)
        waiting += shown[len(listed) :]
    due = _due(evidence)
    for record in waiting:
        if record.seq < due or parse_instant(evidence.head["exported_at"]) - record.at > LATE:
            yield failed("evidence_act_unlisted", seq=record.seq, type=record.type, lot=record.lot)
        else:
            yield not_covered("evidence_act_waits", seq=record.seq, type=record.type, lot=record.lot)
    yield held("evidence_acts_listed", acts=found, entries=size, quorum=evidence.register.quorum)


def _vouched(evidence: Evidence, acts: ActList) -> int:
    """How many entries a quorum of the terms' witnesses and each of the verifier's own cosigned.

    Raises CryptoError of `ActList.vouching`, for a cosignature that is wrong, and `evidence_witness_missing` (name) for
    a witness of the verifier's that cosigned nothing.
    """
    own = evidence.witnesses if acts.entries else ()  # of a case that nothing is listed of there may be no list
    found = acts.vouching(evidence.register.log_key, (*evidence.register.witness_keys, *own))
    if missing := [key.name for key in own if key not in found]:
        raise CryptoError("evidence_witness_missing", name=missing[0])
    sizes = sorted((found.get(key, 0) for key in evidence.register.witness_keys), reverse=True)
    return min([sizes[evidence.register.quorum - 1], *(found[key] for key in own)])


def _due(evidence: Evidence) -> int:
    """The size of the log up to which acts stand in the list: a tick lists them, and by the next they are cosigned."""
    sizes = {proof.index: proof.size for proof in read_ticks(evidence.files)}
    return max((size for index, size in sizes.items() if index < max(sizes)), default=0)

"""Where the trustees' shares come from: the key ceremony, and every resharing, up to whoever opened the case's bids.

The mode M1 in the published terms is a claim: each trustee made its share on its own machine. What stands for it is the
record of the ceremony alone, which the register has and every bundle holds; terms that claim M1 without it fail.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from app.casefile.ceremony import OPENINGS, Ceremony, certifies, check_opening, follow
from app.casefile.record import Record
from app.casefile.register import REGISTER, CeremonyMember, ResharingOpened
from app.casefile.verification.evidence import Evidence
from app.casefile.verification.findings import Finding, Findings, failed, held, not_covered
from app.procedure.errors import RuleViolation
from app.procedure.trustees import TrusteesChanged
from crypto.canonical import Json, digest
from crypto.committee import Committee
from crypto.errors import CryptoError


@dataclass(frozen=True)
class _Held:
    """A ceremony whose whole record holds, and where in the register it began and ended."""

    ceremony: Ceremony
    first: int
    last: int
    at: datetime


def check_ceremonies(evidence: Evidence) -> Findings:
    """Every description of trustees that counted in the case comes from ceremonies that hold when decided anew."""
    relied = _relied_on(evidence)
    made: dict[str, _Held] = {}
    for records in _by_ceremony(evidence.ceremonies).values():
        found = yield from _replayed(evidence, records)
        if found is not None:
            made[digest(found.ceremony.committee.describe())] = found
    lineage: list[_Held] = []
    for record in relied:
        lineage = yield from _lineage(made, record)
    if not relied:
        return
    committee = Committee.from_description(_description(relied[-1]))
    resharings = sum(step.ceremony.previous is not None for step in lineage)
    what = {"committee": committee.id[:12], "k": committee.k, "n": committee.n, "resharings": resharings}
    what["names"] = "、".join(member.organisation for member in committee.members)
    if committee.mode != "M0":
        yield held("evidence_ceremony_holds", **what)
        return
    if resharings:
        yield held("evidence_resharings_hold", **what)
    yield not_covered("evidence_mode_m0")


def _relied_on(evidence: Evidence) -> list[Record]:
    """The terms as they were submitted last, and every change of trustees."""
    terms = [record for record in evidence.readable if record.type == "TenderSubmitted"]
    return terms[-1:] + [record for record in evidence.readable if isinstance(record.fact, TrusteesChanged)]


def _by_ceremony(records: Sequence[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(str(record.payload.get("ceremony")), []).append(record)
    return found


def _replayed(evidence: Evidence, records: Sequence[Record]) -> Generator[Finding, None, _Held | None]:
    """The ceremony of these records, each decided anew; the first that does not hold is named."""
    record, before = records[0], None
    try:
        ceremony, keys = _opened(evidence, record)
        for before, record in pairwise(records):
            _check_place(record, "TR", before)
            after = follow(ceremony, record.fact, evidence.origin, keys)
            _check_certified(evidence, record, ceremony.taker(record.fact))
            ceremony = after
        if not ceremony.complete:
            raise RuleViolation("evidence_ceremony_unfinished")
    except (RuleViolation, CryptoError) as exc:
        what = {"ceremony": str(record.payload.get("ceremony"))[:8], "seq": record.seq, "type": record.type}
        index = record.payload.get("index", 0)
        yield failed("evidence_ceremony_wrong", **what, index=index, reason=exc.code)
        return None
    return _Held(ceremony, records[0].seq, record.seq, record.at)


def _opened(evidence: Evidence, record: Record) -> tuple[Ceremony, Mapping[str, bytes]]:
    _check_place(record, "TC")
    if record.type not in OPENINGS:
        raise RuleViolation("ceremony_record_wrong", fact=record.type)
    check_opening(record.fact)
    ceremony = Ceremony(record.fact)
    return ceremony, {person.key_id: _check_certified(evidence, record, person) for person in ceremony.people}


def _check_place(record: Record, role: str, before: Record | None = None) -> None:
    """Circumstances that a record of the register has; its instant is the platform's word, the order is checked."""
    if (record.case_id, record.lot, record.role, record.act) != (REGISTER, "", role, {}):
        raise RuleViolation("evidence_ceremony_misplaced")
    if before is not None and (record.seq <= before.seq or record.at < before.at):
        raise RuleViolation("evidence_ceremony_misplaced")


def _check_certified(evidence: Evidence, record: Record, member: CeremonyMember) -> bytes:
    """The public key of a member, certified under a believed authority when the record was written."""
    by_member = replace(record, actor=member.account) if record.type in OPENINGS else record
    certificate = evidence.certificate(by_member, member.key_id)
    if not certifies(certificate, member):
        raise CryptoError("evidence_key_uncertified", seq=record.seq, type=record.type, key=member.key_id[:16])
    return certificate.spki


def _lineage(made: Mapping[str, _Held], record: Record) -> Generator[Finding, None, list[_Held]]:
    """From the description in a record back to the ceremony that made its key, each over before the next began."""
    steps: list[_Held] = []
    stands, fact, what = _description(record), record.fact, {"seq": record.seq, "type": record.type}
    while (found := made.get(digest(stands))) is not None and (not steps or found.last < steps[-1].first):
        steps.append(found)
        if not isinstance(found.ceremony.opened, ResharingOpened):
            break
        stands = found.ceremony.opened.previous
    committee = Committee.from_description(stands)
    if committee.mode != "M0" and not (steps and steps[-1].ceremony.previous is None):
        yield failed("evidence_ceremony_missing", **what, committee=committee.id[:12])
    elif isinstance(fact, TrusteesChanged) and (not steps or steps[0].ceremony.id != fact.ceremony):
        yield failed("evidence_ceremony_of_another", **what, ceremony=fact.ceremony[:8])
    elif steps and steps[0].at > record.at:
        yield failed("evidence_ceremony_late", **what, ceremony=steps[0].ceremony.id[:8])
    return steps


def _description(record: Record) -> Json:
    fact = record.fact
    return fact.committee if isinstance(fact, TrusteesChanged) else fact.terms.committee

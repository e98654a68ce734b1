"""The acts: who must sign has signed, with a key that counted then; no act is left out of a person's chain."""

from __future__ import annotations

from app.casefile.facts import fact_type
from app.casefile.record import Record, case_reference
from app.casefile.verification.evidence import Evidence, approves_own
from app.casefile.verification.findings import Findings, failed, held, not_covered
from app.casefile.verification.years import follows
from app.procedure.roles import SYSTEM
from crypto.errors import CryptoError
from evaluation.sitting import BoothChanged, MemberIdentified

OPENED_BY_LOG_IN = frozenset({"CaseOpened", "InspectionYearOpened"})


def check_acts(evidence: Evidence) -> Findings:
    """Signatures, references, chains, commands; and the keys that witnesses have certified for seats."""
    last: dict[str, tuple[int, str]] = {}
    commands: set[tuple[str, str]] = set()
    authors: dict[str, str] = {}  # of draw conditions, by lot
    signed = gaps = 0
    for record in evidence.readable:
        what = {"seq": record.seq, "type": record.type}
        if fact_type(record.type).action is None or follows(evidence.case, record.fact):
            yield from _check_system(record)
            continue
        try:
            act, signer = evidence.keys.verified(record, evidence.origin)
        except CryptoError as exc:
            yield failed("evidence_act_wrong", **what, reason=exc.code, field=str(exc.facts.get("field", "")))
            continue
        signed += 1
        if approves_own(record, signer, authors.get(record.lot, "")):
            yield failed("evidence_act_wrong", **what, reason="second_person_needed", field="")
        if record.type == "DrawConditionsProposed":
            authors[record.lot] = signer.subject.serial
        command = (record.actor, act.act["command_id"])
        if command in commands:
            yield failed("evidence_command_repeated", **what)
        commands.add(command)
        seq, expected = last.get(record.actor, (-1, ""))
        if act.act["prev_act"] != expected:
            if _may_be_hidden(evidence, seq, record.seq):
                gaps += 1
            else:
                yield failed("evidence_chain_broken", **what, before=seq)
        last[record.actor] = (record.seq, act.act_hash)
        yield from _check_seat_key(evidence, record)
    yield held("evidence_acts_signed", acts=signed, actors=len(last))
    if gaps:
        yield not_covered("evidence_chain_partial", gaps=gaps)


def _check_system(record: Record) -> Findings:
    """A fact of the system's own has no signature and no other name on it; who opens a case acts by log-in alone."""
    who = (record.actor, record.role)
    if record.act or (who != (SYSTEM.id, SYSTEM.id) and record.type not in OPENED_BY_LOG_IN):
        yield failed("evidence_act_unexpected", seq=record.seq, type=record.type)


def _may_be_hidden(evidence: Evidence, after: int, before: int) -> bool:
    return any(after < seq < before for seq in evidence.hidden)


def _check_seat_key(evidence: Evidence, record: Record) -> Findings:
    """The witness has certified exactly the key that then signs for the seat; one that is replaced counts no more."""
    fact = record.fact
    if not isinstance(fact, MemberIdentified | BoothChanged):
        return
    scope = f"{case_reference(evidence.case_id, record.lot)}#{fact.seat}"

    def counts(key_id: str) -> bool:
        return any(issued.counts(key_id, scope, record.at) for issued in evidence.certificates)

    outlived = isinstance(fact, BoothChanged) and counts(fact.replaces)
    if not counts(fact.key_id) or outlived or fact.witness != record.actor:
        yield failed("evidence_seat_key_wrong", seq=record.seq, type=record.type, seat=fact.seat)

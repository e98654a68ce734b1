"""The second lock of mode M2: every round that bids were opened with, against the chain in the published terms."""

from __future__ import annotations

from app.casefile.verification.evidence import Evidence
from app.casefile.verification.findings import Findings, failed, held, not_covered
from crypto.timelock import QUICKNET, Round


def check_rounds(evidence: Evidence) -> Findings:
    """Each signature is the chain's on its round; a chain that the verifier does not know is named."""
    terms = evidence.case.tender.terms
    if terms is None or terms.chain is None:
        return
    chain, signed = terms.chain, 0
    for lot, state in evidence.case.lots.items():
        for number, fact in state.opening.rounds.items():
            signed += 1
            if not Round(chain, number).is_signed_by(bytes.fromhex(fact.signature)):
                yield failed("evidence_round_wrong", lot=lot, round=number, chain=chain.hash)
    yield held("evidence_mode_m2", chain=f"{chain.beacon_id} {chain.hash}".strip(), rounds=signed)
    if chain != QUICKNET:
        yield not_covered("evidence_chain_unknown", chain=chain.hash)

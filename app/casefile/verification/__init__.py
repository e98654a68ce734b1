"""The offline verifier: is this bundle the record of a lawful procurement? No network, no database, no trust in it.

The steps, in order; each names what differs by sequence number, type and field:
 1 head       the platform signed size and root of the log
 2 log        leaves, order, times and root
 3 witness    the log continues every head of it that a witness cosigned
 4 turns      each was cosigned by a quorum of witnesses before anybody built on it, where the terms name any
 5 list       the acts on terms, close and draws are exactly those of the list that was cosigned for everybody
 6 files      copies agree with the log, nothing is foreign, private halves fit
 7 acts       signatures, keys that counted then, chains
 8 replay     every fact is lawful, every consequence what the rules say; deadlines strictly kept
 9 receipts   the platform's word, and no receipted bid missing at the close
10 code       was the code that sealed each bid in the register's public list then?
11 ceremony   where the trustees' shares come from: the key ceremony and every resharing
12 release    shares and the signature that opens the bids
13 openings   every bid's key and content, or the reason of a void one
14 checks     what was found about opened bids follows from what was read of them
15 draws      statement, commitments, signature, tickets
16 sittings   from locked sheets to the published ranking
17 recordings what of each site's recording is there, gaps and cuts by name
18 documents  sealed last, signed by the keys of the seats
19 profile    which numbers of the rule book held
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from app.casefile.bundle import unpack
from app.casefile.verification.acts import check_acts
from app.casefile.verification.bid_checks import check_bid_checks
from app.casefile.verification.bids import check_openings, check_receipts, check_release
from app.casefile.verification.ceremonies import check_ceremonies
from app.casefile.verification.client_code import check_client_code
from app.casefile.verification.documents import check_documents, check_profile
from app.casefile.verification.evaluations import check_draws, check_sittings
from app.casefile.verification.evidence import Evidence, read_evidence
from app.casefile.verification.findings import Check, Finding, Findings, Verdict, failed
from app.casefile.verification.listing import check_list
from app.casefile.verification.log import check_files, check_head, check_log
from app.casefile.verification.recordings import check_recordings
from app.casefile.verification.replay import check_replay
from app.casefile.verification.turns import check_turns
from app.casefile.verification.witnesses import check_witnesses
from app.procedure.errors import RuleViolation
from app.procedure.profiles import Profile
from crypto.errors import CryptoError
from crypto.notes import VerifierKey

Step = Callable[[Evidence], Findings]
STEPS: dict[str, Step] = {
    "head": check_head,
    "log": check_log,
    "witness": check_witnesses,
    "turns": check_turns,
    "list": check_list,
    "files": check_files,
    "acts": check_acts,
    "replay": check_replay,
    "receipts": check_receipts,
    "code": check_client_code,
    "ceremony": check_ceremonies,
    "release": check_release,
    "openings": check_openings,
    "checks": check_bid_checks,
    "draws": check_draws,
    "sittings": check_sittings,
    "recordings": check_recordings,
    "documents": check_documents,
    "profile": check_profile,
}

__all__ = ["STEPS", "Check", "Verdict", "verify_bundle"]


def verify_bundle(
    bundle: bytes | Mapping[str, bytes],
    roots: Sequence[str] = (),
    profiles: Sequence[Profile] = (),
    steps: Mapping[str, Step] = STEPS,
    *,
    witnesses: Sequence[VerifierKey] = (),
    films: Mapping[str, str] | None = None,
) -> tuple[Check, ...]:
    """What each step finds: a line that it holds, or every failure; and what it could not cover.

    `bundle`: the zip archive or its files by name. `roots`: authorities (PEM) that the verifier has from elsewhere;
    without them the bundle's own count, and the report says so. `profiles`: rule books known by name and version.
    `witnesses`: each of these must have cosigned what the bundle shows of the register; without any, none is asked for.
    `films`: SHA-256 of recordings by file name, to be compared.
    """
    try:
        files = unpack(bundle) if isinstance(bundle, bytes) else bundle
        evidence = read_evidence(files, roots, profiles, witnesses, films)
    except Exception as exc:  # whatever is wrong with a malformed bundle, it proves nothing
        return (Check("bundle", Verdict.FAIL, *_refusal(exc)),)
    return tuple(check for name, step in steps.items() for check in _run(name, step, evidence))


def _run(name: str, step: Step, evidence: Evidence) -> list[Check]:
    found: list[Finding] = []
    try:
        found.extend(step(evidence))
    except Exception as exc:  # a hostile bundle can fail a step anywhere; it must not pass, nor stop the others
        code, facts = _refusal(exc)
        found.append(failed(code, **facts))
    if any(finding.verdict is Verdict.FAIL for finding in found):
        found = [finding for finding in found if finding.verdict is not Verdict.OK]
    return [Check(name, finding.verdict, finding.code, finding.facts) for finding in found]


def _refusal(exc: Exception) -> tuple[str, dict[str, object]]:
    if isinstance(exc, RuleViolation | CryptoError):
        return exc.code, dict(exc.facts)
    reason = f"缺 / missing: {exc.args[0]}" if isinstance(exc, KeyError) else str(exc) or type(exc).__name__
    return "evidence_malformed", {"reason": reason[:120]}

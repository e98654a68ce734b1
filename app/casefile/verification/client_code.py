"""Which code sealed the bids: each submission names its hash, and the register lists what was public then."""

from __future__ import annotations

from app.casefile.verification.evidence import Evidence
from app.casefile.verification.findings import Findings, held, not_covered


def check_client_code(evidence: Evidence) -> Findings:
    """A hash that the register did not have when the bid came is named: a page or a program that nobody else can look
    at, or a bidder's own. Neither makes a bid void."""
    named: dict[str, int] = {}
    for receipt_id, (submitted, _receipted) in evidence.bids.items():
        client = submitted.payload["client"]
        code = str(client["bundle_sha256"])
        since = [record.at for record in evidence.client_code if record.payload["bundle_sha256"] == code]
        if since and min(since) <= submitted.at:
            named[code] = named.get(code, 0) + 1
        else:
            what = {"seq": submitted.seq, "receipt": receipt_id, "program": str(client["name"])[:60], "sha256": code}
            yield not_covered("evidence_client_code_unknown", **what)
    if named:
        codes = ", ".join(f"{code} ({bids})" for code, bids in sorted(named.items()))
        yield held("evidence_client_code_known", bids=sum(named.values()), codes=codes)

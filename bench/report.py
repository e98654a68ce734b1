"""A report of 12 bidders, 60 criteria and 7 members: laid out, signed by all of them, sealed (target 3 s and 2 s)."""

from __future__ import annotations

import statistics
from dataclasses import replace
from decimal import Decimal

from app.documents.content import EvaluationReport, Member, Signatory
from app.documents.render import Renderer
from app.documents.table_content import BidScores, CriterionScores
from app.services.platform import DIST
from bench.timing import seconds
from crypto.pdf import finish_signature, prepare_signature, seal, verify_pdf
from tests.app.documents.examples import AT, BIDS, CRITERIA, REPORT
from tests.crypto.pdf_authority import NOW, TestAuthority

BIDDERS, SCORED, MEMBERS = 12, 60, 7
RUNS = 5


def large_report() -> EvaluationReport:
    """CN-01's report grown to that size: each score stands on its sheet, each price has its working."""
    bidders = [f"第{number}投标人有限责任公司" for number in range(1, BIDDERS + 1)]
    seats = [str(number) for number in range(1, MEMBERS + 1)]
    criteria = tuple(replace(CRITERIA[n % 5 + 1], name=f"评审因素 {n + 1}") for n in range(SCORED))
    sheet = tuple(CriterionScores(one.name, (Decimal("1.25"),) * MEMBERS) for one in criteria)
    first, candidate = REPORT.scored_bids[0], REPORT.candidates[0]
    totals = (Decimal("75.00"),) * MEMBERS
    return replace(
        REPORT,
        members=tuple(Member(seat, f"成员{seat}", "评审专家", "某单位", "主场", seat == "1") for seat in seats),
        criteria=criteria,
        opened_bids=tuple(replace(BIDS[0], order=n, bidder=name) for n, name in enumerate(bidders, 1)),
        qualification=tuple(replace(REPORT.qualification[0], bidder=name) for name in bidders),
        scored_bids=tuple(
            replace(first, bidder=name, member_totals=totals, rank=n) for n, name in enumerate(bidders, 1)
        ),
        sheets=tuple(BidScores(name, sheet) for name in bidders),
        candidates=tuple(replace(candidate, bidder=name, rank=n) for n, name in enumerate(bidders[:3], 1)),
        signatories=tuple(Signatory(f"Member{seat}", f"成员{seat}", f"{seat} 评审专家") for seat in seats),
    )


def sign_and_seal(renderer: Renderer, authority: TestAuthority, report: EvaluationReport, pdf: bytes) -> bytes:
    """Every member with a key of its own, the centre last."""
    for member, one in zip(report.members, report.signatories, strict=True):
        who = authority.certify(member.name, "sitting")
        mark = renderer.signature_appearance(member.name, f"席位 {member.seat}", AT)
        prepared = prepare_signature(
            pdf, field=one.field, certificate_pem=who.pem, chain_pems=[authority.pem], signed_at=NOW, appearance=mark
        )
        pdf = finish_signature(prepared.state, who.key.sign(prepared.to_sign), None)
    centre = authority.certify(report.heading.centre, "seal")
    appearance = renderer.seal_appearance(report.heading.centre, "评标专用章")
    return seal(
        pdf, field=report.seal_field, key=centre.key, certificate_pem=centre.pem, chain_pems=[authority.pem],
        signed_at=NOW, timestamper=None, appearance=appearance,
    )  # fmt: skip


def render_and_sign() -> str:
    """The first rendering of a process reads the fonts, so it is not counted."""
    renderer, authority, report = Renderer(DIST / "fonts"), TestAuthority(), large_report()
    made = [renderer.render(report, attachments={"report.json": b"{}"})]
    laid_out = [
        seconds(lambda: made.append(renderer.render(report, attachments={"report.json": b"{}"}))) for _ in range(RUNS)
    ]
    signed = [seconds(lambda: made.append(sign_and_seal(renderer, authority, report, made[0]))) for _ in range(RUNS)]
    assert verify_pdf(made[-1], [authority.pem], NOW).whole
    return (
        f"{BIDDERS} bidders × {SCORED} criteria × {MEMBERS} members: laid out in {statistics.median(laid_out):.2f} s "
        f"(target 3), signed by {MEMBERS} and sealed in {statistics.median(signed):.2f} s (target 2), "
        f"{len(made[-1]) >> 10} KiB"
    )

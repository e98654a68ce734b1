"""A price deduction for small enterprises, from the notice to the verified report."""

from __future__ import annotations

import copy
from decimal import Decimal as D
from typing import Any, ClassVar

import pytest

from app.casefile.codec import encode
from app.documents.wording import render_xml
from app.procedure.errors import RuleViolation
from app.services.platform import DIST
from app.services.report_content import report_content
from evaluation import sitting
from evaluation.sitting import ReviewItem, Stage
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.test_methods import Compared, bundle_of, results_played, wrong
from tests.app.services.whole_case import REVIEW
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
SMALL = ReviewItem("small", "小微企业", "Small enterprise", D("0.1"))


class Deducted(Compared):
    """The dearest bidder is a small enterprise, as three of five members find."""

    share: D = D("0.1")
    rows: ClassVar = {f"bidder-{letter}": {"plan": D(40), "record": D(10)} for letter in "abc"}

    @property
    def more_terms(self) -> dict[str, Any]:
        small = ReviewItem(SMALL.id, SMALL.name_zh, SMALL.name_en, self.share)
        return {"review_items": (*REVIEW, small)}

    def review(self) -> None:
        small = next(bid.bid for bid in self.state.bids if bid.bid == self.receipts["bidder-c"])
        for place, (number, person) in enumerate(self.members.items()):
            found = [sitting.ReviewFinding(bid.bid, "formal", True, "") for bid in self.state.bids]
            for bid in self.state.bids:
                met = bid.bid == small and place < 3
                found.append(sitting.ReviewFinding(bid.bid, "small", met, ""))
            self.act(person, sitting.BidsReviewed(number, tuple(found)))


@pytest.fixture(scope="module")
def deducted(tmp_path_factory):
    return Deducted(tmp_path_factory.mktemp("deducted")).until_scoring()


def test_a_granted_deduction_decides_and_stands_in_every_table(deducted):
    site, path = Site(deducted), f"/room/{deducted.case_id}/{LOT}"
    assert "小微企业（符合的，评审价扣除 10%；不符合的，不影响投标效力）" in site.browser().get(
        f"/cases/{deducted.case_id}"
    )
    deducted.lock()
    result = deducted.state.result
    assert deducted.bidders(result.candidates) == ["bidder-c", "bidder-a", "bidder-b"]
    assert result.price.benchmark == D("1426500.00")
    room = booth(site, deducted.members[1]).get(path)
    for words in ("1585000 × (1 − 0.1)", "1426500.00", "¥1,426,500.00"):
        assert words in room
    content = report_content(deducted.platform, deducted.case, LOT, deducted.lot_records, "zh")
    xml = render_xml("evaluation_report", content, "zh")
    assert "享受价格扣除：投标人c（小微企业），评审价扣除 10%" in xml
    assert "1,426,500.00" in xml
    english = report_content(deducted.platform, deducted.case, LOT, deducted.lot_records, "en")
    assert "10 % less when prices are compared" in render_xml("evaluation_report", english, "en")
    deducted.sign()
    assert deducted.state.stage is Stage.CLOSED
    assert results_played(deducted, site)
    assert wrong(deducted, bundle_of(deducted)) == set()


def test_a_deduction_that_is_withheld_afterwards_is_found_out(deducted):
    files = bundle_of(deducted)
    lines = copy.deepcopy(tampering.lines_of(files))
    concluded = next(line["entry"] for line in lines if line["entry"]["type"] == "ReviewConcluded")
    concluded["payload"]["granted"] = encode({})
    forged = tampering.by_platform(files, lines, deducted.platform.keys.platform.key)
    assert {"evidence_consequence_differs", "evidence_result_differs"} & wrong(deducted, forged)


@pytest.mark.parametrize("share", ["0.03", "0.21"])
def test_a_share_beyond_the_rule_book_is_not_published(tmp_path, share):
    class Beyond(Deducted):
        pass

    Beyond.share = D(share)
    with pytest.raises(RuleViolation) as refusal:
        Beyond(tmp_path).found().publish()
    assert refusal.value.code == "deduction_out_of_range"


def test_works_know_no_deduction(tmp_path):
    with pytest.raises(RuleViolation) as refusal:
        Deducted(tmp_path, profile="demo-works").found().publish()
    assert refusal.value.code == "deductions_not_allowed"

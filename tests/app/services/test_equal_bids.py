"""Two bids that every rule leaves equal: the opening has fixed their order, the room and the report say it, and the
verifier computes it again."""

from __future__ import annotations

import copy
from dataclasses import replace
from decimal import Decimal as D

import pytest

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.ties import ties_due, ties_of
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.services.audits import export_evidence
from app.services.platform import DIST
from app.services.report_content import report_content
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.whole_case import EVALUATION, WholeCase
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
EQUAL = {"bidder-a": "156600000", "bidder-b": "156600000", "bidder-c": "158500000"}


class Tied(WholeCase):
    """Everybody scores every bid alike, so price alone parts them, and two have the same."""

    def bid(self) -> Tied:
        self.receipts = {login: self.submit(login, price) for login, price in EQUAL.items()}
        return self

    def sheet(self, number: int, bids: list[str]) -> dict[str, dict[str, D]]:
        return {bid: {"plan": D(40) + D(number) / 2, "record": D(2)} for bid in bids}

    @property
    def equal(self) -> list[str]:
        return sorted(self.receipts[login] for login in ("bidder-a", "bidder-b"))


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Tied:
    evaluation = replace(EVALUATION, tie_chain=("price_score", "lower_price", "draw"), may_draw=True)
    tied = Tied(tmp_path_factory.mktemp("tied"), evaluation=evaluation)
    tied.through("found publish bid open draw sit")
    return tied


@pytest.fixture(scope="module")
def files(case):
    case.report()
    return unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])


def test_the_lock_that_completes_the_sheets_draws_equal_bids_at_once(case):
    state = case.state
    assert sorted(state.drawn) == case.equal
    assert state.result.to_draw == ()
    assert [row.decided_by for row in state.result.bids[:2]] == ["draw", "draw"]
    assert tuple(row.bid for row in state.result.bids[:2]) == state.drawn
    assert ties_of(case.case, LOT, reversed(state.drawn)).order == state.drawn
    assert ties_due(case.case, LOT) is None


def test_the_room_and_the_report_name_the_order(case):
    names = {bid.bid: bid.bidder_name for bid in case.state.bids}
    order = " → ".join(names[bid] for bid in case.state.drawn)
    site = Site(case)
    page = booth(site, case.members[1]).get(f"/room/{case.case_id}/{LOT}")
    assert "得分并列" in page
    assert order in page
    assert order in site.browser("officer").get(f"/cases/{case.case_id}/lots/{LOT}/report")
    for lang in ("zh", "en"):
        first, *_ = report_content(case.platform, case.case, LOT, case.lot_records, lang).notes
        assert order in first
        assert case.state.drawn_record in first


def wrong(bundle, root, steps=STEPS):
    found = verify_bundle(bundle, [root], [read_profile("demo-goods")], steps=steps)
    return {check.code for check in found if check.verdict is Verdict.FAIL}


def test_the_verifier_computes_the_order_again(case, files):
    root = case.platform.keys.authority.certificate_pem
    assert sum(line["entry"]["type"] == "TiesDrawn" for line in tampering.lines_of(files)) == 2  # a sheet was reopened
    assert wrong(files, root) == set()
    agency = case.release_export()
    bundle = unpack(export_evidence(case.platform, agency.people["officer"].log_in, case.case_id)[1])
    assert wrong(bundle, root) == set()


@pytest.mark.parametrize("step", ["replay", "sittings"])
def test_another_order_is_found_out(case, files, step):
    root = case.platform.keys.authority.certificate_pem
    lines = copy.deepcopy(tampering.lines_of(files))
    for line in lines:
        if line["entry"]["type"] == "TiesDrawn":
            line["entry"]["payload"]["order"].reverse()
    forged = tampering.by_platform(files, lines, case.platform.keys.platform.key)
    codes = {"replay": "evidence_consequence_differs", "sittings": "evidence_ties_wrong"}
    assert codes[step] in wrong(forged, root, {step: STEPS[step]})

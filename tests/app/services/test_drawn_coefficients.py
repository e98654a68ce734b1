"""A coefficient of the price formula that the opening draws: nobody knows it before, everybody computes it after."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from decimal import Decimal as D

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.documents.wording import plain
from app.procedure.errors import RuleViolation
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.copies import read_copy
from app.services.files import read_file, readable_files
from app.services.platform import DIST
from evaluation.prices import PriceRule, price_formula, settled
from tests.app.documents.test_render import needs_poppler, text_of
from tests.app.services.people import LOT
from tests.app.services.tampering import by_platform, changed, lines_of
from tests.app.services.whole_case import EVALUATION, WholeCase
from tests.app.web.site import Site

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
VALUES = (D("0.005"), D("0.010"), D("0.015"), D("0.020"), D("0.025"), D("0.030"))
FIXED = {
    "full": D(30), "places": D(2), "drop_highest_from": D(5), "drop_lowest_from": D(5), "benchmark_places": D(2),
    "above": D(1), "below": D("0.5"), "floor": D(0), "deviation_places": D(4),
}  # fmt: skip
RULE = PriceRule("trimmed_mean_discount", FIXED, {"discount": VALUES})


@pytest.fixture(scope="module")
def works(tmp_path_factory):
    """Works, whose committee checks qualification itself and whose price formula waits for the opening."""
    evaluation = replace(EVALUATION, price_rule=RULE)
    case = WholeCase(tmp_path_factory.mktemp("works"), profile="demo-works", evaluation=evaluation)
    return case.through("found publish change_deadlines bid read_out conclude draw sit report")


@pytest.fixture(scope="module")
def files(works):
    return unpack(export_evidence(works.platform, works.people["regulator"].log_in, works.case_id)[1])


def copy_of(works, who, kind, lang):
    actor = acting(works, who)
    signed = next(f for f in readable_files(works.platform, actor, works.case_id, LOT) if f.kind == kind)
    return signed, read_copy(works.platform, actor, signed.id, lang)[1]


def acting(works, who):
    with works.platform.database.reading() as db_session:
        return load_actor(db_session, works.people[who].id)


@needs_poppler
@pytest.mark.parametrize(("who", "kind"), [("bidder-a", "record"), ("officer", "report")])
def test_the_copy_in_english_says_the_same_figures_and_that_it_is_unsigned(works, who, kind):
    signed, english = copy_of(works, who, kind, "en")
    original = text_of(b"".join(read_file(works.platform, acting(works, who), signed.id)[1]), "-raw")
    pages = text_of(english, "-raw").split("\f")[:-1]
    assert all("Unsigned copy" in page and signed.sha256 in page for page in pages)
    assert list(enumerate_sig_fields(PdfFileReader(io.BytesIO(english)))) == []
    for figure in (r"\d[\d,]*\.\d\d\b", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"):  # prices and scores; instants
        found = re.findall(figure, " ".join(pages))
        assert found
        assert set(re.findall(figure, original)) >= set(found)
    drawn = works.case.lots[LOT].opening.coefficients["discount"]
    assert f"discount {plain(drawn)}" in " ".join(pages)


def test_no_copy_is_made_for_who_may_not_read_the_signed_one(works):
    signed, _english = copy_of(works, "officer", "report", "en")
    with pytest.raises(RuleViolation, match="file_unknown"):
        read_copy(works.platform, acting(works, "bidder-a"), signed.id, "en")


def test_the_pages_of_those_who_may_read_it_offer_the_copy(works):
    site = Site(works)
    for who, path in (("officer", "report"), ("regulator", "report"), ("bidder-a", "opening")):
        page = site.browser(who, "en").get(f"/cases/{works.case_id}/lots/{LOT}/{path}")
        link = re.search(r'href="(/api/v1/files/\w+/copy/en)">English copy \(unsigned\)', page)
        assert site.browser(who).client.get(link[1]).data[:5] == b"%PDF-"


def failures(works, files, steps=STEPS):
    root = works.platform.keys.authority.certificate_pem
    checks = verify_bundle(files, [root], [read_profile("demo-works")], steps=steps)
    return {check.code for check in checks if check.verdict is Verdict.FAIL}


def test_it_is_one_of_the_published_values_and_decides_the_prices(works):
    lot = works.case.lots[LOT]
    drawn = lot.opening.coefficients
    assert drawn.keys() == {"discount"}
    assert drawn["discount"] in VALUES
    rule = lot.sitting.rules.evaluation.price_rule
    assert rule == settled(RULE, drawn)
    prices = {bid.bid: bid.price for bid in lot.sitting.bids}
    assert lot.sitting.result.price == price_formula(rule).work(prices)


def test_it_stands_right_after_the_release_and_before_any_bid(files):
    types = [line["entry"]["type"] for line in lines_of(files) if "entry" in line]
    place = types.index("CoefficientsDrawn")
    assert types[place - 1] == "BidsReleased"
    assert types.count("CoefficientsDrawn") == 1
    assert place < types.index("BidOpened")


def test_the_case_is_verified_offline(works, files):
    assert failures(works, files) == set()


def test_another_value_does_not_follow_from_the_signature(works, files):
    lines = lines_of(files)
    seq = next(i for i, line in enumerate(lines) if line["entry"]["type"] == "CoefficientsDrawn")
    drawn = works.case.lots[LOT].opening.coefficients["discount"]
    other = next(value for value in VALUES if value != drawn)
    forged = changed(lines, seq, ("payload", "values", "discount"), lambda _value: format(other, "f"))
    rewritten = by_platform(files, forged, works.platform.keys.platform.key)
    replayed = {name: STEPS[name] for name in ("acts", "replay")}
    assert "evidence_fact_differs" in failures(works, rewritten, replayed)

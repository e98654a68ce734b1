"""A lost sealed file as a bidder's page: its bidder alone is asked for it, as long as it is taken."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.app.services.test_lost_files import copies, lose, released, restore
from tests.app.services.test_too_few_trustees import sealed
from tests.app.web.site import LOT, Site


@pytest.fixture
def losing(tmp_path: Path) -> Site:
    """Closed, and the file of bidder-b gone from the store; nobody has noticed it yet."""
    made = sealed(tmp_path)
    made.copies = {"bidder-b": copies(made, "bidder-b")}
    lose(made, "bidder-b")
    return Site(made)


def own(site: Site, page: str = "") -> str:
    return f"/bidder/cases/{site.case.case_id}/lots/{LOT}{page}"


def facts(page: str) -> dict[str, object]:
    return json.loads(re.search(r"data-own-bid-facts>(.*?)</script>", page, re.S).group(1))


def test_its_bidder_alone_is_asked_for_it_until_it_is_there(losing: Site) -> None:
    case, asked = losing.case, losing.browser("bidder-b")
    assert asked.client.get(own(losing, "/restoration")).headers["Location"] == own(losing)
    released(case)
    receipt = case.receipts["bidder-b"]
    for page in (asked.get("/bidder"), asked.get(own(losing))):
        assert "平台丢失了您的密文：请交回原件" in page
        assert own(losing, "/restoration") in page
    page = asked.get(own(losing, "/restoration"))
    assert 'data-type="BidFileRestored"' in page
    fact = case.case.lots[LOT].bidding.submissions[receipt].fact
    named = {name: facts(page)[name] for name in ("receipt_id", "bid_root", "bid_size", "capsule_sha256")}
    assert named == {"receipt_id": receipt} | {name: getattr(fact, name) for name in list(named)[1:]}
    english = losing.browser("bidder-b", lang="en").get(own(losing, "/restoration"))
    assert "Hand the sealed file in again" in english
    assert "The platform lost your sealed file" in english
    other = losing.browser("bidder-c")
    assert other.client.get(own(losing, "/restoration")).headers["Location"] == own(losing)
    assert "丢失" not in other.get("/bidder") + re.sub(
        r"(?s)<div data-own-bid>.*?</div>\s*</div>", "", other.get(own(losing))
    )
    losing.browser("officer").get(own(losing, "/restoration"), 404)
    restore(case, "bidder-b", *(case.copies["bidder-b"][kind][0] for kind in ("bid", "capsule")))
    assert asked.client.get(own(losing, "/restoration")).headers["Location"] == own(losing)
    assert facts(asked.get(own(losing)))["needed"] == [receipt]
    case.work_off()
    assert facts(asked.get(own(losing)))["needed"] == []  # opened: no browser need keep it


def test_after_its_time_it_is_not_asked_for(losing: Site) -> None:
    released(losing.case)
    losing.case.work_off(61)
    asked = losing.browser("bidder-b")
    assert asked.client.get(own(losing, "/restoration")).headers["Location"] == own(losing)
    assert "请交回原件" not in asked.get("/bidder")
    assert facts(asked.get(own(losing)))["needed"] == []

"""The fallback as pages: everybody sees what is awaited until when, nobody how many; each bidder its own step."""

from __future__ import annotations

import pytest

from tests.app.services.test_too_few_trustees import WITHIN, commit, reveal, sealed
from tests.app.web.site import LOT, Site


@pytest.fixture(scope="module")
def fallen(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """No trustee has signed, and the fallback has begun."""
    whole = sealed(tmp_path_factory.mktemp("fallback-pages"))
    whole.work_off(WITHIN)
    return Site(whole)


def hall(site: Site, who: str = "") -> str:
    return site.browser(who).get(f"/cases/{site.case.case_id}/lots/{LOT}/opening/board")


def desk(site: Site, who: str, page: str = "") -> str:
    return site.browser(who).get(f"/bidder/cases/{site.case.case_id}/lots/{LOT}{page}", 200)


def test_each_step_is_on_the_wall_and_with_each_bidder_its_own(fallen: Site) -> None:
    case = fallen.case
    shown = hall(fallen)
    assert "补救程序：投标人承诺密钥" in shown
    assert "data-countdown" in shown
    assert "受托单位1、受托单位2、受托单位3" in shown
    assert "请承诺您的投标密钥" in desk(fallen, "bidder-a")
    page = desk(fallen, "bidder-a", "/key")
    assert 'data-type="KeyCommitted"' in page
    assert case.receipts["bidder-a"] in page
    commit(case, "bidder-a", "bidder-b", "bidder-c")
    assert hall(fallen) == shown  # three promises, and not a byte of it
    assert "您已承诺投标密钥" in desk(fallen, "bidder-a")
    assert "请承诺您的投标密钥" in desk(fallen, "bidder-e")
    assert "没有参加" in desk(fallen, "bidder-d")

    case.work_off(WITHIN)
    revealing = hall(fallen)
    assert "补救程序：投标人公开密钥" in revealing
    assert 'data-type="KeyRevealed"' in desk(fallen, "bidder-a", "/key")
    assert "您没有在规定时间内承诺密钥" in desk(fallen, "bidder-e")
    reveal(case, "bidder-a", "bidder-b")
    assert hall(fallen) == revealing
    assert "平台已收到您的投标密钥" in desk(fallen, "bidder-b")

    reveal(case, "bidder-c")
    case.work_off()
    opened = hall(fallen)
    assert "投标人的密钥一并公布，开始解密" in opened
    assert all(name in opened for name in ("投标人a", "投标人b", "投标人c"))
    assert "视为撤回" in opened
    assert "The bidders&#39; keys are disclosed" in fallen.browser("", "en").get(
        f"/cases/{case.case_id}/lots/{LOT}/opening/board"
    )


def test_who_has_nothing_to_do_is_led_back_to_the_bid(fallen: Site) -> None:
    answer = fallen.browser("bidder-a").client.get(f"/bidder/cases/{fallen.case.case_id}/lots/{LOT}/key")
    assert answer.status_code == 302

"""The method of a lot in its draft: chosen with the template or later, and what makes no sense is refused in words."""

from __future__ import annotations

import pytest
from test_agency_pages import fields_of, save

from tests.app.services.people import BUYER_CODE
from tests.app.web.site import Site, played


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return played(tmp_path_factory.mktemp("methods"), "found")


def drafted(site: Site, template: str) -> str:
    regulator = site.case.people["regulator"].organisation
    answer = site.browser("officer").post("/agency/new", title="道路改造", template=template, regulator=regulator)
    return answer.headers["Location"].rpartition("/")[0]


def test_the_template_brings_its_method(site: Site):
    browser = site.browser("officer")
    lowest = browser.get(f"{drafted(site, 'works_lowest')}/scoring-0")
    assert "经评审的最低投标价法" in lowest
    assert "价格公式" not in lowest
    assert fields_of(lowest)["criteria-1-unit_zh"] == "天"
    gated = browser.get(f"{drafted(site, 'works_technical')}/scoring-0")
    assert (fields_of(gated)["pass_mark"], fields_of(gated)["shortlist"]) == ("60.00", "5")
    goods = browser.get(f"{drafted(site, 'goods_lowest')}/scoring-0")
    assert "除算术修正和政策扣除外不得调整报价" in goods
    assert "technical_gate" not in goods  # no method of that rule book


def test_an_advantage_is_taken_off_the_price(site: Site):
    browser, draft = site.browser("officer"), drafted(site, "works_lowest")
    typed = {"name_zh": "质保", "unit_zh": "年", "amount": "0.125", "basis": "-percent", "full": "5"}
    save(browser, f"{draft}/scoring-0", **{f"criteria-3-{name}": value for name, value in typed.items()})
    found = fields_of(browser.get(f"{draft}/scoring-0"))
    assert (found["criteria-3-amount"], found["criteria-3-basis"]) == ("0.125", "-percent")


def test_another_method_brings_its_own_criteria_formula_and_ties(site: Site):
    browser, draft = site.browser("officer"), drafted(site, "works")
    path = f"{draft}/scoring-0"
    assert "scoring-0" in save(browser, path, go="method", method="lowest_evaluated_price")
    assert "criteria-0-amount" in browser.get(path)
    assert "scoring-0" in save(browser, path, go="method", method="technical_gate")
    assert fields_of(browser.get(path))["pass_mark"] == "60.00"
    assert "documents" in save(browser, path, pass_mark="65.5", shortlist="")
    assert (fields_of(browser.get(path))["pass_mark"], fields_of(browser.get(path))["shortlist"]) == ("65.50", "")
    assert "scoring-0" in save(browser, path, go="method", method="comprehensive_scoring")
    assert "pass_mark" not in browser.get(path)


@pytest.mark.parametrize(
    ("template", "typed", "said"),
    [
        ("works_lowest", {"criteria-0-amount": "0"}, "每单位调整额 0 不能用"),
        ("works_lowest", {"criteria-0-unit_zh": ""}, "须填写单位、每单位调整额和最多单位数"),
        ("works_lowest", {"criteria-0-step": "3"}, "不是步长 3 的正整数倍"),
        ("works_technical", {"pass_mark": "", "shortlist": ""}, "须写明谁进入价格评审"),
        ("works_technical", {"pass_mark": "101"}, "不超过技术满分 100 分"),
        ("works_technical", {"shortlist": "2"}, "<li>"),
    ],
)
def test_what_makes_no_sense_is_not_saved(site: Site, template: str, typed: dict[str, str], said: str):
    browser, path = site.browser("officer"), f"{drafted(site, template)}/scoring-0"
    assert said in save(browser, path, **typed)
    assert fields_of(browser.get(path)).items().isdisjoint(typed.items())


def test_the_preview_refuses_what_the_rule_book_does_not_know(site: Site):
    browser, draft = site.browser("officer"), drafted(site, "goods_lowest")
    deviation = {"name_zh": "交货期", "unit_zh": "天", "amount": "100", "full": "30", "step": "1"}
    typed = {f"criteria-0-{name}": value for name, value in deviation.items()}
    assert "documents" in save(browser, f"{draft}/scoring-0", **typed)
    basics = {"code": "T-2026-9", "buyer": "某学院", "buyer_code": BUYER_CODE}
    save(browser, f"{draft}/basics", **basics)
    lot = {"title": "设备", "budget": "1000000", "ceiling": "900000", "deadline": "2027-05-01 09:30"}
    save(browser, f"{draft}/lot-0", **lot)
    assert "不得调整报价。请删去价格调整因素" in browser.get(f"{draft}/preview")
    save(browser, f"{draft}/scoring-0", **{"criteria-0-name_zh": ""})
    assert "不得调整报价。请删去价格调整因素" not in browser.get(f"{draft}/preview")
    save(browser, f"{draft}/basics", profile="cn-works")
    save(browser, f"{draft}/scoring-0", go="method", method="technical_gate")
    save(browser, f"{draft}/basics", profile="cn-goods")
    assert "不在“" in browser.get(f"{draft}/preview")
    assert "technical_gate" in browser.get(f"{draft}/scoring-0")  # shown, so that it can be changed

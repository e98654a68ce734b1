"""The components, looked at by machine: accessible, within the screen, readable without JavaScript, signing."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from axe import violations
from playwright.sync_api import Page, expect
from small_site import ORIGIN, SmallSite
from styleguide import NOW, OPENING

from crypto.signing import SignedAct, SigningKey, fingerprint, verify_act, verify_object

pytestmark = pytest.mark.browser

TEMPLATES = ["styleguide.html", *(f"errors/{status}.html" for status in (400, 403, 404, 409, 413, 429, 500, 503))]


KEY_PAGE = """
{% from "components/keys.html" import key_panel with context %}
{% block content %}
{{ key_panel("account-7", "/keys", {"label": "tenderhall/key-proof", "object": {"account": "7"}}) }}
{% endblock %}
"""


@pytest.mark.parametrize("template", TEMPLATES)
def test_axe_finds_nothing_and_nothing_hangs_over(visitor: Page, site: SmallSite, template: str):
    visitor.goto(site.show("/looked-at", template))
    for width in (1280, 390):
        visitor.set_viewport_size({"width": width, "height": 900})
        assert violations(visitor) == []
        assert visitor.evaluate("() => document.documentElement.scrollWidth") == width


def test_the_style_page_without_javascript_says_all_but_the_countdowns(page: Page, site: SmallSite):
    address = site.show("/looked-at", "styleguide.html")
    context = page.context.browser.new_context(java_script_enabled=False)
    silent = context.new_page()
    silent.goto(address)
    expect(silent.get_by_text("需要启用 JavaScript")).to_be_visible()
    expect(silent.get_by_role("table", name="评分汇总表")).to_contain_text("93.30")
    expect(silent.get_by_role("button", name="签名并提交")).to_be_disabled()
    context.close()


def test_the_clock_runs_on_the_server_and_countdowns_say_what_is_left(page: Page, site: SmallSite):
    page.clock.install(time=NOW)
    page.goto(site.show("/looked-at", "styleguide.html"))
    assert (OPENING - NOW).total_seconds() == 17 * 60 + 16
    expect(page.locator("[data-server-clock]")).to_have_text("09:12:44")
    expect(page.locator("[data-countdown]").first).to_have_text("还有 00:17:16")
    page.clock.run_for(10_000)
    expect(page.locator("[data-server-clock]")).to_have_text("09:12:54")
    expect(page.locator("[data-countdown]").first).to_have_text("还有 00:17:06")


def test_what_the_browser_says_is_in_the_language_of_the_page(page: Page, site: SmallSite):
    page.clock.install(time=NOW)
    page.goto(site.show("/looked-at", "styleguide.html", lang="en"))
    expect(page.locator("[data-countdown]").first).to_have_text("00:17:16 left")


def test_a_machine_whose_clock_is_wrong_still_shows_the_servers(page: Page, site: SmallSite):
    page.clock.install(time="2031-01-01T00:00:00Z")
    page.goto(site.show("/looked-at", "styleguide.html"))
    expect(page.locator("[data-server-clock]")).to_have_text("09:12:44")


def test_a_refused_act_says_why_in_the_language_of_the_page(page: Page, site: SmallSite):
    refused = {"code": "act_out_of_order", "message": "记录已更新。", "message_en": "Something came before it."}
    site.act_faults = [(409, refused)]
    page.goto(site.show_text("/key", KEY_PAGE))
    page.get_by_role("button", name="制作新密钥").click()
    with page.expect_response("**/keys"):
        page.get_by_role("button", name="申请证书").click()
    page.goto(site.show("/looked-at", "styleguide.html", lang="en"))
    page.locator("[data-sign-act] button").click()
    expect(page.get_by_role("alert").filter(has_text="Something came before it.")).to_be_visible()


def test_an_act_is_signed_over_what_the_page_shows(page: Page, site: SmallSite):
    site.act_faults = [(409, {"code": "act_out_of_order", "message": "在您签名之前记录已更新。"})]
    site.answer = lambda payload: {"accepted": "OpeningConfirmed", "at": "2026-03-03T01:12:44Z"}
    page.goto(site.show_text("/key", KEY_PAGE))
    page.get_by_role("button", name="制作新密钥").click()
    with page.expect_response("**/keys"):
        page.get_by_role("button", name="申请证书").click()
    made = page.locator("[data-key-fingerprint]").inner_text()

    page.goto(site.show("/looked-at", "styleguide.html"))
    page.get_by_text("技术细节").click()
    expect(page.locator("[data-key-fingerprint]")).to_have_text(made)
    button = page.get_by_role("button", name="签名并提交")
    button.click()
    expect(page.get_by_role("alert").filter(has_text="在您签名之前记录已更新。")).to_be_visible()
    button.click()
    expect(page.get_by_text("已提交。")).to_be_visible()

    refused, taken = site.acts
    assert refused["act"]["command_id"] == taken["act"]["command_id"]
    assert taken["key_id"] == made.replace(" ", "")
    assert page.locator("[data-act-digest]").inner_text() == taken["act"]["payload_sha256"]
    signed = SignedAct.from_json({name: taken[name] for name in ("act", "key_id", "signature")})
    spki = base64.b64decode(site.keys[-1]["spki"])
    verify_act(signed, spki, origin=ORIGIN, case="demo-case", type="OpeningConfirmed", payload=taken["payload"])


def test_a_key_file_is_taken_over_and_a_wrong_one_refused(page: Page, site: SmallSite, tmp_path: Path):
    key, wrong = SigningKey.generate(), tmp_path / "wrong.pem"
    right = tmp_path / "right.pem"
    right.write_text(key.to_pem())
    wrong.write_text(key.to_pem("passphrase"))
    page.goto(site.show_text("/key", KEY_PAGE))
    page.get_by_text("从密钥文件导入").click()
    page.get_by_label("PKCS#8 PEM 文件").set_input_files(wrong)
    expect(page.get_by_role("alert").filter(has_text="无法读取该文件")).to_be_visible()
    page.get_by_label("PKCS#8 PEM 文件").set_input_files(right)
    expect(page.locator("[data-key-fingerprint]")).to_have_text(fingerprint(key.key_id))
    with page.expect_response("**/keys"):
        page.get_by_role("button", name="申请证书").click()
    page.get_by_role("button", name="制作新密钥").click()  # it would be lost
    expect(page.get_by_text("替换后无法找回")).to_be_visible()
    page.get_by_role("button", name="保留原密钥").click()
    expect(page.get_by_text("替换后无法找回")).to_be_hidden()
    shown = page.locator("[data-key-fingerprint]")
    expect(shown).to_have_text(fingerprint(key.key_id))
    page.get_by_role("button", name="制作新密钥").click()
    page.get_by_role("button", name="替换", exact=True).click()
    expect(shown).not_to_have_text(fingerprint(key.key_id))
    verify_object(key.spki, "tenderhall/key-proof", {"account": "7"}, site.keys[-1]["proof"])

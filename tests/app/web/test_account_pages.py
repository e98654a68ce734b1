"""Sign-up, log-in with two factors, keys: as a person meets them."""

from __future__ import annotations

import re

import pyotp
import pytest
from werkzeug.test import TestResponse

from app.procedure.roles import Role
from app.services.accounts import NewOrganisation, prepare_account
from tests.app.web.site import Browser, Site

WORDS = "correct horse battery"


def sign_up(site: Site, login: str, code: str) -> str:
    answer = site.browser().post(
        "/sign-up", organisation=f"单位{login}", credit_code=code, name="周敏", mail="", login=login, password=WORDS
    )
    assert answer.status_code == 200
    found = re.search(r"<dd>((?:[A-Z2-7]{4} ?)+)</dd>", answer.get_data(as_text=True))
    assert found
    return found.group(1).replace(" ", "")


def leave(browser: Browser) -> TestResponse:
    token = re.search(r'name="csrf-token" content="([^"]+)"', browser.get("/account")).group(1)
    return browser.client.post("/log-out", data={"csrf_token": token})


def test_a_bidder_signs_up_logs_in_and_out(founded: Site):
    secret = sign_up(founded, "new-bidder", "91510000MA000000BE")
    browser = founded.browser()
    code = pyotp.TOTP(secret).at(founded.case.clock.at)
    answer = browser.post("/log-in", login="new-bidder", password=WORDS, code=code)
    assert answer.status_code == 302
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert browser.client.get("/home").headers["Location"] == "/bidder"
    assert "周敏" in browser.get("/account")
    assert leave(browser).status_code == 302
    assert "请先登录" in browser.get("/account", 401)


def test_who_closed_the_page_of_the_second_factor_gets_another_secret_until_the_first_log_in(founded: Site):
    lost = sign_up(founded, "closer", "91510000MA000000DL")
    page = founded.browser().post("/second-factor", login="closer", password=WORDS).get_data(as_text=True)
    secret = re.search(r"<dd>((?:[A-Z2-7]{4} ?)+)</dd>", page).group(1).replace(" ", "")
    assert lost != secret
    assert "?lang=" not in page  # nothing that fetches the page again and loses what it shows
    code = pyotp.TOTP(secret).at(founded.case.clock.at)
    assert founded.browser().post("/log-in", login="closer", password=WORDS, code=code).status_code == 302
    assert "已经登录过" in founded.browser().post("/second-factor", login="closer", password=WORDS).get_data(
        as_text=True
    )


@pytest.mark.parametrize(
    ("method", "path", "referrer", "back"),
    [
        ("GET", "/account?lang=zh", "", "/account%3Flang%3Dzh"),
        ("POST", "/account/notices/read", "http://localhost/account?a=1#notices", "/account%3Fa%3D1"),
        ("POST", "/account/notices/read", "http://localhost/account/notices/read", "/"),
        ("POST", "/account/notices/read", "http://evil.example/account", "/"),
        ("POST", "/account/notices/read", "", "/"),
    ],
)
def test_log_in_leads_back_to_the_page_or_to_the_page_of_the_form(founded: Site, method, path, referrer, back):
    client = founded.browser().client
    token = client.get("/").get_data(as_text=True).partition('name="csrf-token" content="')[2].partition('"')[0]
    answer = client.open(path, method=method, headers={"Referer": referrer}, data={"csrf_token": token})
    assert answer.status_code == 401
    assert f'href="/log-in?next={back}"' in answer.get_data(as_text=True)


def test_the_page_of_the_second_factor_draws_its_code_without_an_address(founded: Site):
    answer = founded.browser().post(
        "/sign-up",
        organisation="某公司",
        credit_code="91510000MA0000000C",
        name="甲",
        mail="",
        login="qr",
        password=WORDS,
    )
    page = answer.get_data(as_text=True)
    assert "<svg" in page
    assert "style=" not in page.split("<svg")[1].split("</svg>")[0]
    assert "data:" not in page


def test_what_was_typed_is_kept_and_the_mistake_named(founded: Site):
    page = founded.browser().post("/sign-up", organisation="某公司", credit_code="123", name="甲", login="x1")
    text = page.get_data(as_text=True)
    assert "统一社会信用代码是 18 位字母或数字" in text
    assert 'href="#credit_code"' in text
    assert 'value="某公司"' in text


def test_a_wrong_log_in_says_no_more_than_that(founded: Site):
    browser = founded.browser()
    unknown = browser.post("/log-in", login="nobody", password=WORDS, code="000000").get_data(as_text=True)
    known = browser.post("/log-in", login="bidder-a", password="not the password", code="000000")
    summary = re.compile(r'<div class="error-summary".*?</div>', re.S)
    assert summary.findall(unknown) == summary.findall(known.get_data(as_text=True))


def test_log_in_leads_to_no_other_site(founded: Site):
    secret = sign_up(founded, "careful", "91510000MA000000CH")
    code = pyotp.TOTP(secret).at(founded.case.clock.at)
    answer = founded.browser().post("/log-in?next=//evil.example/", login="careful", password=WORDS, code=code)
    assert answer.headers["Location"] == "/home"


def test_a_form_without_its_token_is_refused(founded: Site):
    answer = founded.browser().client.post("/log-in", data={"login": "x"})
    assert answer.status_code == 400


def test_an_invitation_opens_an_account_of_the_own_agency(founded: Site):
    case = founded.case
    agency = NewOrganisation("agency单位", "agency", "O-agency")
    account = prepare_account(
        case.platform, case.people["admin"].id, agency, "second-officer", "新经办", frozenset({Role.AGENCY_OFFICER}), ""
    )
    supervisor = founded.browser("releaser")
    assert "有 1 个账户等待第二人核准" in supervisor.get("/agency")
    answer = supervisor.post("/accounts/waiting", account=account)
    code = re.search(r">\s*([\w-]{24})\s*<", answer.get_data(as_text=True)).group(1)
    taken = founded.browser().post("/invitation", code=code, password=WORDS).get_data(as_text=True)
    assert "second-officer" in taken
    again = founded.browser().post("/invitation", code=code, password=WORDS).get_data(as_text=True)
    assert "<svg" not in again


def test_an_administrator_suspends_and_renews_with_a_reason(founded: Site):
    secret = sign_up(founded, "leaver", "91510000MA0000001F")
    admin, path = founded.browser("admin"), "/accounts/change/leaver"
    assert admin.client.get("/accounts/change?login=leaver").headers["Location"] == path
    assert "没有这个登录名" in admin.get("/accounts/change/nobody", 404)
    page = admin.get(path)
    assert "立即退出所有登录" in page
    assert "请写明理由" in admin.post(path, suspend="1", reason="").get_data(as_text=True)
    assert admin.post(path, suspend="1", reason="已离职").status_code == 302
    suspended = admin.get(path)
    assert "账户已停用" in suspended
    assert 'name="suspend"' not in suspended
    assert "不能停用自己的账户" in admin.post("/accounts/change/admin", suspend="1", reason="?").get_data(as_text=True)
    assert admin.post(path, renew="1", reason="返岗").status_code == 302
    assert "待核准" in admin.get(path)
    centre = founded.browser("centre")
    account = re.search(r'name="account" value="(\w+)"', centre.get("/accounts/waiting")).group(1)
    page = centre.post("/accounts/waiting", account=account).get_data(as_text=True)
    code = re.search(r">\s*([\w-]{24})\s*<", page).group(1)
    taken = founded.browser().post("/invitation", code=code, password=WORDS).get_data(as_text=True)
    assert "leaver" in taken
    assert secret not in taken.replace(" ", "")


def test_a_key_is_listed_and_taken_out_of_use_with_a_reason(founded: Site):
    browser, key = founded.browser("bidder-e"), founded.case.people["bidder-e"].key.key_id
    page = browser.get("/account/keys")
    assert key in page
    assert '"label": "tenderhall/key-proof"' in page
    token = re.search(r'name="csrf-token" content="([^"]+)"', page).group(1)
    path = f"/account/keys/{key}/revocation"
    assert browser.client.post(path, data={"csrf_token": token, "reason": ""}).status_code == 422
    assert browser.client.post(path, data={"csrf_token": token, "reason": "电脑遗失"}).status_code == 302
    assert "电脑遗失" in browser.get("/account/keys")


def test_strangers_have_no_account_page(founded: Site):
    for path in ("/account", "/account/keys"):
        founded.browser().get(path, 401)

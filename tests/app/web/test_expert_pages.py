"""Experts of the library by themselves: first log-in, days off, fees, requests and their answers."""

from __future__ import annotations

import re
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import select

from app.models import Account, Expert, Job
from app.procedure.errors import RuleViolation
from app.queries import cases
from app.queries.corrections import corrections_told
from app.queries.library_days import library_as_of, trainings_at
from app.services import expert_corrections, identities, own_expert
from app.services.platform import DIST
from evaluation.training import TrainingDemand, trained
from tests.app.services.whole_case import LOT
from tests.app.web.experts_alone import after_an_evaluation, entry, marked
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


@pytest.fixture(scope="module")
def over(tmp_path_factory) -> Site:
    return after_an_evaluation(tmp_path_factory.mktemp("experts"))


def mails(site: Site) -> list[str]:
    """Whom each was sent to, and what it says."""
    paths = site.case.platform.settings.mail.rglob("*.eml")
    found = [message_from_bytes(path.read_bytes(), policy=default) for path in paths]
    return [f"{mail['To']}\n{mail.get_content()}" for mail in found]


def test_the_first_log_in_goes_to_the_address_of_the_library_alone(over: Site):
    expert, before = entry(over, "other"), set(mails(over))
    with over.case.platform.database.reading() as db_session:
        login = db_session.get_one(Account, expert.account_id).login
    browser = over.browser()
    answers = {
        re.sub(r'content="[^"]*"|value="[^"]*"|nonce="[^"]*"|datetime="[^"]*"|>\d\d:\d\d:\d\d<', "", page)
        for page in (
            browser.post("/expert/enter", number=number, mail=mail).get_data(as_text=True)
            for number, mail in (
                (expert.number, "somebody@example.org"),
                ("ZJ-UNKNOWN", f"{login}@example.org"),
                (f" {expert.number} ", f"{login.upper()}@example.org"),
            )
        )
    }
    assert len(answers) == 1, "the same whoever asks"
    over.case.work_off()
    sent = [mail for mail in mails(over) if mail not in before]
    assert len(sent) == 1
    assert sent[0].startswith(f"{login}@example.org\n")
    assert over.case.platform.settings.base_url in sent[0]
    with over.case.platform.database.reading() as db_session:
        assert len(list(db_session.scalars(select(Job).where(Job.task == "invite_expert")))) == 1


def test_one_sees_ones_own_entry_and_nobody_elses(over: Site):
    page = over.browser("other").get("/expert")
    expert = entry(over, "other")
    assert expert.number in page
    assert entry(over, "member").number not in page
    over.browser("centre").get("/expert", 404)
    over.browser("bidder-a").get("/expert", 404)
    seated = next(iter(over.case.members.values()))
    booth(over, seated).get("/expert", 404)
    assert over.browser("buyer").client.get("/expert").status_code == 404, "an officer, who sits for the buyer"
    account = over.browser("other").get("/account")
    assert "评审当天在机位入席" in account
    assert "制作您的签名密钥" not in account, "an expert signs with the key of its booth"


def test_days_off_count_for_what_is_published_afterwards(over: Site):
    expert, browser = entry(over, "other"), over.browser("other")
    day = date(2026, 5, 4)
    published = over.case.case.tender.published_at
    assert browser.post("/expert/days-off", first=f"{day}", last=f"{day + timedelta(days=2)}").status_code == 302
    assert "早于" in browser.post("/expert/days-off", first=f"{day}", last="2026-05-01").get_data(as_text=True)
    assert browser.post("/expert/days-off", first="2020-01-01", last="").status_code == 200
    assert browser.post("/expert/days-off", first="2026-05-01", last="2028-05-01").status_code == 200
    overlap = browser.post("/expert/days-off", first=f"{day + timedelta(days=2)}", last=f"{day + timedelta(days=5)}")
    assert "重叠" in overlap.get_data(as_text=True), "nobody knows which of two to take back"
    page = browser.get("/expert/days-off")
    assert f"{day}" in page
    strata = [("goods", expert.site_id)]

    def off(as_of) -> bool:
        with over.case.platform.database.reading() as db_session:
            found = next(e for e in library_as_of(db_session, strata, as_of) if e.id == expert.id)
        return any(absence.first <= day <= absence.last for absence in found.absences)

    assert off(None)
    assert not off(published)
    over.case.clock.advance(1)
    entered = over.case.clock()
    over.case.clock.advance(1)
    (withdraw,) = set(re.findall(r"/expert/days-off/\d+/withdraw", page))
    foreign = over.browser("member").post("/expert/days-off", first="2026-06-01")
    assert foreign.status_code == 302
    other = over.browser("member").client.post(withdraw)
    assert other.status_code == 400, "without the token of a form"
    with pytest.raises(RuleViolation, match="days_off_unknown"):
        own_expert.withdraw_days_off(over.case.platform, over.case.people["member"].log_in, int(withdraw.split("/")[3]))
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    assert browser.client.post(withdraw, data={"csrf_token": token[1]}).status_code == 302
    assert not off(None)
    assert off(entered), "what was published while it stood counts it"


def test_another_contact_is_typed_twice_shown_to_nobody_and_taken_back(over: Site):
    browser, new = (
        over.browser("other"),
        {"mail": "new@example.org", "again": "new@example.org", "phone": "13912345678"},
    )
    assert "两次输入的电子邮箱不一样" in browser.post("/expert/contact", **new | {"again": "x@y.org"}).get_data(
        as_text=True
    )
    assert "11 位数字" in browser.post("/expert/contact", **new | {"phone": "1"}).get_data(as_text=True)
    assert browser.post("/expert/contact", **new).status_code == 302
    page = browser.get("/expert/contact")
    assert "有一项更改等待启用" in page
    assert not any(text in page for text in new.values())
    assert "有一项更改等待启用" in browser.post("/expert/contact", **new).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    assert browser.client.post("/expert/contact/withdraw", data={"csrf_token": token[1]}).status_code == 302
    assert "更改联系方式" in browser.get("/expert/contact")
    for stranger in ("centre", "officer", "bidder-a"):
        over.browser(stranger).get("/expert/contact", 404)


def test_fees_and_call_ups_name_the_project_to_who_was_there(over: Site):
    page = over.browser("member").get("/expert/fees")
    assert "设备采购" in page
    assert "¥300.00" in page
    assert "已接受" in page
    none = over.browser("other").get("/expert/fees")
    assert "设备采购" not in none
    assert "还没有劳务费" in none


def test_how_an_evaluation_went_is_told_without_touching_a_bid(over: Site, monkeypatch):
    """Another lot of the case may still take bids: their number must not be in the time of an answer."""
    case, touched, read = over.case, [], cases.record_of
    pages = [
        (over.browser("officer"), f"/cases/{case.case_id}/lots/{LOT}/appraisals"),
        (over.browser("centre"), "/appraisals"),
        (over.browser("member"), "/expert/fees"),
    ]

    def look() -> None:
        for browser, page in pages:
            browser.get(page)
        identities.identities(case.platform, case.case, LOT)
        with case.platform.database.reading() as db_session:
            corrections_told(db_session, case.case_id)
        marked(over, "officer", [], "")

    look()  # the state of the case is known
    monkeypatch.setattr(cases, "record_of", lambda row: touched.append(row.type) or read(row))
    look()
    assert "SittingConvened" in touched
    assert not {"BidSubmitted", "BidReceipted", "BidWithdrawn"} & set(touched)


def test_a_request_is_answered_once(over: Site):
    browser, centre = over.browser("member"), over.browser("centre")
    assert browser.post("/expert/requests", about="fee", words="少算一小时").status_code == 302
    page = centre.get("/centre/experts/requests")
    assert "少算一小时" in page
    (asked,) = re.findall(r'name="request" value="(\d+)"', page)
    assert centre.post("/centre/experts/requests", request=asked, answer="").status_code == 200
    assert centre.post("/centre/experts/requests", request=asked, answer="已核对，无误").status_code == 302
    again = centre.post("/centre/experts/requests", request=asked, answer="再答").get_data(as_text=True)
    assert "没有等待答复的申请" in again
    for odd in ("²", "٣", "9" * 30, ""):
        assert centre.post("/centre/experts/requests", request=odd, answer="答").status_code == 200
    token = re.search(r'name="csrf-token" content="([^"]+)"', centre.get("/centre/experts/requests"))
    assert token
    beyond = centre.client.post(f"/experts/trainings/{10**30}/strike", data={"csrf_token": token[1], "reason": "错"})
    assert beyond.status_code == 404, "no number of a database"
    assert "已核对，无误" in browser.get("/expert/requests")
    assert "少算一小时" not in over.browser("other").get("/expert/requests")
    over.browser("officer").get("/centre/experts/requests", 404)


def test_a_request_is_sent_once_may_be_withdrawn_and_says_itself_what_was_done(over: Site):
    expert, browser, centre = entry(over, "other"), over.browser("other"), over.browser("centre")
    asked = {"about": "entry", "words": "职称改为高级工程师"}
    sent = browser.post("/expert/requests", **asked)
    assert "申请已经提交" in browser.get(sent.headers["Location"])
    assert "没有再次提交" in browser.post("/expert/requests", **asked).get_data(as_text=True)
    assert "选填" not in browser.get("/expert/requests")
    assert browser.post("/expert/requests", about="other", words="写错了").status_code == 302
    page = browser.get("/expert/requests")
    withdraw = re.findall(r'action="(/expert/requests/\d+/withdraw)"', page)[0]
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    foreign = over.browser("member")
    other = re.search(r'name="csrf-token" content="([^"]+)"', foreign.get("/expert/requests"))
    assert other
    foreign.client.post(withdraw, data={"csrf_token": other[1]})
    assert "写错了" in centre.get("/centre/experts/requests"), "nobody else's to take back"
    browser.client.post(withdraw, data={"csrf_token": token[1]})
    page = centre.get("/centre/experts/requests")
    assert "写错了" not in page
    (number,) = re.findall(r'name="request" value="(\d+)"', page)

    path, platform = f"/experts/{expert.id}", over.case.platform
    cells = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', centre.get(path)))
    cells = {name: text for name, text in cells.items() if name != "csrf_token"} | {"title": "高级工程师"}
    expert_corrections.propose_correction(platform, over.case.people["centre"].log_in, expert.id, cells, "专家申请")
    refused = centre.post("/centre/experts/requests", request=number, answer="已改").get_data(as_text=True)
    assert number in re.findall(r'name="request" value="(\d+)"', refused), "a change waits for its second person"
    assert "没有更改" in browser.get("/expert/requests")
    over.case.clock.advance(1)
    expert_corrections.decide_correction(platform, over.case.people["second"].log_in, expert.id, accepted=True)
    assert centre.post("/centre/experts/requests", request=number, answer="已改").status_code == 302
    assert "已由两人更改" in browser.get("/expert/requests")


def test_courses_are_entered_many_at_a_time_or_not_at_all(over: Site):
    expert, centre = entry(over, "other"), over.browser("centre")
    wrong = f"{expert.number},年度培训,0,2026-01-05,\nZJ-NOBODY,年度培训,8,2026-13-05,2020-01-01"
    page = centre.post("/centre/experts/trainings", lines=wrong).get_data(as_text=True)
    assert "没有登记：请先改正" in page
    assert all(words in page for words in ("学时 0 不对", "没有编号 ZJ-NOBODY", "2026-13-05"))
    head = "专家编号,培训课程,学时,完成日期,有效期至"
    right = f"{head}\n{expert.number.lower()},年度培训,8,2026-01-05,\n{expert.number},廉政培训，2.5,2026/2/1,2026-02-20"
    assert "已登记 2 条" in centre.post("/centre/experts/trainings", lines=right).get_data(as_text=True)
    assert "已登记 0 条" in centre.post("/centre/experts/trainings", lines=right).get_data(as_text=True)
    own = over.browser("other").get("/expert")
    assert "廉政培训" in own
    assert "已过期" in own
    before, demand = over.case.case.tender.published_at, TrainingDemand(8, 365)
    strata, on = [("goods", expert.site_id)], date(2026, 3, 2)
    with over.case.platform.database.reading() as db_session:
        now = {e.id for e in library_as_of(db_session, strata, None, trained=True) if trained(e.trainings, demand, on)}
        then = [e for e in library_as_of(db_session, strata, before, trained=True) if trained(e.trainings, demand, on)]
    assert now == {expert.id}
    assert then == [], "courses entered after the publication make nobody drawable"
    page = over.browser("second").get(f"/experts/{expert.id}")
    strikes = sorted(set(re.findall(r"/experts/trainings/\d+/strike", page)))
    assert len(strikes) == 2
    assert "/strike" not in centre.get(f"/experts/{expert.id}"), "whoever entered them does not strike them"
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    sent = {"csrf_token": token[1], "reason": "登记错人"}
    second = over.browser("second")
    second.get(f"/experts/{expert.id}")
    answer = second.post(f"/experts/{expert.id}", reason="")  # only to have a token of this browser
    assert answer.status_code in (200, 405)
    token = re.search(r'name="csrf-token" content="([^"]+)"', second.get(f"/experts/{expert.id}"))
    assert token
    sent["csrf_token"] = token[1]
    assert second.client.post(strikes[0], data=sent).status_code == 302
    with over.case.platform.database.reading() as db_session:
        assert [t.course for t in trainings_at(db_session, None, select(Expert.id))[expert.id]] == ["廉政培训"]

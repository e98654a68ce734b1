"""Experts of the library by themselves: first log-in, days off, fees, appraisals, requests and their answers."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select

from app.models import Account, CaseFile, Expert, ExpertAppraisal, ExpertEvent, Job, Lot, Notice, Pseudonym, Tender
from app.procedure.errors import RuleViolation
from app.queries import cases
from app.queries.appraisals import CASES
from app.queries.corrections import corrections_told
from app.queries.library_days import library_as_of, trainings_at
from app.services import appraisals, identities, own_expert, standings
from app.services.accounts import LogIn
from app.services.platform import DIST
from app.services.unit_of_work import plain_transaction
from evaluation.committee import MemberRole
from evaluation.standing import Status, Step
from evaluation.training import TrainingDemand, trained
from tests.app.services.people import Person
from tests.app.services.whole_case import LOT
from tests.app.web.site import Site, booth, played

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


@pytest.fixture(scope="module")
def over(tmp_path_factory) -> Site:
    """An evaluation is over; `member` is the expert of one of its seats, `other` one who was not there."""
    site = played(tmp_path_factory.mktemp("experts"), "found publish bid open draw sit report")
    site.case.second_operator()
    seat = next(seat for seat in site.case.state.seats.values() if seat.role is MemberRole.EXPERT)
    with site.case.platform.database.reading() as db_session:
        here = select(Pseudonym.expert_id).where(Pseudonym.number == seat.person)
        member = db_session.get_one(Expert, db_session.scalars(here).one())
        seated = select(Pseudonym.expert_id).where(Pseudonym.number.in_(site.case.case.lots[LOT].draw.seats))
        other = db_session.scalars(select(Expert).where(Expert.id.not_in(seated)).limit(1)).one()
        rows = {"member": member.account_id, "other": other.account_id}
    key = site.case.people["centre"].key
    site.case.people |= {who: Person(LogIn(account, ""), key, "") for who, account in rows.items()}
    return site


def entry(site: Site, who: str) -> Expert:
    with site.case.platform.database.reading() as db_session:
        return db_session.scalars(select(Expert).where(Expert.account_id == site.case.people[who].id)).one()


def mails(site: Site) -> list[str]:
    return [path.read_text("utf-8", "replace") for path in sorted(site.case.platform.settings.mail.rglob("*.eml"))]


def test_the_first_log_in_goes_to_the_address_of_the_library_alone(over: Site):
    expert, before = entry(over, "other"), len(mails(over))
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
    sent = mails(over)[before:]
    assert len(sent) == 1
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


def test_days_off_count_for_what_is_published_afterwards(over: Site):
    expert, browser = entry(over, "other"), over.browser("other")
    day = date(2026, 5, 4)
    published = over.case.case.tender.published_at
    assert browser.post("/expert/days-off", first=f"{day}", last=f"{day + timedelta(days=2)}").status_code == 302
    assert "早于" in browser.post("/expert/days-off", first=f"{day}", last="2026-05-01").get_data(as_text=True)
    assert browser.post("/expert/days-off", first="2020-01-01", last="").status_code == 200
    assert browser.post("/expert/days-off", first="2026-05-01", last="2028-05-01").status_code == 200
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


def marked(site: Site, who: str, grounds: list[str], note: str) -> str:
    """The appraisal of the member's seat, by somebody."""
    expert = entry(site, "member")
    with site.case.platform.database.reading() as db_session:
        person = db_session.scalars(select(Pseudonym.number).where(Pseudonym.expert_id == expert.id)).one()
    base = f"/cases/{site.case.case_id}/lots/{LOT}/appraisals"
    page = site.browser(who).get(base)
    (path,) = [link for link in re.findall(rf"{base}/\d+/\w+", page) if link.endswith(person)]
    answer = site.browser(who).post(path, grounds=grounds, note=note)
    return base if answer.status_code == 302 else answer.get_data(as_text=True)


def seen_at(page: str) -> str:
    (found,) = re.findall(r'name="entered_at" value="([^"]+)"', page)
    return str(found)


def test_an_appraisal_is_looked_at_before_it_is_confirmed(over: Site):
    officer = over.browser("officer")
    assert "写明" in marked(over, "officer", ["disclosed"], "")
    assert "没有问题" in marked(over, "officer", ["diligent", "late"], "矛盾")
    assert "至少 20 字" in marked(over, "officer", ["disclosed"], "评审中打电话")
    assert "<form" in marked(over, "officer", ["absent"], "没有来"), "the member was there, says the case file"
    base = marked(over, "officer", ["disclosed"], "评审中打电话：三月二日九时四十分，见证人在场，有录像为证")
    page = officer.get(base)
    assert not re.search(r"专家\d|ZJ[0-9a-f]{8}|单位\d", page)
    assert not re.search(r"确认评价", page), "whoever marked does not confirm"
    assert "还没有评价" in over.browser("member").get("/expert/appraisals")
    releaser = over.browser("releaser")
    assert "entered_at" not in releaser.get(base), "not before it was looked at by itself"
    (path,) = re.findall(r'href="(\S+/confirmation)"', releaser.get(base))
    asked_once = releaser.get(path)
    assert "暂停抽取 180 天" in asked_once
    assert "评审中打电话" in asked_once
    officer.get(path, 404)


def test_appraisals_by_seat_confirmed_objected_and_decided(over: Site):
    expert, releaser = entry(over, "member"), over.browser("releaser")
    base = f"/cases/{over.case.case_id}/lots/{LOT}/appraisals"
    (path,) = re.findall(r'href="(\S+/confirmation)"', releaser.get(base))
    seen = seen_at(releaser.get(path))
    stale = releaser.post(base, entered_at="", decision="confirm")
    assert stale.status_code == 405
    token = re.search(r'name="csrf-token" content="([^"]+)"', releaser.get(base))
    assert token
    sent = {"csrf_token": token[1], "decision": "confirm"}
    assert "已经改动" in releaser.client.post(path, data=sent | {"entered_at": "earlier"}).get_data(as_text=True)
    assert releaser.client.post(path, data=sent | {"entered_at": seen}).status_code == 302
    releaser.get(path, 404)
    own = over.browser("member").get("/expert/appraisals")
    assert "评审中打电话" in own
    assert "代理经办" not in own, "not who marked it"
    assert "评审中打电话" not in over.browser("centre").get(base), "the other party's"
    assert "评审中打电话" not in over.browser("other").get("/expert/appraisals")
    (object_to,) = re.findall(r'action="(\S+/objection)"', own)
    member = over.browser("member")
    token = re.search(r'name="csrf-token" content="([^"]+)"', member.get("/expert/appraisals"))
    assert token
    words = {"csrf_token": token[1], "words": "家中急事，经见证人同意"}
    foreign = over.browser("other")
    token = re.search(r'name="csrf-token" content="([^"]+)"', foreign.get("/expert/appraisals"))
    assert token
    assert foreign.client.post(object_to, data=words | {"csrf_token": token[1]}).status_code == 200, "not one's own"
    assert member.client.post(object_to, data=words).status_code == 302
    with over.case.platform.database.reading() as db_session:
        told = select(Account.login).join(Notice, Notice.account_id == Account.id)
        asked = set(db_session.scalars(told.where(Notice.code == "appraisal_objected")))
    assert asked == {"centre", "second", "regulator", "inspector"}, "who may decide it"
    over.case.work_off(8 * 24 * 3600)
    assert entry(over, "member").status == Status.ADMITTED, "nothing counts while an objection waits"
    decider = over.browser("regulator")
    page = decider.get(base)
    assert "家中急事" in page
    assert "席位" in page
    (decide,) = re.findall(r'action="(\S+/objection)"', page)
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert token
    sent = {"csrf_token": token[1], "decision": "uphold", "reason": ""}
    assert "请写明理由" in decider.client.post(decide, data=sent).get_data(as_text=True)
    assert decider.client.post(decide, data=sent | {"reason": "见证人否认"}).status_code == 302
    suspended = entry(over, "member")
    assert suspended.status == Status.SUSPENDED, "twelve points"
    assert suspended.status_by == standings.BY_RULE
    with pytest.raises(RuleViolation, match="suspended_by_rule"):
        standings.take_step(over.case.platform, over.case.people["centre"].log_in, expert.id, Step.RESTORE, "放行")
    over.case.work_off(181 * 24 * 3600)
    assert entry(over, "member").status == Status.ADMITTED, "its time is over"
    with over.case.platform.database.reading() as db_session:
        steps = list(db_session.scalars(select(ExpertEvent.step).where(ExpertEvent.expert_id == expert.id)))
    assert steps[-3:] == ["appraise", "suspend", "restore"]


def test_points_that_are_settled_during_a_suspension_make_it_longer(over: Site):
    expert, day = entry(over, "other"), 24 * 3600

    def settled(person: str) -> None:
        given = {"grounds": "[]", "points": 12, "note": "", "entered_by": "", "entered_at": over.case.clock()}
        row = ExpertAppraisal(case_id=over.case.case_id, lot=LOT, person=person, seat=1, party="agency", **given)
        with plain_transaction(over.case.platform.database) as (db_session, _now):
            row.expert_id = expert.id
            db_session.add(row)
            db_session.flush()
            number = row.id
        appraisals.settle_appraisal(over.case.platform, number)

    settled("first")
    over.case.work_off(100 * day)
    settled("second")
    over.case.work_off(81 * day)
    assert entry(over, "other").status == Status.SUSPENDED, "the first date is not the last"
    with pytest.raises(RuleViolation, match="suspended_by_rule"):
        standings.take_step(over.case.platform, over.case.people["centre"].log_in, expert.id, Step.RESTORE, "放行")
    over.case.work_off(100 * day)
    assert entry(over, "other").status == Status.ADMITTED
    standings.take_step(over.case.platform, over.case.people["centre"].log_in, expert.id, Step.SUSPEND, "核查")
    over.case.work_off(200 * day)
    settled("third")
    settled("fourth")
    with pytest.raises(RuleViolation, match="suspended_by_rule"):
        standings.take_step(over.case.platform, over.case.people["centre"].log_in, expert.id, Step.RESTORE, "放行")
    over.case.work_off(181 * day)
    assert entry(over, "other").status == Status.SUSPENDED, "a person's suspension is a person's to end"
    standings.take_step(over.case.platform, over.case.people["centre"].log_in, expert.id, Step.RESTORE, "核查完毕")


def test_lots_to_appraise_are_looked_for_among_ones_own(over: Site):
    case, title = over.case, "设备采购"
    ids, later = [f"{n:032x}" for n in range(CASES)], case.case.tender.published_at + timedelta(days=1)
    with case.platform.database.writing() as db_session:
        own = db_session.get_one(Tender, case.case_id)
        given = {"title": "别家", "buyer": "", "profile": own.profile, "published_at": later}
        given |= {"agency_id": own.regulator_id, "regulator_id": own.agency_id}
        db_session.add_all(CaseFile(id=one, kind="tender", created_at=later) for one in ids)
        db_session.flush()
        db_session.add_all(Tender(case_id=one, code=one, **given) for one in ids)
        db_session.add_all(Lot(case_id=one, number="1", title="", deadline_at=later, closed_at=later) for one in ids)
        db_session.commit()
    assert title in over.browser("officer").get("/appraisals")
    assert title not in over.browser("regulator").get("/appraisals"), "no objection waits"
    centre = over.browser("centre")
    assert title not in (page := centre.get("/appraisals"))
    assert f"/appraisals?from={CASES}" in page
    assert title in centre.get(f"/appraisals?from={CASES}")
    with case.platform.database.writing() as db_session:
        for column in (Lot.case_id, Tender.case_id, CaseFile.id):
            db_session.execute(delete(column.class_).where(column.in_(ids)))
        db_session.commit()


def test_nothing_to_object_to_counts_at_once_and_outsiders_see_nothing(over: Site):
    base = marked(over, "centre", ["diligent"], "")
    second = over.browser("second")
    (path,) = re.findall(r'href="(\S+/confirmation)"', second.get(base))
    seen = seen_at(second.get(path))
    token = re.search(r'name="csrf-token" content="([^"]+)"', second.get(base))
    assert token
    sent = {"csrf_token": token[1], "decision": "confirm", "entered_at": seen}
    assert second.client.post(path, data=sent).status_code == 302
    assert "已生效" in second.get(base)
    for who in ("bidder-a", "witness-host", "admin", "other"):
        over.browser(who).get(base, 404)
    with plain_transaction(over.case.platform.database) as (db_session, _now):
        assert db_session.scalars(select(Expert).where(Expert.status == Status.SUSPENDED)).first() is None

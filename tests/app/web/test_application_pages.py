"""Applying to the library: no account, a code, two persons, and nothing of a refused applicant is kept."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.models import ApplicationFile, Expert, ExpertApplication, ExpertEvent
from app.procedure.expert_rows import check_digit
from app.services import applications
from app.services.applications import LISTED
from app.services.platform import DIST
from app.services.unit_of_work import plain_transaction
from evaluation.standing import Status
from tests.app.services.people import BUYER_CODE
from tests.app.web.site import Browser, Site, played

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
PDF = b"%PDF-1.7 certificate of a senior title"
APPLY = "/experts/apply"


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Site:
    site = played(tmp_path_factory.mktemp("applications"), "found")
    site.case.second_operator()
    return site


def form(**changes: object) -> dict[str, object]:
    body = f"51010419800101{changes.pop('serial', '001')}"
    filled: dict[str, object] = {
        "name": "申请人甲",
        "id_number": body + check_digit(body),
        "phone": "13800000000",
        "mail": "applicant@example.org",
        "organisation": "某建筑设计院",
        "credit_code": BUYER_CODE,
        "site": "主场",
        "specialities": "A0801",
        "title": "高级工程师",
        "practising_since": "2005-07-01",
        "region": "510104",
        "qualifications": "注册造价工程师:2029-12-31",
        "relatives": "张某",
        "consent": "y",
    }
    return filled | changes


def applied(site: Site, **changes: object) -> str:
    """The page after the form was sent, with one document."""
    files = {"files": (io.BytesIO(changes.pop("document", PDF)), "证书.pdf")}  # type: ignore[arg-type]
    browser = site.browser()
    answer = browser.post(APPLY, **form(**changes), **files)
    return browser.get(answer.headers["Location"]) if answer.status_code == 302 else answer.get_data(as_text=True)


def code_of(page: str) -> str:
    found = re.search(r"verdict__word\">((?:[0-9A-F]{4} ?){5})<", page)
    assert found, page
    return found[1]


def progress(site: Site, code: str) -> str:
    return site.browser().post(f"{APPLY}/status", code=code).get_data(as_text=True)


def page_of(browser: Browser) -> str:
    links = re.findall(r"/experts/applications/[0-9a-f]{16}", browser.get("/experts/applications"))
    assert links
    return links[0]


def count(site: Site, kind: type) -> int:
    with site.case.platform.database.reading() as db_session:
        return db_session.scalar(select(func.count()).select_from(kind)) or 0


def test_what_is_wrong_is_told_and_nothing_kept(library: Site):
    page = applied(library, specialities="Z9999", phone="123", organisation="")
    assert "verdict" not in page
    assert "请填写" in page
    assert "请填写“工作单位”" in page, "which field, in the summary"
    page = applied(library, specialities="Z9999", phone="123")
    assert page.count('aria-invalid="true"') == 3, "the chosen files are to be chosen again"
    assert "重新选择" in page
    assert "文本格式" not in page, "it is no spreadsheet"
    assert "请勾选同意" in applied(library, consent="")
    assert "不是 PDF" in applied(library, document=b"MZ an executable")
    assert "超过 1024 KB" in applied(library, document=b"%PDF-" + b"0" * (1 << 20))
    assert (count(library, ExpertApplication), count(library, ApplicationFile)) == (0, 0)


def test_looking_again_does_not_apply_again(library: Site):
    browser, before = library.browser(), count(library, ExpertApplication)
    files = {"files": (io.BytesIO(PDF), "证书.pdf")}
    page = browser.get(browser.post(APPLY, **form(serial="077", name="申请人丙"), **files).headers["Location"])
    assert "verdict" in page
    again = browser.get(f"{APPLY}/received")
    assert code_of(page) not in again
    assert "不再显示" in again
    assert "正在办理" in applied(library, serial="077"), "one application for each person"
    assert count(library, ExpertApplication) == before + 1
    centre = library.browser("centre")
    path = page_of(centre)
    assert centre.post(path, step="refuse", reason="重复").status_code == 302


def test_who_would_not_be_drawn_is_marked_and_no_term_lasts_for_ever(library: Site):
    body = "51010419490101077"
    old = {"id_number": body + check_digit(body), "practising_since": "2022-01-01", "name": "申请人丁"}
    code_of(applied(library, **old))
    centre = library.browser("centre")
    path = page_of(centre)
    page = centre.get(path)
    assert "从业 4 年，少于 8 年" in page
    assert "77 周岁，超过 70 周岁" in page
    assert path[-16:-8].upper() in centre.get("/experts/applications"), "lines can be told apart"
    assert "超过 10 年" in centre.post(path, step="review", reason="材料齐全", until="2099-01-01").get_data(
        as_text=True
    )
    assert centre.post(path, step="refuse", reason="从业年限不足").status_code == 302


def test_one_reviews_another_admits_and_the_applicant_follows(library: Site):
    code = code_of(applied(library))
    assert "已申请" in progress(library, code)
    assert "没有这份申请" in progress(library, "0" * 20)
    centre, second = library.browser("centre"), library.browser("second")
    assert "申请人甲" not in centre.get("/experts/applications"), "sealed until it is opened"
    path = page_of(centre)
    page = centre.get(path)
    assert "申请人甲" in page
    assert "主场" in page
    assert not {"13800000000", "applicant@example.org", form()["id_number"]} & set(re.findall(r"[\w.@]+", page))
    (document,) = re.findall(r"/experts/applications/files/\w+", page)
    answer = centre.client.get(document)
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert library.browser("officer").client.get(document).status_code == 404
    assert "9999-12-31" not in page
    assert "核准入库" not in re.sub(r"<p>.*?</p>", "", page)
    assert "聘期截止日期" in centre.post(path, step="review", reason="材料齐全").get_data(as_text=True)
    assert centre.post(path, step="review", reason="材料齐全", until="2029-12-31").status_code == 302
    assert re.search(r"聘期截止</dt>\s*<dd[^>]*>\s*2029-12-31", second.get(path)), (
        "the second person sees the term it confirms"
    )
    own = centre.post(path, step="admit", reason="自己核准").get_data(as_text=True)
    assert "另一人" in own
    experts = count(library, Expert)
    assert second.post(path, step="admit", reason="核对无误").status_code == 302
    assert count(library, Expert) == experts + 1
    with library.case.platform.database.reading() as db_session:
        row = db_session.scalars(select(Expert).where(Expert.number.startswith("SQ"))).one()
        steps = db_session.scalars(select(ExpertEvent.step).where(ExpertEvent.expert_id == row.id))
        assert list(steps) == ["review", "admit"]
        assert row.status == Status.ADMITTED
        assert '"certified_until": "2029-12-31"' in row.facts
        decided = select(ExpertApplication).where(ExpertApplication.expert_id == row.id)
        assert db_session.scalars(decided).one().sealed is None
    told = progress(library, code)
    assert row.number in told
    library.case.work_off()
    sent = "".join(p.read_text("utf-8") for p in library.case.platform.settings.mail.rglob("*.eml"))
    assert "applicant@example.org" in sent
    assert "有相同之处" in _again(library), "a likeness to somebody of the library is told"


def _again(site: Site) -> str:
    """Somebody with the same telephone applies; what the reviewer reads."""
    code_of(applied(site, serial="002", name="申请人乙"))
    browser = site.browser("centre")
    return browser.get(page_of(browser))


def test_a_refusal_has_its_reason_and_keeps_nothing(library: Site):
    browser = library.browser("regulator")
    path = page_of(browser)
    assert library.browser("centre").post(path, step="review", reason="通过", until="2029-12-31").status_code == 302
    assert "审核通过" not in browser.get(path).split("办理")[-1], "the authority admits or refuses; it does not review"
    files = count(library, ApplicationFile)
    assert browser.post(path, step="refuse", reason="职称证书不清晰").status_code == 302
    assert count(library, ApplicationFile) == files - 1
    with library.case.platform.database.reading() as db_session:
        refused = db_session.get_one(ExpertApplication, path[-16:])
        assert refused.status == "refused"
        assert refused.sealed is None
    assert "申请人乙" not in browser.get(path)


@pytest.mark.parametrize("who", ["officer", "releaser", "bidder-a", "witness-host", "admin"])
def test_nobody_else_reads_applications(library: Site, who: str):
    library.browser(who).get("/experts/applications", 404)


def test_a_flood_from_one_address_is_stopped(library: Site):
    pages = [applied(library, serial=f"1{n:02d}") for n in range(9)]
    assert any("verdict" not in page for page in pages)


def test_who_waits_longest_stays_in_sight_however_many_apply(library: Site):
    path, at = "/experts/applications", library.case.clock()
    known = applications.list_applications(library.case.platform, most=999)[0]
    with plain_transaction(library.case.platform.database) as (db_session, _now):
        for n in range(LISTED + 1):
            row = ExpertApplication(id=f"{n:016x}", code_hash=f"{n}", at=at + timedelta(minutes=n), status="applied")
            db_session.add(row)
    waiting = [line.id for line in known if line.decided_at is None]
    browser = library.browser("centre")
    first = re.findall(rf"{path}/(\w+)", browser.get(path))
    second = re.findall(rf"{path}/(\w+)", browser.get(f"{path}?from={LISTED}"))
    wanted = waiting + [f"{n:016x}" for n in range(LISTED + 1)] + [line.id for line in known if line.decided_at]
    assert first + second == wanted
    assert "没有更多申请" in browser.get(f"{path}?from={10**30}")


def test_nobody_applies_without_having_agreed_to_what_is_kept(library: Site):
    """The page of personal data is linked; without the box nothing is kept."""
    page = applied(library, serial="060", consent="")
    assert "请勾选同意" in page
    assert "申请已收到" not in page
    assert 'href="/privacy"' in library.browser().get(APPLY)

"""Key ceremonies on the pages of the centre and of the trustees."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.casefile.codec import encode
from app.casefile.register import REGISTER, CommitteeReshared
from app.queries.ceremonies import load_ceremonies
from app.queries.committees import load_committees
from app.services import ceremonies
from app.services.platform import DIST
from app.services.unit_of_work import unit_of_work
from crypto.canonical import digest
from tests.app.web.site import Site
from tests.casefile.trustees import PaperTrustee

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
LOGINS = ("trustee-1", "trustee-2", "trustee-3")


def keys(site: Site) -> list[str]:
    return [site.case.people[login].key.key_id for login in LOGINS]


def opened(site: Site) -> str:
    answer = site.browser("centre").post("/centre/ceremonies", trustees=keys(site), k="2")
    assert answer.status_code == 302
    with site.case.platform.database.reading() as db_session:
        return next(iter(load_ceremonies(db_session)))


def do(site: Site, ceremony: str, name: str, *logins: str) -> None:
    for login in logins or LOGINS:
        person = site.case.people[login]
        with site.case.platform.database.reading() as db_session:
            state = load_ceremonies(db_session)[ceremony].state
        made = PaperTrustee(int(login[-1]), key=person.key, origin=site.case.platform.origin)
        if (login, ceremony) in KEPT:
            made = replace(made, identity=KEPT[login, ceremony])
        KEPT[login, ceremony] = made.identity
        step = getattr(made, name)(state)
        sent = {k: v for k, v in encode(step).items() if k != "ceremony"}
        sent = {k: list(v) if isinstance(v, tuple) else v for k, v in sent.items()}
        ceremonies.take_step(site.case.platform, person.log_in, ceremony, name, sent)


KEPT: dict = {}


def test_a_ceremony_from_the_form_to_the_register(founded: Site):
    centre, trustee = founded.browser("centre"), founded.browser("trustee-1")
    assert "还没有密钥仪式" in centre.get("/centre/committees")
    assert "密钥仪式在等您" not in trustee.get("/trustee")
    ceremony = opened(founded)
    page = centre.get("/centre/committees")
    assert f"tenderhall trustee ceremony {ceremony}" in page
    assert "等待受托人加入" in page
    page = trustee.get("/trustee")
    assert "密钥仪式在等您" in page
    assert f"tenderhall trustee ceremony {ceremony}" in page
    assert founded.case.people["trustee-2"].key.key_id[:4] in page
    do(founded, ceremony, "join", "trustee-1")
    assert "密钥仪式在等您" not in trustee.get("/trustee"), "it is the others' turn"
    assert "密钥仪式在等您" in founded.browser("trustee-2").get("/trustee")
    do(founded, ceremony, "join", "trustee-2", "trustee-3")
    for name in ("deal", "accept"):
        do(founded, ceremony, name)
    page = centre.get("/centre/committees")
    assert "已完成，委员会已登记" in page
    assert "份额在各自机器上生成" in page
    assert f"/centre/ceremonies/{ceremony}/cancel" not in page
    page = founded.browser().get("/trust")
    assert "登记簿中有各家签名的每一步" in page
    english = founded.browser("centre", lang="en").get("/centre/committees")
    assert "done, the committee is registered" in english


def test_a_form_that_cannot_be_is_refused_in_words(founded: Site):
    centre = founded.browser("centre")
    assert "请选择受托人" in centre.post("/centre/ceremonies", k="2").get_data(as_text=True)
    page = centre.post("/centre/ceremonies", trustees=keys(founded)[:2], k="3").get_data(as_text=True)
    assert 'id="ceremony-errors"' in page
    assert "2 至 32" in centre.post("/centre/ceremonies", trustees=keys(founded), k="1").get_data(as_text=True)


def test_cancelling_asks_once_and_wants_a_reason(founded: Site):
    centre, ceremony = founded.browser("centre"), opened(founded)
    path = f"/centre/ceremonies/{ceremony}/cancel"
    asked = centre.get(path)
    assert "取消后不能恢复" in asked
    assert "返回，不取消</a>" in asked  # “cancel” beside “cancel” would say nothing
    assert "请写明取消理由" in centre.post(path, reason="").get_data(as_text=True)
    assert centre.post(path, reason="一家单位退出").status_code == 302
    page = centre.get("/centre/committees")
    assert "中心取消：一家单位退出" in page
    assert "已经结束" in centre.post(path, reason="x").get_data(as_text=True)
    centre.get(f"/centre/ceremonies/{'0' * 32}/cancel", 404)
    for who in ("trustee-1", "admin", "regulator"):
        founded.browser(who).get(path, 404)


def test_a_committee_is_reshared_and_retired_from_its_pages(founded: Site):
    centre, chosen = founded.browser("centre"), keys(founded)
    with founded.case.platform.database.reading() as db_session:
        committee = next(iter(load_committees(db_session)))
    page = centre.get("/centre/committees")
    assert f"/centre/committees/{committee}/reshare" in page
    assert "现任受托人，任意 2 家移交即可" in centre.get(f"/centre/committees/{committee}/reshare")
    answer = centre.post(f"/centre/committees/{committee}/reshare", trustees=[chosen[0], chosen[0]], k="2")
    assert "只有 1 位不同" in answer.text
    assert centre.post(f"/centre/committees/{committee}/reshare", trustees=chosen, k="3").status_code == 302
    page = centre.get("/centre/committees")
    assert "等待谁" in page
    assert "换届" in page
    assert "密钥仪式在等您" in founded.browser("trustee-1").get("/trustee")
    again = centre.post(f"/centre/committees/{committee}/reshare", trustees=chosen, k="2")
    assert "同一时间只能有一个" in again.text
    assert centre.post(f"/centre/committees/{committee}/retire", reason="").status_code == 200
    assert centre.post(f"/centre/committees/{committee}/retire", reason="任期届满").status_code == 302
    page = centre.get("/centre/committees")
    assert "任期届满" in page
    assert f"/centre/committees/{committee}/retire" not in page
    assert centre.client.get("/centre/committees/none/retire").status_code == 404


def test_whoever_asks_what_to_trust_sees_the_present_trustees_first(founded: Site):
    """The resharing itself is tested elsewhere; here its fact is written as the last acceptance would."""
    with founded.case.platform.database.reading() as db_session:
        standing = next(iter(load_committees(db_session).values()))
    before = standing.description
    members = [{**member, "organisation": f"新受托人{member['index']}"} for member in before["members"]]
    fact = CommitteeReshared(standing.id, "0" * 32, digest(before), {**before, "members": members})
    with unit_of_work(founded.case.platform.database, REGISTER) as work:
        work.append(fact)
    page = founded.browser().get("/trust")
    present, former = page.split("以前的受托人（1 次换届）")
    assert "份额现由以下各家持有" in present
    assert all(f"新受托人{index}" in present for index in (1, 2, 3))
    assert "新受托人" not in former
    assert all(member["organisation"] in former for member in before["members"])

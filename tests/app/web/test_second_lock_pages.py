"""Mode M2 on pages, over the API and from the command line: what it means, and how a round is carried in."""

from __future__ import annotations

import json
from threading import Thread

import pytest
from werkzeug.serving import make_server

from app.client import drand_commands
from app.client.command_line import Parser
from app.queries.committees import read_committees
from app.services import tenders
from tests.app.second_lock import allow_second_lock, publish_locked, relay, release
from tests.app.web.site import Site
from tests.app.workbench import LOT, Bench
from tests.beacon import SigningChain

BEACON = SigningChain()


@pytest.fixture
def site(bench: Bench):
    """A released lot of mode M2 that waits for its round."""
    bench.clock.go_on()
    allow_second_lock(bench, BEACON)
    publish_locked(bench)
    for login in ("bidder-a", "bidder-b", "bidder-c"):
        bench.hand_in(login)
    yield Site(bench)
    bench.clock.go_on()


def hall(site: Site, part: str = "") -> str:
    return f"/cases/{site.case.case_id}/lots/{LOT}/opening{part}"


def test_what_the_mode_means_stands_wherever_the_mode_does(site):
    due = site.case.case.tender.rounds(LOT)[-1]
    notice = site.browser().get(f"/cases/{site.case.case_id}")
    assert "（M2）" in notice
    assert f"drand 网络（test {BEACON.chain.hash}）" in notice
    waiting = site.browser().get(hall(site))
    assert f"第 {due.number} 轮" in waiting
    assert "受托人串通也不能提前开标" in waiting
    sealing = site.browser("bidder-a").get(f"/bidder/cases/{site.case.case_id}/lots/{LOT}/seal")
    assert BEACON.chain.hash in sealing
    assert "第二把锁" in sealing
    trust = site.browser().get("/trust")
    assert BEACON.chain.hash in trust


def test_somebody_present_types_the_signature(site):
    due = site.case.case.tender.rounds(LOT)[-1]
    site.browser().get(hall(site, "/round"), 401)  # not before the trustees have signed
    release(site.case)
    public = site.browser()
    waiting = public.get(hall(site))
    assert "等待第二把锁" in waiting
    assert 'href="opening/round"' in waiting
    page = public.get(hall(site, "/round"))
    assert f"/{BEACON.chain.hash}/public/{due.number}" in page
    wrong = public.post(hall(site, "/round"), signature=BEACON.sign(due.number + 1).hex())
    assert "不是所等待轮次" in wrong.get_data(as_text=True)
    short = public.post(hall(site, "/round"), signature="<b>12</b>").get_data(as_text=True)
    assert "96 位十六进制" in short
    assert "<b>12" not in short
    digits = BEACON.sign(due.number).hex().upper()
    typed = "\n".join(digits[i : i + 12] for i in range(0, 96, 12))
    assert public.post(hall(site, "/round"), signature=typed).status_code == 302
    site.case.work_off()
    board = public.get(hall(site))
    assert f"drand 第 {due.number} 轮签名已到" in board
    assert BEACON.sign(due.number).hex() in board
    assert "唱标结束" in board


def test_round_is_fetched_on_one_machine_and_carried_from_another(site, capsys, tmp_path):
    due = site.case.case.tender.rounds(LOT)[-1]
    release(site.case)
    chain = tmp_path / "chain.json"
    chain.write_text(json.dumps(BEACON.chain.describe()))
    server = make_server("127.0.0.1", 0, site.app, threaded=False)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        with relay() as late, relay() as good:
            good.give(BEACON, due.number)
            fetch = ["fetch", str(due.number), "--relay", late.url, "--relay", good.url, "--chain", str(chain)]
            digits = run(capsys, *fetch).splitlines()[-1].split()
            assert "".join(digits) == BEACON.sign(due.number).hex()
            assert run(capsys, "fetch", str(due.number + 1), "--relay", good.url, "--chain", str(chain), status=1) == ""
        url = f"http://127.0.0.1:{server.server_port}"
        told = run(capsys, "carry", site.case.case_id, *digits, "--lot", LOT, "--url", url)
        assert str(due.number) in told
        assert run(capsys, "carry", site.case.case_id, *digits, "--lot", LOT, "--url", url, status=1) == ""
    finally:
        server.shutdown()
        server.server_close()
    assert [record.fact.round for record in site.case.records("RoundSigned")] == [due.number]


def run(capsys, *words: str, status: int = 0) -> str:
    """What `tenderhall drand` prints."""
    parser = Parser(prog="tenderhall")
    drand_commands.add_parser(parser.commands())
    parsed = parser.parse_args(["drand", *words])
    assert parsed.run(parsed) == status
    return capsys.readouterr().out


def test_officer_chooses_the_lock_only_where_the_centre_offers_it(site):
    bench = site.case
    bench.draft()
    path = f"/agency/cases/{bench.case_id}/draft/basics"
    page = site.browser("officer").get(path)
    assert "第二把锁" in page
    assert f'value="{BEACON.chain.hash}"' in page
    read = tenders.read_draft(bench.platform, bench.people["officer"].log_in, bench.case_id)
    fields = {name: read.form[name] for name in ("code", "buyer", "buyer_code", "region", "method", "notice")}
    committee = read_committees(bench.platform.database)[0].id
    chosen = {"title": read.title, "profile": "cn-goods", "committee": committee, "timelock": BEACON.chain.hash}
    assert site.browser("officer").post(path, **fields, **chosen).status_code == 302
    preview = site.browser("officer").get(f"/agency/cases/{bench.case_id}/draft/preview")
    assert "模式 M2" in preview
    assert BEACON.chain.hash in preview

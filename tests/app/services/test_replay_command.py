"""`tenderhall replay` on exported cases: what each holder is shown, and what of a falsified bundle it says."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from app.casefile.bundle import EVENTS, json_lines, unpack
from app.client import replay_commands
from app.client.command_line import Parser
from app.procedure.errors import RuleViolation
from app.services.audits import export_evidence
from app.services.platform import DIST
from crypto.canonical import parse
from tests.app.services.whole_case import WholeCase

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


@pytest.fixture(scope="module")
def bundles(tmp_path_factory) -> dict[str, Path]:
    whole = WholeCase(tmp_path_factory.mktemp("whole")).played().release_export()
    found = {}
    for who in ("regulator", "officer"):
        found[who] = whole.folder / f"{who}.zip"
        found[who].write_bytes(export_evidence(whole.platform, whole.people[who].log_in, whole.case_id)[1])
    return found


def replayed(bundle: Path, *options: str) -> int:
    parser = Parser("", prog="tenderhall")
    replay_commands.add_parser(parser.commands())
    arguments = parser.parse_args(["replay", str(bundle), *options])
    return int(arguments.run(arguments))


def lines(capsys) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_the_authority_reads_the_whole_sitting_line_by_line(bundles, capsys):
    assert replayed(bundles["regulator"]) == 0
    verified, title, first, *rest = lines(capsys)
    assert verified.startswith("证据包核验通过：")
    assert "共 49 步" in title
    assert "无权查看的记录 0 条" in title
    said = "系统：评审委员会组成：5 个席位，2 个场所，有效开启的投标 3 份。"
    assert re.fullmatch(r"1  2026-03-02 09:01:34\.\d{3} UTC\+8  " + re.escape(said), first)
    told = "\n".join(rest)
    assert "席位 1：在第 1 轮投席位 1。" in told
    assert "系统：第 1 轮票数相同：席位 1，2；再投一轮。" in told
    assert "席位 2：申请更正本人评分 3 处（评分畸高畸低）：方案分数有误。" in told
    assert "席位 5：书面提出不同意见：对业绩评分有不同意见。" in told
    assert rest[-1] == "—— 已结束 ——"
    assert {"—— 独立评分 ——", "—— 汇总复核 ——"} <= set(rest)


def test_the_agency_reads_what_it_may_see_and_no_vote_or_finding_of_a_member(bundles, capsys):
    assert replayed(bundles["officer"], "--lang", "en") == 0
    told = "\n".join(lines(capsys))
    assert "The bundle is verified" in told
    assert "25 steps" in told
    assert "votes for" not in told
    assert "submits its review" not in told
    assert replayed(bundles["officer"], "--at", "10") == 0
    told = "\n".join(lines(capsys))
    assert "投标人a：初步评审的结论未向您公开" in told
    assert told.count("：已签到\n") == 4  # their sheets are locked in later steps


def test_the_room_after_a_step_is_what_stood_then(bundles, capsys):
    assert replayed(bundles["regulator"], "--at", "40", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verified"], told["failures"], told["steps_in_all"]) == (True, [], 49)
    (step,) = told["steps"]
    assert (step["number"], step["type"], step["actor"]["en"]) == (40, "ScoreSheetLocked", "Seat 2")
    assert step["payload"]["seat"] == 2
    room = told["room"]
    assert len(room["sheets"]) == 5
    assert room["results"] == []  # a corrected sheet is locked again, and nothing is computed from it yet
    assert replayed(bundles["regulator"], "--at", "33") == 0
    told = "\n".join(lines(capsys))
    assert "\n  方案：" in told
    assert "\n  业绩：" in told
    assert replayed(bundles["regulator"], "--from", "37", "--to", "38", "--json") == 0
    assert [step["number"] for step in json.loads(capsys.readouterr().out)["steps"]] == [37, 38]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--at", "50"), "replay_step_unknown"),
        (("--to", "50"), "replay_step_unknown"),
        (("--from", "9", "--to", "8"), "replay_range_wrong"),
        (("--lot", "2"), "replay_no_sitting"),
        (("--at", "9", "--to", "9"), "replay_at_or_range"),
    ],
)
def test_what_is_not_there_is_refused(bundles, options, code):
    with pytest.raises(RuleViolation, match=code):
        replayed(bundles["regulator"], *options)


def test_what_is_no_bundle_is_refused(tmp_path):
    for data in (b"", b"PK no zip", zipped({"README": b"?"})):
        (path := tmp_path / "x.zip").write_bytes(data)
        with pytest.raises(RuleViolation, match=r"bundle_unreadable|evidence_file_missing"):
            replayed(path)


def zipped(files: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_a_falsified_score_is_played_under_a_warning_and_fails(bundles, tmp_path, capsys):
    files = unpack(bundles["regulator"].read_bytes())
    events = [parse(line) for line in files[EVENTS].splitlines()]
    sheet = next(one for one in events if one["entry"]["type"] == "ScoreSheetLocked")
    scores = next(iter(sheet["entry"]["payload"]["scores"].values()))
    scores["plan"] = "1.5"
    (path := tmp_path / "changed.zip").write_bytes(zipped(files | {EVENTS: json_lines(events)}))
    assert replayed(path) == 1
    first, *rest = lines(capsys)
    assert first.startswith("证据包核验未通过：")
    assert "不能作为依据" in first
    assert len(rest) > 49
    assert replayed(path, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["verified"] is False
    assert told["failures"]

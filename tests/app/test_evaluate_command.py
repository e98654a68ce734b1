"""`tenderhall evaluate`: what is printed, in both languages, and how files that cannot be computed are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli.commands import main

BID = {
    "code": "A",
    "bid_cny": "100.00",
    "scores": {"E1": {"technical": "60", "service": 8}, "E2": {"technical": 62.5, "service": "8"}},
    "mean_total": "99.00",
}
SCHEME = {
    "criteria": {"price": 30, "technical": 65, "service": 10},
    "price_formula": {"id": "lowest_price_ratio", "full": 30, "round": "2dp half up"},
    "aggregation": {"id": "simple_mean", "round": "2dp half up"},
    "tie_chain": ["lower_price", "draw"],
    "bidders": [
        BID,
        BID | {"code": "B"},
        BID | {"code": "C", "bid_cny": ""},
        BID | {"code": "D\x1b[31m", "bid_cny": 120},
    ],
}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "scheme.json"
    path.write_text(json.dumps(SCHEME), "utf-8")
    return path


def test_every_step_a_tie_and_a_wrong_figure_are_printed_in_chinese(written, capsys):
    assert main(["evaluate", str(written)]) == 1
    shown = capsys.readouterr().out
    for line in (
        "D\\u001b[31m  价格分（保留 2 位小数）：30 × 100 ÷ 120 = 25.00",
        "A  E2：62.5 + 8 + 30 = 100.50",
        "A  (98.00 + 100.50) ÷ 2 = 198.50 ÷ 2 = 99.25",
        "C：没有报价，未响应，不参加评审",
        "1  B：并列，公布的规则不能分出先后",
        "须抽取定序：A, B",
        "不符  A 的最终得分：文件写 99.00，按规则应为 99.25",
        "不符  C 的最终得分：文件写 99.00，按规则应为 —",
    ):
        assert line in shown.splitlines()
    assert "\x1b" not in shown


def test_it_speaks_english_too(written, capsys):
    assert main(["evaluate", str(written), "--lang", "en"]) == 1
    shown = capsys.readouterr().out
    assert "differs  A, total: stated 99.00, by the rules 99.25" in shown
    assert "C: no price, non-responsive, not evaluated" in shown
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in shown)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "JSON"),
        ('{"a": 1, "a": 2}', "只出现一次"),
        (json.dumps(SCHEME | {"criteria": {"price": float("nan")}}), "criteria 的“price”"),
        (json.dumps(SCHEME | {"bidders": [BID | {"code": "\ud800", "bid_cny": "x"}]}), "ud800 的“bid_cny”"),
    ],
)
def test_hostile_files_are_refused_in_words(tmp_path, capsys, text, words):
    path = tmp_path / "hostile.json"
    path.write_text(text, "utf-8")
    assert main(["evaluate", str(path)]) == 2
    assert words in capsys.readouterr().err

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


LOWEST = {
    "method": "lowest_evaluated_price",
    "adjustments": {"advance": {"unit_percent": "0.3", "unit": "个百分点"}, "warranty": {"unit_cny": "-5000"}},
    "bidders": [
        {"code": "A", "bid_cny": "1000000", "units": {"warranty": 2}, "rank": 1},
        {"code": "C", "bid_cny": "990000", "units": {"advance": 5}, "evaluated_price_cny": "1004580"},
        {"code": "D", "bid_cny": ""},
    ],
}
GATED = {
    "method": "technical_gate",
    "gate": {"pass_mark": 60},
    "criteria": {"plan": 100},
    "price_formula": {"id": "lowest_price_ratio", "full": 100, "round": "2dp half up"},
    "aggregation": {"id": "simple_mean", "round": "2dp half up"},
    "tie_chain": ["technical"],
    "bidders": [
        {"code": "A", "bid_cny": "120", "expert_totals": ["80", "70"], "price_score": "100.00"},
        {"code": "B", "bid_cny": "100", "expert_totals": ["50", "60"], "rank": 2},
    ],
}


@pytest.mark.parametrize(
    ("scheme", "lines"),
    [
        (
            LOWEST,
            (
                "评标办法：经评审的最低投标价法",
                "C  advance（5 个百分点）：990000 × 0.3 ÷ 100 × 5 = 14850.00",
                "A  经评审的投标价：1000000 − 10000 = 990000.00",
                "D：没有报价，未响应，不参加评审",
                "不符  C 的评审价：文件写 1004580，按规则应为 1004850.00",
            ),
        ),
        (
            GATED,
            (
                "B：55.00，未进入价格评审",
                "A  价格分（保留 2 位小数）：100 × 120 ÷ 120 = 100.00",
                "推荐候选人：A",
                "不符  B 的名次：文件写 2，按规则应为 —",
            ),
        ),
    ],
)
def test_every_method_is_computed_step_by_step(tmp_path, capsys, scheme, lines):
    path = tmp_path / "scheme.json"
    path.write_text(json.dumps(scheme), "utf-8")
    assert main(["evaluate", str(path)]) == 1
    shown = capsys.readouterr().out.splitlines()
    assert not set(lines) - set(shown)
    assert main(["evaluate", str(path), "--lang", "en"]) == 1
    english = capsys.readouterr().out
    assert "Comparison" in english


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"method": "cheapest"}, "technical_gate"),
        ({"bidders": [{"code": "A", "bid_cny": "1", "units": {"colour": 1}}]}, "units"),
        ({"adjustments": {"x": {"unit_cny": "0"}}}, "不等于零"),
        ({"tie_chain": ["price_score"]}, "price_score"),
    ],
)
def test_a_scheme_that_makes_no_sense_is_refused(tmp_path, capsys, change, words):
    path = tmp_path / "scheme.json"
    bidders = [{"code": "A", "bid_cny": "1"}]
    path.write_text(json.dumps({**LOWEST, "bidders": bidders, **change}), "utf-8")
    assert main(["evaluate", str(path)]) == 2
    assert words in capsys.readouterr().err


PRICED = SCHEME | {
    "tie_chain": ["lower_price"],
    "bidders": [
        {"code": "A", "bid_cny": "100.00", "bid_words": "玖拾元整", "confirmed": True, "evaluated_price_cny": "100"},
        {"code": "B", "bid_cny": "100.00", "bid_words": "壹佰元整", "deduction_percent": "10"},
        {"code": "C", "bid_cny": "80", "correction": {"price_cny": "81", "ground": "sum_over_total"}},
        {
            "code": "D",
            "bid_cny": "70",
            "correction": {"price_cny": "71", "ground": "sum_over_total"},
            "confirmed": False,
        },
    ],
}
PRICED["bidders"] = [one | {"scores": BID["scores"]} for one in PRICED["bidders"]]


def test_prices_in_words_corrections_and_deductions_are_computed_and_said(tmp_path, capsys):
    path = tmp_path / "priced.json"
    path.write_text(json.dumps(PRICED), "utf-8")
    assert main(["evaluate", str(path)]) == 1
    shown = capsys.readouterr().out
    for line in (
        "A：报价修正 100 → 90（大写金额与小写金额不一致，以大写金额为准）",
        "C：修正后的报价须经投标人确认，不确认的投标无效；以下按已确认计算",
        "D：不确认修正后的报价，投标被否决，不参加评审",
        "A  价格分（保留 2 位小数）：30 × 81 ÷ 90 = 27.00",
        "B  价格分（保留 2 位小数）：30 × 81 ÷ 90 = 27.00",
        "不符  A 的评审价：文件写 100，按规则应为 90",
    ):
        assert line in shown.splitlines(), line
    assert "1 − 0.1" in shown


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"bid_words": "壹贰元"}, "大写金额，例如"),
        ({"correction": {"price_cny": "9", "ground": "guess"}}, "sum_over_total"),
        ({"correction": {"price_cny": "9", "ground": "sum_over_total"}, "confirmed": "yes"}, "true / false"),
        ({"deduction_percent": "100"}, "大于 0、小于 100 的百分数"),
        ({"bid_cny": "", "deduction_percent": "10"}, "没有报价，未响应"),
    ],
)
def test_what_changes_a_price_is_read_strictly(tmp_path, capsys, changed, told):
    path = tmp_path / "priced.json"
    bidders = [PRICED["bidders"][0], {"code": "B", "bid_cny": "100", "scores": BID["scores"]} | changed]
    path.write_text(json.dumps(PRICED | {"bidders": bidders}), "utf-8")
    main(["evaluate", str(path)])
    captured = capsys.readouterr()
    assert told in captured.out + captured.err


def test_a_total_that_does_not_fit_is_named_as_it_is(tmp_path, capsys):
    totals = {key: value for key, value in BID.items() if key != "scores"} | {"expert_totals": ["98", "106"]}
    path = tmp_path / "totals.json"
    path.write_text(json.dumps(SCHEME | {"bidders": [totals]}), "utf-8")
    assert main(["evaluate", str(path)]) == 2
    assert "减去价格分后为 76.00，不在 0 至 75 之间" in capsys.readouterr().err


def test_of_those_who_share_the_last_rank_and_do_not_all_fit_none_is_recommended(tmp_path, capsys):
    rows = [("A", "90", "70"), ("B", "95", "65"), ("C", "100", "60"), ("D", "100", "60")]
    scores = {code: {seat: {"technical": plan, "service": "5"} for seat in ("E1", "E2")} for code, _p, plan in rows}
    bidders = [{"code": code, "bid_cny": price, "scores": scores[code]} for code, price, _plan in rows]
    tied = SCHEME | {"tie_chain": ["lower_price"], "criteria": SCHEME["criteria"] | {"technical": 70}}
    path = tmp_path / "tied.json"
    path.write_text(json.dumps(tied | {"bidders": bidders}), "utf-8")
    main(["evaluate", str(path)])
    lines = capsys.readouterr().out.splitlines()
    assert "推荐候选人：A, B" in lines
    assert "并列而不能全部推荐（至多 3 名），公布的规则不能分出先后，都不推荐：C, D" in lines


BRANDED = {
    "core_product": "空调机",
    "same_brands": [["海尔", "Haier"]],
    "criteria": {"price": 30, "technical": 70},
    "price_formula": {"id": "lowest_price_ratio", "full": 30, "round": "2dp half up"},
    "aggregation": {"id": "simple_mean", "round": "2dp half up"},
    "most_candidates": 2,
    "bidders": [
        {"code": "A", "brand": "海尔", "bid_cny": 100, "scores": {"E1": {"technical": 60}}, "candidate": 1},
        {"code": "B", "brand": "Haier", "bid_cny": 110, "scores": {"E1": {"technical": 55}}, "candidate": 2},
        {"code": "C", "brand": "美的", "bid_cny": 120, "scores": {"E1": {"technical": 50}}, "candidate": ""},
    ],
}


def printed(tmp_path: Path, capsys, data: dict, *more: str, status: int = 1) -> list[str]:
    path = tmp_path / "branded.json"
    path.write_text(json.dumps(data), "utf-8")
    assert main(["evaluate", str(path), *more]) == status
    return capsys.readouterr().out.splitlines()


def test_brands_of_the_core_product_are_worked_out_step_by_step(tmp_path, capsys):
    shown = printed(tmp_path, capsys, BRANDED)
    for line in (
        "核心产品空调机的品牌：A 海尔、B Haier、C 美的",
        "品牌相同的按一家计算：3 家投标计为 2 家（财政部令第87号第三十一条）",
        "按品牌计算不足 3 家，依法应当流标；以下仍予计算",
        "Haier、海尔：A 名次 1，B 名次 2 → 名次在前的 A 可以被推荐",
        "2  B：得分高者在前；与 A 品牌相同，A 在前，不推荐",
        "推荐候选人：A, C",
        "不符  B 的推荐名次：文件写 2，按规则应为 —",
        "不符  C 的推荐名次：文件写 空，按规则应为 2",
    ):
        assert line in shown, line


def test_by_the_lowest_price_the_cheapest_of_a_brand_takes_part(tmp_path, capsys):
    data = {"method": "lowest_evaluated_price", **{n: BRANDED[n] for n in ("core_product", "same_brands", "bidders")}}
    bids = [{n: one[n] for n in ("code", "brand", "bid_cny")} for one in data["bidders"]]
    shown = printed(tmp_path, capsys, {**data, "bidders": [{"code": "D", "bid_cny": 130}, *bids]}, status=0)
    for line in (
        "D：没有写品牌，按与其他投标品牌不同计算",
        "Haier、海尔：A 100，B 110 → 报价最低的 A 参加评标",
        "—  B：与 A 品牌相同，由 A 参加评标，本投标无效",
        "推荐候选人：A, C, D",
    ):
        assert line in shown, line
    assert any(line.startswith("B ") and line.endswith("品牌相同") for line in shown)
    assert not any("应当流标" in line for line in shown)
    equal = [{**one, "bid_cny": 100} for one in bids]
    drawn = printed(tmp_path, capsys, {**data, "bidders": equal}, status=0)
    assert "Haier、海尔：A 100，B 100 → 相同，须在 A, B 之间抽取" in drawn


def test_brands_are_printed_in_english(tmp_path, capsys):
    shown = printed(tmp_path, capsys, BRANDED, "--lang", "en")
    for line in (
        "Brands of the core product 空调机: A 海尔, B Haier, C 美的",
        "Of one brand as one bidder: 3 bids count as 2 (MOF order 87, art. 31)",
        "Fewer than 3 by brands, so the lot fails; computed all the same",
        "Haier, 海尔: A rank 1, B rank 2 → the first, A, can be recommended",
        "2  B: by the higher total; of one brand with A, which goes first; not recommended",
        "differs  B, place among the candidates: stated 2, by the rules —",
    ):
        assert line in shown, line
    data = {"method": "lowest_evaluated_price", **{n: BRANDED[n] for n in ("same_brands", "bidders")}}
    shown = printed(tmp_path, capsys, data, "--lang", "en")
    assert "—  B: of one brand with A, which takes part; this one is invalid" in shown

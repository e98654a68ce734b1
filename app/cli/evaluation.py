"""`tenderhall evaluate`: a published evaluation, or a scheme to be tried, computed with every step."""

from __future__ import annotations

import argparse
import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from app.documents.wording import formula_words
from app.messages import sentence
from app.procedure.errors import RuleViolation
from evaluation.evaluate import EvaluationResult
from evaluation.price_steps import PriceStep, plain, price_steps
from evaluation.published import Difference, PublishedEvaluation, read_published, replay
from evaluation.published_format import Entry, printable
from evaluation.ranking import CRITERION_PREFIX, SHARED, TOTAL
from evaluation.scoring import Aggregation

LARGEST = 16 * 2**20  # bytes of a file
ZH, EN = 0, 1
FIGURES = {
    "evaluated_price_cny": ("评审价", "evaluated price"),
    "price_score": ("价格分", "price score"),
    "sum": ("总分合计", "sum of totals"),
    "mean_total": ("最终得分", "total"),
    "non_price": ("价格以外得分", "score without price"),
    "rank": ("名次", "rank"),
    "expert_totals": ("{member} 的总分", "total of {member}"),
}
RULES = {
    TOTAL: ("得分高者在前", "by the higher total"),
    "price_score": ("价格分高者在前", "by the higher price score"),
    "lower_price": ("报价低者在前", "by the lower price"),
    "draw": ("抽取", "by draw"),
    SHARED: ("并列，公布的规则不能分出先后", "tied: no published rule parts them"),
}


def evaluate(arguments: argparse.Namespace) -> int:
    """Print the table with its steps; 1 when a stated figure differs from what the rules give."""
    published = read_published(_json(arguments.file))
    result, differences = replay(published)
    for line in Working(published, result, arguments.lang).lines(differences):
        print(line)
    return 1 if differences else 0


def _json(path: Any) -> Any:
    """The file, with every number as it is written. Raises RuleViolation `malformed` or `published_format`."""
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("too large")
        text = path.read_text("utf-8-sig")
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_object)
    except (ValueError, RecursionError) as exc:
        raise RuleViolation("malformed", path=str(path), expected="JSON") from exc


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        repeated = next(name for n, (name, _value) in enumerate(pairs) if name in dict(pairs[:n]))
        Entry("JSON", {}).refuse(printable(repeated), "published_once")
    return found


class Working:
    """What is printed about one evaluation; `lang` is zh or en."""

    def __init__(self, published: PublishedEvaluation, result: EvaluationResult, lang: str) -> None:
        self.published, self.result, self.lang = published, result, lang
        self.rules = published.rules

    def lines(self, differences: Sequence[Difference]) -> Iterator[str]:
        say = self._say
        yield from self._rules_lines()
        yield from ("", say("一、价格分", "1. Price scores"))
        yield from self._price_lines()
        yield from ("", say("二、各成员总分", "2. Members' totals"))
        yield from self._member_lines()
        yield from ("", say("三、最终得分", "3. Totals"))
        yield from self._total_lines()
        yield from ("", say("四、评分汇总", "4. Score table"), *self._table())
        yield from ("", say("五、名次和候选人", "5. Ranks and candidates"))
        yield from self._rank_lines()
        yield from ("", say("六、核对", "6. Comparison"))
        yield from self._checked(differences)

    def _say(self, zh: str, en: str) -> str:
        return en if self.lang == "en" else zh

    def _rules_lines(self) -> Iterator[str]:
        rules, say = self.rules, self._say
        fulls = " + ".join(f"{c.id} {plain(c.full)}" for c in rules.criteria.criteria)
        yield say("满分：", "Full marks: ") + f"{fulls} = {plain(rules.criteria.total)}"
        yield say("价格分：", "Price: ") + formula_words(rules.price_rule, self.lang)
        places = rules.scoring.places
        if rules.scoring.aggregation is Aggregation.TRIMMED_MEAN:
            least = rules.scoring.trim_from
            zh = f"最终得分：满 {least} 名成员去掉一个最高和一个最低总分，再取算术平均，四舍五入保留 {places} 位小数"
            en = f"Total: from {least} members on without the highest and the lowest, mean, half up to {places} places"
            yield say(zh, en)
        else:
            zh = f"最终得分：各成员总分的算术平均，四舍五入保留 {places} 位小数"
            yield say(zh, f"Total: mean of the members' totals, half up to {places} places")
        yield say("得分相同时：", "Equal totals: ") + say("；", "; ").join(map(self._rule, rules.tie_chain))
        for bid in self.published.unpriced:
            yield say(f"{bid}：没有报价，未响应，不参加评审", f"{bid}: no price, non-responsive, not evaluated")
        for bid in self.published.above_ceiling:
            zh = f"{bid}：报价高于文件所写的最高限价；按招标文件应为无效投标，以下仍予计算"
            yield say(zh, f"{bid}: priced above the stated ceiling, which makes a bid invalid; computed all the same")

    def _rule(self, rule: str) -> str:
        if rule.startswith(CRITERION_PREFIX):
            name = rule.removeprefix(CRITERION_PREFIX)
            return self._say(f"“{name}”平均分高者在前", f"by the higher mean for {name}")
        return self._say(*RULES[rule])

    def _price_lines(self) -> Iterator[str]:
        steps = price_steps(self.rules.price_rule, self.published.prices)
        if steps.dropped:
            yield self._say("不计入平均的报价：", "Not in the mean: ") + ", ".join(map(plain, steps.dropped))
        yield from (self._step("", step) for step in steps.shared)
        for row in self.result.bids:
            yield from (self._step(f"{row.bid}  ", step) for step in steps.bids[row.bid])

    def _step(self, bid: str, step: PriceStep) -> str:
        words = sentence(step.code, {"places": step.places, "result": str(step.result)}, self.lang)
        return f"{bid}{words}{self._say('：', ': ')}{f'{step.figures} = ' if step.figures else ''}{step.result:f}"

    def _member_lines(self) -> Iterator[str]:
        if not self.published.itemised:
            zh = "文件只有各成员的总分（含价格分）"
            yield self._say(zh, "The file has each member's total only (price included)")
            return
        names = [c.id for c in self.rules.criteria.scored]
        yield " + ".join([*names, "price"])
        for row in self.result.bids:
            for (seat, total), member in zip(row.member_totals.items(), self.published.members, strict=True):
                cells = self.published.sheets[seat][row.bid]
                worked = " + ".join([*(plain(cells[name]) for name in names), plain(row.price_score)])
                yield f"{row.bid}  {member}{self._say('：', ': ')}{worked} = {total}"
        for found in self.result.unequal:
            given = ", ".join(f"{self._member(seat)} {plain(score)}" for seat, score in found.scores.items())
            zh, en = "客观分不一致", "objective score not the same"
            yield f"{found.bid}  {found.criterion}{self._say('：', ': ')}{self._say(zh, en)} ({given})"

    def _member(self, seat: str) -> str:
        return self.published.members[int(seat) - 1]

    def _total_lines(self) -> Iterator[str]:
        for row in self.result.bids:
            left = list(row.member_totals.values())
            for total in row.counted:
                left.remove(total)
            dropped = f" {self._say('去掉', 'without')} {', '.join(map(str, left))}" if left else ""
            terms = " + ".join(map(str, row.counted))
            yield f"{row.bid}  ({terms}) ÷ {len(row.counted)} = {row.sum} ÷ {len(row.counted)} = {row.total}{dropped}"

    def _table(self) -> Iterator[str]:
        say, members = self._say, self.published.members
        head = [say("投标人", "Bidder"), say("评审价", "Price"), say("价格分", "Price score"), *members]
        rows = [
            [row.bid, f"{row.price:,f}", *map(str, (row.price_score, *row.member_totals.values(), row.total, row.rank))]
            for row in self.result.bids
        ]
        none = say("未响应", "non-responsive")
        rows += [[bid, "—", *["—"] * (len(members) + 2), none] for bid in self.published.unpriced]
        return _aligned([*head, say("得分", "Total"), say("名次", "Rank")], rows)

    def _rank_lines(self) -> Iterator[str]:
        for row in self.result.bids:
            yield f"{row.rank}  {row.bid}{self._say('：', ': ')}{self._rule(row.decided_by)}"
        for group in self.result.to_draw:
            yield self._say("须抽取定序：", "To be drawn: ") + ", ".join(group)
        yield self._say("推荐候选人：", "Candidates: ") + ", ".join(self.result.candidates)

    def _checked(self, differences: Sequence[Difference]) -> Iterator[str]:
        for one in differences:
            name, _, number = one.figure.partition(":")
            member = self.published.members[int(number)] if number else ""
            what = FIGURES[name][EN if self.lang == "en" else ZH].format(member=member)
            zh = f"不符  {one.bid} 的{what}：文件写 {one.published or '空'}，按规则应为 {one.computed}"
            en = f"differs  {one.bid}, {what}: stated {one.published or 'blank'}, by the rules {one.computed}"
            yield self._say(zh, en)
        if not differences:
            yield self._say("文件所写的数字都与计算一致", "Every stated figure follows from the rules")


def _aligned(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Columns under a head: the first stands left, figures right."""
    lines = [list(head), *map(list, rows)]
    widths = [max(_width(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        filled = [" " * (widths[i] - _width(cell)) for i, cell in enumerate(line)]
        cells = [cell + filled[i] if i == 0 else filled[i] + cell for i, cell in enumerate(line)]
        yield "  ".join(cells).rstrip()


def _width(text: str) -> int:
    """Columns of a terminal."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)

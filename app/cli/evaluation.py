"""`tenderhall evaluate`: a published evaluation, or a scheme to be tried, computed with every step."""

from __future__ import annotations

import argparse
import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from app.documents.method_wording import (
    adjustment_words,
    gate_words,
    method_name,
    price_words,
    step_words,
    worked_prices,
)
from app.messages import sentence
from app.procedure.errors import RuleViolation
from evaluation.arithmetic import plain
from evaluation.evaluate import BidResult, EvaluationResult, left_out
from evaluation.price_steps import PriceStep
from evaluation.published import Difference, PublishedEvaluation, read_published, replay
from evaluation.published_brands import FEWEST_BIDDERS
from evaluation.published_format import Entry, printable
from evaluation.ranking import CRITERION_PREFIX, SHARED, TOTAL
from evaluation.scoring import Aggregation

NUMERALS = "一二三四五六七八"
LARGEST = 16 * 2**20  # bytes of a file
ZH, EN = 0, 1
FIGURES = {
    "evaluated_price_cny": ("评审价", "evaluated price"),
    "price_score": ("价格分", "price score"),
    "sum": ("总分合计", "sum of totals"),
    "mean_total": ("最终得分", "total"),
    "non_price": ("价格以外得分", "score without price"),
    "rank": ("名次", "rank"),
    "candidate": ("推荐名次", "place among the candidates"),
    "expert_totals": ("{member} 的总分", "total of {member}"),
}
RULES = {
    TOTAL: ("得分高者在前", "by the higher total"),
    "price_score": ("价格分高者在前", "by the higher price score"),
    "lower_price": ("报价低者在前", "by the lower price"),
    "evaluated_price": ("经评审的投标价低者在前", "by the lower evaluated price"),
    "technical": ("技术得分高者在前", "by the higher technical score"),
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
        yield from self._rules_lines()
        for number, (zh, en, found) in enumerate(self._parts(differences)):
            yield from ("", self._say(f"{NUMERALS[number]}、{zh}", f"{number + 1}. {en}"))
            yield from found

    def _parts(self, differences: Sequence[Difference]) -> Iterator[tuple[str, str, Iterator[str]]]:
        """The headings in both languages, each with its lines, in the order in which the method computes."""
        prices = ("价格分", "Price scores", self._price_lines())
        if self.rules.in_money:
            yield ("经评审的投标价", "Evaluated prices", self._price_lines())
            yield ("标价比较表", "Comparison of prices", self._money_table())
        else:
            if self.rules.gate is None:
                yield prices
            yield ("各成员总分", "Members' totals", self._member_lines())
            yield ("最终得分", "Totals", self._total_lines())
            if self.rules.gate is not None:
                yield ("技术得分和入围", "Technical points, and who goes on to the price", self._gate_lines())
                yield prices
            yield ("评分汇总", "Score table", self._table())
        if self.published.brands.groups:
            yield ("核心产品品牌", "Brands of the core product", self._brand_lines())
        yield ("名次和候选人", "Ranks and candidates", self._rank_lines())
        yield ("核对", "Comparison", self._checked(differences))

    def _say(self, zh: str, en: str) -> str:
        return en if self.lang == "en" else zh

    def _rules_lines(self) -> Iterator[str]:
        rules, say = self.rules, self._say
        yield say("评标办法：", "Method: ") + method_name(rules, "works", self.lang)
        if rules.in_money:
            for criterion in rules.criteria.scored:
                yield f"{criterion.id}{say('：', ': ')}{adjustment_words(criterion, self.lang)}"
            yield say("价格：", "Price: ") + price_words(rules, self.lang)
            yield from self._common_lines()
            return
        entering = rules.criteria.criteria if rules.gate is None else rules.criteria.scored
        fulls = " + ".join(f"{c.id} {plain(c.full)}" for c in entering)
        yield say("满分：", "Full marks: ") + f"{fulls} = {plain(rules.criteria.total)}"
        if rules.gate is not None:
            yield say("进入价格评审：", "Going on to the price: ") + gate_words(rules.gate, self.lang)
        yield say("价格分：", "Price: ") + price_words(rules, self.lang)
        places = rules.scoring.places
        if rules.scoring.aggregation is Aggregation.TRIMMED_MEAN:
            least = rules.scoring.trim_from
            zh = f"最终得分：满 {least} 名成员去掉一个最高和一个最低总分，再取算术平均，四舍五入保留 {places} 位小数"
            en = f"Total: from {least} members on without the highest and the lowest, mean, half up to {places} places"
            yield say(zh, en)
        else:
            zh = f"最终得分：各成员总分的算术平均，四舍五入保留 {places} 位小数"
            yield say(zh, f"Total: mean of the members' totals, half up to {places} places")
        yield from self._common_lines()

    def _common_lines(self) -> Iterator[str]:
        """What is said under every method: how equals are parted, and which bids are not as they should be."""
        rules, say = self.rules, self._say
        equal = say("价格相同时：", "Equal prices: ") if rules.in_money else say("得分相同时：", "Equal totals: ")
        yield equal + say("；", "; ").join(map(self._rule, rules.tie_chain))
        yield from self._corrected_lines()
        yield from self._stated_brands()
        for bid in self.published.unpriced:
            yield say(f"{bid}：没有报价，未响应，不参加评审", f"{bid}: no price, non-responsive, not evaluated")
        for bid in self.published.above_ceiling:
            zh = f"{bid}：报价高于文件所写的最高限价；按招标文件应为无效投标，以下仍予计算"
            yield say(zh, f"{bid}: priced above the stated ceiling, which makes a bid invalid; computed all the same")

    def _corrected_lines(self) -> Iterator[str]:
        """Whose price is corrected by which rule, and what its bidder has to say to it."""
        found, say = self.published.found, self._say
        for bid, correction in found.corrections.items():
            rule = sentence(f"arithmetic_{correction.ground}", {}, "en" if self.lang == "en" else "zh")
            figures = f"{plain(found.prices[bid])} → {plain(correction.price)}"
            yield say(f"{bid}：报价修正 {figures}（{rule}）", f"{bid}: price corrected {figures} ({rule})")
        for bid in found.to_confirm:
            zh = f"{bid}：修正后的报价须经投标人确认，不确认的投标无效；以下按已确认计算"
            yield say(
                zh,
                f"{bid}: the bidder has to confirm the corrected price, or its bid is invalid; computed as confirmed",
            )
        for bid in found.unconfirmed:
            zh = f"{bid}：不确认修正后的报价，投标被否决，不参加评审"
            yield say(zh, f"{bid}: the corrected price is not confirmed, so the bid is rejected and not evaluated")

    def _stated_brands(self) -> Iterator[str]:
        """Which brand each evaluated bid offers, and as how many bidders they count."""
        brands, bids, say = self.published.brands, self.published.prices, self._say
        if not brands.stated:
            return
        named = say("、", ", ").join(f"{bid} {brand}" for bid, brand in brands.stated.items() if bid in bids)
        product = f" {brands.product}" if self.lang == "en" else brands.product
        yield say(f"核心产品{brands.product}的品牌：{named}", f"Brands of the core product{product}: {named}")
        for bid in brands.unstated(bids):
            yield say(
                f"{bid}：没有写品牌，按与其他投标品牌不同计算", f"{bid}: no brand is stated, taken for another one"
            )
        counted = brands.counted(bids)
        if counted < len(bids):
            zh = f"品牌相同的按一家计算：{len(bids)} 家投标计为 {counted} 家（财政部令第87号第三十一条）"
            yield say(zh, f"Of one brand as one bidder: {len(bids)} bids count as {counted} (MOF order 87, art. 31)")
        if counted < FEWEST_BIDDERS <= len(bids):
            zh = f"按品牌计算不足 {FEWEST_BIDDERS} 家，依法应当流标；以下仍予计算"
            yield say(zh, f"Fewer than {FEWEST_BIDDERS} by brands, so the lot fails; computed all the same")

    def _brand_lines(self) -> Iterator[str]:
        """Of each brand its bids by what decides between them, and who goes first."""
        result, say = self.result, self._say
        for group in self.published.brands.groups:
            rows = sorted((result[bid] for bid in group), key=self._order_in_brand)
            able = [row for row in rows if row.passed is not False]
            figures = say("，", ", ").join(f"{row.bid} {self._of_brand(row)}" for row in rows)
            spelled = say("、", ", ").join(self.published.brands.of(group))
            first = [row.bid for row in able if row.behind is None]
            yield f"{spelled}{say('：', ': ')}{figures}{self._first_of_brand(first, able)}"

    def _order_in_brand(self, row: BidResult) -> tuple[bool, Decimal | int, str]:
        return (row.passed is False, row.price if self.rules.in_money else row.rank, row.bid)

    def _of_brand(self, row: BidResult) -> str:
        if row.passed is False:
            return self._stopped()
        return f"{row.price:,f}" if self.rules.in_money else self._say(f"名次 {row.rank}", f"rank {row.rank}")

    def _first_of_brand(self, first: Sequence[str], able: Sequence[BidResult]) -> str:
        if not able:
            return ""
        bids, say = ", ".join(first), self._say
        if len(first) > 1 and any(set(first) <= set(group) for group in self.result.to_draw):
            return say(f" → 相同，须在 {bids} 之间抽取", f" → equal, to be drawn between {bids}")
        if self.rules.in_money:
            return say(f" → 报价最低的 {bids} 参加评标", f" → the lowest, {bids}, takes part")
        return say(f" → 名次在前的 {bids} 可以被推荐", f" → the first, {bids}, can be recommended")

    def _behind(self, row: BidResult) -> str:
        """Why a bid that stands back is not recommended, or takes no part."""
        if self.rules.in_money:
            zh = f"与 {row.behind} 品牌相同，由 {row.behind} 参加评标，本投标无效"
            return self._say(zh, f"of one brand with {row.behind}, which takes part; this one is invalid")
        zh = f"与 {row.behind} 品牌相同，{row.behind} 在前，不推荐"
        return self._say(zh, f"of one brand with {row.behind}, which goes first; not recommended")

    def _rule(self, rule: str) -> str:
        if rule.startswith(CRITERION_PREFIX):
            name = rule.removeprefix(CRITERION_PREFIX)
            return self._say(f"“{name}”平均分高者在前", f"by the higher mean for {name}")
        return self._say(*RULES[rule])

    def _price_lines(self) -> Iterator[str]:
        steps = worked_prices(self.rules, self.result)
        if steps.dropped:
            yield self._say("不计入平均的报价：", "Not in the mean: ") + ", ".join(map(plain, steps.dropped))
        yield from (self._step("", step) for step in steps.shared)
        for row in self.result.bids:
            yield from (self._step(row.bid, step) for step in steps.bids.get(row.bid, ()))

    def _step(self, bid: str, step: PriceStep) -> str:
        words = step_words(self.rules, self.result, bid, step, self.lang)
        begun = f"{bid}  " if bid else ""
        return f"{begun}{words}{self._say('：', ': ')}{f'{step.figures} = ' if step.figures else ''}{step.result:f}"

    def _gate_lines(self) -> Iterator[str]:
        for row in sorted(self.result.bids, key=lambda row: (-row.total, row.bid)):
            stands = self._say("进入价格评审", "goes on") if row.ranked else self._stopped()
            yield f"{row.bid}{self._say('：', ': ')}{row.total}{self._say('，', ', ')}{stands}"

    def _stopped(self) -> str:
        return self._say("未进入价格评审", "does not go on")

    def _member_lines(self) -> Iterator[str]:
        if not self.published.itemised:
            zh, en = ("（含价格分）", " (price included)") if self.rules.gate is None else ("", "")
            yield self._say(f"文件只有各成员的总分{zh}", f"The file has each member's total only{en}")
            return
        names = [c.id for c in self.rules.criteria.scored]
        in_totals = self.rules.gate is None  # whether a total contains the price score
        yield " + ".join([*names, *(["price"] if in_totals else [])])
        for row in self.result.bids:
            for (seat, total), member in zip(row.member_totals.items(), self.published.members, strict=True):
                cells = self.published.sheets[seat][row.bid]
                price = [plain(row.price_score)] if in_totals else []
                worked = " + ".join([*(plain(cells[name]) for name in names), *price])
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
        rows = [[row.bid, f"{row.compared:,f}", *self._scores(row)] for row in self.result.bids]
        none = say("未响应", "non-responsive")
        rows += [[bid, "—", *["—"] * (len(members) + 2), none] for bid in self.published.unpriced]
        rejected = say("否决", "rejected")
        rows += [[bid, "—", *["—"] * (len(members) + 2), rejected] for bid in self.published.found.unconfirmed]
        return _aligned([*head, say("得分", "Total"), say("名次", "Rank")], rows)

    def _scores(self, row: BidResult) -> list[str]:
        price, rank = (str(row.price_score), str(row.rank)) if row.ranked else ("—", self._stopped())
        return [price, *map(str, row.member_totals.values()), str(row.total), rank]

    def _money_table(self) -> Iterator[str]:
        """The price that was bid, what each deviation adds, and what is compared (O12 art. 33)."""
        say, names = self._say, [c.id for c in self.rules.criteria.scored]
        head = [say("投标人", "Bidder"), say("投标报价", "Price bid"), *names, say("经评审的投标价", "Evaluated price")]
        rows = [
            [
                row.bid,
                f"{row.read_out:,f}",
                *(f"{(row.adjustments or {})[name]:+,f}" for name in names),
                f"{row.evaluated_price:,f}",
                str(row.rank) if row.ranked else say("品牌相同", "same brand"),
            ]
            for row in self.result.bids
        ]
        none = say("未响应", "non-responsive")
        rows += [[bid, *["—"] * (len(names) + 2), none] for bid in self.published.unpriced]
        rejected = say("否决", "rejected")
        rows += [[bid, *["—"] * (len(names) + 2), rejected] for bid in self.published.found.unconfirmed]
        return _aligned([*head, say("名次", "Rank")], rows)

    def _rank_lines(self) -> Iterator[str]:
        for row in self.result.bids:
            stands = self._behind(row) if row.behind else ""
            if not row.ranked:
                yield f"—  {row.bid}{self._say('：', ': ')}{stands or self._stopped()}"
                continue
            words = self._say("；", "; ").join(filter(None, (self._rule(row.decided_by), stands)))
            yield f"{row.rank}  {row.bid}{self._say('：', ': ')}{words}"
        for group in self.result.to_draw:
            yield self._say("须抽取定序：", "To be drawn: ") + ", ".join(group)
        if out := [row.bid for row in left_out(self.result, self.rules.most_candidates)]:
            bids, most = ", ".join(out), self.rules.most_candidates
            zh = f"并列而不能全部推荐（至多 {most} 名），公布的规则不能分出先后，都不推荐：{bids}"
            yield self._say(
                zh, f"tied, and not all fit among {most}: no published rule parts them, none of them: {bids}"
            )
        named = ", ".join(self.result.candidates) or self._say("无", "none")
        yield self._say("推荐候选人：", "Candidates: ") + named

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

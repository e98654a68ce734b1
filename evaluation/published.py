"""A published evaluation, or a scheme that is tried, replayed through the same rules; the format is in docs/formats.md.

Where only each member's totals are known they are split over the criteria (`split_totals`); scores are taken as they
are. Every figure that the file states beside them is compared with what the rules give. All methods of
`evaluation.methods` are understood.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from evaluation.arithmetic import ARITHMETIC, ZERO
from evaluation.criteria import (
    UNBOUNDED,
    AdjustmentBasis,
    CriteriaSet,
    Criterion,
    CriterionKind,
    CriterionStage,
    PriceAdjustment,
)
from evaluation.errors import RuleViolation
from evaluation.evaluate import BidResult, EvaluationResult, EvaluationRules, evaluate
from evaluation.methods import EvaluationMethod, TechnicalGate
from evaluation.price_corrections import counted_prices
from evaluation.prices import PriceRule, price_formula
from evaluation.published_brands import PublishedBrands, read_brands
from evaluation.published_format import Entry, figure, printable, reading, rounding
from evaluation.published_prices import PublishedPrices, changes, read_prices
from evaluation.ranking import DRAW
from evaluation.scoring import Aggregation, Cells, ScoringRules

STEP = Decimal("0.01")
FEWEST_TO_TRIM = 5  # members, where a file that drops the highest and the lowest total does not say from how many on
MOST_CANDIDATES = 3  # Reg 53
COMMITTEE = "1"  # whose one sheet holds the units that the file states of each bid
NOTHING = "—"  # what a rule gives for a bid that is not evaluated


@dataclass(frozen=True)
class Difference:
    """A figure that the rules compute otherwise than it was published; "—" where none follows."""

    bid: str
    figure: str
    published: str
    computed: str


@dataclass(frozen=True)
class PublishedEvaluation:
    """A published evaluation in the project's own terms. `prices` in yuan; `sheets` by seat as text.

    `members` names the seats in order; `itemised`: scores are known, not only totals. `stated` holds the figures that
    the file states of each bid. `found`: what it says of prices; a bid without one is not responsive, and one whose
    corrected price is not confirmed is rejected. `above_ceiling` have one that the documents do not allow. `brands`: of
    the core product, where the file names any.
    """

    rules: EvaluationRules
    prices: dict[str, Decimal]
    sheets: dict[str, Cells]
    members: tuple[str, ...]
    itemised: bool
    stated: dict[str, dict[str, Any]]
    found: PublishedPrices = field(default_factory=PublishedPrices)
    above_ceiling: tuple[str, ...] = ()
    drawn: tuple[str, ...] = ()
    brands: PublishedBrands = field(default_factory=PublishedBrands)

    @property
    def unpriced(self) -> tuple[str, ...]:
        return self.found.unpriced


def _split(amount: Decimal, among: Sequence[Criterion]) -> dict[str, Decimal]:
    """`amount` in proportion to the full marks, down to the step; what is left goes to the first with room for it."""
    full = sum((criterion.full for criterion in among), ZERO)
    if not ZERO <= amount <= full:
        raise RuleViolation("published_total_impossible", amount=str(amount), full=str(full))
    if not among:
        return {}
    shares = {c.id: (amount * c.full / full).quantize(c.step, ROUND_FLOOR, context=ARITHMETIC) for c in among}
    left = amount - sum(shares.values(), ZERO)
    for criterion in among:
        more = min(left, criterion.full - shares[criterion.id])
        shares[criterion.id] += more
        left -= more
    return shares


def split_totals(criteria: CriteriaSet, totals: Sequence[Decimal]) -> list[dict[str, Decimal]]:
    """Each member's total for one bid (price left out), split over the criteria so that it sums exactly.

    The objective criteria together get their proportional share of the lowest total (more only where the highest total
    would not fit otherwise), the same for every member; the rest of each total goes to the subjective criteria.
    Raises RuleViolation `published_total_impossible` where a total does not fit.
    """
    objective = [c for c in criteria.scored if c.kind is CriterionKind.OBJECTIVE]
    subjective = [c for c in criteria.scored if c.kind is CriterionKind.SUBJECTIVE]
    subjective_full = sum((c.full for c in subjective), ZERO)
    full = sum((c.full for c in criteria.scored), ZERO)
    for total in totals:
        if not ZERO <= total <= full:
            raise RuleViolation("published_total_impossible", amount=str(total), full=str(full))
    share = _split(min(totals), criteria.scored)
    needed = max(sum((share[c.id] for c in objective), ZERO), max(totals) - subjective_full)
    fixed = _split(needed, objective)
    return [fixed | _split(total - needed, subjective) for total in totals]


def _criterion(name: str, full: Decimal, objective: bool) -> Criterion:
    if name == "price":
        return Criterion(name, name, name, CriterionKind.PRICE, CriterionStage.PRICE, full, STEP)
    kind = CriterionKind.OBJECTIVE if objective else CriterionKind.SUBJECTIVE
    stage = CriterionStage.COMMERCIAL if objective else CriterionStage.TECHNICAL
    return Criterion(name, name, name, kind, stage, full, STEP)


def _criteria(fulls: Entry, objective: Collection[str], apart: Decimal | None) -> CriteriaSet:
    """The criteria of the file; `apart` is the full mark of a price score that enters no total."""
    found = tuple(_criterion(printable(name), fulls.number(name), name in objective) for name in fulls.fields)
    if apart is None:
        return CriteriaSet(found, sum((c.full for c in found), ZERO))
    return CriteriaSet((*found, _criterion("price", apart, False)), sum((c.full for c in found), ZERO))


def _method(data: Entry) -> EvaluationMethod:
    known = {one.value: one for one in EvaluationMethod}
    named = data.text("method") if "method" in data.fields else EvaluationMethod.COMPREHENSIVE
    if named not in known:
        data.refuse("method", " / ".join(known))
    return known[named]


def _gate(data: Entry) -> TechnicalGate:
    gate = data.entry("gate")
    mark = gate.number("pass_mark") if "pass_mark" in gate.fields else None
    return TechnicalGate(mark, gate.whole("shortlist", 0) if "shortlist" in gate.fields else None)


def _deviation(name: str, of: Entry) -> Criterion:
    """A deviation with what one unit adds: `unit_cny` in yuan or `unit_percent` of the price that was bid."""
    in_yuan = "unit_cny" in of.fields
    basis = AdjustmentBasis.YUAN if in_yuan else AdjustmentBasis.PERCENT
    amount = of.number("unit_cny" if in_yuan else "unit_percent")
    most = of.number("most") if "most" in of.fields else UNBOUNDED
    unit = of.text("unit") if "unit" in of.fields else ""
    kind, stage = CriterionKind.OBJECTIVE, CriterionStage.COMMERCIAL
    priced = PriceAdjustment(unit or "单位", unit or "unit", basis, amount)
    return Criterion(name, name, name, kind, stage, most, STEP, adjustment=priced)


def _rules_in_money(data: Entry) -> EvaluationRules:
    given = data.entry("adjustments") if "adjustments" in data.fields else Entry("", {})
    found = tuple(_deviation(printable(name), given.entry(name)) for name in given.fields)
    chain = tuple(data.texts("tie_chain")) if "tie_chain" in data.fields else ("lower_price",)
    return EvaluationRules(
        criteria=CriteriaSet(found, ZERO),
        price_rule=None,
        scoring=ScoringRules(Aggregation.SIMPLE_MEAN, 2, FEWEST_TO_TRIM, None),
        tie_chain=chain,
        may_draw=DRAW in chain,
        most_candidates=data.whole("most_candidates", MOST_CANDIDATES),
        method=EvaluationMethod.LOWEST_PRICE,
    )


def _rules(data: Entry, members: int, objective: Collection[str], method: EvaluationMethod) -> EvaluationRules:
    formula, averaging = data.entry("price_formula"), data.entry("aggregation")
    given = formula.entry("parameters") if "parameters" in formula.fields else Entry("", {})
    parameters = {name: given.number(name) for name in given.fields}
    parameters |= {"full": formula.number("full"), "places": Decimal(rounding(formula, "round"))}
    gated = method is EvaluationMethod.TECHNICAL_GATE
    kinds, kind = {one.value: one for one in Aggregation}, averaging.text("id")
    if kind not in kinds:
        averaging.refuse("id", " / ".join(kinds))
    trims = kinds[kind] is Aggregation.TRIMMED_MEAN
    least = averaging.whole("trim_from", FEWEST_TO_TRIM) if trims else max(members, 3)
    chain = tuple(data.texts("tie_chain")) if "tie_chain" in data.fields else ("lower_price",)
    return EvaluationRules(
        criteria=_criteria(data.entry("criteria"), objective, parameters["full"] if gated else None),
        price_rule=PriceRule(formula.text("id"), parameters),
        scoring=ScoringRules(kinds[kind], rounding(averaging, "round"), least, None),
        tie_chain=chain,
        may_draw=DRAW in chain,
        most_candidates=data.whole("most_candidates", MOST_CANDIDATES),
        method=method,
        gate=_gate(data) if gated else None,
    )


def _bidders(data: Entry) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for bidder in data.entries("bidders"):
        code = bidder.text("code")
        if code in found:
            raise RuleViolation("published_bidder_repeated", bid=code)
        found[code] = replace(bidder, where=code)
    return found


def _members(data: Entry, bidders: Mapping[str, Entry]) -> tuple[str, ...]:
    """The committee's members in order, as the file names them; else as the first bid's scores do, or by number."""
    if "committee" in data.fields:
        named = data.entry("committee").texts("order")
    else:
        first = next(iter(bidders.values()), data)
        totals = first.fields.get("expert_totals")
        count = len(totals) if isinstance(totals, list) else 0
        named = list(first.entry("scores").fields) if "scores" in first.fields else [str(n + 1) for n in range(count)]
    if len(set(named)) < len(named) or not named:
        data.refuse("committee", "published_members")
    return tuple(named)


def _scores(bidder: Entry, members: Sequence[str], criteria: CriteriaSet) -> list[dict[str, Decimal]]:
    """Each member's scores of one bid; that they fit the criteria is checked with the whole sheet."""
    given = bidder.entry("scores")
    if given.fields.keys() - set(members):
        bidder.refuse("scores", "published_members")
    sheets = [given.entry(member) for member in members]
    return [{name: sheet.number(name) for name in sheet.fields} for sheet in sheets]


def _totals(bidder: Entry, members: Sequence[str], criteria: CriteriaSet, price: Decimal) -> list[dict[str, Decimal]]:
    totals = bidder.numbers("expert_totals")
    if len(totals) != len(members):
        facts = {"bid": bidder.where, "found": len(totals), "members": len(members)}
        raise RuleViolation("published_totals_count", **facts)
    try:
        return split_totals(criteria, [total - price for total in totals])
    except RuleViolation as exc:
        raise RuleViolation(exc.code, bid=bidder.where, **exc.facts) from exc


def _units(bidder: Entry, criteria: CriteriaSet) -> dict[str, Decimal]:
    """How many units of each deviation the file states of a bid; one that it does not name, the bid does not have."""
    given = bidder.entry("units") if bidder.fields.get("units") else Entry("", {})
    if given.fields.keys() - {c.id for c in criteria.criteria}:
        bidder.refuse("units", "object")
    return {c.id: given.number(c.id) if c.id in given.fields else ZERO for c in criteria.criteria}


def _sheets(
    rules: EvaluationRules,
    bidders: Mapping[str, Entry],
    found: PublishedPrices,
    members: Sequence[str],
    itemised: bool,
) -> dict[str, Cells]:
    """Each member's sheet by seat, as the file has scores or only totals; the committee's one where it has units."""
    if rules.in_money:
        return {COMMITTEE: {code: _units(bidders[code], rules.criteria) for code in found.prices}}
    in_totals = rules.gate is None  # whether totals contain the price score
    compared = found.compared()
    price_scores = price_formula(rules.formula).work(compared).scores if in_totals else dict.fromkeys(compared, ZERO)
    sheets: dict[str, Cells] = {str(seat + 1): {} for seat in range(len(members))}
    for code in found.prices:
        bidder = bidders[code]
        split = (
            _scores(bidder, members, rules.criteria)
            if itemised
            else _totals(bidder, members, rules.criteria, price_scores[code])
        )
        for cells, scores in zip(sheets.values(), split, strict=True):
            cells[code] = scores
    return sheets


def read_published(data: Mapping[str, Any], objective: Collection[str] = ()) -> PublishedEvaluation:
    """The evaluation in `data`; `objective` names criteria that leave no judgement, beside those that the file names.

    Raises RuleViolation `published_format` where a field is missing or malformed, `published_bidder_repeated`,
    `published_totals_count`, `published_total_impossible`, and what `price_formula` and `PriceFormula.work` raise.
    """
    case = reading(data)
    bidders, method = _bidders(case), _method(case)
    in_money = method is EvaluationMethod.LOWEST_PRICE
    members = (COMMITTEE,) if in_money else _members(case, bidders)
    named = case.texts("objective") if "objective" in case.fields else []
    rules = _rules_in_money(case) if in_money else _rules(case, len(members), {*objective, *named}, method)
    found = read_prices(bidders, in_money)
    itemised = in_money or all("scores" in bidders[code].fields for code in found.prices)
    project = case.entry("project") if "project" in case.fields else Entry("", {})
    ceiling = project.number("ceiling_cny") if project.fields.get("ceiling_cny") else None
    counted = counted_prices(found.prices, found.corrections)
    return PublishedEvaluation(
        rules=rules,
        prices=found.prices,
        sheets=_sheets(rules, bidders, found, members, itemised),
        members=members,
        itemised=itemised,
        stated={code: dict(bidder.fields) for code, bidder in bidders.items()},
        found=found,
        above_ceiling=tuple(code for code, price in counted.items() if ceiling is not None and price > ceiling),
        drawn=tuple(case.texts("drawn")) if "drawn" in case.fields else (),
        brands=read_brands(case, bidders, found.prices),
    )


def _computed(result: EvaluationResult, bid: str, stated: Mapping[str, Any]) -> dict[str, tuple[Any, str]]:
    """What is stated of one bid, and what the rules give, by name of the figure; totals by member."""
    row = next((row for row in result.bids if row.bid == bid), None)
    totals = stated.get("expert_totals")
    by_member = totals if isinstance(totals, list) else []
    right = {} if row is None else _figures(row, stated)
    right |= {"candidate": str(result.place(bid))} if bid in result.candidates else {}
    names = ["price_score", "sum", "mean_total", "non_price", "rank", "candidate"]
    if row is not None:  # that it has no price is why it is not evaluated
        names.insert(0, "evaluated_price_cny")
    found = {name: (stated[name], right.get(name, NOTHING)) for name in names if name in stated}
    members = [] if row is None else list(row.member_totals.values())
    return found | {
        f"expert_totals:{n}": (by_member[n], str(members[n])) for n in range(min(len(by_member), len(members)))
    }


def _figures(row: BidResult, stated: Mapping[str, Any]) -> dict[str, str]:
    """What follows of one bid; of one that a technical gate has stopped no price score and no rank, and no rank of one
    that takes no part behind another of its brand."""
    if row.evaluated_price is not None:
        rank = str(row.rank) if row.ranked else NOTHING
        return {"evaluated_price_cny": str(row.evaluated_price), "rank": rank}
    bid, change = figure(stated.get("bid_cny")), figure(stated.get("adjustment_cny", "0"))
    worked = changes(Entry(row.bid, stated)) or bid is None or change is None
    price = row.compared if worked or bid is None or change is None else bid + change
    return {
        "evaluated_price_cny": str(price),
        "price_score": str(row.price_score) if row.ranked else NOTHING,
        "sum": str(sum(row.member_totals.values(), ZERO)),
        "mean_total": str(row.total),
        "non_price": str(row.total - (row.price_score if row.passed is None else ZERO)),
        "rank": str(row.rank) if row.ranked else NOTHING,
    }


def replay(published: PublishedEvaluation) -> tuple[EvaluationResult, tuple[Difference, ...]]:
    """The result that the rules compute, and every published figure that differs from it (none if it replays).

    Figures are compared as numbers. Raises RuleViolation like `evaluate`.
    """
    prices, sheets, found = published.prices, published.sheets, published.found
    changed = found.deductions, found.corrections
    result = evaluate(published.rules, prices, sheets, published.drawn, *changed, published.brands.groups)
    differences = []
    for bid, stated in published.stated.items():
        for name, (text, computed) in _computed(result, bid, stated).items():
            said = printable(str(text)) if text is not None else ""
            if computed == NOTHING and said in ("", NOTHING):
                continue
            if figure(text) is None or figure(text) != figure(computed):
                differences.append(Difference(bid, name, said, computed))
    return result, tuple(differences)

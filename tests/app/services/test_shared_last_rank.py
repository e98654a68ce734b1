"""The report says of whom a shared rank that does not fit recommends none."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

from app.services.report_content import _sharing
from evaluation.evaluate import evaluate
from evaluation.sitting import Stage
from tests.evaluation.sittings import Sitting, sheet


def test_the_report_names_those_who_share_it_and_nobody_where_all_fit():
    state = Sitting().until(Stage.RESULTS).state
    rules = replace(state.rules.evaluation, most_candidates=2, tie_chain=("price_score", "lower_price"), may_draw=False)
    prices = {"A": D(100), "B": D(200), "C": D(200)}
    scores = sheet(1, "A")["A"]
    result = evaluate(rules, prices, {"1": dict.fromkeys(prices, scores)})
    assert result.candidates == ("A",)
    convened = replace(state.convened, rules=replace(state.rules, evaluation=rules))
    tied = replace(state, result=result, convened=convened)
    (told,) = _sharing(tied, "zh")
    names = {bid.bid: bid.bidder_name for bid in state.bids}
    assert all(names[bid] in told for bid in ("B", "C"))
    assert "不超过 2 名" in told
    assert "share rank 2" in _sharing(tied, "en")[0]
    assert _sharing(state, "zh") == ()

"""`tenderhall evaluate`: a published evaluation computed again."""

from __future__ import annotations

import argparse
import json

from app.procedure.errors import RuleViolation
from evaluation.published import read_published, replay


def evaluate(arguments: argparse.Namespace) -> int:
    """Print the table; 1 when a stated figure differs from what the rules give."""
    try:
        published = json.loads(arguments.file.read_text("utf-8"))
    except ValueError as exc:
        raise RuleViolation("malformed", path=str(arguments.file), expected="JSON") from exc
    result, differences = replay(read_published(published))
    print(f"{'投标人 bidder':14} {'评审价 price':>16} {'价格分':>8} {'得分 total':>12} {'名次 rank':>8}")
    for row in result.bids:
        print(f"{row.bid:14} {row.price:>16,} {row.price_score:>9} {row.total:>12} {row.rank:>8}")
    for difference in differences:
        print(f"不一致 differs: {difference}")
    return 1 if differences else 0

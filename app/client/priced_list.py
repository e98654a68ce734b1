"""What the check of opened bids would ask about a priced list, told to its bidder before it is sealed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from app.messages import sentence
from app.procedure.errors import RuleViolation
from crypto.package import PackageFile
from evaluation.bid_checks import COLUMNS, FILE_NAME, MOST_BYTES, read_list, rows_of

FEN = Decimal(100)


def list_notes(files: Sequence[PackageFile], price_fen: str) -> Iterator[str]:
    """A list that cannot be read, and amounts that do not add up to the price: in both languages, refused by nobody."""
    listed = next((file for file in files if file.path == FILE_NAME), None)
    if listed is None or listed.size > MOST_BYTES:
        return
    with listed.open() as source:
        rows = rows_of(source.read())
    try:
        items = read_list(rows, priced=True)
    except RuleViolation as refusal:
        english, chinese = COLUMNS.get(str(refusal.facts.get("column", "")), ("", ""))[:2]
        facts = {**refusal.facts, "column": {"zh": chinese, "en": english}}
        yield " / ".join(f"{FILE_NAME}: {sentence(refusal.code, facts, language)}" for language in ("zh", "en"))
        return
    total, price = sum((item.amount or Decimal(0) for item in items), Decimal(0)), Decimal(price_fen) / FEN
    if total != price:
        yield (
            f"{FILE_NAME}: 合价之和 {total:,f} 元，报价 {price:,f} 元，不相等 / "
            f"the amounts add up to {total:,f} CNY, the price is {price:,f} CNY"
        )

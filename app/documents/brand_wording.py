"""What follows from bids that offer one brand of the core product (O87 art. 31), in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.documents.wording import Lang
from app.messages import sentence
from evaluation.sitting import SittingState, joined_brands


def brand_words(sitting: SittingState, names: Mapping[str, str], lang: Lang) -> tuple[str, ...]:
    """Which spellings members found to be one brand, which bids count as one bidder, and which of them go first."""
    return (*joined_words(sitting, lang), *counted_words(sitting, names, lang), *behind_words(sitting, names, lang))


def _named(parts: Iterable[str], lang: Lang) -> str:
    return ("、" if lang == "zh" else ", ").join(parts)


def joined_words(sitting: SittingState, lang: Lang) -> tuple[str, ...]:
    """Which spellings a majority of the members found to be one brand."""
    groups = joined_brands(sitting) if sitting.brands is not None else ()
    return tuple(sentence("brands_joined", {"brands": _named(group, lang)}, lang) for group in groups)


def counted_words(sitting: SittingState, names: Mapping[str, str], lang: Lang) -> tuple[str, ...]:
    """Which valid bids count as one bidder."""
    product, stated = sitting.rules.core_product, sitting.stated_brands
    return tuple(
        sentence(
            "brand_counted",
            {
                "product": product,
                "bids": _named(
                    [sentence("brand_of", {"bid": names[b], "brand": stated[b]}, lang) for b in group], lang
                ),
            },
            lang,
        )
        for group in sitting.brands or ()
    )


def behind_words(sitting: SittingState, names: Mapping[str, str], lang: Lang) -> tuple[str, ...]:
    """Which bids stand back behind which one of their brand."""
    rows = sitting.result.bids if sitting.result else ()
    return tuple(filter(None, (behind_word(sitting, row.bid, names, lang) for row in rows)))


def behind_word(sitting: SittingState, bid: str, names: Mapping[str, str], lang: Lang) -> str:
    """Behind which bid of its brand one stands back; "" for one that does not."""
    first = sitting.result[bid].behind if sitting.result else None
    if first is None:
        return ""
    code = "brand_out" if sitting.rules.evaluation.in_money else "brand_behind"
    return sentence(code, {"bid": names[bid], "first": names[first]}, lang)

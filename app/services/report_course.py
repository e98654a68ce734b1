"""How a sitting went, as sentences of its report: corrected sheets, changed members and booths, standstills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from app.casefile.record import Record
from app.documents.wording import Lang, hundredths, instant, listed
from app.messages import sentence
from evaluation.sitting import (
    BoothChanged,
    CorrectionRequested,
    MemberRecused,
    MemberReplaced,
    ResultsComputed,
    SheetReopened,
    SittingResumed,
    SittingSuspended,
)


def corrections_of(records: Sequence[Record], names: Mapping[str, str], lang: Lang) -> tuple[str, ...]:
    """Every sheet that was opened again: who asked on which ground, who let it, and the totals before and after."""
    found = []
    for place, record in enumerate(records):
        if not isinstance(record.fact, SheetReopened):
            continue
        seat, before, after = record.fact.reopened, records[:place], records[place:]
        asked = next(r for r in reversed(before) if isinstance(r.fact, CorrectionRequested) and r.fact.seat == seat)
        facts = {
            "seat": seat,
            "asked_at": instant(asked.at),
            "ground": sentence(f"correction_{asked.fact.ground}", {}, lang),
            "explanation": asked.fact.explanation,
            "permitted_at": instant(record.at),
            "by": record.fact.seat,
            "before": _totals(_latest_results(before), seat, names, lang),
            "after": _totals([r for r in after if isinstance(r.fact, ResultsComputed)], seat, names, lang),
        }
        found.append(sentence("note_correction", facts, lang))
    return tuple(found)


def _latest_results(records: Sequence[Record]) -> list[Record]:
    """The results among the records, the latest first."""
    return [record for record in reversed(records) if isinstance(record.fact, ResultsComputed)]


def _totals(results: Sequence[Record], seat: int, names: Mapping[str, str], lang: Lang) -> str:
    """What a seat gave each bid in the first of these results."""
    if not results:
        return "—"
    totals: dict[str, Decimal] = {row.bid: row.member_totals[str(seat)] for row in results[0].fact.result.bids}
    return listed([f"{names[bid]} {hundredths(total)}" for bid, total in sorted(totals.items())], lang)


def changes_of(records: Sequence[Record], lang: Lang) -> tuple[str, ...]:
    """Who left, and who came instead."""
    found = []
    for record in records:
        facts = {"at": instant(record.at), "seat": getattr(record.fact, "seat", 0)}
        match record.fact:
            case MemberRecused():
                found.append(sentence("note_member_left", facts | {"reason": record.fact.reason}, lang))
            case MemberReplaced():
                found.append(sentence("note_member_came", facts, lang))
    return tuple(found)


def interruptions_of(records: Sequence[Record], sites: Mapping[str, str], lang: Lang) -> tuple[str, ...]:
    """Every standstill that ended before the report, with times, ground, place and reason; every change of booths."""
    found: list[str] = []
    since: Record | None = None
    for record in records:
        if isinstance(record.fact, BoothChanged):
            facts = {"at": instant(record.at), "seat": record.fact.seat, "reason": record.fact.reason}
            found.append(sentence("note_booth_changed", facts, lang))
        elif isinstance(record.fact, SittingSuspended):
            if since is not None:
                found.append(_standstill(since, record, sites, sentence("standstill_laid_over", {}, lang), lang))
            since = record
        elif isinstance(record.fact, SittingResumed) and since is not None:
            found.append(_standstill(since, record, sites, record.fact.note or "—", lang))
            since = None
    return tuple(found)


def _standstill(since: Record, until: Record, sites: Mapping[str, str], resumed: str, lang: Lang) -> str:
    fact = since.fact
    facts = {
        "since": instant(since.at),
        "until": instant(until.at),
        "ground": sentence(f"standstill_{fact.ground}", {}, lang),
        "why": listed([sites.get(fact.site, ""), fact.note], lang),
        "resumed": resumed,
    }
    return sentence("note_standstill", facts, lang)

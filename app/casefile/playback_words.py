"""What a step of a sitting says, by whom and what it changed, as a code of `translations/messages` with its facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from enum import StrEnum
from functools import singledispatch
from typing import Any

from app.casefile.record import Record
from app.messages import sentence
from app.procedure.recordings import RecordingKept
from app.procedure.roles import SYSTEM
from app.procedure.tender import TenderSubmitted
from evaluation import sitting
from evaluation.criteria import Criterion
from evaluation.evaluate import BidResult
from evaluation.price_corrections import ArithmeticGround, PriceCorrection
from evaluation.scoring import Cells

PREFIX = "played_"
BETWEEN = {"zh": "，", "en": ", "}
# Items of a rejection beside those that the documents publish.
OF_PRICES = (sitting.WITHIN_CEILING, sitting.PRICE_PROVEN, sitting.ARITHMETIC_CONFIRMED)
OTHER_ITEMS = (*OF_PRICES, *sitting.GROUND_ITEMS.values())
# Fields that say which way a fact went; where it went the other way, another sentence.
EITHER_WAY = ("no_conflict", "agrees", "accepted", "adopted", "proven")
WORDS_OF: Mapping[type, str] = {
    sitting.SuspensionGround: "standstill_",
    sitting.CorrectionGround: "correction_",
    sitting.ClarificationSubject: "clarification_",
    ArithmeticGround: "arithmetic_",
    sitting.WarningGround: "warning_of_",
    sitting.Disposal: "disposal_",
    sitting.Disposition: f"{PREFIX}step_",
    sitting.ReplacementGround: f"{PREFIX}replacement_",
    sitting.CheckInGround: f"{PREFIX}check_in_",
    sitting.IdentityDocument: f"{PREFIX}document_",
    sitting.ElectedBy: f"{PREFIX}elected_",
    sitting.RejectionGround: f"{PREFIX}ground_",
    sitting.RollbackTarget: "rollback_",
    sitting.RollbackGround: "rollback_ground_",
}


@dataclass(frozen=True)
class Said:
    """A sentence, or a part of one, by its code; facts may be said in turn, and tuples are lists of such."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def in_words(self, language: str, zone: str) -> str:
        """The sentence in a language, with instants on the clocks of a zone."""
        facts = {name: _in_words(value, language, zone) for name, value in self.facts.items()}
        return sentence(self.code, facts, language, zone)


def _in_words(value: Any, language: str, zone: str) -> Any:
    if isinstance(value, Said):
        return value.in_words(language, zone)
    if isinstance(value, tuple):
        return BETWEEN[language].join(str(_in_words(part, language, zone)) for part in value)
    return value


def word_of(value: StrEnum) -> Said:
    """A ground, subject or decision in words."""
    return Said(f"{WORDS_OF[type(value)]}{value.value}")


@dataclass(frozen=True)
class Names:
    """What bids and sites are called, by their ids; what is not known keeps the beginning of its id."""

    bids: Mapping[str, str] = field(default_factory=dict)
    sites: Mapping[str, str | Said] = field(default_factory=dict)
    items: Mapping[str, Said] = field(default_factory=dict)
    criteria: Mapping[str, Said] = field(default_factory=dict)

    def bid(self, bid: str) -> str:
        return self.bids.get(bid, bid[:8])

    def site(self, site: str) -> str | Said:
        """What concerns no one site concerns everybody."""
        return self.sites.get(site, site[:8]) if site else Said(f"{PREFIX}everywhere")

    def item(self, item: str) -> str | Said:
        """An item of the review."""
        return self.items.get(item, item)

    def criterion(self, criterion: str) -> str | Said:
        """What is scored."""
        return self.criteria.get(criterion, criterion)


def names_told(records: Iterable[Record], lot: str, sites: Mapping[str, str] | None = None) -> Names:
    """The names that the records of a case tell of a lot; without names of `sites` they are host and sub-sites.

    Items of the review and criteria stand in the terms, which everybody reads.
    """
    items, criteria = {one.id: _item(one) for one in OTHER_ITEMS}, dict[str, Said]()
    told: dict[str, str] = {}
    places: dict[str, str | Said] = dict(sites or {})
    for record in records:
        if isinstance(record.fact, TenderSubmitted):
            for one in record.fact.terms.lots:
                if one.number == lot:
                    items |= {item.id: _item(item) for item in one.review_items}
                    criteria |= {each.id: _item(each) for each in one.evaluation.criteria.criteria}
        elif isinstance(record.fact, sitting.SittingConvened) and record.lot == lot:
            told |= {bid.bid: bid.bidder_name for bid in record.fact.bids}
            places = {**_places(record.fact), **places}
    return Names(told, places, items, criteria)


def _item(item: sitting.ReviewItem | Criterion) -> Said:
    return Said(f"{PREFIX}item", {"name": {"zh": item.name_zh, "en": item.name_en}})


def _places(fact: sitting.SittingConvened) -> dict[str, Said]:
    others = dict.fromkeys(seat.site for seat in fact.seats if seat.site != fact.host_site)
    found = {site: Said(f"{PREFIX}site_sub", {"n": n}) for n, site in enumerate(others, 1)}
    return found | {fact.host_site: Said(f"{PREFIX}site_host")}


def who(record: Record) -> Said:
    """Who acted: a seat by its number, anybody else by the role."""
    if record.actor == SYSTEM.id:
        return Said(f"{PREFIX}by_system")
    if "#" in record.actor:
        return Said(f"{PREFIX}by_seat", {"seat": record.actor.rpartition("#")[2]})
    return role_named(record.role)


def role_named(role: str) -> Said:
    """The first of the roles that a record or a bundle names."""
    return Said(f"{PREFIX}role_{role.partition('+')[0]}")


def said(record: Record, names: Names) -> Said:
    """What a record of a sitting says."""
    fact = record.fact
    code, facts = (
        PREFIX + record.type,
        {one.name: _plain(one.name, getattr(fact, one.name), names) for one in fields(fact)},
    )
    suffix, more = _special(fact, names)
    if not suffix and any(getattr(fact, name, True) is False for name in EITHER_WAY):
        suffix = "_not"
    return Said(code + suffix, facts | more)


def _plain(name: str, value: Any, names: Names) -> Any:
    """A field as a sentence takes it."""
    if isinstance(value, StrEnum):
        return word_of(value) if type(value) in WORDS_OF else str(value)
    if name == "site":
        return names.site(value)
    if name == "bid":
        return names.bid(value)
    if name in ("order", "bids") and all(isinstance(one, str) for one in value):
        return tuple(names.bid(one) for one in value)
    if name.endswith("_sha256"):
        return f"{value[:16]}…"
    return value.rstrip("。.") or Said(f"{PREFIX}nothing") if isinstance(value, str) else value


More = tuple[str, dict[str, Any]]  # what follows the code, and further facts


@singledispatch
def _special(fact: Any, names: Names) -> More:
    """Of most facts the fields say everything."""
    return "", {}


@_special.register
def _convened(fact: sitting.SittingConvened, names: Names) -> More:
    return "", {"seats": len(fact.seats), "sites": len({one.site for one in fact.seats}), "bids": len(fact.bids)}


@_special.register(sitting.MemberIdentified)
def _identified(fact: sitting.MemberIdentified, names: Names) -> More:
    found = fact.identity
    document = word_of(found.document) if found else "—"
    return "", {"document": document, "phones": found.phones if found else "—"}


@_special.register
def _elected(fact: sitting.ChairElected, names: Names) -> More:
    return "", {} if fact.by else {"by": Said(f"{PREFIX}elected_stays")}


@_special.register
def _reviewed(fact: sitting.BidsReviewed, names: Names) -> More:
    failed = [one for one in fact.findings if not one.passed]
    failures = tuple(f"{names.bid(one.bid)}: {one.ground}" for one in failed)
    return "", {"passed": len(fact.findings) - len(failed), "failed": len(failed), "failures": failures}


@_special.register
def _concluded(fact: sitting.ReviewConcluded, names: Names) -> More:
    rejected = tuple(dict.fromkeys(names.bid(one.bid) for one in fact.rejected))
    return "", {"valid": _or_none(tuple(map(names.bid, fact.valid))), "rejected": _or_none(rejected)}


def _or_none(parts: tuple[str, ...]) -> tuple[str | Said, ...]:
    return parts or (Said(f"{PREFIX}nothing"),)


def sums(cells: Cells) -> dict[str, Decimal]:
    """What a sheet gives each bid, the price left out."""
    return {bid: sum(row.values(), Decimal(0)) for bid, row in cells.items()}


@_special.register
def _locked(fact: sitting.ScoreSheetLocked, names: Names) -> More:
    totals = tuple(f"{names.bid(bid)} {total}" for bid, total in sums(fact.scores).items())
    return "_offline" if fact.offline else "", {"totals": totals}


def decisive(row: BidResult) -> Decimal:
    """The figure by which a bid is ranked, or stopped, under its method."""
    if row.evaluated_price is not None:
        return row.evaluated_price
    return row.price_score if row.passed else row.total


@_special.register
def _computed(fact: sitting.ResultsComputed, names: Names) -> More:
    return "", {"ranking": tuple(f"{row.rank} {names.bid(row.bid)} {decisive(row)}" for row in fact.result.bids)}


@_special.register
def _marked(fact: sitting.PricesMarked, names: Names) -> More:
    return "", {"bids": _or_none(tuple(names.bid(one.bid) for one in fact.prices))}


@_special.register
def _requested(fact: sitting.CorrectionRequested, names: Names) -> More:
    return "", {"places": len(fact.places)}


@_special.register
def _warned(fact: sitting.WarningGiven, names: Names) -> More:
    return "", {} if fact.ground else {"ground": "—"}


@_special.register
def _given(fact: sitting.FloorGiven, names: Names) -> More:
    return "" if fact.to else "_back", {}


@_special.register
def _tied(fact: sitting.ChairVoteTied, names: Names) -> More:
    return "", {"tied": tuple(map(str, fact.tied))}


@_special.register(sitting.CompetitionQuestioned)
@_special.register(sitting.CompetitionDecided)
def _of_competition(fact: sitting.CompetitionQuestioned | sitting.CompetitionDecided, names: Names) -> More:
    return "", {"valid": tuple(map(names.bid, fact.valid)), "count": len(fact.valid)}


@_special.register
def _voted_on_competition(fact: sitting.CompetitionVoted, names: Names) -> More:
    return "" if fact.lacking else "_not", {"valid": tuple(map(names.bid, fact.valid))}


@_special.register
def _failed(fact: sitting.SittingFailed, names: Names) -> More:
    of = {sitting.COMPETITION_LACKING: "_competition", sitting.TOO_FEW_BRANDS: "_brands"}
    return of.get(fact.reason, ""), {}


@_special.register
def _put(fact: sitting.FindingPut, names: Names) -> More:
    ground = (word_of(fact.ground),) if fact.ground else ()
    return "", {"bids": (*map(names.bid, fact.bids), *ground), "ground": ""}


@_special.register
def _proposed(fact: sitting.ClarificationProposed, names: Names) -> More:
    return _corrected(fact.correction)


@_special.register
def _asked(fact: sitting.ClarificationAsked, names: Names) -> More:
    return _corrected(fact.correction)


def _corrected(to: PriceCorrection | None) -> More:
    return ("_correction", {"price": to.price, "ground": word_of(to.ground)}) if to else ("", {})


@_special.register
def _decided(fact: sitting.ClarificationDecided, names: Names) -> More:
    return "_rule" if fact.by_rule else "", {}


@_special.register
def _answered(fact: sitting.ClarificationAnswered, names: Names) -> More:
    if fact.confirms is None:
        return "", {"files": len(fact.files)}
    return "_confirmed" if fact.confirms else "_unconfirmed", {"text": fact.text or "—"}


@_special.register
def _kept(fact: RecordingKept, names: Names) -> More:
    since = min((one.started_at for one in fact.pieces), default="—")
    until = max((one.ended_at for one in fact.pieces), default="—")
    return "", {"pieces": len(fact.pieces), "since": since, "until": until}

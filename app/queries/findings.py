"""The findings about opened bids (清标) in words: what is asked, on which evidence, and what the committee decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.casefile.anonymous import shown_names
from app.casefile.bid_ids import bid_of, findings_of_sitting
from app.casefile.case import Case, LotCase
from app.casefile.disposals import Disposed, disposals
from app.casefile.record import Record
from app.messages import catalogue, sentence
from app.procedure.bid_checking import grounds_in, known_to_committee, votable
from evaluation.bid_checks import BidFinding, Evidence, FindingKind
from evaluation.sitting import Disposal, RejectionGround, settled, standing_bids

Names = Mapping[str, str]
MOST_PLACES = 10  # of a finding that a report lists; the others stand in the case file


# What stands at a place, as it is read: what is stored has forgotten in which order it was found.
ASKED_AND_FOUND = tuple(f"{whose}_{what}" for what in ("name", "unit", "quantity") for whose in ("asked", "found"))
FIGURES = ("quantity", "unit_price", "amount", "product", "ceiling", "median", "percent")
IN_ORDER = ("number", "name", *ASKED_AND_FOUND, *FIGURES)


@dataclass(frozen=True)
class EvidenceView:
    """A place on which a finding rests; `file` is its path in the bid, "" for the opening form, `values` in words."""

    bid: str
    bidder: str
    file: str
    sha256: str
    places: tuple[int, ...]
    values: str
    lines: bool  # whether the places are lines of a list, and not pages


@dataclass(frozen=True)
class VoteView:
    """A counted vote: what was put, why, and how it ended."""

    disposal: str
    reason: str
    bidders: tuple[str, ...]
    ground: str
    agreeing: int
    against: int
    adopted: bool
    lapsed: bool
    at: datetime


@dataclass(frozen=True)
class FindingView:
    """A finding. `bids` are those it is about, by id and name; `citation` is how another text refers to it; `grounds`,
    `votable`: on what it can lead to a rejection now, and whether it may be put to the vote at all."""

    number: int
    kind: FindingKind
    title: str
    question: str
    explanation: str
    citation: str
    bids: tuple[tuple[str, str], ...]
    evidence: tuple[EvidenceView, ...]
    more: int
    votes: tuple[VoteView, ...]
    settled: bool
    asked: bool
    grounds: tuple[tuple[str, str], ...]
    votable: bool
    rejectable: tuple[tuple[str, str], ...]

    @property
    def left(self) -> bool:
        """Whether the committee has not decided about it for good."""
        return not self.settled


def findings_for_room(case: Case, lot: str, records: Iterable[Record], language: str) -> tuple[FindingView, ...]:
    """What the members may know now, under the names by which they know the bids. What was decided before a member left
    a successor reads once results stand."""
    state = case.lot(lot)
    checked = findings_of_sitting(state)
    anonymous = bool(case.tender.published.lot(lot).anonymous)
    known = known_to_committee(checked, state.sitting.stage, anonymous=anonymous)
    votes = [one for one in disposals(records) if state.sitting.result is not None or not one.lapsed]
    names = shown_names(case, lot, language)
    opened = _bidders(state) if not _hidden(case, lot) else {}
    return tuple(_view(case, lot, number, opened | names, votes, language) for number in known)


def _hidden(case: Case, lot: str) -> bool:
    names = {bid.bid: bid.bidder_name for bid in case.lot(lot).sitting.bids}
    return shown_names(case, lot, "zh") != names


def all_findings(case: Case, lot: str, records: Iterable[Record], language: str) -> tuple[FindingView, ...]:
    """Every finding under the bidders' names: for those who may know bids and prices."""
    state = case.lot(lot)
    names = _bidders(state)
    votes = disposals(records)
    count = len(state.checked.findings) if state.checked else 0
    return tuple(_view(case, lot, number, names, votes, language) for number in range(1, count + 1))


def _bidders(state: LotCase) -> dict[str, str]:
    return {bid_of(state, receipt): one.bidder_name for receipt, one in state.opening.opened.items()}


def _view(case: Case, lot: str, number: int, names: Names, votes: Sequence[Disposed], language: str) -> FindingView:
    state = case.lot(lot)
    checked, stage = findings_of_sitting(state), state.sitting.stage
    anonymous = bool(case.tender.published.lot(lot).anonymous)
    found, regime = checked[number - 1], case.tender.published.profile.regime
    own = [one for one in votes if one.put.finding == number]
    asked = any(one.put.disposal is Disposal.ASK and one.counted.adopted and not one.lapsed for one in own)
    standing = standing_bids(state.sitting)
    named = tuple((bid, names.get(bid, bid)) for bid in found.bids)
    return FindingView(
        number,
        found.kind,
        sentence(f"finding_{found.kind}", {}, language),
        question_of(found, names, language),
        sentence(f"explained_{found.kind}", {}, language),
        sentence("finding_citation", {"number": number}, language),
        named,
        tuple(_evidence(found, one, names, language) for one in found.evidence),
        max(0, int(found.figures["count"]) - len(found.evidence)) if _counts_places(found) else 0,
        tuple(_vote(one, names, regime, language) for one in own),
        number in settled(state.sitting),
        asked and number not in settled(state.sitting),
        tuple((ground.value, ground_words(ground, regime, language)) for ground in grounds_in(found, stage)),
        number in votable(checked, stage, anonymous=anonymous, checked_in=state.checked_in),
        tuple((bid, name) for bid, name in named if bid in standing),
    )


def _counts_places(found: BidFinding) -> bool:
    """Whether its count is that of its places; of texts and prices alike it is that of what they have in common."""
    return found.kind not in (FindingKind.LIKE_TEXT, FindingKind.REGULAR_ITEMS)


def question_of(found: BidFinding, names: Names, language: str) -> str:
    """What a finding asks, in a sentence with its figures."""
    facts: dict[str, object] = dict(found.figures)
    facts["bids"] = _listed([names.get(bid, bid) for bid in found.bids], language)
    if "pattern" in facts:
        facts["pattern"] = sentence(f"pattern_{facts['pattern']}", {"step": facts["step"]}, language)
    if "property" in facts:
        facts["property"] = sentence(f"value_{facts['property']}", {}, language)
        shown = next(iter(found.evidence[0].values.values()), "")
        facts["value"] = shown or facts["value"]
    if "reason" in facts:
        facts["reason"] = _list_refusal(found.figures, language)
    return sentence(f"question_{found.kind}", facts, language)


def _list_refusal(figures: Mapping[str, str], language: str) -> str:
    column = figures.get("column", "")
    words = sentence(f"value_{column}", {}, language) if column else ""
    return sentence(figures["reason"], {**figures, "column": words}, language)


def ground_words(ground: RejectionGround, regime: str, language: str) -> str:
    """The ground of the law with its article, in the words of the lot's regime."""
    return sentence(f"{regime}_ground_{ground}", {}, language)


def _listed(names: Sequence[str], language: str) -> str:
    return (", " if language == "en" else "、").join(names)


def _in_order(value: tuple[str, str]) -> tuple[int, str]:
    name = value[0]
    return (IN_ORDER.index(name) if name in IN_ORDER else len(IN_ORDER)), name


def _evidence(found: BidFinding, one: Evidence, names: Names, language: str) -> EvidenceView:
    told = sorted(one.values.items(), key=_in_order)
    named = {name: value for name, value in told if f"value_{name}" in catalogue()}
    if found.kind is FindingKind.LIST_UNREADABLE:
        named = {}
    colon, stop = (": ", "; ") if language == "en" else ("：", "；")
    words = stop.join(f"{sentence(f'value_{name}', {}, language)}{colon}{value}" for name, value in named.items())
    lines = found.kind is not FindingKind.LIKE_TEXT
    return EvidenceView(one.bid, names.get(one.bid, one.bid), one.file, one.sha256, one.places, words, lines)


def _vote(one: Disposed, names: Names, regime: str, language: str) -> VoteView:
    put, counted = one.put, one.counted
    return VoteView(
        sentence(f"disposal_{put.disposal}", {}, language),
        put.reason,
        tuple(names.get(bid, bid) for bid in put.bids),
        ground_words(put.ground, regime, language) if put.ground is not None else "",
        counted.agreeing,
        counted.against,
        counted.adopted,
        one.lapsed,
        one.at,
    )


def vote_words(vote: VoteView, language: str) -> str:
    """How a vote went, as a report says it."""
    facts = {
        "disposal": vote.disposal,
        "agreeing": vote.agreeing,
        "against": vote.against,
        "reason": vote.reason,
        "at": vote.at,
        "outcome": sentence("vote_adopted" if vote.adopted else "vote_not_adopted", {}, language),
    }
    parts = [sentence("finding_vote", facts, language)]
    if vote.ground:
        rejected = {"bids": _listed(vote.bidders, language), "ground": vote.ground}
        parts.append(sentence("finding_vote_rejects", rejected, language))
    if vote.lapsed:
        parts.append(sentence("finding_vote_lapsed", {}, language))
    return (" " if language == "en" else "").join(parts)


def _places_words(one: FindingView, language: str) -> list[str]:
    """The places of a finding, so that whoever reads a report can look them up; how many more there are."""
    shown = [_place_words(place, language) for place in one.evidence[:MOST_PLACES]]
    more = one.more + len(one.evidence) - len(shown)
    return [*shown, *([sentence("report_finding_more", {"count": more}, language)] if more else [])]


def _place_words(place: EvidenceView, language: str) -> str:
    numbers = _listed([str(number) for number in place.places], language)
    code = "report_finding_lines" if place.lines else "report_finding_pages"
    where = sentence(code, {"places": numbers}, language) if numbers else ""
    file = place.file or sentence("report_finding_form", {}, language)
    facts = {"bidder": place.bidder, "file": file, "where": where, "values": place.values}
    return sentence("report_finding_place" if place.values else "report_finding_file", facts, language).strip()


def report_words(case: Case, lot: str, records: Iterable[Record], language: str) -> tuple[str, ...]:
    """Every finding with the places on which it rests, each on a line of its own, and what became of it; that there was
    none; () where nothing was checked."""
    if case.lot(lot).checked is None:
        return ()
    found = []
    for one in all_findings(case, lot, records, language):
        votes = [vote_words(vote, language) for vote in one.votes]
        ended = votes if one.settled or votes else [sentence("finding_undisposed", {}, language)]
        facts = {"number": one.number, "title": one.title, "question": one.question}
        told = (" " if language == "en" else "").join(ended)
        found.append("\n".join([sentence("report_finding", facts, language), *_places_words(one, language), told]))
    return tuple(found) or (sentence("report_no_findings", {}, language),)

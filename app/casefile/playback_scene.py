"""The room after a step, as whoever may see the records up to it knows it: a plain value for pages, terminals, JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.casefile.lot import LotCase
from app.casefile.playback_words import Names, sums
from evaluation import sitting
from evaluation.sitting import Stage
from evaluation.sitting.stages import AFTER_REVIEW


@dataclass(frozen=True)
class SeatAt:
    """A seat as it stands; `site` and `role` are "" where the holder is not shown who was convened.

    `named`: whom the tenderer has named as the chair and who is not in office yet; `votes_for`: for which seat it voted
    as a chair, 0 for none; `key` the id of the key that counts, "" for none.
    """

    number: int
    site: str
    role: str
    key: str
    stated: bool
    named: bool
    chair: bool
    votes_for: int
    reviewed: bool
    locked: bool
    signed: bool
    dissented: bool
    refused: bool
    left: bool


@dataclass(frozen=True)
class BidAt:
    """A bid after the review; `passed` is None where that is not known: because it is not concluded (`awaited`), or
    not shown. `items` are those on which a majority rejected it.
    """

    bid: str
    name: str
    passed: bool | None
    awaited: bool
    items: tuple[str, ...]


@dataclass(frozen=True)
class SheetAt:
    """A locked sheet: what it gives each bid, the price left out."""

    seat: int
    sums: Mapping[str, Decimal]


@dataclass(frozen=True)
class ResultAt:
    """A row of the results."""

    rank: int
    bid: str
    name: str
    price: Decimal
    price_score: Decimal
    total: Decimal
    candidate: bool
    evaluated_price: Decimal | None  # where prices are compared, and no points are given
    passed: bool | None  # whether it goes on to the price, where points decide that; None: every bid does
    read_out: Decimal  # the price that was bid, also where another one counts


@dataclass(frozen=True)
class QuestionAt:
    """What a bidder is, or is to be, asked."""

    bid: str
    name: str
    subject: str
    standing: str
    question: str
    agreed: int
    opposed: int
    until: datetime | None
    answer: str


@dataclass(frozen=True)
class FindingAt:
    """What was decided about a finding on the bids."""

    finding: int
    disposal: str
    agreeing: int
    against: int
    adopted: bool


@dataclass(frozen=True)
class StillAt:
    """A standstill that has not ended, the one on top first; `site` is "" where it is not one site's."""

    ground: str
    site: str
    note: str


@dataclass(frozen=True)
class FilmAt:
    """A recording of a site: how many pieces had come, until when they reach, and whether the site had ended it."""

    site: str
    run: int
    since: datetime
    pieces: int
    until: datetime | None
    ended: bool


@dataclass(frozen=True)
class Told:
    """What was announced, or of what the authority warned; `noted` are seats that had read it."""

    at: datetime
    site: str
    text: str
    warning: bool
    noted: tuple[int, ...] = ()


@dataclass(frozen=True)
class Scene:
    """Everything; `voted_on`: the finding that is voted on, 0 for none; `floor`: to whom it is given, 0 for nobody."""

    stage: Stage
    committee: int
    stands_still: tuple[StillAt, ...]
    seats: tuple[SeatAt, ...]
    bids: tuple[BidAt, ...]
    sheets: tuple[SheetAt, ...]
    results: tuple[ResultAt, ...]
    questions: tuple[QuestionAt, ...]
    voted_on: int
    findings: tuple[FindingAt, ...]
    recordings: tuple[FilmAt, ...]
    told: tuple[Told, ...]
    messages: int
    floor: int
    report_sha256: str
    sealed_sha256: str
    failure: str
    failure_sha256: str


def scene_of(state: LotCase, names: Names) -> Scene:
    """The scene of a lot as a step left it (`playback.Step.after`)."""
    found, talk = state.sitting, state.talk
    return Scene(
        stage=found.stage,
        committee=found.committee,
        stands_still=tuple(StillAt(str(one.ground), one.site, one.note) for one in reversed(found.standing)),
        seats=tuple(_seat(found, number) for number in _numbers(found)),
        bids=_bids(found, names),
        sheets=tuple(SheetAt(seat, sums(cells)) for seat, cells in sorted(found.sheets.items())),
        results=_results(found, names),
        questions=_questions(state, names),
        voted_on=found.put.finding if found.put else 0,
        findings=tuple(
            FindingAt(put.finding, str(put.disposal), one.agreeing, one.against, one.adopted)
            for put, one in found.disposed
        ),
        recordings=_films(state),
        told=_told(state),
        messages=len(talk.messages),
        floor=talk.floor[0] if talk.floor else 0,
        report_sha256=found.report_sha256,
        sealed_sha256=found.sealed_sha256,
        failure=found.failure,
        failure_sha256=found.failure_sha256,
    )


def _numbers(found: sitting.SittingState) -> list[int]:
    """Every seat of which anything is known: who sits is not shown to members who do not know the prices yet."""
    known = found.seats.keys() | found.keys.keys() | found.statements.keys() | found.sheets.keys()
    return sorted(known | found.reviews.keys() | found.signed.keys())


def _seat(found: sitting.SittingState, number: int) -> SeatAt:
    seat = found.seats.get(number)
    return SeatAt(
        number=number,
        site=seat.site if seat else "",
        role=str(seat.role) if seat else "",
        key=found.keys.get(number, ""),
        stated=number in found.statements,
        named=found.chair is None and number == found.named_chair,
        chair=number == found.chair,
        votes_for=found.chair_votes.get(number, 0),
        reviewed=number in found.reviews,
        locked=number in found.sheets,
        signed=number in found.signed,
        dissented=number in found.dissents,
        refused=number in found.refused,
        left=number in found.empty,
    )


def _bids(found: sitting.SittingState, names: Names) -> tuple[BidAt, ...]:
    known = [one.bid for one in found.bids] or list(dict.fromkeys((*found.valid, *(r.bid for r in found.rejected))))
    scored = found.valid or tuple(row.bid for row in found.result.bids) if found.result else found.valid
    rejected = {one.bid for one in found.rejected}
    return tuple(
        BidAt(
            bid,
            names.bid(bid),
            bid in scored if bid in (*scored, *rejected) else None,
            found.stage not in AFTER_REVIEW,
            tuple(one.item for one in found.rejected if one.bid == bid),
        )
        for bid in known
    )


def _results(found: sitting.SittingState, names: Names) -> tuple[ResultAt, ...]:
    if found.result is None:
        return ()
    return tuple(
        ResultAt(
            row.rank,
            row.bid,
            names.bid(row.bid),
            row.price,
            row.price_score,
            row.total,
            row.bid in found.result.candidates,
            row.evaluated_price,
            row.passed,
            row.read_out,
        )
        for row in found.result.bids
    )


def _questions(state: LotCase, names: Names) -> tuple[QuestionAt, ...]:
    rows = []
    for id, one in state.sitting.clarifications.items():
        course, asked = state.clarifying.get(id), one.proposed
        rows.append(
            QuestionAt(
                asked.bid,
                names.bid(asked.bid),
                str(asked.subject),
                str(one.standing),
                asked.question,
                one.agreed,
                one.opposed,
                course.until if course else None,
                course.answered.text if course and course.answered else "",
            )
        )
    return tuple(rows)


def _films(state: LotCase) -> tuple[FilmAt, ...]:
    return tuple(
        FilmAt(
            run.site,
            run.number,
            run.begun_at,
            len(run.pieces),
            max((one.ended_at for one in run.pieces.values()), default=None),
            run.ended is not None,
        )
        for run in state.recordings.runs.values()
    )


def _told(state: LotCase) -> tuple[Told, ...]:
    said = [Told(one.at, one.site, one.text, False, tuple(sorted(one.noted))) for one in state.talk.announcements]
    said += [Told(one.at, one.site, one.note, True) for one in state.standstill.warnings]
    return tuple(sorted(said, key=lambda one: one.at))

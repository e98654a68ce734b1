"""Scores that come twice, late, or in another order leave what an undisturbed line leaves (T9).

A page sends the changes of one field one after the other, each over the version that the one before made; the line may
bring any of them again at any later time, and those of different fields in any order.
`python -m tests.long.score_sequences` tries ten thousand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select

from app.models import ScoreDraft
from app.procedure.errors import RuleViolation
from app.services.score_drafts import TypedScore, save_score
from app.services.unit_of_work import plain_transaction
from tests.app.services.whole_case import LOT, WholeCase

VALUES = (
    *map(Decimal, ("0", "2", "4", "6", "8", "10")),
    None,
    Decimal("3"),
    Decimal("70"),
)  # the last ones are refused
LATE = ("score_stale", "score_never_saved")
Place = tuple[int, str, str]  # seat, bid, criterion


@dataclass(frozen=True)
class Sent:
    """One change of one field, as its page sends it: `seq` is the version that it was typed over."""

    place: Place
    value: Decimal | None
    seq: int
    command: str

    @property
    def fits(self) -> bool:
        return self.value is None or (self.value % 2 == 0 and self.value <= 10)


def sequence(random: Random, places: list[Place]) -> tuple[list[Sent], dict[Place, Decimal | None]]:
    """What arrives, in the order in which it does, and what has to be kept in the end."""
    waiting: dict[Place, list[Sent]] = {}
    kept: dict[Place, Decimal | None] = {}
    for place in random.sample(places, random.randint(1, 4)):
        seq = 0
        for turn in range(random.randint(1, 4)):
            one = Sent(place, random.choice(VALUES), seq, f"{place}-{turn}"[-40:])
            waiting.setdefault(place, []).append(one)
            if one.fits:
                seq, kept[place] = seq + 1, one.value
    arrived: list[Sent] = []
    while waiting:
        if arrived and random.random() < 0.4:
            arrived.append(random.choice(arrived))  # again, however long ago it was
            continue
        place = random.choice(sorted(waiting))
        arrived.append(waiting[place].pop(0))
        if not waiting[place]:
            del waiting[place]
    return arrived + random.sample(arrived, random.randint(0, len(arrived))), kept


class Desk:
    """Every seat of one sitting, whose drafts begin anew with each sequence."""

    def __init__(self, case: WholeCase) -> None:
        self.case = case
        bids = [bid.bid for bid in case.state.bids]
        self.places = [(seat, bid, "record") for seat in case.members for bid in bids]

    def play(self, arrived: list[Sent]) -> dict[Place, Decimal | None]:
        """What is kept after all of it."""
        with plain_transaction(self.case.platform.database) as (db_session, _now):
            db_session.execute(delete(ScoreDraft))
        first: dict[str, str] = {}
        for one in arrived:
            answer = self._save(one)
            known = first.setdefault(one.command, answer)
            assert answer in (known, *LATE), (one, known, answer)
        with self.case.platform.database.reading() as db_session:
            return {(row.seat, row.bid, row.criterion): row.value for row in db_session.scalars(select(ScoreDraft))}

    def _save(self, one: Sent) -> str:
        seat, bid, criterion = one.place
        typed = TypedScore(bid, criterion, one.value, "", "", one.seq, one.command)
        try:
            saved = save_score(self.case.platform, self.case.members[seat].log_in, self.case.case_id, LOT, typed)
        except RuleViolation as refusal:
            return self._refused(one, refusal.code)
        assert one.fits
        return f"{saved.value}"

    @staticmethod
    def _refused(one: Sent, code: str) -> str:
        assert not one.fits or code in LATE, code
        return code


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    case = WholeCase(tmp_path_factory.mktemp("sequences")).until_scoring()
    yield Desk(case)
    case.platform.database.dispose()


@given(st.integers(0, 2**32))
def test_what_is_kept_does_not_depend_on_the_line(desk: Desk, seed: int):
    arrived, kept = sequence(Random(seed), desk.places)
    assert desk.play(arrived) == kept

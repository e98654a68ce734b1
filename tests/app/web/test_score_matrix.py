"""The matrix of all scores after the last lock: bidders across, criteria down, and nothing of it before."""

from __future__ import annotations

import re
from decimal import Decimal as D

import pytest

from app.queries.score_matrix import counted_cell, score_matrix
from evaluation.evaluate import evaluate
from evaluation.sitting import ScoreSheetLocked
from tests.app.services.whole_case import DRAWN, LOT, WholeCase
from tests.app.web.site import Site, booth, stated
from tests.evaluation.methods import LOWEST

BENEATH = ("价格分（按公式）", "总分（含价格分，平均）", "名次")


class Matrix(WholeCase):
    """One seat is far from the others on every plan; the records agree."""

    def until_four_locked(self) -> Matrix:
        return self.through(f"{DRAWN} seat_all elect review lock_four")

    def lock_four(self) -> None:
        for number in (1, 2, 3, 4):
            self.lock(number)

    def lock(self, number: int) -> None:
        bids = [bid.bid for bid in self.state.bids]
        cells = (self.far if number == 2 else self.sheet)(number, bids)
        self.act(self.members[number], ScoreSheetLocked(number, cells, {}))


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Matrix:
    return Matrix(tmp_path_factory.mktemp("matrix")).until_four_locked()


def cells_of(page: str) -> list[list[str]]:
    """The rows of the matrix, each cell as the words that stand in it."""
    table = re.search(r'<table[^>]*id="score-matrix".*?</table>', page, re.S)
    assert table is not None
    rows = re.findall(r"<tr role=\"row\"[^>]*>(.*?)</tr>", table.group(0), re.S)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in rows]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in cells]


def test_nobody_sees_the_matrix_before_the_last_lock(case: Matrix):
    site, room = Site(case), f"/room/{case.case_id}/{LOT}"
    for number in case.members:
        assert "score-matrix" not in booth(site, case.members[number]).get(room)
    assert "score-matrix" not in stated(site).get(room)


def test_then_bidders_stand_across_and_criteria_down_with_every_score(case: Matrix):
    case.lock(5)
    site, state = Site(case), case.state
    names, result = {bid.bid: bid.bidder_name for bid in state.bids}, state.result
    assert result is not None
    ranked = [row.bid for row in result.bids]
    for reader in (booth(site, case.members[5]), stated(site)):
        head, *rows = cells_of(reader.get(f"/room/{case.case_id}/{LOT}"))
        assert head == ["评审因素", *(names[bid] for bid in ranked)]
        assert [row[0] for row in rows] == ["方案 满分 60", "业绩 满分 10", *BENEATH]
        for at, bid in enumerate(ranked, 1):
            scores = [state.sheets[seat][bid]["plan"] for seat in sorted(state.sheets)]
            said = " ".join(f"席位 {seat} {score}" for seat, score in enumerate(scores, 1))
            assert rows[0][at] == f"{sum(scores) / 5:.2f} {said} 席位 2 偏离"
            assert rows[1][at] == f"{state.sheets[1][bid]['record']} 各席位相同"
            assert [row[at] for row in rows[2:]] == [
                f"{result[bid].price_score}", f"{result[bid].total}", f"{result[bid].rank}"
            ]  # fmt: skip


def test_the_mean_of_a_cell_is_rounded_half_up(case: Matrix):
    matrix = score_matrix(case.state, None, {bid.bid: bid.bidder_name for bid in case.state.bids})
    for row in matrix.rows:
        for cell in row.cells:
            total = sum((score for _seat, score in cell.scores), D(0))
            assert abs(cell.stands * 5 - total) <= D("0.025")


@pytest.mark.parametrize(("counts", "stands"), [((5, 6, 5, 5, 5), D(5)), ((5, 6, 7, 5, 6), None), ((5,) * 5, D(5))])
def test_of_counted_units_the_majoritys_stands_and_every_difference_is_marked(counts, stands):
    """As `evaluate` finds them: without a majority no number stands, whatever the middle one is."""
    rows = {"A": {"advance": D(0), "duration": D(0), "warranty": D(0)}}
    sheets = {n: {"A": {**rows["A"], "duration": D(count)}} for n, count in enumerate(counts, 1)}
    result = evaluate(LOWEST, {"A": D(1000000)}, {str(n): cells for n, cells in sheets.items()})
    cell = counted_cell(result, sheets, "A", "duration")
    assert (cell.stands, cell.unequal) == (stands, len(set(counts)) > 1)
    assert cell.scores == tuple(enumerate(map(D, counts), 1))

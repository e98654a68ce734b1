"""A correction: which scores, on which ground, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from evaluation.scoring import ScorePlace
from evaluation.sitting import CorrectionGround, CorrectionRequested, ScoreSheetLocked, SheetReopened, Stage, recheck
from tests.evaluation.test_sitting import at, correction, refused, unequal


def test_a_correction_names_its_scores_and_a_ground_that_holds_for_them():
    sitting = unequal()
    asked, any_ground = correction(5), CorrectionGround.ABNORMAL_SCORE
    for places in ((), asked.places * 2):
        assert refused(sitting, replace(asked, places=places)).code == "correction_places_missing"
    stray = replace(asked, places=(ScorePlace("B", "price"),))
    assert refused(sitting, stray).code == "score_unexpected"
    agreed = (*asked.places, ScorePlace("A", "record"))
    assert refused(sitting, replace(asked, places=agreed)).code == "correction_place_agrees"
    sitting.act(replace(asked, places=agreed, ground=any_ground))


@given(st.data())
def test_a_sheet_that_is_opened_again_is_corrected_where_it_was_asked_for_and_nowhere_else(data):
    sitting = at(Stage.RESULTS)
    before = sitting.state.sheets[5]
    every = sorted(ScorePlace(bid, criterion) for bid, row in before.items() for criterion in row)
    opened = data.draw(st.sets(st.sampled_from(every), min_size=1))
    changed = data.draw(st.sets(st.sampled_from(every)))
    sitting.act(CorrectionRequested(5, CorrectionGround.ABNORMAL_SCORE, "too high", tuple(sorted(opened))))
    sitting.act(SheetReopened(3, 5))
    cells = {bid: dict(row) for bid, row in before.items()}
    for at_ in changed:
        cells[at_.bid][at_.criterion] = D(0) if before[at_.bid][at_.criterion] else D(1)
    if outside := changed - opened:
        refusal = refused(sitting, ScoreSheetLocked(5, cells, {}))
        first = min(outside)
        assert (refusal.code, refusal.facts) == ("score_not_reopened", {"bid": first.bid, "criterion": first.criterion})
    else:
        sitting.act(ScoreSheetLocked(5, cells, {}))
        assert sitting.state.reopened == {}
        assert recheck(sitting.events) == sitting.state

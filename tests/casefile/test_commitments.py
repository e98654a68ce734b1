"""A commitment is one party's for one round of one draw, and is refused in every other draw of its case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.casefile.lot import LotCase, check_unused
from app.procedure.errors import RuleViolation
from evaluation.draw import DrawCommitted
from tests.evaluation.drawing import Draw


def test_what_was_committed_in_another_lot_or_by_another_party_is_refused():
    draw = Draw().approved()
    draw.commit()
    lots = [LotCase(), replace(LotCase(), draw=draw.state)]
    known = draw.state.rounds[0].commitments["centre"]
    for party in ("agency", "centre"):
        with pytest.raises(RuleViolation, match="draw_commitment_reused"):
            check_unused(lots, DrawCommitted(1, party, known, "capsule"))
    check_unused(lots, DrawCommitted(1, "agency", "1" * 64, "capsule"))

"""A sitting is convened as soon as the last of its conditions is met, whichever comes last."""

from __future__ import annotations

import pytest

from app.services.platform import DIST
from tests.app.services.people import LOT
from tests.app.services.whole_case import WholeCase

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
CONDITIONS = ("conclude", "qualify", "draw_experts")


@pytest.mark.parametrize("last", CONDITIONS)
def test_whichever_condition_is_met_last_convenes_the_sitting(tmp_path, last):
    case = WholeCase(tmp_path).through("found publish bid read_out delegate")
    for condition in (*(name for name in CONDITIONS if name != last), last):
        assert not case.case.lots[LOT].convened
        getattr(case, condition)()
    assert case.case.lots[LOT].convened

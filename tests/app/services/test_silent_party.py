"""A party of a draw that stays silent stops nothing: the trustees open what it sealed."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import pytest

from app.casefile.draw_capsules import capsules_opened, reveal_identity
from app.casefile.sealing import committee_of
from app.procedure.errors import RuleViolation
from app.queries.cases import load_records
from app.services.platform import DIST
from crypto.committee import identity, make_capsule, sign_share
from evaluation import draw as drawing
from tests.app.services.people import LOT
from tests.app.services.whole_case import DRAWN, WholeCase
from tests.app.web.site import Site

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return WholeCase(tmp_path_factory.mktemp("silent")).through(DRAWN)


def share_of(case: WholeCase, index: int, number: int, round_: int) -> drawing.CapsuleShareReleased:
    """The share of trustee `index` handed in as that of trustee `number`."""
    draw_id = case.case.lots[LOT].draw.conditions.draw_id
    ident = identity("draw-reveal", drawing.reveal_statement(draw_id, round_))
    return drawing.CapsuleShareReleased(round_, number, sign_share(case.shares[index], ident).hex())


def test_two_trustees_open_it_and_the_drawn_are_called(drawn):
    draw = drawn.case.lots[LOT].draw
    second = draw.rounds[1]
    assert second.reveals["agency"] == drawn.values["agency", 2].hex()
    with drawn.platform.database.reading() as db_session:
        records = load_records(db_session, drawn.case_id)
    assert "agency" not in {r.fact.party for r in records if r.type == "DrawRevealed" and r.fact.round == 2}
    (opened,) = (r for r in records if r.type == "CapsulesOpened")
    assert (opened.actor, opened.fact.values) == ("system", {"agency": second.reveals["agency"]})
    assert all(seat.holds_a_seat or seat is drawing.SeatState.REFUSED for seat in draw.seats.values())


def test_the_wall_counts_the_trustees_who_signed_for_it(drawn):
    wall = Site(drawn).browser("centre").get(f"/cases/{drawn.case_id}/lots/{LOT}/draw")
    (signed,) = re.findall(r"打开密封随机数的签署</dt>\s*<dd[^>]*>([^<]+)<", wall)
    assert signed.strip() == "2 份（至少 2 份）"


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_capsule_that_holds_no_32_bytes_is_replaced_and_stops_nobody_elses(drawn, size):
    case, value = drawn.case, bytes(size)
    lot, committee = case.lots[LOT], committee_of(case)
    first, second = lot.draw.rounds
    draw_id = lot.draw.conditions.draw_id
    sealed = base64.b64encode(make_capsule(committee, reveal_identity(case, LOT, 2), value)).decode()
    silent = replace(
        second,
        commitments=second.commitments | {"agency": drawing.commitment(draw_id, "agency", value)},
        capsules=second.capsules | {"agency": sealed},
        reveals={"centre": second.reveals["centre"]},
    )
    honest, instead = drawn.values["supervisor", 2].hex(), drawing.replacement(silent.commitments["agency"])
    for bound, values, replaced in (
        (silent.bound, {"agency": instead, "supervisor": honest}, ("agency",)),
        (silent.bound - {"agency"}, {"supervisor": honest}, None),  # of a draw before there was that rule
    ):
        rounds = (first, replace(silent, bound=bound))
        case = replace(case, lots=case.lots | {LOT: replace(lot, draw=replace(lot.draw, rounds=rounds))})
        opened = capsules_opened(case, LOT)
        assert (opened.values, opened.replaced) == (values, replaced)


def test_only_a_trustees_own_share_over_this_round_counts(drawn):
    for wrong, code in (
        (share_of(drawn, 1, 2, 2), "share_wrong"),
        (share_of(drawn, 2, 1, 2), "share_of_another"),
        (share_of(drawn, 2, 2, 1), "share_wrong"),
    ):
        with pytest.raises(RuleViolation, match=code):
            drawn.act("trustee-2", wrong)

"""Parties of a draw that are late, or that sealed other bytes than they committed to."""

from __future__ import annotations

from evaluation.draw import (
    SEAL,
    CapsuleShareReleased,
    CapsulesOpened,
    CommitmentsOverdue,
    DrawCommitted,
    DrawConditionsApproved,
    DrawConditionsProposed,
    DrawRevealed,
    commitment,
    conditions_sha256,
    lets_commit,
    recheck,
    replacement,
)
from tests.evaluation.drawing import Draw, refused, value_of


def committed(draw: Draw, *parties: str, seal: str | None = SEAL) -> Draw:
    for party in parties:
        promise_ = commitment(draw.conditions.draw_id, party, value_of(party, draw.number))
        draw.act(DrawCommitted(draw.number, party, promise_, "capsule", seal))
    return draw


def test_who_is_late_is_passed_over_by_name_where_two_others_have_committed():
    draw = committed(Draw().approved(), "agency")
    for wrong in ((), ("supervisor",), ("supervisor", "centre"), ("agency",)):
        assert refused(draw, CommitmentsOverdue(1, wrong)).code == "draw_none_overdue"
    draw.act(CommitmentsOverdue(1, ("centre", "supervisor")))
    assert refused(draw, CommitmentsOverdue(1, ("centre", "supervisor"))).code == "draw_none_overdue"
    assert refused(draw, draw.stated()).code == "draw_too_few_commitments"
    committed(draw, "centre")  # late, and still in time
    for changes in ({"passed_over": []}, {"passed_over": ["centre"]}, {"v": "biddraw/v1"}):
        assert refused(draw, draw.stated(changes=changes)).code == "draw_statement_differs"
    draw.act(draw.stated())
    assert draw.state.current.stated["passed_over"] == ["supervisor"]
    assert refused(draw, CommitmentsOverdue(1, ("supervisor",))).code == "draw_already_stated"
    draw.signed()
    late = DrawRevealed(1, "supervisor", value_of("supervisor", 1).hex())
    assert refused(draw, late).code == "draw_party_unknown"
    draw.act(*(DrawRevealed(1, party, value_of(party, 1).hex()) for party in ("agency", "centre")))
    assert draw.state.current.result is not None
    assert recheck(draw.events) == draw.state


def test_nobody_stays_late_when_conditions_are_proposed_anew():
    draw = committed(Draw().approved(), "agency", "centre")
    draw.act(CommitmentsOverdue(1, ("supervisor",)))
    proposed = DrawConditionsProposed(draw.conditions)
    draw.act(proposed)
    assert refused(draw, CommitmentsOverdue(1, ("supervisor",))).code == "draw_conditions_not_approved"
    approved = DrawConditionsApproved(conditions_sha256(draw.conditions))
    assert lets_commit(draw.state, approved)
    draw.act(approved)
    assert not lets_commit(draw.state, approved)
    assert draw.state.current.overdue == ()


def test_what_replaces_false_bytes_follows_from_the_commitment_alone():
    draw = committed(Draw().approved(), "agency", "centre")
    committed(draw, "supervisor", seal=None)
    draw.act(draw.stated())
    draw.signed()
    draw.act(DrawRevealed(1, "centre", value_of("centre", 1).hex()))
    draw.act(*(CapsuleShareReleased(1, index, f"{index:096x}") for index in (1, 2, 3)))
    instead = {party: replacement(draw.state.current.commitments[party]) for party in ("agency", "supervisor")}
    honest = {"supervisor": value_of("supervisor", 1).hex()}
    for values, replaced, code in (
        ({"agency": "0" * 64, **honest}, ("agency",), "draw_reveal_differs"),
        ({"agency": instead["agency"], **honest}, None, "draw_reveal_differs"),
        (instead, ("agency", "supervisor"), "draw_value_malformed"),  # of whom nothing shows that it could not reveal
        (honest, ("agency",), "draw_value_malformed"),
    ):
        assert refused(draw, CapsulesOpened(1, values, replaced)).code == code
    draw.act(CapsulesOpened(1, {"agency": instead["agency"], **honest}, ("agency",)))
    assert draw.state.current.replaced == ("agency",)
    assert draw.state.current.result is not None
    assert recheck(draw.events) == draw.state

"""A trustee's program signs a draw of the seats and the pool that two persons of the agency approved, of no other."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.casefile.codec import decode, encode
from app.client.agreed_draw import departures
from crypto.instants import format_instant, parse_instant
from evaluation.draw import (
    ApprovedPool,
    DrawConditionsApproved,
    DrawConditionsProposed,
    Stratum,
    Widening,
    candidates_sha256,
    proposal_sha256,
)
from tests.app.client.test_trustee import (  # noqa: F401
    POOL,
    WORLD,
    due,
    event,
    folders,
    published,
    stated,
    trustee,
)


@pytest.mark.parametrize(
    ("sha256", "by", "outcome"),
    [
        (candidates_sha256(POOL), "releaser", []),
        ("0" * 64, "releaser", ["trustee_statement_differs"]),
        (candidates_sha256(POOL), "officer", ["trustee_act_unverified"]),  # who proposed them
        (candidates_sha256(POOL), "stranger", ["trustee_act_unverified"]),
    ],
)
def test_a_pool_is_signed_as_the_agency_approved_it(trustee, sha256, by, outcome):  # noqa: F811
    pool = {"candidates_sha256": sha256, "candidates_count": len(POOL), "sizes": {"s/host": 9}}
    proposed, approved, *rest = stated(trustee)
    approved = WORLD.event("DrawConditionsApproved", {**approved["payload"], "pool": pool}, by=by)
    shares, refused = due(trustee, [*published(trustee), proposed, approved, *rest])
    assert (len(shares), refused) == (0 if outcome else 1, outcome)


def test_a_rule_book_that_has_pools_approved_lets_none_be_drawn_from_without(trustee):  # noqa: F811
    world = replace(WORLD, profile={"pool_shrinkage_percent": 20})
    events = [*world.published(trustee.committee.describe()), *stated(trustee)]
    assert due(replace(trustee, roots=world.roots), events, world=world) == ([], ["trustee_statement_differs"])


def test_nothing_is_signed_without_conditions_that_two_persons_approved(trustee):  # noqa: F811
    proposed, approved, *rest = stated(trustee)
    other = event("DrawConditionsApproved", {"conditions_sha256": "0" * 64})
    for agreed in ([], [proposed], [proposed, other], [approved, proposed]):
        assert due(trustee, [*published(trustee), *agreed, *rest]) == ([], ["trustee_statement_differs"])


@pytest.mark.parametrize("reason", ["ordered", "", "because"])
def test_a_further_round_has_a_reason_that_the_machine_records(trustee, reason):  # noqa: F811
    completed = event("DrawCompleted", {"round": 1, "record_sha256": "e" * 64})
    assert due(trustee, [*published(trustee), completed, *stated(trustee, 2, reason)])[1] == [
        "trustee_statement_differs"
    ]


def test_in_a_further_round_nobody_is_drawn_again_and_nobody_comes_back(trustee):  # noqa: F811
    recused = [{"id": POOL[0].id, "reason_sha256": "5" * 64}]
    selected = {"s/host": [POOL[1].id, POOL[2].id]}
    completed = event("DrawCompleted", {"round": 1, "record_sha256": "e" * 64, "selected": selected})
    before = [*published(trustee), *stated(trustee, recused=recused), completed]
    left_out = [{"id": POOL[n].id, "reason_sha256": "5" * 64} for n in range(3)]
    for some in (left_out[:2], left_out[1:]):
        assert due(trustee, [*before, *stated(trustee, 2, "refused", recused=some)])[1] == ["trustee_statement_differs"]
    assert len(due(trustee, [*before, *stated(trustee, 2, "refused", recused=left_out)])[0]) == 1


WIDE = (*POOL, *(replace(POOL[0], id=f"{n:032x}", unit=f"u{n}", strata=("t/host",)) for n in range(20, 24)))
WIDER = (Stratum("s/host", 1, 0), Stratum("t/host", 1, 0))
SELECTED = {"s/host": [POOL[1].id, POOL[2].id]}
OUT = [{"id": one.id, "reason_sha256": "5" * 64} for one in POOL]  # nobody is left


def widened(trustee, pool=WIDE, out=OUT, reason="nobody is left", named=None, **changes):  # noqa: F811
    """The second round under wider conditions, as an agency and a platform might agree upon them."""
    before = stated(trustee)
    conditions = decode(DrawConditionsProposed, before[0]["payload"]).conditions
    proposed = DrawConditionsProposed(replace(conditions, **{"strata": WIDER, **changes}), Widening(2, reason, {}))
    fixed = ApprovedPool(candidates_sha256(pool), len(pool), {"s/host": 0, "t/host": 4})
    approved = DrawConditionsApproved(proposal_sha256(proposed), fixed)
    said = {
        "v": "biddraw/v2",
        "wider_sha256": proposal_sha256(proposed) if named is None else named,
        "candidates_sha256": candidates_sha256(pool),
        "candidates_count": len(pool),
        "strata": [{"name": "t/host", "quota": 1, "reserve": 0}],
        "recused": out,
    }
    *_, one, other, statement = stated(trustee, 2, "refused", **said)
    statement = event("DrawStated", {**statement["payload"], "candidates": encode(pool)})
    completed = event("DrawCompleted", {"round": 1, "record_sha256": "e" * 64, "selected": SELECTED})
    agreed = [event("DrawConditionsProposed", encode(proposed)), event("DrawConditionsApproved", encode(approved))]
    return [*published(trustee), *before, completed, *agreed, one, other, statement]


def test_wider_conditions_are_signed_where_nobody_is_left_and_two_persons_agreed(trustee):  # noqa: F811
    assert len(due(trustee, widened(trustee))[0]) == 1
    for wrong in (
        {"pool": WIDE[1:]},  # somebody of before is missing
        {"out": OUT[:3]},  # the seat could have been filled
        {"named": ""},
        {"named": "0" * 64},
        {"reason": " "},
        {"max_per_unit": 2},
        {"strata": (Stratum("s/host", 1, 0), Stratum("t/host", 2, 0))},
        {"strata": (Stratum("s/host", 2, 0), Stratum("t/host", 1, 0))},
    ):
        assert due(trustee, widened(trustee, **wrong))[1] == ["trustee_statement_differs"], wrong


def test_nobody_is_certain_to_be_drawn_for_a_seat_that_was_moved(trustee):  # noqa: F811
    for least, outcome in ((4, []), (5, ["trustee_statement_differs"])):  # four people for one seat
        world = replace(WORLD, profile={"pool_least": least})
        events = [*world.published(trustee.committee.describe()), *widened(trustee)[2:]]
        assert due(replace(trustee, roots=world.roots), events, world=world)[1] == outcome


def test_nobody_is_certain_to_be_drawn_in_any_round_where_the_rule_book_asks_for_a_choice(trustee):  # noqa: F811
    for spare, outcome in ((3, []), (4, ["trustee_statement_differs"])):  # four people for one seat
        world = replace(WORLD, profile={"pool_least": 1, "pool_spare": spare})
        events = [*world.published(trustee.committee.describe()), *widened(trustee)[2:]]
        assert due(replace(trustee, roots=world.roots), events, world=world)[1] == outcome


def test_a_party_is_passed_over_when_its_time_is_over_and_two_others_have_committed(trustee):  # noqa: F811
    opened = event("DrawRoundOpened", {"round": 1})
    late = parse_instant(opened["at"]) + timedelta(minutes=121)
    two = {"draw_commit": {"amount": 2, "unit": "hours"}}
    proposed, _approved, *rest = stated(trustee)
    three = decode(DrawConditionsProposed, proposed["payload"])
    three = replace(three, conditions=replace(three.conditions, parties=("agency", "centre", "supervisor")))
    agreed = [
        {"type": "DrawConditionsProposed", "payload": encode(three)},
        {"type": "DrawConditionsApproved", "payload": {"conditions_sha256": proposal_sha256(three)}},
        opened,
    ]
    said = {**json.loads(rest[-1]["payload"]["statement"]), "passed_over": ["supervisor"]}
    assert departures(agreed, said, 1, two, late) == []
    for statement, profile, now in (
        (said, two, late - timedelta(minutes=2)),
        (said, {}, late),
        ({**said, "passed_over": []}, two, late),
        ({**said, "commitments": {"agency": "1" * 64}, "passed_over": ["centre", "supervisor"]}, two, late),
    ):
        assert departures(agreed, statement, 1, profile, now) == ["passed_over"]


def test_the_time_to_commit_begins_again_with_an_approval_of_conditions_proposed_anew(trustee):  # noqa: F811
    two = {"draw_commit": {"amount": 2, "unit": "hours"}}
    proposed, _approved, *rest = stated(trustee)
    three = decode(DrawConditionsProposed, proposed["payload"])
    three = replace(three, conditions=replace(three.conditions, parties=("agency", "centre", "supervisor")))
    opened = event("DrawRoundOpened", {"round": 1})
    anew = parse_instant(opened["at"]) + timedelta(minutes=119)

    def approved(at: datetime) -> dict[str, object]:
        payload = {"conditions_sha256": proposal_sha256(three)}
        return {"type": "DrawConditionsApproved", "payload": payload, "at": format_instant(at)}

    again = {"type": "DrawConditionsProposed", "payload": encode(three)}
    once_more = approved(anew + timedelta(minutes=30))  # of what is approved: no more time
    events = [again, approved(anew), opened, again, approved(anew), once_more]
    said = {**json.loads(rest[-1]["payload"]["statement"]), "passed_over": ["supervisor"]}
    assert departures(events, said, 1, two, anew + timedelta(minutes=119)) == ["passed_over"]
    assert departures(events, said, 1, two, anew + timedelta(minutes=121)) == []

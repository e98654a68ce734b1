from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from evaluation.draw import (
    ApprovedPool,
    CallUpAnswered,
    CallUpSent,
    CapsuleShareReleased,
    CapsulesOpened,
    DrawCommitted,
    DrawCompleted,
    DrawConditionsApproved,
    DrawConditionsProposed,
    DrawRevealed,
    DrawRoundOpened,
    DrawShareReleased,
    DrawSignatureRecorded,
    DrawSigned,
    RoundReason,
    Stratum,
    candidates_sha256,
    commitment,
    conditions_sha256,
    excluded,
    missing,
    recheck,
    replay,
)
from evaluation.errors import RuleViolation
from tests.evaluation.drawing import CONDITIONS, POOL, Draw, refused, value_of

HOST, SUB = (stratum.name for stratum in CONDITIONS.strata)


def promise(party: str, round_: int) -> str:
    return commitment(CONDITIONS.draw_id, party, value_of(party, round_))


@pytest.fixture
def draw() -> Draw:
    return Draw().approved()


@pytest.fixture
def drawn(draw) -> Draw:
    draw.round()
    return draw


def declined(draw: Draw) -> str:
    """The first candidate of the host stratum, who declines."""
    candidate = draw.state.rounds[-1].result.selected[HOST][0]
    draw.act(CallUpSent(draw.number, candidate), CallUpAnswered(draw.number, candidate, False, "in hospital"))
    return candidate


def further(draw: Draw, reason: RoundReason = RoundReason.REFUSED, **changes) -> DrawRoundOpened:
    opened = DrawRoundOpened(draw.number + 1, reason, draw.state.current.record_sha256, "")
    return replace(opened, **changes)


def test_a_round_ends_with_a_result_that_follows_from_its_record(draw):
    done = draw.round()
    assert isinstance(done, DrawCompleted)
    assert {name: len(ids) for name, ids in done.selected.items()} == {HOST: 2, SUB: 2}
    assert done.small_pools == ()
    assert missing(draw.state) == {}
    assert replay(draw.events) == draw.state


def test_only_the_hash_of_the_signature_is_for_everybody(draw):
    draw.commit().act(draw.stated())
    draw.signed()
    signed = next(event for event in draw.events if isinstance(event, DrawSigned))
    assert signed.signature_sha256 == hashlib.sha256(bytes.fromhex(draw.state.current.signature_hex)).hexdigest()


def test_conditions_are_approved_as_they_were_proposed():
    draw = Draw()
    assert refused(draw, DrawConditionsApproved("0" * 64)).code == "draw_conditions_missing"
    draw.act(DrawConditionsProposed(CONDITIONS))
    other = conditions_sha256(replace(CONDITIONS, max_per_unit=2))
    assert refused(draw, DrawConditionsApproved(other)).code == "draw_conditions_changed"
    assert refused(draw, DrawCommitted(1, "centre", "0" * 64, "c")).code == "draw_conditions_not_approved"
    draw.approved()
    assert refused(draw, DrawConditionsApproved(conditions_sha256(CONDITIONS))).code == "draw_conditions_settled"


def test_until_the_statement_conditions_are_proposed_and_approved_anew(draw):
    draw.commit()
    wider = replace(CONDITIONS, strata=(*CONDITIONS.strata, Stratum("其他@host", 1, 0)))
    other_parties = replace(CONDITIONS, parties=("centre", "supervisor"))
    assert refused(draw, DrawConditionsProposed(other_parties)).facts["field"] == "parties_of_before"
    other_draw = replace(CONDITIONS, lot="2")
    assert refused(draw, DrawConditionsProposed(other_draw)).facts["field"] == "draw_id"
    draw.act(DrawConditionsProposed(wider))
    assert refused(draw, draw.stated()).code == "draw_conditions_not_approved"
    draw.act(DrawConditionsProposed(CONDITIONS), DrawConditionsApproved(conditions_sha256(CONDITIONS)))
    assert len(draw.state.rounds) == 1  # what the parties committed to holds
    draw.act(draw.stated())
    assert refused(draw, DrawConditionsProposed(wider)).code == "draw_conditions_settled"


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("strata", {"strata": ()}),
        ("strata", {"strata": (Stratum("a", 1, 0), Stratum("a", 1, 0))}),
        ("quota", {"strata": (Stratum("a", 0, 0),)}),
        ("parties", {"parties": ("centre",)}),
        ("parties", {"parties": ("centre", "centre")}),
        ("party_names", {"parties": ("centre", "\U00020bb7")}),
        ("max_per_unit", {"max_per_unit": 0}),
        ("trustees_needed", {"trustees_needed": 0}),
    ],
)
def test_unsound_conditions_are_refused(field, changes):
    refusal = refused(Draw(), DrawConditionsProposed(replace(CONDITIONS, **changes)))
    assert (refusal.code, refusal.facts) == ("draw_conditions_invalid", {"field": field})


def test_every_commitment_comes_before_the_statement(draw):
    draw.act(DrawCommitted(1, "centre", promise("centre", 1), "capsule"))
    refusal = refused(draw, draw.stated())
    assert (refusal.code, refusal.facts["parties"]) == ("draw_commitments_missing", "agency, supervisor")
    assert refused(draw, DrawCommitted(1, "centre", promise("centre", 2), "c")).code == "draw_already_committed"
    assert refused(draw, DrawCommitted(1, "bidder", "0" * 64, "c")).code == "draw_party_unknown"
    assert refused(draw, DrawCommitted(1, "agency", "0" * 63, "c")).code == "draw_value_malformed"
    assert refused(draw, DrawCommitted(1, "agency", "0" * 64, "")).code == "draw_capsule_missing"
    assert refused(draw, DrawCommitted(1, "agency", promise("centre", 1), "c")).code == "draw_commitment_reused"
    assert refused(draw, DrawCommitted(2, "agency", promise("agency", 1), "c")).code == "draw_round_not_current"


def test_the_statement_comes_before_shares_shares_before_reveals_and_there_is_one(draw):
    assert refused(draw, DrawShareReleased(1, 1, "0" * 96)).code == "draw_not_stated"
    draw.commit()
    assert refused(draw, DrawRevealed(1, "centre", value_of("centre", 1).hex())).code == "draw_not_stated"
    draw.act(draw.stated())
    assert refused(draw, draw.stated()).code == "draw_already_stated"
    assert refused(draw, DrawCommitted(1, "centre", promise("centre", 1), "c")).code == "draw_already_stated"
    assert refused(draw, DrawRevealed(1, "centre", value_of("centre", 1).hex())).code == "draw_not_signed"
    assert refused(draw, DrawShareReleased(1, 0, "0" * 96)).code == "draw_value_malformed"
    draw.act(DrawShareReleased(1, 1, "0" * 96))
    assert refused(draw, DrawShareReleased(1, 1, "1" * 96)).code == "draw_share_repeated"
    refusal = refused(draw, DrawSignatureRecorded(1, "0" * 96))
    assert (refusal.code, refusal.facts) == ("draw_shares_missing", {"valid": 1, "needed": 3})
    draw.act(DrawShareReleased(1, 2, "0" * 96), DrawShareReleased(1, 5, "0" * 96))
    assert refused(draw, DrawSignatureRecorded(1, "0" * 95)).code == "draw_value_malformed"
    draw.act(DrawSignatureRecorded(1, "0" * 96))
    assert refused(draw, DrawSignatureRecorded(1, "1" * 96)).code == "draw_already_signed"
    assert refused(draw, DrawRevealed(1, "centre", value_of("centre", 2).hex())).code == "draw_reveal_differs"
    assert refused(draw, DrawRevealed(1, "nobody", "0" * 64)).code == "draw_party_unknown"
    assert refused(draw, DrawRevealed(1, "centre", "zz")).code == "draw_value_malformed"
    draw.act(DrawRevealed(1, "centre", value_of("centre", 1).hex()))
    assert refused(draw, DrawRevealed(1, "centre", value_of("centre", 1).hex())).code == "draw_already_revealed"


def opened(*parties):
    return CapsulesOpened(1, {party: value_of(party, 1).hex() for party in parties})


def test_trustees_open_what_a_silent_party_sealed_and_nothing_before_the_statement_is_signed(draw):
    draw.commit()
    assert refused(draw, CapsuleShareReleased(1, 1, "0" * 96)).code == "draw_not_stated"
    draw.act(draw.stated())
    assert refused(draw, CapsuleShareReleased(1, 1, "0" * 96)).code == "draw_not_signed"
    draw.signed()
    draw.act(DrawRevealed(1, "centre", value_of("centre", 1).hex()))
    assert refused(draw, CapsuleShareReleased(1, 0, "0" * 96)).code == "draw_value_malformed"
    draw.act(*(CapsuleShareReleased(1, index, "0" * 96) for index in (2, 5)))
    assert refused(draw, CapsuleShareReleased(1, 5, "1" * 96)).code == "draw_share_repeated"
    assert refused(draw, opened("agency", "supervisor")).code == "draw_shares_missing"
    draw.act(CapsuleShareReleased(1, 4, "0" * 96))
    assert refused(draw, opened("centre")).code == "draw_already_revealed"
    assert refused(draw, CapsulesOpened(1, {"agency": "0" * 64})).code == "draw_reveal_differs"
    assert draw.act(opened("agency")) == (opened("agency"),), "the supervisor's capsule did not open; it may still show"
    (*_, completed) = draw.act(opened("supervisor"))
    assert isinstance(completed, DrawCompleted)
    assert refused(draw, CapsuleShareReleased(1, 1, "0" * 96)).code == "draw_all_revealed"
    assert recheck(draw.events) == draw.state


def test_whoever_brings_them_the_same_bytes_draw_the_same_people(draw):
    draw.commit().act(draw.stated())
    draw.signed()
    shown = replay(draw.events)
    draw.act(*(CapsuleShareReleased(1, index, "0" * 96) for index in (1, 2, 3)))
    (*_, completed) = draw.act(opened("agency", "centre", "supervisor"))
    other = Draw(state=shown)
    assert other.reveal() == completed


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("round", 2),
        ("draw_id", "0" * 64),
        ("committee", "0" * 64),
        ("candidates_sha256", "0" * 64),
        ("candidates_count", 1),
        ("strata", [{"name": HOST, "quota": 9, "reserve": 0}]),
        ("max_per_unit", 9),
        ("commitments", {}),
        ("recused", [{"id": "x"}]),
        ("recused", "x"),
        ("extra", "x"),
    ],
)
def test_a_statement_that_says_something_else_is_refused(draw, field, value):
    draw.commit()
    refusal = refused(draw, draw.stated(changes={field: value}))
    assert (refusal.code, refusal.facts["field"]) == ("draw_statement_differs", field)


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 99999, '{"v": "\\ud800"}'])
def test_a_statement_that_is_no_statement_is_refused(draw, text):
    draw.commit()
    assert refused(draw, replace(draw.stated(), statement=text)).code.startswith("draw_statement")


def test_a_statement_in_other_bytes_is_refused(draw):
    draw.commit()
    for loose in (draw.stated().statement.replace(",", ", ", 1), draw.stated(changes={"round": True}).statement):
        assert refused(draw, replace(draw.stated(), statement=loose)).code == "draw_statement_not_canonical"


def test_a_pool_that_cannot_fill_the_seats_is_refused_before_any_share(draw):
    draw.commit()
    recused = {c.id: "0" * 64 for c in POOL[:-1] if SUB in c.strata}
    refusal = refused(draw, draw.stated(recused))
    assert (refusal.code, refusal.facts) == (
        "draw_pool_exhausted",
        {"stratum": SUB, "available": 1, "needed": 2, "most": 1},
    )


def test_a_pool_with_one_person_twice_or_without_a_unit_is_refused():
    for pool, code in (
        ((*POOL, POOL[0]), "draw_candidate_repeated"),
        ((*POOL, replace(POOL[0], id="new", unit="")), "draw_candidate_malformed"),
        ((*POOL, replace(POOL[0], id="new", person="0" * 64)), "draw_candidate_malformed"),
        (tuple(replace(one, person="0" * 63) for one in POOL), "draw_candidate_malformed"),
    ):
        draw = Draw(pool=pool).approved().commit()
        assert refused(draw, draw.stated()).code == code


def test_nobody_recused_is_drawn_whatever_the_values(draw):
    recused = {candidate.id: "0" * 64 for candidate in POOL[::2]}
    done = draw.round(recused)
    everybody = {id_ for ids in (*done.selected.values(), *done.reserve.values()) for id_ in ids}
    assert not everybody & recused.keys()


def test_a_small_pool_is_flagged():
    pool = tuple(c for c in POOL if HOST in c.strata) + tuple(c for c in POOL if c.strata == (SUB,))[:3]
    kept = [c for c in pool if c.strata != (HOST, SUB)]
    assert Draw(pool=tuple(kept)).approved().round().small_pools == (SUB,)


def test_a_refusal_opens_a_round_for_the_missing_seat_alone(drawn):
    first = drawn.state.rounds[0].result
    gone = declined(drawn)
    assert missing(drawn.state) == {HOST: 1}
    drawn.act(further(drawn))
    done = drawn.round()
    assert [len(ids) for ids in done.selected.values()] == [1]
    assert recheck(drawn.events) == drawn.state
    substitute = done.selected[HOST][0]
    assert substitute not in {gone, *first.selected[HOST], *first.selected[SUB]}
    units = [c.unit for c in POOL if c.id in {substitute, first.selected[HOST][1], *first.selected[SUB]}]
    assert len(set(units)) == 4
    assert drawn.state.rounds[1].stated["earlier_record_sha256"] == drawn.state.rounds[0].record_sha256
    assert missing(drawn.state) == {}


def test_a_round_is_not_opened_without_need_reason_or_the_right_record(drawn):
    assert refused(drawn, further(drawn)).code == "draw_no_seat_missing"
    declined(drawn)
    assert refused(drawn, further(drawn, round=3)).code == "draw_round_not_next"
    assert refused(drawn, further(drawn, earlier_record_sha256="0" * 64)).code == "draw_earlier_record_differs"
    for reason in (RoundReason.ORDERED, RoundReason.EXPIRED, RoundReason.UNFILLED, None):
        assert refused(drawn, further(drawn, reason)).code == "draw_second_person_missing"
    signed = further(drawn, RoundReason.ORDERED, second_signature="key:signature")
    assert refused(drawn, signed).code == "draw_second_person_missing"  # nobody can order one
    drawn.act(further(drawn))
    assert refused(drawn, further(drawn)).code == "draw_round_unfinished"


def test_a_value_of_an_earlier_round_is_not_used_again(drawn):
    declined(drawn)
    drawn.act(further(drawn))
    assert refused(drawn, DrawCommitted(2, "centre", promise("centre", 1), "c")).code == "draw_commitment_reused"


def test_a_further_round_forgets_no_recusal_and_keeps_the_pool(draw):
    recused = {POOL[0].id: "0" * 64}
    draw.round(recused)
    gone = declined(draw)
    draw.act(further(draw))
    draw.commit()
    refusal = refused(draw, draw.stated())
    assert (refusal.code, refusal.facts["candidates"]) == ("draw_recusal_forgotten", POOL[0].id)
    assert excluded(draw.state)[gone] == "drawn_before"
    draw.pool = tuple(c for c in POOL if c.id != POOL[-1].id)
    assert refused(draw, draw.stated(recused)).code == "draw_pool_changed"


def test_a_record_whose_result_was_changed_is_found_out(drawn):
    *before, done = drawn.events
    selected = done.selected | {HOST: done.selected[HOST][::-1]}
    for record in ([*before, replace(done, selected=selected)], before):
        with pytest.raises(RuleViolation) as refusal:
            recheck(record)
        assert (refusal.value.code, refusal.value.facts["position"]) == ("draw_record_differs", len(drawn.events))


def test_consequences_cannot_be_proposed(drawn):
    for event in (DrawSigned(1, "0" * 64), drawn.events[-1]):
        assert refused(drawn, event).code == "draw_fact_not_proposable"


def approval_of(draw: Draw, **changes: object) -> DrawConditionsApproved:
    sizes = {stratum.name: sum(stratum.name in one.strata for one in draw.pool) for stratum in CONDITIONS.strata}
    pool = ApprovedPool(candidates_sha256(draw.pool), len(draw.pool), sizes)
    return DrawConditionsApproved(conditions_sha256(CONDITIONS), replace(pool, **changes))


def test_a_statement_has_the_pool_that_was_approved():
    draw = Draw()
    draw.act(DrawConditionsProposed(CONDITIONS))
    for wrong in ({"candidates_sha256": "x"}, {"sizes": {}}, {"candidates_count": 1}):
        assert refused(draw, approval_of(draw, **wrong)).code == "draw_value_malformed"
    draw.act(approval_of(draw))
    draw.commit()
    other = Draw(pool=draw.pool[1:], state=draw.state)
    assert refused(draw, other.stated()).code == "draw_pool_changed"
    draw.act(draw.stated())
    assert refused(draw, approval_of(draw)).code == "draw_conditions_settled"
    assert recheck(draw.events) == draw.state


def test_the_size_of_a_pool_is_approved_anew_until_the_statement_and_the_pool_stays():
    draw = Draw()
    draw.act(DrawConditionsProposed(CONDITIONS))
    draw.act(approval_of(draw))
    fewer = {stratum.name: 5 for stratum in CONDITIONS.strata}
    assert draw.act(approval_of(draw, sizes=fewer)) == (approval_of(draw, sizes=fewer),)
    assert (draw.state.pool.sizes, len(draw.state.rounds)) == (fewer, 1)
    assert refused(draw, approval_of(draw, candidates_sha256="0" * 64)).code == "draw_pool_changed"
    plain = DrawConditionsApproved(conditions_sha256(CONDITIONS))
    assert refused(draw, plain).code == "draw_pool_changed"
    before = Draw()
    before.act(DrawConditionsProposed(CONDITIONS), plain)
    assert refused(before, approval_of(before)).code == "draw_conditions_settled"

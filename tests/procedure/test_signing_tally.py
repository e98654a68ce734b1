"""How many members stand behind a report, and when a conclusion has no majority."""

from __future__ import annotations

from hypothesis import given

from app.procedure.signing import Tally, tally
from evaluation.committee import MemberRole
from evaluation.sitting import Seat, SittingState
from tests.choices import choices


def settled_by(chosen) -> list[str]:
    """What one to fifteen members did."""
    kinds = ("signed", "dissented", "dissented_and_signed", "refused")
    return [chosen.one(kinds) for _ in range(chosen.one(range(1, 16)))]


def _sitting(settled: list[str]) -> SittingState:
    seats = dict(enumerate(settled, 1))
    return SittingState(
        seats={number: Seat(number, "site", MemberRole.EXPERT, str(number)) for number in seats},
        signed={number: "a" * 64 for number, how in seats.items() if "signed" in how},
        dissents={number: "理由" for number, how in seats.items() if "dissented" in how},
        refused=frozenset(number for number, how in seats.items() if how == "refused"),
    )


@given(choices(16))
def test_every_member_of_a_settled_report_is_counted_once(chosen):
    settled = settled_by(chosen)
    counts = tally(_sitting(settled))
    assert counts.members == len(settled) == counts.signed + counts.dissented + counts.refused
    assert counts.signed == settled.count("signed")
    assert counts.refused == settled.count("refused")


@given(choices(16))
def test_a_conclusion_has_no_majority_where_more_members_dissent_than_do_not(chosen):
    settled = settled_by(chosen)
    counts = tally(_sitting(settled))
    assert counts.without_majority == (counts.dissented > counts.signed + counts.refused)


def test_half_of_the_members_are_no_majority_against_it():
    assert not Tally(4, 2, 2, 0).without_majority
    assert Tally(5, 1, 3, 1).without_majority
    assert not Tally(5, 0, 0, 5).without_majority  # who neither signs nor states dissent counts as agreeing

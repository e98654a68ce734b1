"""What the policy is made of: cell blocks of the matrix, and the refusal of whatever stands in none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.casefile.case import Case, Phase
from app.permissions.actions import Action as A
from app.permissions.predicates import always, competent
from app.procedure.roles import Actor
from app.procedure.roles import Role as R


class NotAllowed(Exception):
    """The policy denies it; the answer tells nobody whether the object exists."""

    def __init__(self, action: A) -> None:
        super().__init__(action)
        self.action = action


@dataclass(frozen=True)
class Grant:
    """One cell block of the matrix: these roles, in these phases, when the condition holds.

    `reason`: code L of the matrix. Only whoever has stated for this case why, in words, which is logged and reported.
    """

    roles: tuple[R, ...]
    when: Callable[[Actor, Case | None, str], bool] = always
    phases: frozenset[Phase] | None = None  # None: the action has no case
    reason: bool = False


def grant(
    *roles: R,
    when: Callable[[Actor, Case | None, str], bool] = always,
    phases: frozenset[Phase] | None = None,
    reason: bool = False,
) -> Grant:
    return Grant(roles, when, phases, reason)


def phases_in(*phases: Phase) -> frozenset[Phase]:
    return frozenset(phases)


def inspector(*phases: Phase) -> Grant:
    """L: the competent authority, for a stated reason."""
    return Grant((R.REGULATOR,), competent, frozenset(phases), reason=True)

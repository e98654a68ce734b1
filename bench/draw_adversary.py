"""A party of a draw that tries to get a result of its liking: what of it is on record, and does it help?

The adversary knows everything: the signature, the others' bytes, and so the result of whatever it does. For each draw
all its ways are played to the end. What it does after the statement must change nothing; what it does before can only
be done blindly, so one candidate must come up as often as in honest draws. What is rushed, repeated or redrawn out of
order is proposed to the same rules.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from app.casefile.draw_capsules import seal_value, shows_its_capsule
from crypto.committee import identity
from evaluation.draw import (
    SEAL,
    CapsuleShareReleased,
    CapsulesOpened,
    CommitmentsOverdue,
    DrawCommitted,
    DrawConditionsProposed,
    DrawEvent,
    DrawResult,
    DrawRevealed,
    DrawRoundOpened,
    DrawShareReleased,
    RoundReason,
    commitment,
    recheck,
    replacement,
    reveal_statement,
)
from evaluation.errors import RuleViolation
from tests.app.client.draw_records import TRUSTEES
from tests.evaluation.drawing import CONDITIONS, POOL, Draw

DRAWS, CAPSULES = 400, 100
PARTY, HONEST = "supervisor", ("agency", "centre")
LAWFUL_Z = 4  # standard deviations
Facts = list[DrawEvent]


def try_to_choose(draws: int = DRAWS) -> str:
    changed, wins, recorded = 0, Counter[str](), Counter[str]()
    for number in range(draws):
        values = {party: hashlib.sha256(f"{party}/{number}".encode()).digest() for party in CONDITIONS.parties}
        shown, silent = _played(values, "shows"), _played(values, "stays silent")
        false, absent = _played(values, "seals other bytes"), _played(values, "commits to nothing")
        changed += _result(shown) != _result(silent)
        recorded["silence"] += bool(silent.state.rounds[0].capsule_shares)
        recorded["false capsule"] += PARTY in false.state.rounds[0].replaced
        recorded["absence"] += absent.state.rounds[0].stated["passed_over"] == [PARTY]
        for way, draw in (("honest", shown), ("false", false), ("absent", absent)):
            wins[way] += POOL[0].id in {id_ for ids in _result(draw).selected.values() for id_ in ids}
    refused, attempts = _out_of_order(), _false_shown()
    spread = LAWFUL_Z * math.sqrt(2 * wins["honest"])
    assert not changed
    assert all(abs(wins[way] - wins["honest"]) <= spread for way in ("false", "absent")), wins
    return (
        f"{draws} draws, every way played to the end: results that a choice after the statement changed {changed} "
        f"(target 0); on record: {', '.join(f'{what} {n} of {draws}' for what, n in recorded.items())}; one candidate "
        f"drawn {wins['honest']} times honestly, {wins['false']} and {wins['absent']} by what is done before; false "
        f"capsules shown: {attempts} of {CAPSULES} refused; rushed, repeated or redrawn: {refused[0]} of "
        f"{refused[1]} refused"
    )


def _result(draw: Draw) -> DrawResult:
    found = draw.state.rounds[0].result
    assert found is not None
    return found


def _played(values: dict[str, bytes], way: str) -> Draw:
    """One draw to its end; what follows is checked again from its record."""
    draw = Draw().approved()
    committed = HONEST if way == "commits to nothing" else CONDITIONS.parties
    promises = {party: commitment(CONDITIONS.draw_id, party, values[party]) for party in committed}
    draw.act(*(DrawCommitted(1, party, promise, "capsule", SEAL) for party, promise in promises.items()))
    if PARTY not in promises:
        draw.act(CommitmentsOverdue(1, (PARTY,)))
    draw.act(draw.stated())
    draw.signed()
    draw.act(*(DrawRevealed(1, party, values[party].hex()) for party in HONEST))
    if way == "shows":
        draw.act(DrawRevealed(1, PARTY, values[PARTY].hex()))
    elif PARTY in promises:
        draw.act(*(CapsuleShareReleased(1, index, f"{index:096x}") for index in (1, 2, 3)))
        false = way == "seals other bytes"
        value = replacement(promises[PARTY]) if false else values[PARTY].hex()
        draw.act(CapsulesOpened(1, {PARTY: value}, (PARTY,) if false else None))
    recheck(draw.events)
    return draw


def _false_shown() -> int:
    """Of real capsules that hold other bytes, how many keep their party from showing those that it committed to."""
    refused = 0
    for number in range(CAPSULES):
        value, other = (hashlib.sha256(f"{which}/{number}".encode()).digest() for which in ("value", "other"))
        ident = identity("draw-reveal", reveal_statement(CONDITIONS.draw_id, number + 1))
        assert shows_its_capsule(TRUSTEES, ident, seal_value(TRUSTEES, ident, value), value)
        refused += not shows_its_capsule(TRUSTEES, ident, seal_value(TRUSTEES, ident, other), value)
    return refused


def _out_of_order() -> tuple[int, int]:
    """How many of how many facts that come too early, once more or without ground the rules refuse."""
    refused = total = 0
    for draw, facts in _stages():
        for fact in facts:
            total += 1
            try:
                draw.act(fact)
            except RuleViolation:
                refused += 1
    return refused, total


def _stages() -> Iterator[tuple[Draw, Facts]]:
    """A draw as far as it has come, and what it must not take then."""
    other = DrawConditionsProposed(replace(CONDITIONS, purpose="experts again"))
    share, capsule = DrawShareReleased(1, 1, f"{1:096x}"), CapsuleShareReleased(1, 1, f"{1:096x}")
    revealed, again = DrawRevealed(1, "centre", "0" * 64), DrawRoundOpened(2, RoundReason.REFUSED, "0" * 64, "")
    early: Facts = [revealed, share, capsule, CapsulesOpened(1, {}), again]
    draw = Draw().approved()
    yield draw, [*early, draw.stated(), other]
    draw.commit()
    known = draw.state.current.commitments["centre"] if draw.state.current else ""
    yield draw, [*early, DrawCommitted(1, "centre", "1" * 64, "c"), DrawCommitted(1, "nobody", known, "c"), other]
    statement = draw.stated()
    draw.act(statement)
    late = DrawCommitted(1, "centre", "1" * 64, "c")
    yield draw, [revealed, capsule, CapsulesOpened(1, {}), again, statement, late, other]
    draw.signed()
    yield draw, [share, revealed, statement, late, again, other, CapsulesOpened(1, {PARTY: "0" * 64})]
    draw.reveal()
    ordered = [replace(again, reason=reason, second_signature="key:signature") for reason in RoundReason]
    yield draw, [statement, late, again, *ordered, other, DrawConditionsProposed(CONDITIONS), share]

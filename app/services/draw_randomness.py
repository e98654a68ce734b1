"""What the parties of a draw give: their own bytes, or the trustees' opening of what they sealed."""

from __future__ import annotations

import base64

from app.casefile.case import Case
from app.casefile.draw_capsules import capsules_opened, reveal_identity
from app.casefile.sealing import committee_of
from app.procedure.convening import check_party
from app.procedure.errors import RuleViolation
from app.queries.cases import load_case
from app.services.accounts import LogIn
from app.services.acts import Act, Answer, Proposal, completes, prepares
from app.services.openings import check_trustees_share, check_unchanged
from app.services.platform import Platform
from app.services.ticks import check_vouched
from crypto.committee import Committee, check_capsule_header


@completes("DrawCommitted", "DrawRevealed")
def give_randomness(act: Act) -> Answer:
    """A party's own bytes; with the last reveal the draw is complete and the drawn are called up."""
    check_party(act.fact.party, act.actor)
    if act.record.type == "DrawCommitted":
        _check_capsule(act)
    _call_up_if_complete(act)
    return {}


def _check_capsule(act: Act) -> None:
    """The sealed copy of a party's bytes must be one that the trustees could open if the party never reveals."""
    try:
        capsule = base64.b64decode(act.fact.capsule_b64, validate=True)
    except ValueError as exc:
        raise RuleViolation("malformed", path="$.capsule_b64", expected="base64") from exc
    check_capsule_header(capsule, committee_of(act.work.case), reveal_identity(act.work.case, act.lot, act.fact.round))


def _call_up_if_complete(act: Act) -> None:
    current = act.work.case.lots[act.lot].draw.current
    if current is not None and current.result is not None:
        act.work.schedule("send_call_ups", act.work.now, lot=act.lot, detail=str(act.fact.round))


@prepares("CapsuleShareReleased")
def check_capsule_share(platform: Platform, log_in: LogIn, proposal: Proposal) -> Committee:
    """The share must be that trustee's, for this round, over whose statement witnesses vouch."""
    with platform.database.reading() as db_session:
        case = load_case(db_session, proposal.case_id)
        check_vouched(db_session, case, proposal.lot, "DrawStated")
    committee = committee_of(case)
    check_trustees_share(committee, _identity_now(case, proposal.lot), proposal, "share_hex")
    return committee


def _identity_now(case: Case, lot: str) -> bytes:
    current = case.lot(lot).draw.current
    if current is None:
        raise RuleViolation("draw_conditions_not_approved")
    return reveal_identity(case, lot, current.number)


@completes("CapsuleShareReleased")
def release_capsule_share(act: Act) -> Answer:
    """With the k-th share the draw is complete without the parties that stayed silent."""
    check_unchanged(act, committee_of(act.work.case))
    if opened := capsules_opened(act.work.case, act.lot):
        act.work.conclude(opened, act.lot)
        _call_up_if_complete(act)
    return {}

"""What makes the chance of a draw: the parties' own bytes, the trustees' signature, and what silent parties sealed."""

from __future__ import annotations

import base64

from app.casefile.case import Case
from app.casefile.draw_capsules import capsules_opened, check_sealed, reveal_identity
from app.casefile.sealing import committee_of
from app.procedure.convening import check_party
from app.procedure.errors import RuleViolation
from app.procedure.inspections.rules import check_inspection_party
from app.queries.cases import load_case
from app.services.accounts import LogIn
from app.services.acts import Act, Answer, Proposal, completes, prepares
from app.services.draws import current_round
from app.services.inspection_draws import after_inspection_draw
from app.services.openings import check_trustees_share, check_unchanged
from app.services.platform import Platform
from app.services.ticks import check_vouched
from crypto.committee import Committee, check_capsule_header, combine, identity
from evaluation.draw import DrawSignatureRecorded


@completes("DrawCommitted", "DrawRevealed")
def give_randomness(act: Act) -> Answer:
    """A party's own bytes; with the last reveal the draw is complete and the drawn are called up, or told."""
    if (year := act.work.case.inspection) is not None:
        check_inspection_party(year.parties, act.fact.party, act.actor)
    else:
        check_party(act.fact.party, act.actor)
    if act.record.type == "DrawCommitted":
        _check_capsule(act)
    else:
        check_sealed(act.work.case, act.lot, act.fact)
    _call_up_if_complete(act)
    return {}


def _check_capsule(act: Act) -> None:
    """The sealed copy of a party's bytes must be one that the trustees could open if the party never reveals."""
    if act.fact.seal is None:
        raise RuleViolation("draw_capsule_unbound", party=act.fact.party)
    try:
        capsule = base64.b64decode(act.fact.capsule_b64, validate=True)
    except ValueError as exc:
        raise RuleViolation("malformed", path="$.capsule_b64", expected="base64") from exc
    check_capsule_header(capsule, committee_of(act.work.case), reveal_identity(act.work.case, act.lot, act.fact.round))


def _call_up_if_complete(act: Act) -> None:
    current = act.work.case.lots[act.lot].draw.current
    if current is None or current.result is None:
        return
    if act.work.case.inspection is not None:
        after_inspection_draw(act)
    else:
        act.work.schedule("send_call_ups", act.work.now, lot=act.lot, detail=str(act.fact.round))


@prepares("DrawShareReleased")
def check_draw_share(platform: Platform, log_in: LogIn, proposal: Proposal) -> Committee:
    """The share must be that trustee's, over this very statement."""
    case = _vouched_case(platform, proposal)
    ident = identity("draw", current_round(case, proposal.lot).stated)
    return _checked(case, proposal, ident)


@prepares("CapsuleShareReleased")
def check_capsule_share(platform: Platform, log_in: LogIn, proposal: Proposal) -> Committee:
    """The share must be that trustee's, for the capsules of this round."""
    case = _vouched_case(platform, proposal)
    ident = reveal_identity(case, proposal.lot, current_round(case, proposal.lot).number)
    return _checked(case, proposal, ident)


def _vouched_case(platform: Platform, proposal: Proposal) -> Case:
    """The case, if witnesses vouch for the statement of its draw. Raises RuleViolation `turn_not_vouched`."""
    with platform.database.reading() as db_session:
        case = load_case(db_session, proposal.case_id)
        check_vouched(db_session, case, proposal.lot, "DrawStated")
    return case


def _checked(case: Case, proposal: Proposal, ident: bytes) -> Committee:
    committee = committee_of(case)
    check_trustees_share(committee, ident, proposal, "share_hex")
    return committee


@completes("DrawShareReleased")
def release_draw_share(act: Act) -> Answer:
    """With the k-th share the signature exists; only its hash is shown before the members have signed in."""
    current, committee = current_round(act.work.case, act.lot), committee_of(act.work.case)
    check_unchanged(act, committee)
    if not current.signature_hex and len(current.shares) >= committee.k:
        ident = identity("draw", current.stated)
        release = combine(committee, ident, {i: bytes.fromhex(s) for i, s in current.shares.items()})
        act.work.conclude(DrawSignatureRecorded(current.number, release.signature.hex()), act.lot)
    return {}


@completes("CapsuleShareReleased")
def release_capsule_share(act: Act) -> Answer:
    """With the k-th share the draw is complete without the parties that stayed silent."""
    check_unchanged(act, committee_of(act.work.case))
    if opened := capsules_opened(act.work.case, act.lot):
        act.work.conclude(opened, act.lot)
        _call_up_if_complete(act)
    return {}

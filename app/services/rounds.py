"""The second lock of mode M2: a round's signature, fetched from relays or carried in by whoever has it.

It proves itself, so it matters to nobody who brings it; before it counts the pairing has said that it is right.
"""

from __future__ import annotations

from datetime import timedelta

from app.adapters.drand import fetch_signed_round
from app.casefile.case import Case
from app.database import in_native_thread
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.procedure.opening import RoundSigned
from app.procedure.roles import Actor
from app.queries.cases import load_case
from app.services.platform import Platform
from app.services.unit_of_work import UnitOfWork, unit_of_work
from crypto.timelock import Round, SignedRound, read_round_signature

PUBLISHED_WITHIN = timedelta(seconds=1)  # after a round's time relays have its signature


def missing_rounds(case: Case, lot: str) -> tuple[Round, ...]:
    """The rounds that a released lot waits for; none before its release."""
    chain = case.tender.published.chain
    return tuple(Round(chain, number) for number in case.lot(lot).rounds_missing) if chain else ()


def ask_for_rounds(platform: Platform, work: UnitOfWork, lot: str) -> None:
    """Once the trustees have released a lot: its rounds are fetched as soon as they can be there, where a relay is
    configured."""
    if platform.settings.drand_urls:
        for waited in missing_rounds(work.case, lot):
            due_at = max(work.now, waited.at + PUBLISHED_WITHIN)
            work.schedule("fetch_round", due_at, lot=lot, detail=str(waited.number))


def fetch_round(platform: Platform, case_id: str, lot: str, number: int) -> None:
    """Ask the relays for one round that the lot waits for. Raises RuleViolation `round_not_there`: try later."""
    with platform.database.reading() as db_session:
        waiting = missing_rounds(load_case(db_session, case_id), lot)
    for waited in waiting:
        if waited.number == number:
            signed = fetch_signed_round(platform.settings.drand_urls, waited)
            if signed is None:
                raise RuleViolation("round_not_there", round=number, at=waited.at)
            _record(platform, case_id, lot, signed)


def carry_round(platform: Platform, actor: Actor, case_id: str, lot: str, text: str) -> int:
    """Take a signature that somebody typed or scanned; the number of the round that it signs.

    Raises NotAllowed, CryptoError `round_signature_malformed`, RuleViolation `round_not_awaited`, `round_fits_none`.
    """
    with platform.database.reading() as db_session:
        case = load_case(db_session, case_id)
    authorize(actor, Action.ROUND_CARRY, case, lot)
    signature, waiting = read_round_signature(text), missing_rounds(case, lot)
    if not waiting:
        raise RuleViolation("no_round_awaited")
    for waited in waiting:
        if in_native_thread(waited.is_signed_by, signature):
            _record(platform, case_id, lot, SignedRound(waited, signature))
            return waited.number
    rounds = ", ".join(str(waited.number) for waited in waiting)
    raise RuleViolation("round_fits_none", rounds=rounds, chain=waiting[0].chain.hash[:12])


def _record(platform: Platform, case_id: str, lot: str, signed: SignedRound) -> None:
    """On record once, whoever brought it; with the last one the bids are opened."""
    with unit_of_work(platform.database, case_id, lot) as work:
        if signed.round.number in work.case.lot(lot).rounds_missing:
            work.conclude(RoundSigned(signed.round.number, signed.signature.hex()), lot)
            if not work.case.lot(lot).rounds_missing:
                work.schedule("open_bids", work.now, lot=lot, detail="rounds")

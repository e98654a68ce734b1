"""Under which names the bids of a sitting are shown: those of their bidders, or numbers while the lot is anonymous."""

from __future__ import annotations

from app.casefile.bid_ids import drawn_secret
from app.casefile.case import Case, Phase
from app.procedure.anonymity import label, numbers
from app.procedure.roles import Actor, Role
from evaluation.sitting.stages import AFTER_LAST_LOCK, FINAL

AFTER_CONVENING = frozenset({Phase.SCORING, Phase.CONSENSUS, Phase.RESULT})
PRICES_KNOWN = AFTER_LAST_LOCK | FINAL


def hides_bidders(case: Case, lot: str) -> bool:
    """Whether the room of a lot names no bidder now: an anonymous one, until the last sheet is locked or it is over."""
    anonymous = bool(case.tender.published_at) and case.tender.published.lot(lot).anonymous
    return bool(anonymous) and case.lots[lot].sitting.stage not in PRICES_KNOWN


def may_tell_draw(case: Case, lot: str) -> bool:
    """Whether the secrets of a lot's draw tell nothing any more: the names of those who have not signed in yet, and
    which anonymous bid is whose (`bid_ids`)."""
    state = case.lot(lot)
    signed_in = state.phase in AFTER_CONVENING and state.sitting.seats.keys() <= state.sitting.keys.keys()
    return signed_in and not hides_bidders(case, lot)


def unnamed(actor: Actor, case: Case, lot: str) -> bool:
    """Whether the actor sits in that room and is not to know the bidders yet."""
    return bool(actor.seat) and hides_bidders(case, lot)


def reads_unnamed(actor: Actor, case: Case, lot: str) -> bool:
    """Whether the actor reads the papers of the lot's bids as its room does, which knows no bidder yet: seats do, and
    an inspector who observes them."""
    observing = case.lots[lot].convened and actor.is_(Role.REGULATOR)
    return hides_bidders(case, lot) and (bool(actor.seat) or observing)


def scores_without_prices(actor: Actor, case: Case, lot: str) -> bool:
    """Whether the actor sits on the lot's committee and has prices still to come: until the last sheet is locked."""
    return actor.seat_in(case.id, lot) is not None and case.lots[lot].sitting.stage not in PRICES_KNOWN


def shown_names(case: Case, lot: str, language: str) -> dict[str, str]:
    """By bid what its bidder is called in the room now."""
    bids = {bid.bid: bid.bidder_name for bid in case.lot(lot).sitting.bids}
    if not hides_bidders(case, lot):
        return bids
    return {bid: label(number, language) for bid, number in numbers(drawn_secret(case, lot), bids).items()}

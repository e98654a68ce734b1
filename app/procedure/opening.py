"""The opening of a lot: closed by the gate, released by the trustees, read out bid by bid, objected to and recorded.

Order (O20 art. 29-32): close -> enough bids -> shares -> release -> each bid opened or void -> read out -> objections,
each answered -> record. One bid's failure never stops the others. In mode M2 the rounds that bids are sealed to come
between release and bids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.procedure.profiles import Profile, Regime
from crypto.canonical import Json


@dataclass(frozen=True)
class LotClosed:
    """The close record: tree head over the standing submissions, and whether they are enough; no number."""

    deadline_at: datetime
    submissions_root: str
    enough: bool


@dataclass(frozen=True)
class LotFailed:
    """The lot ends without an award (流标): `fewer_than_required`, `too_few_keys` or `too_few_valid`."""

    reason: str


@dataclass(frozen=True)
class ShareReleased:
    """A trustee's share of the opening signature, hex, checked against its public share before it is logged."""

    index: int
    share: str


@dataclass(frozen=True)
class ShareRefused:
    """What a trustee sent as its share is not its share: `share` (hex) as sent by the account `by`, under whose
    signature (`proof`, a signed act). One for each trustee: whoever sends more is named already."""

    index: int
    share: str
    by: str
    proof: Json


@dataclass(frozen=True)
class BidsReleased:
    """The combined signature that opens every bid of the lot, and the trustees whose shares made it."""

    signature: str
    used: tuple[int, ...]


@dataclass(frozen=True)
class KeysDisclosed:
    """The end of the fallback: every revealed key by receipt id, and whose bids stay closed.

    `revoked` had committed and did not reveal (撤销, the bidder's fault); `withdrawn` had never committed (撤回: that
    the trustees did not reach the threshold is not the bidder's fault, O20 art. 31).
    """

    keys: Mapping[str, str]
    revoked: tuple[str, ...]
    withdrawn: tuple[str, ...]


@dataclass(frozen=True)
class RoundSigned:
    """A drand round's signature (hex) that the second lock of some bid waits for; verified before it is logged."""

    round: int
    signature: str


@dataclass(frozen=True)
class CoefficientsDrawn:
    """What the price formula left to the opening, drawn with what opened the lot (`evaluation.draw.coefficients`)."""

    values: Mapping[str, Decimal]


@dataclass(frozen=True)
class OpenedFile:
    """A file inside an opened bid; `root` is the hex head of its TreeDigest, as the manifest says."""

    path: str
    size: int
    root: str


@dataclass(frozen=True)
class BidOpened:
    """A bid as read out. Money in yuan; `identity` is the key that anyone can open the sealed file with. `core_brand`:
    of the core product, where the notice names one."""

    receipt_id: str
    bidder: str
    bidder_name: str
    price: Decimal
    duration_days: int
    project_manager: str
    identity: str
    manifest_sha256: str
    files: tuple[OpenedFile, ...]
    core_brand: str | None = None


@dataclass(frozen=True)
class BidVoided:
    """A bid that could not be opened, with the code of its reason."""

    receipt_id: str
    bidder: str
    bidder_name: str
    reason: str


@dataclass(frozen=True)
class BidsReadOut:
    """All bids are on the board; objections are taken until the given instant (实施条例 art. 44)."""

    objections_until: datetime


@dataclass(frozen=True)
class ObjectionRaised:
    objection: str
    text: str


@dataclass(frozen=True)
class ObjectionAnswered:
    objection: str
    text: str


@dataclass(frozen=True)
class OpeningConfirmed:
    """Someone present confirms the read-out; who stays silent has accepted it (O87 art. 42)."""

    board_sha256: str


@dataclass(frozen=True)
class OpeningConcluded:
    """The opening record stands; its PDF is named by its hash."""

    record_sha256: str


@dataclass(frozen=True)
class Objection:
    by: str
    text: str
    raised_at: datetime
    answer: str = ""
    answered_at: datetime | None = None


@dataclass(frozen=True)
class Opening:
    """State: the fold of a lot's opening facts."""

    closed: LotClosed | None = None
    closed_at: datetime | None = None
    failed: str = ""
    shares: Mapping[int, str] = field(default_factory=dict)
    share_times: Mapping[int, datetime] = field(default_factory=dict)
    refused: Mapping[int, datetime] = field(default_factory=dict)  # trustees whose share was wrong
    release: BidsReleased | None = None
    released_at: datetime | None = None
    disclosed: KeysDisclosed | None = None
    disclosed_at: datetime | None = None
    rounds: Mapping[int, RoundSigned] = field(default_factory=dict)
    round_times: Mapping[int, datetime] = field(default_factory=dict)
    coefficients: Mapping[str, Decimal] = field(default_factory=dict)
    opened: Mapping[str, BidOpened] = field(default_factory=dict)
    voided: Mapping[str, BidVoided] = field(default_factory=dict)
    objections_until: datetime | None = None
    objections: Mapping[str, Objection] = field(default_factory=dict)
    confirmations: Mapping[str, datetime] = field(default_factory=dict)
    record_sha256: str = ""
    concluded_at: datetime | None = None

    @property
    def openable(self) -> bool:
        """The keys are there: by the trustees' release or, without it, by the fallback."""
        return self.release is not None or self.disclosed is not None

    @property
    def opened_at(self) -> datetime | None:
        """When the keys were there."""
        return self.released_at or self.disclosed_at

    def stays_closed(self, receipt_id: str) -> str:
        """Why a bid cannot be opened any more: the fallback ended without its key. "" while it can."""
        if self.disclosed is None or receipt_id in self.disclosed.keys:
            return ""
        return "key_not_revealed" if receipt_id in self.disclosed.revoked else "key_not_committed"

    @property
    def read_out(self) -> bool:
        return self.objections_until is not None

    def settled(self, receipt_id: str) -> bool:
        """True once the bid is opened or void."""
        return receipt_id in self.opened or receipt_id in self.voided


Fact = (
    LotClosed
    | LotFailed
    | ShareReleased
    | ShareRefused
    | BidsReleased
    | KeysDisclosed
    | RoundSigned
    | CoefficientsDrawn
    | BidOpened
    | BidVoided
    | BidsReadOut
    | ObjectionRaised
    | ObjectionAnswered
    | OpeningConfirmed
    | OpeningConcluded
)


def close(
    opening: Opening, bids: int, root: str, deadline_at: datetime, now: datetime, profile: Profile
) -> tuple[Fact, ...]:
    """The closing of a due lot and, with fewer bids than required, its failure (Law art. 28).

    Raises RuleViolation `deadline_not_reached` or `lot_already_closed`.
    """
    if opening.closed is not None:
        raise RuleViolation("lot_already_closed")
    if now < deadline_at:
        raise RuleViolation("deadline_not_reached", deadline_at=deadline_at, now=now)
    enough = bids >= profile.bids_required
    closed = LotClosed(deadline_at, root, enough)
    return (closed,) if enough else (closed, LotFailed("fewer_than_required"))


def decide(opening: Opening, fact: Fact, bids: int, now: datetime) -> tuple[Fact, ...]:
    """The accepted fact, or RuleViolation. `bids` is the number of bids that stood at the deadline."""
    if opening.concluded_at is not None:
        raise RuleViolation("opening_concluded")
    match fact:
        case ShareReleased() | ShareRefused():
            _decide_share(opening, fact)
        case BidsReleased() | KeysDisclosed():
            _require(not opening.openable, "already_released")
        case RoundSigned():
            _require(opening.release is not None, "not_released")
            _require(fact.round not in opening.rounds, "round_already_signed")
        case CoefficientsDrawn():
            _require(opening.openable, "not_released")
            _require(not opening.coefficients, "coefficients_already_drawn")
        case BidOpened() | BidVoided():
            _require(opening.openable, "not_released")
            _require(not opening.settled(fact.receipt_id), "bid_already_opened")
        case BidsReadOut():
            _require(len(opening.opened) + len(opening.voided) == bids, "bids_unopened")
            _require(not opening.read_out, "already_read_out")
        case ObjectionRaised():
            _decide_objection(opening, fact, now)
        case ObjectionAnswered():
            objection = opening.objections.get(fact.objection)
            _require(objection is not None and objection.answered_at is None, "objection_unknown")
            _require(bool(fact.text.strip()), "text_missing")
        case OpeningConfirmed():
            _require(opening.read_out, "not_read_out")
        case OpeningConcluded():
            _decide_conclusion(opening, now)
    return (fact,)


def _require(holds: bool, code: str) -> None:
    if not holds:
        raise RuleViolation(code)


def _decide_share(opening: Opening, fact: ShareReleased | ShareRefused) -> None:
    if opening.closed is None:
        raise RuleViolation("lot_not_closed")
    if opening.failed or not opening.closed.enough:
        raise RuleViolation("lot_failed", reason=opening.failed)
    if opening.disclosed is not None:  # else a late share would open a bid whose bidder has seen the others' prices
        raise RuleViolation("keys_disclosed")
    if isinstance(fact, ShareRefused):
        _require(not opening.openable, "already_released")
    if fact.index in opening.shares or (isinstance(fact, ShareRefused) and fact.index in opening.refused):
        raise RuleViolation("share_repeated", index=fact.index)


def _decide_objection(opening: Opening, fact: ObjectionRaised, now: datetime) -> None:
    if opening.objections_until is None:
        raise RuleViolation("not_read_out")
    if now >= opening.objections_until:
        raise RuleViolation("objection_too_late", until=opening.objections_until)
    _require(bool(fact.text.strip()), "text_missing")
    _require(fact.objection not in opening.objections, "objection_repeated")


def _decide_conclusion(opening: Opening, now: datetime) -> None:
    if opening.objections_until is None:
        raise RuleViolation("not_read_out")
    if now < opening.objections_until:
        raise RuleViolation("objections_still_open", until=opening.objections_until)
    waiting = [key for key, o in opening.objections.items() if o.answered_at is None]
    if waiting:
        raise RuleViolation("objection_unanswered", count=len(waiting))


def read_out(opening: Opening, now: datetime, profile: Profile) -> tuple[Fact, ...]:
    """The end of the reading: objections open or, with too few openable goods bids, the lot's failure."""
    until = BidsReadOut(add(now, profile.objection_at_opening))
    too_few = len(opening.opened) < profile.bids_required and profile.regime is Regime.GOODS
    return (until, LotFailed("too_few_valid")) if too_few else (until,)


def apply(opening: Opening, fact: Fact, by: str, at: datetime) -> Opening:
    """The state after an accepted fact."""
    match fact:
        case LotClosed():
            return replace(opening, closed=fact, closed_at=at)
        case LotFailed():
            return replace(opening, failed=fact.reason)
        case ShareRefused():
            return replace(opening, refused={**opening.refused, fact.index: at})
        case ShareReleased() | BidsReleased() | KeysDisclosed() | RoundSigned():
            return _unlocked(opening, fact, at)
        case CoefficientsDrawn():
            return replace(opening, coefficients=fact.values)
        case BidOpened():
            return replace(opening, opened={**opening.opened, fact.receipt_id: fact})
        case BidVoided():
            return replace(opening, voided={**opening.voided, fact.receipt_id: fact})
        case BidsReadOut():
            return replace(opening, objections_until=fact.objections_until)
        case ObjectionRaised() | ObjectionAnswered() | OpeningConfirmed():
            return _heard(opening, fact, by, at)
        case OpeningConcluded():
            return replace(opening, record_sha256=fact.record_sha256, concluded_at=at)


def _unlocked(
    opening: Opening, fact: ShareReleased | BidsReleased | KeysDisclosed | RoundSigned, at: datetime
) -> Opening:
    """The state after a step towards the keys."""
    match fact:
        case ShareReleased():
            times = {**opening.share_times, fact.index: at}
            return replace(opening, shares={**opening.shares, fact.index: fact.share}, share_times=times)
        case RoundSigned():
            times = {**opening.round_times, fact.round: at}
            return replace(opening, rounds={**opening.rounds, fact.round: fact}, round_times=times)
        case BidsReleased():
            return replace(opening, release=fact, released_at=at)
        case KeysDisclosed():
            return replace(opening, disclosed=fact, disclosed_at=at)


def _heard(
    opening: Opening, fact: ObjectionRaised | ObjectionAnswered | OpeningConfirmed, by: str, at: datetime
) -> Opening:
    """What those present say."""
    match fact:
        case ObjectionRaised():
            objection = Objection(by, fact.text, at)
            return replace(opening, objections={**opening.objections, fact.objection: objection})
        case ObjectionAnswered():
            answered = replace(opening.objections[fact.objection], answer=fact.text, answered_at=at)
            return replace(opening, objections={**opening.objections, fact.objection: answered})
        case OpeningConfirmed():
            return replace(opening, confirmations={**opening.confirmations, by: at})

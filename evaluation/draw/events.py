"""What happens in a draw. Facts of persons and of the machine; `DrawSigned` and `DrawCompleted` only follow."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from evaluation.draw.tickets import Candidate, DrawConditions, Widening

SEAL = "biddraw/v1/seal"


class RoundReason(StrEnum):
    """Why a further round is held, as the record itself shows. None is held because somebody orders it."""

    REFUSED = "refused"
    EXPIRED = "expired"
    DISMISSED = "dismissed"
    UNFILLED = "unfilled"
    ORDERED = "ordered"


@dataclass(frozen=True)
class DrawEvent:
    """Anything that happens in a draw."""


@dataclass(frozen=True)
class DrawConditionsProposed(DrawEvent):
    """The agency officer sets the conditions; in a further round wider ones for seats that nobody is left for."""

    conditions: DrawConditions
    widening: Widening | None = None


@dataclass(frozen=True)
class ApprovedPool:
    """Who is in the pool, by hash, and how many of each stratum need not step back as far as is known now."""

    candidates_sha256: str
    candidates_count: int
    sizes: dict[str, int]


@dataclass(frozen=True)
class DrawConditionsApproved(DrawEvent):
    """The agency supervisor approves exactly these conditions and this pool; None in draws without that rule.

    Of wider conditions the hash is `wider_sha256`, so that the reason is approved with them.
    """

    conditions_sha256: str
    pool: ApprovedPool | None = None


@dataclass(frozen=True)
class DrawRoundOpened(DrawEvent):
    """Round 1 follows the approval. A later one names the earlier record; `second_signature` is "" if automatic."""

    round: int
    reason: RoundReason | None
    earlier_record_sha256: str
    second_signature: str


@dataclass(frozen=True)
class DrawCommitted(DrawEvent):
    """A party commits to 32 bytes of its own and gives them sealed to the trustees.

    `seal` (SEAL): the capsule is made with a seed that follows from the bytes, so that whoever shows them shows that it
    holds them; None in draws without that rule.
    """

    round: int
    party: str
    commitment: str
    capsule_b64: str
    seal: str | None = None


@dataclass(frozen=True)
class CommitmentsOverdue(DrawEvent):
    """These parties have committed to nothing in the profile's time: the round goes on without those who still have not
    when it is stated, if at least two others have."""

    round: int
    parties: tuple[str, ...]


@dataclass(frozen=True)
class DrawStated(DrawEvent):
    """The centre logs the statement (canonical JSON) and the pool it names."""

    round: int
    statement: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class DrawShareReleased(DrawEvent):
    """A trustee's share over the statement, already checked. As secret as the signature that shares combine to."""

    round: int
    index: int
    share_hex: str


@dataclass(frozen=True)
class DrawSignatureRecorded(DrawEvent):
    """The combined signature, already checked; shown only when the names may be known."""

    round: int
    signature_hex: str


@dataclass(frozen=True)
class DrawSigned(DrawEvent):
    """The public trace of the signature."""

    round: int
    signature_sha256: str


@dataclass(frozen=True)
class DrawRevealed(DrawEvent):
    """A party shows its bytes."""

    round: int
    party: str
    value_hex: str


@dataclass(frozen=True)
class CapsuleShareReleased(DrawEvent):
    """A trustee's share over the reveal statement, already checked: k of them open what silent parties sealed."""

    round: int
    index: int
    share_hex: str


@dataclass(frozen=True)
class CapsulesOpened(DrawEvent):
    """By party the bytes of those that did not show them, from the capsules that they gave with their commitments.

    `replaced`: of these a capsule held something else; their bytes are what follows from the commitment.
    """

    round: int
    values: dict[str, str]
    replaced: tuple[str, ...] | None = None


@dataclass(frozen=True)
class DrawCompleted(DrawEvent):
    """The result, by pseudonym, and the strata whose pool was small."""

    round: int
    selected: dict[str, tuple[str, ...]]
    reserve: dict[str, tuple[str, ...]]
    small_pools: tuple[str, ...]
    record_sha256: str


@dataclass(frozen=True)
class CallUpSent(DrawEvent):
    """The notification service has called a drawn candidate, without naming the project."""

    round: int
    candidate: str


class Channel(StrEnum):
    """By what a candidate is reached."""

    MAIL = "mail"
    TEXT = "text"
    VOICE = "voice"


class Outcome(StrEnum):
    """What came of an attempt: taken by the carrier, answered or not by a person, or not sent."""

    TAKEN = "taken"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    FAILED = "failed"


@dataclass(frozen=True)
class CallAttempted(DrawEvent):
    """The notification service has tried to reach a called candidate, whose time to answer runs from the first attempt
    that was not in vain."""

    round: int
    candidate: str
    channel: Channel
    outcome: Outcome


@dataclass(frozen=True)
class CallUpAnswered(DrawEvent):
    """A candidate accepts, or declines with a reason."""

    round: int
    candidate: str
    accepted: bool
    reason: str


@dataclass(frozen=True)
class CallUpExpired(DrawEvent):
    """The machine saw no answer in time."""

    round: int
    candidate: str


@dataclass(frozen=True)
class CandidateDismissed(DrawEvent):
    """A candidate loses the seat on a legal ground, such as a conflict found at sign-in."""

    round: int
    candidate: str
    ground: str


@dataclass(frozen=True)
class ReserveCalled(DrawEvent):
    """Emergency: no quorum of trustees for a substitute round, so the next in reserve takes an open seat."""

    round: int
    stratum: str
    candidate: str


SYSTEM_EVENTS = (DrawSigned, DrawCompleted)

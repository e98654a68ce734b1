"""What interrupts a sitting and how it goes on: another booth, nobody let in, a standstill and its end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from evaluation.sitting.events import IdentityCheck, SeatFact, SittingEvent


class CheckInGround(StrEnum):
    """Why a witness lets nobody sit down: another person than was called, no valid paper, or the person will not."""

    NOT_THE_PERSON = "not_the_person"
    NO_VALID_PAPER = "no_valid_paper"
    DECLINED = "declined"


class Disposition(StrEnum):
    """What an authority orders, or the tenderer decides, of a sitting."""

    SUSPEND = "suspend"
    RESUME = "resume"
    ABANDON = "abandon"


class ReplacementGround(StrEnum):
    """Why a member is replaced that does not step back itself (Regulation art. 48)."""

    CONFLICT = "conflict"
    ABSENCE = "absence"
    HEALTH = "health"


@dataclass(frozen=True)
class BoothChanged(SittingEvent):
    """The member of a seat sits at another booth; from here on its new key counts, and `replaces` no more.

    What the member did stays, signed by the key of its time. The witness has checked identity again.
    """

    seat: int
    key_id: str
    replaces: str
    witness: str
    reason: str
    booth: str | None = None
    identity: IdentityCheck | None = None


@dataclass(frozen=True)
class CheckInRefused(SittingEvent):
    """The witness has not let the person with the key `key_id` sit down. Nothing follows: the seat stays as it was."""

    seat: int
    key_id: str
    witness: str
    ground: CheckInGround
    reason: str


class WarningGround(StrEnum):
    """Of what the authority may warn: order on the spot and the procedure, never what members think of bids."""

    DEVICES = "devices"  # telephones, cameras, own computers
    OUTSIDE = "outside"  # talk with people outside
    TALK = "talk"  # talk between members while each works alone
    SEAT = "seat"  # left the seat, or somebody else is in the room
    INTERFERENCE = "interference"  # pressing others
    PROCEDURE = "procedure"  # a step is skipped or taken out of order
    VENUE = "venue"  # pictures, sound, doors


@dataclass(frozen=True)
class WarningGiven(SittingEvent):
    """The authority that watches warns, and every room reads it; nothing stops. `site` is "" where it is meant for all;
    `ground` is None in records of before there was a catalogue.

    Nothing follows from it: who goes on regardless is ordered to stop (`SittingOrdered`).
    """

    site: str
    note: str
    ground: WarningGround | None = None


@dataclass(frozen=True)
class RecessCalled(SeatFact):
    """The chair calls a recess (休会)."""

    note: str


@dataclass(frozen=True)
class RecessEnded(SeatFact):
    """The chair ends the recess that it called."""


@dataclass(frozen=True)
class DefectFound(SeatFact):
    """The committee stops, as the chair states, because the documents are defective (O87 art. 65)."""

    note: str


@dataclass(frozen=True)
class FaultReported(SittingEvent):
    """Line or room of a site has failed; `site` is "" where it is not one site's."""

    site: str
    note: str


@dataclass(frozen=True)
class FaultRepaired(SittingEvent):
    """What had failed works again."""

    note: str


@dataclass(frozen=True)
class SittingOrderProposed(SittingEvent):
    """An inspector drafts what the authority orders."""

    step: Disposition
    note: str


@dataclass(frozen=True)
class SittingOrdered(SittingEvent):
    """Another inspector of the authority orders it, word for word."""

    step: Disposition
    note: str


@dataclass(frozen=True)
class SittingDecisionProposed(SittingEvent):
    """The agency's officer drafts what the tenderer decides of a sitting that stands still."""

    step: Disposition
    note: str


@dataclass(frozen=True)
class SittingDecided(SittingEvent):
    """The agency's supervisor releases it, word for word."""

    step: Disposition
    note: str


@dataclass(frozen=True)
class NewCommitteeProposed(SittingEvent):
    """The agency's officer drafts that another committee evaluates what was given up (另组评审委员会)."""

    note: str


@dataclass(frozen=True)
class NewCommitteeOrdered(SittingEvent):
    """The agency's supervisor releases it, word for word: all seats are filled anew, by people who never sat here."""

    note: str


@dataclass(frozen=True)
class ReplacementProposed(SittingEvent):
    """The agency's officer drafts that a member is replaced (更换)."""

    seat: int
    ground: ReplacementGround
    note: str


@dataclass(frozen=True)
class ReplacementOrdered(SittingEvent):
    """The agency's supervisor releases it, word for word: the member leaves, and a successor is drawn."""

    seat: int
    ground: ReplacementGround
    note: str

"""The check of opened bids (清标): recorded once, after the opening; and what of it a committee may know and decide.

Prices are no business of who has not scored yet, and what names the bidder of an anonymous bid is none either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.procedure.anonymity import is_technical_file
from app.procedure.errors import RuleViolation
from app.procedure.opening import Opening
from app.procedure.profiles import Profile
from crypto.signing import is_digest
from evaluation.bid_checks import PRICED, BidFinding, FindingKind
from evaluation.sitting import COLLUSION_GROUNDS, FindingPut, RejectionGround
from evaluation.sitting.stages import AFTER_LAST_LOCK, AFTER_REVIEW, FINAL, Stage

# What the law lets a committee conclude from what a finding shows (Reg 40, O87 37); else a bid may not be responsive.
GROUNDS = {
    FindingKind.REGULAR_TOTALS: (RejectionGround.ABNORMALLY_ALIKE,),
    FindingKind.REGULAR_ITEMS: (RejectionGround.ABNORMALLY_ALIKE,),
    FindingKind.SAME_FILE: (
        RejectionGround.SAME_AUTHOR,
        RejectionGround.ABNORMALLY_ALIKE,
        RejectionGround.MIXED_FILES,
    ),
    FindingKind.LIKE_TEXT: (RejectionGround.SAME_AUTHOR, RejectionGround.ABNORMALLY_ALIKE),
    FindingKind.SAME_PROPERTY: (RejectionGround.SAME_AUTHOR, RejectionGround.SAME_HANDLER),
    FindingKind.SAME_STAFF: (RejectionGround.SAME_STAFF,),
}
REPORTED = FINAL | {Stage.REPORT, Stage.SIGNING}
# Of an anonymous bid, what can be said without a name, a name of a file, or a property that gives the bidder away.
NAMELESS = frozenset({FindingKind.SAME_FILE, FindingKind.LIKE_TEXT, FindingKind.FILE_UNREADABLE})


@dataclass(frozen=True)
class BidsChecked:
    """What the system found, and the digest of the readings (`bid-readings/v1`, a file) that it follows from."""

    readings_sha256: str
    findings: tuple[BidFinding, ...]


def check_due(opening: Opening, checked: BidsChecked | None, stage: Stage, profile: Profile) -> None:
    """A report that is prepared knows of no later check. Raises RuleViolation `bids_already_checked`,
    `bids_not_to_be_checked`."""
    if checked is not None:
        raise RuleViolation("bids_already_checked")
    over = stage in REPORTED
    if profile.bid_checks is None or opening.concluded_at is None or not opening.opened or over:
        raise RuleViolation("bids_not_to_be_checked")


def decide(
    opening: Opening, checked: BidsChecked | None, stage: Stage, fact: BidsChecked, profile: Profile
) -> tuple[BidsChecked]:
    """The accepted check. Raises RuleViolation `bids_already_checked`, `bids_not_to_be_checked`, `malformed`."""
    check_due(opening, checked, stage, profile)
    named = {bid for found in fact.findings for bid in found.bids}
    if not is_digest(fact.readings_sha256) or not named <= opening.opened.keys():
        raise RuleViolation("malformed", path="$.readings_sha256, findings", expected="object")
    return (fact,)


def grounds_for(found: BidFinding) -> tuple[RejectionGround, ...]:
    """On which grounds of the law a finding of this kind can lead to a rejection."""
    return GROUNDS.get(found.kind, (RejectionGround.NOT_RESPONSIVE,))


def grounds_in(found: BidFinding, stage: Stage) -> tuple[RejectionGround, ...]:
    """On which grounds a finding can lead to a rejection in this stage of the sitting: once results stand, on those of
    collusion alone, since whether a bid responds is what the review has found (O87 art. 64). That the platform could
    not read a file is no fault of a bid.
    """
    if found.kind is FindingKind.FILE_UNREADABLE:
        return ()
    after = stage in AFTER_LAST_LOCK
    return tuple(ground for ground in grounds_for(found) if ground in COLLUSION_GROUNDS or not after)


def votable(
    findings: Sequence[BidFinding], stage: Stage, *, anonymous: bool, checked_in: Stage = Stage.UNCONVENED
) -> frozenset[int]:
    """The numbers of the findings that may be put to the vote in this stage: all that are known, but once results stand
    only those that nobody could know in the review. `checked_in`: the stage in which they were found.
    """
    known = frozenset(known_to_committee(findings, stage, anonymous=anonymous))
    if stage not in AFTER_LAST_LOCK or checked_in in AFTER_REVIEW:
        return known
    return known - frozenset(known_to_committee(findings, Stage.REVIEW, anonymous=anonymous))


def known_to_committee(findings: Sequence[BidFinding], stage: Stage, *, anonymous: bool) -> tuple[int, ...]:
    """The numbers of the findings that members may know in this stage of their sitting."""
    if stage in AFTER_LAST_LOCK | FINAL:
        return tuple(range(1, len(findings) + 1))
    if stage not in (Stage.REVIEW, Stage.COMPETITION, Stage.SCORING):
        return ()
    return tuple(
        number
        for number, found in enumerate(findings, start=1)
        if found.kind not in PRICED and (not anonymous or _nameless(found))
    )


def _nameless(found: BidFinding) -> bool:
    return found.kind in NAMELESS and all(is_technical_file(one.file) for one in found.evidence)


def check_put(
    fact: FindingPut,
    findings: Sequence[BidFinding],
    stage: Stage,
    *,
    anonymous: bool,
    checked_in: Stage = Stage.UNCONVENED,
) -> None:
    """The finding is one that the committee knows and may still vote on, and a rejection names bids and a ground that
    it can lead to.

    Raises RuleViolation `finding_unknown`, `finding_too_late`, `finding_bid_unexpected`, `finding_ground_unfit`.
    """
    if fact.finding not in known_to_committee(findings, stage, anonymous=anonymous):
        raise RuleViolation("finding_unknown", finding=fact.finding)
    if fact.finding not in votable(findings, stage, anonymous=anonymous, checked_in=checked_in):
        raise RuleViolation("finding_too_late", finding=fact.finding)
    found = findings[fact.finding - 1]
    for bid in fact.bids:
        if bid not in found.bids:
            raise RuleViolation("finding_bid_unexpected", bid=bid)
    if fact.ground is not None and fact.ground not in grounds_in(found, stage):
        raise RuleViolation("finding_ground_unfit", finding=fact.finding)

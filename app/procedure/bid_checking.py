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
from evaluation.sitting import FindingPut, RejectionGround
from evaluation.sitting.stages import AFTER_LAST_LOCK, FINAL, Stage

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


def known_to_committee(findings: Sequence[BidFinding], stage: Stage, *, anonymous: bool) -> tuple[int, ...]:
    """The numbers of the findings that members may know in this stage of their sitting."""
    if stage in AFTER_LAST_LOCK | FINAL:
        return tuple(range(1, len(findings) + 1))
    if stage not in (Stage.REVIEW, Stage.SCORING):
        return ()
    return tuple(
        number
        for number, found in enumerate(findings, start=1)
        if found.kind not in PRICED and (not anonymous or _nameless(found))
    )


def _nameless(found: BidFinding) -> bool:
    return found.kind in NAMELESS and all(is_technical_file(one.file) for one in found.evidence)


def check_put(fact: FindingPut, findings: Sequence[BidFinding], stage: Stage, *, anonymous: bool) -> None:
    """The finding is one that the committee knows, and a rejection names bids and a ground that it can lead to.

    Raises RuleViolation `finding_unknown`, `finding_bid_unexpected`, `finding_ground_unfit`.
    """
    if fact.finding not in known_to_committee(findings, stage, anonymous=anonymous):
        raise RuleViolation("finding_unknown", finding=fact.finding)
    found = findings[fact.finding - 1]
    for bid in fact.bids:
        if bid not in found.bids:
            raise RuleViolation("finding_bid_unexpected", bid=bid)
    if fact.ground is not None and fact.ground not in grounds_for(found):
        raise RuleViolation("finding_ground_unfit", finding=fact.finding)

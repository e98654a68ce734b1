"""What a committee does with the findings about bids (清标): the chair puts one to the vote, everybody votes.

A finding is known here by its number alone; what it says, and from when the committee may know it, is for the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from evaluation.sitting.events import ReviewItem, SeatFact, SittingEvent


class Disposal(StrEnum):
    """What a committee can decide about a finding."""

    EXPLAINED = "explained"  # nothing follows from it
    ASK = "ask"  # its bidders are to be asked; it stays open
    REJECT = "reject"  # the bids named are rejected, on a legal ground


class RejectionGround(StrEnum):
    """On which ground of the law a bid is rejected because of a finding.

    The six circumstances in which bids are deemed to be in collusion are those of Reg 40 and, in the same order, of
    O87 37; the last is that of a bid that does not respond in substance (Reg 51, O87 63).
    """

    SAME_AUTHOR = "same_author"
    SAME_HANDLER = "same_handler"
    SAME_STAFF = "same_staff"
    ABNORMALLY_ALIKE = "abnormally_alike"
    MIXED_FILES = "mixed_files"
    SAME_BOND_ACCOUNT = "same_bond_account"
    NOT_RESPONSIVE = "not_responsive"


COLLUSION_GROUNDS = frozenset(RejectionGround) - {RejectionGround.NOT_RESPONSIVE}
# The item under which such a rejection stands among those of the review, beside the published ones.
GROUND_ITEMS = {
    RejectionGround.SAME_AUTHOR: ReviewItem("deemed_same_author", "投标文件编制主体", "By whom the bid was made"),
    RejectionGround.SAME_HANDLER: ReviewItem("deemed_same_handler", "投标事宜办理主体", "By whom it was handled"),
    RejectionGround.SAME_STAFF: ReviewItem("deemed_same_staff", "项目管理成员", "Members of the project's management"),
    RejectionGround.ABNORMALLY_ALIKE: ReviewItem("deemed_alike", "投标文件或者报价异同", "Likeness of bids or prices"),
    RejectionGround.MIXED_FILES: ReviewItem("deemed_mixed", "投标文件混装", "Mixed files"),
    RejectionGround.SAME_BOND_ACCOUNT: ReviewItem("deemed_bond", "投标保证金转出账户", "Account that paid the bond"),
    RejectionGround.NOT_RESPONSIVE: ReviewItem("not_responsive", "实质性响应", "Response in substance"),
}


@dataclass(frozen=True)
class FindingPut(SeatFact):
    """The chair puts a finding to the vote: what the committee is to decide about it, and why.

    `bids` and `ground` are those of a rejection, and of nothing else.
    """

    finding: int
    disposal: Disposal
    reason: str
    bids: tuple[str, ...] = ()
    ground: RejectionGround | None = None


@dataclass(frozen=True)
class FindingVoted(SeatFact):
    """A member agrees or not to what was put; who does not may say why."""

    finding: int
    agrees: bool
    reason: str


@dataclass(frozen=True)
class FindingWithdrawn(SeatFact):
    """The chair takes back what was put, since somebody does not vote; it can be put again."""

    finding: int
    reason: str


@dataclass(frozen=True)
class FindingDisposed(SittingEvent):
    """More than half of the members are for it, or cannot be any more: how many were for and against until then."""

    finding: int
    agreeing: int
    against: int
    adopted: bool

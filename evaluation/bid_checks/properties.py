"""What files and opening forms of different bids say alike of who made them: a question, never a proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evaluation.bid_checks.findings import BidFinding, BidReading, Evidence, FileReading, FindingKind, Reading, finding

LEAST_LENGTH = 2  # characters of a value that tells one maker from another
# What programs write for whoever has not set a name: it is the same on machines that have nothing to do with another.
UNSET = frozenset(
    {
        "admin",
        "administrator",
        "user",
        "users",
        "owner",
        "root",
        "pc",
        "hp",
        "dell",
        "lenovo",
        "asus",
        "acer",
        "microsoft",
        "windows",
        "windows user",
        "microsoft office user",
        "office",
        "unknown",
        "anonymous",
        "author",
        "python-docx",
        "(anonymous)",
        "unspecified",
        "(unspecified)",
        "wps",
        "wps office",
        "作者",
        "用户",
        "个人用户",
        "微软用户",
        "微软中国",
        "管理员",
        "未知",
    }
)


def same_properties(bids: Sequence[BidReading], documents: Sequence[FileReading]) -> Iterator[BidFinding]:
    """A property of the same value in files of several bids, which the tender's own documents do not have."""
    own = {(name, _folded(value)) for document in documents for name, value in document.properties.items()}
    holders: dict[tuple[str, str], list[Evidence]] = {}
    for bid in bids:
        for file in bid.files:
            for name, value in file.properties.items():
                key = (name, _folded(value))
                if key not in own and len(key[1]) >= LEAST_LENGTH and key[1] not in UNSET:
                    found = Evidence(bid.bid, file.path, file.sha256, values={name: value})
                    holders.setdefault(key, []).append(found)
    for (name, folded), evidence in sorted(holders.items()):
        copies = {one.sha256 for one in evidence}
        if len({one.bid for one in evidence}) > 1 and len(copies) > 1:  # the same file twice is another finding
            yield finding(FindingKind.SAME_PROPERTY, evidence, {"property": name, "value": folded})


def same_staff(bids: Sequence[BidReading]) -> Iterator[BidFinding]:
    """One project manager in the opening forms of several bids."""
    holders: dict[str, list[Evidence]] = {}
    for bid in bids:
        if name := _folded(bid.manager):
            holders.setdefault(name, []).append(Evidence(bid.bid, values={"project_manager": bid.manager}))
    for name, evidence in sorted(holders.items()):
        if len(evidence) > 1:
            yield finding(FindingKind.SAME_STAFF, evidence, {"value": name})


def unreadable(bids: Sequence[BidReading]) -> Iterator[BidFinding]:
    """Files that should be readable and are not."""
    for bid in bids:
        wrong = [file for file in bid.files if file.state is Reading.UNREADABLE]
        if wrong:
            yield finding(FindingKind.FILE_UNREADABLE, [Evidence(bid.bid, f.path, f.sha256) for f in wrong])


def _folded(value: str) -> str:
    return " ".join(value.split()).casefold()

"""What was read of opened bids, against what the case file says of them; and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator

from app.casefile.case import Case
from app.procedure.bid_checking import known_to_committee
from app.procedure.opening import BidOpened
from app.procedure.page_links import FILE_NAME as PAGE_LINKS
from evaluation.bid_checks import READINGS, BidReading, Readings, check_bids
from evaluation.bid_checks.findings import BidFinding
from evaluation.sitting import Stage


def checked_files(opened: BidOpened) -> list[tuple[str, int, str]]:
    """Path, size and digest of a bid's files that are compared: the list of pages is written by the platform's own
    program, and alike where two bids are set out alike."""
    return [(file.path, file.size, file.root) for file in opened.files if file.path != PAGE_LINKS]


def findings_of(case: Case, lot: str, readings: Readings) -> tuple[BidFinding, ...]:
    """What the thresholds of the case's rule book find in these readings: first what a committee may know before it has
    scored, so that no gap in the numbers tells of the rest.
    """
    terms = case.tender.published
    if terms.profile.bid_checks is None:
        return ()
    found = check_bids(readings, terms.profile.bid_checks)
    known = known_to_committee(found, Stage.REVIEW, anonymous=bool(terms.lot(lot).anonymous))
    later = (number for number in range(1, len(found) + 1) if number not in known)
    return tuple(found[number - 1] for number in (*known, *later))


def differing(case: Case, lot: str, readings: Readings) -> Iterator[str]:
    """Where readings do not say of bids and documents what the case file says, by receipt or name of the part."""
    if readings.v != READINGS:
        yield "v"
    found = {one.bid: one for one in readings.bids}
    opened = case.lots[lot].opening.opened
    yield from sorted(found.keys() ^ opened.keys())
    if len(found) != len(readings.bids):
        yield "bids"
    for receipt in sorted(found.keys() & opened.keys()):
        if not _same(found[receipt], opened[receipt]):
            yield receipt
    named = [(document.name, document.size) for document in case.tender.published.documents]
    if [(document.path, document.size) for document in readings.documents] != named:
        yield "documents"


def _same(reading: BidReading, opened: BidOpened) -> bool:
    files = [(file.path, file.size, file.sha256) for file in reading.files]
    items = (reading.price, reading.manager)
    return files == checked_files(opened) and items == (opened.price, opened.project_manager)

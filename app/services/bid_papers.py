"""What a seat reads of a bid in the room: its files as the viewer lists them, and the pages named for criteria."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from app.casefile.anonymous import reads_unnamed
from app.casefile.bid_ids import receipt_of
from app.casefile.case import Case
from app.models import StoredFile
from app.procedure.anonymity import names_bidder
from app.procedure.errors import RuleViolation
from app.procedure.page_links import FILE_NAME, MOST_BYTES, PageLink, read_page_links
from app.procedure.roles import Actor
from app.services.files import OF_A_BID, FileView, names_of
from app.services.platform import Platform
from app.services.stored_bytes import file_chunks

log = logging.getLogger("tenderhall.papers")
PDF = "application/pdf"


@dataclass(frozen=True)
class LinkedPages:
    """Pages of a file that the bidder named for a criterion; `file` is None where the bid holds no such PDF."""

    name: str
    file: FileView | None
    first: int
    last: int


@dataclass(frozen=True)
class BidPapers:
    """A bid's files, PDFs first, and by criterion the pages that its bidder named; `unreadable`: it tried to and the
    list cannot be read. `naming`: the files of an anonymous bid that hold its bidder's name all the same."""

    files: tuple[FileView, ...]
    links: dict[str, tuple[LinkedPages, ...]]
    unreadable: bool
    naming: tuple[str, ...] = ()


def bid_papers(
    platform: Platform, actor: Actor, case: Case, lot: str, readable: Iterable[FileView], bid: str
) -> BidPapers:
    """The papers of a bid among the files that the actor may read, with those of its answers to the committee."""
    own = [file for file in readable if file.kind in OF_A_BID and file.owner == bid]
    papers = sorted((f for f in own if f.name != FILE_NAME), key=lambda f: (f.media_type != PDF, f.name))
    hidden = reads_unnamed(actor, case, lot)
    naming = tuple(file.name for file in papers if hidden and _names_its_bidder(platform, case, file))
    ids = names_of(platform, case, lot, bid) if own else {}
    if FILE_NAME not in ids:
        return BidPapers(tuple(papers), {}, unreadable=False, naming=naming)
    try:
        links = _links(platform, case, ids[FILE_NAME])
    except RuleViolation as refusal:
        log.info("bid %s: the list of pages is not used: %s", bid, refusal.code)
        return BidPapers(tuple(papers), {}, unreadable=True, naming=naming)
    by_id = {file.id: file for file in papers if file.media_type == PDF}
    found: dict[str, list[LinkedPages]] = {}
    for link in links:
        file = by_id.get(ids.get(link.file, ""))
        called = file.name if file else "" if hidden else link.file  # a name that is typed may be the bidder's
        found.setdefault(link.criterion, []).append(LinkedPages(called, file, link.first, link.last))
    linked = {criterion: tuple(pages) for criterion, pages in found.items()}
    return BidPapers(tuple(papers), linked, unreadable=False, naming=naming)


def _names_its_bidder(platform: Platform, case: Case, file: FileView) -> bool:
    """Whether the name of its bidder stands in a file, outside of what it shows: looked for once in each process.

    Of a file that cannot be read nothing is said: who opens it is told that it is damaged.
    """
    memory: dict[str, bool] = platform.database.memory.setdefault("naming", {})
    if file.id not in memory:
        row = _row(platform, file.id)
        name = case.lots[row.lot].opening.opened[receipt_of(case.lots[row.lot], row.owner)].bidder_name
        try:
            memory[file.id] = names_bidder(file_chunks(platform, case, row), name)
        except RuleViolation:
            return False
    return memory[file.id]


def _row(platform: Platform, file_id: str) -> StoredFile:
    with platform.database.reading() as db_session:
        return db_session.get_one(StoredFile, file_id)


def _links(platform: Platform, case: Case, file_id: str) -> tuple[PageLink, ...]:
    """What the bidder's list says; of an anonymous bid nobody in the room gets the list itself, for its names.

    Raises RuleViolation `page_links_malformed`, `file_damaged`.
    """
    row = _row(platform, file_id)
    if row.size > MOST_BYTES:
        raise RuleViolation("page_links_malformed", part="size")
    return read_page_links(b"".join(file_chunks(platform, case, row)))

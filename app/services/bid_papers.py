"""What a seat reads of a bid in the room: its files as the viewer lists them, and the pages named for criteria."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from app.procedure.errors import RuleViolation
from app.procedure.page_links import FILE_NAME, MOST_BYTES, PageLink, read_page_links
from app.procedure.roles import Actor
from app.services.files import FileView, read_file
from app.services.platform import Platform

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
    list cannot be read."""

    files: tuple[FileView, ...]
    links: dict[str, tuple[LinkedPages, ...]]
    unreadable: bool


def bid_papers(
    platform: Platform, actor: Actor, readable: Iterable[FileView], bid: str, address: str = ""
) -> BidPapers:
    """The papers of a bid among the files that the actor may read."""
    own = [file for file in readable if file.kind == "opened" and file.owner == bid]
    papers = sorted((f for f in own if f.name != FILE_NAME), key=lambda f: (f.media_type != PDF, f.name))
    listed = next((file for file in own if file.name == FILE_NAME), None)
    if listed is None:
        return BidPapers(tuple(papers), {}, unreadable=False)
    try:
        links = _links(platform, actor, listed, address)
    except RuleViolation as refusal:
        log.info("bid %s: the list of pages is not used: %s", bid, refusal.code)
        return BidPapers(tuple(papers), {}, unreadable=True)
    by_name = {file.name: file for file in papers if file.media_type == PDF}
    found: dict[str, list[LinkedPages]] = {}
    for link in links:
        found.setdefault(link.criterion, []).append(_linked(link, by_name.get(link.file)))
    return BidPapers(tuple(papers), {criterion: tuple(pages) for criterion, pages in found.items()}, unreadable=False)


def _linked(link: PageLink, file: FileView | None) -> LinkedPages:
    return LinkedPages(link.file, file, link.first, link.last)


def _links(platform: Platform, actor: Actor, listed: FileView, address: str) -> tuple[PageLink, ...]:
    """Raises RuleViolation `page_links_malformed`, `file_damaged`, `reason_needed`."""
    if listed.size > MOST_BYTES:
        raise RuleViolation("page_links_malformed", part="size")
    _view, data = read_file(platform, actor, listed.id, address)
    return read_page_links(b"".join(data))

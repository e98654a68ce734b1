"""`bidpages/v1`: on which pages of its files a bidder answers which criterion.

An ordinary file of the sealed package under a name of its own, so that the signed manifest covers it and a program that
does not know it reads the bid as before. It helps the committee to find; nothing is decided by it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass

from app.procedure.errors import RuleViolation

FILE_NAME = "page-links.json"
VERSION = "bidpages/v1"
MOST_BYTES = 64 * 1024
MOST_LINKS = 500
MOST_PAGES = 100_000  # the highest number of a page
LONGEST_TEXT = 1024  # characters of a name
_FIELDS = {"criterion", "file", "first", "last"}


@dataclass(frozen=True)
class PageLink:
    """Pages `first` to `last` (from 1, both included) of a file answer a criterion."""

    criterion: str
    file: str
    first: int
    last: int


def write_page_links(links: Iterable[PageLink]) -> bytes:
    """The file, as `read_page_links` reads it."""
    found = {"v": VERSION, "links": [asdict(link) for link in links]}
    return json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_page_links(data: bytes) -> tuple[PageLink, ...]:
    """The links of a file, in its order. Raises RuleViolation `page_links_malformed` for what is no `bidpages/v1`."""
    if len(data) > MOST_BYTES:
        raise RuleViolation("page_links_malformed", part="size")
    try:
        found = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as exc:
        raise RuleViolation("page_links_malformed", part="json") from exc
    if not isinstance(found, dict) or found.keys() != {"v", "links"} or found["v"] != VERSION:
        raise RuleViolation("page_links_malformed", part="v")
    links = found["links"]
    if not isinstance(links, list) or len(links) > MOST_LINKS or not all(map(_is_link, links)):
        raise RuleViolation("page_links_malformed", part="links")
    return tuple(PageLink(**link) for link in links)


def check_page_links(links: Iterable[PageLink], criteria: Collection[str], files: Collection[str]) -> None:
    """Before sealing: every link names a published criterion and a file of the bid.

    Raises RuleViolation `page_link_criterion`, `page_link_file`.
    """
    for link in links:
        if link.criterion not in criteria:
            raise RuleViolation("page_link_criterion", criterion=link.criterion)
        if link.file not in files:
            raise RuleViolation("page_link_file", file=link.file)


def parse_page_link(text: str) -> PageLink:
    """`criterion=file:first-last` or `criterion=file:page`, as it is typed. Raises RuleViolation `page_link_wrong`."""
    criterion, _, rest = text.partition("=")
    file, _, pages = rest.rpartition(":")
    first, _, last = pages.partition("-")
    numbers = [first.strip(), (last or first).strip()]
    if not all(number.isascii() and number.isdigit() and len(number) <= 6 for number in numbers):
        raise RuleViolation("page_link_wrong", text=text[:200])
    link = PageLink(criterion.strip(), file.strip(), int(numbers[0]), int(numbers[1]))
    if not _is_link(asdict(link)):
        raise RuleViolation("page_link_wrong", text=text[:200])
    return link


def _is_link(link: object) -> bool:
    if not isinstance(link, dict) or link.keys() != _FIELDS:
        return False
    names = (link["criterion"], link["file"])
    texts = all(isinstance(name, str) and 0 < len(name) <= LONGEST_TEXT for name in names)
    numbers = all(type(link[name]) is int for name in ("first", "last"))
    return texts and numbers and 1 <= link["first"] <= link["last"] <= MOST_PAGES

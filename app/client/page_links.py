"""Which pages of a bid answer which criterion, as its bidder types it for `tenderhall bid seal --page`."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable

from app.client.connection import Refused
from app.messages import sentence
from app.procedure.errors import RuleViolation
from app.procedure.page_links import FILE_NAME, PageLink, check_page_links, parse_page_link, write_page_links
from crypto.package import PackageFile


def typed_links(texts: Iterable[str]) -> tuple[PageLink, ...]:
    """`criterion=file:first-last` each. Raises Refused `page_link_wrong`."""
    try:
        return tuple(map(parse_page_link, texts))
    except RuleViolation as refusal:
        raise _in_words(refusal) from refusal


def with_links(
    files: list[PackageFile], links: tuple[PageLink, ...], criteria: Collection[str] | None
) -> list[PackageFile]:
    """The files to be packed and, where there are links, the list of them.

    `criteria` is None where the platform names none. Raises Refused `page_link_criterion`, `page_link_file`,
    `bid_file_listed_twice`.
    """
    if not links:
        return files
    names = [file.path for file in files]
    try:
        known = criteria if criteria is not None else {link.criterion for link in links}
        check_page_links(links, known, [name for name in names if name != FILE_NAME])
        if FILE_NAME in names:
            raise RuleViolation("bid_file_listed_twice", name=FILE_NAME)
    except RuleViolation as refusal:
        raise _in_words(refusal) from refusal
    data = write_page_links(links)
    return sorted([*files, PackageFile(FILE_NAME, len(data), lambda: io.BytesIO(data))], key=lambda file: file.path)


def _in_words(refusal: RuleViolation) -> Refused:
    words = [sentence(refusal.code, refusal.facts, language) for language in ("zh", "en")]
    return Refused(refusal.code, words[0], words[1], facts=refusal.facts)

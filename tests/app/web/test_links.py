"""Whoever follows the links of the own pages never stands before a closed door."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

import pytest

from tests.app.web.site import Site

LINK = re.compile(r'<a [^>]*?href="([^"]+)"')
PEOPLE = (
    "",
    "admin",
    "centre",
    "officer",
    "releaser",
    "regulator",
    "trustee-1",
    "witness-host",
    "bidder-a",
    "bidder-d",
)
ENOUGH = 80  # pages for one person


def dead_ends(site: Site, who: str) -> tuple[list[str], int]:
    """Links that lead to a refusal, as `page -> link: status`, and how many pages were read."""
    browser = site.browser(who).client
    waiting, seen, dead = [("/home", "")], set(), []
    while waiting and len(seen) < ENOUGH:
        path, page = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = browser.get(path, follow_redirects=True)
        if answer.status_code >= 400:
            dead.append(f"{page} -> {path}: {answer.status_code}")
        elif answer.mimetype == "text/html":
            links = (urlsplit(urljoin(path, link.replace("&amp;", "&"))) for link in LINK.findall(answer.text))
            waiting += [(link.path, path) for link in links if not link.netloc]
        answer.close()
    return dead, len(seen)


@pytest.mark.parametrize("who", PEOPLE)
def test_links_of_an_opened_case_lead_somewhere(opened: Site, who: str):
    dead, pages = dead_ends(opened, who)
    assert dead == []
    assert pages > 5

"""Where a bidder answers which criterion: read strictly, and written the same by Python and by a browser."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.procedure.errors import RuleViolation
from app.procedure.page_links import (
    MOST_BYTES,
    MOST_LINKS,
    MOST_PAGES,
    PageLink,
    check_page_links,
    parse_page_link,
    read_page_links,
    write_page_links,
)

NAMES = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=30)
PAGES = st.tuples(st.integers(1, MOST_PAGES), st.integers(1, MOST_PAGES)).map(sorted)
LINKS = st.builds(lambda c, f, p: PageLink(c, f, *p), NAMES, NAMES, PAGES)
LINK = PageLink("plan", "技术方案.pdf", 12, 15)


def refused(call, *args):
    with pytest.raises(RuleViolation) as found:
        call(*args)
    return found.value.code, found.value.facts


@given(st.lists(LINKS, max_size=5))
def test_what_is_written_is_read(links):
    assert read_page_links(write_page_links(links)) == tuple(links)


def test_a_browser_writes_the_same_bytes():
    written = '{"links":[{"criterion":"plan","file":"技术方案.pdf","first":12,"last":15}],"v":"bidpages/v1"}'
    assert write_page_links([LINK]).decode() == written


NESTED = st.recursive(st.none() | st.integers() | NAMES, st.lists).map(lambda value: json.dumps(value).encode())


@given(st.binary(max_size=200) | NESTED)
def test_what_is_no_list_of_pages_is_refused_whatever_it_is(data):
    assert refused(read_page_links, data)[0] == "page_links_malformed"


@pytest.mark.parametrize(
    "wrong",
    [
        {"first": 0}, {"first": 16}, {"last": MOST_PAGES + 1}, {"first": True}, {"first": 12.0}, {"first": "12"},
        {"file": ""}, {"file": 1}, {"file": "x" * 1025}, {"criterion": None}, {"more": 1},
    ],
)  # fmt: skip
def test_a_link_is_exactly_what_it_has_to_be(wrong):
    link = {"criterion": "plan", "file": "a.pdf", "first": 12, "last": 15, **wrong}
    data = json.dumps({"v": "bidpages/v1", "links": [link]}).encode()
    assert refused(read_page_links, data) == ("page_links_malformed", {"part": "links"})


def test_a_list_of_pages_has_a_size():
    assert refused(read_page_links, b" " * (MOST_BYTES + 1)) == ("page_links_malformed", {"part": "size"})
    short = [PageLink("c", "f", 1, 1)] * (MOST_LINKS + 1)
    assert refused(read_page_links, write_page_links(short)) == ("page_links_malformed", {"part": "links"})
    assert refused(read_page_links, b"[" * 60_000) == ("page_links_malformed", {"part": "json"})


def test_a_link_as_it_is_typed():
    assert parse_page_link("plan=技术方案.pdf:12-15") == LINK
    assert parse_page_link("plan = a:b.pdf : 3 ") == PageLink("plan", "a:b.pdf", 3, 3)
    for wrong in ("plan", "plan=a.pdf", "=a.pdf:1", "plan=:1", "plan=a.pdf:0", "plan=a.pdf:2-1", "plan=a.pdf:１"):
        assert refused(parse_page_link, wrong)[0] == "page_link_wrong", wrong


def test_a_link_names_what_there_is():
    check_page_links([LINK], {"plan"}, {"技术方案.pdf"})
    assert refused(check_page_links, [LINK], {"record"}, {"技术方案.pdf"})[0] == "page_link_criterion"
    assert refused(check_page_links, [LINK], {"plan"}, {"方案.pdf"}) == ("page_link_file", {"file": "技术方案.pdf"})

"""Numbers instead of bidders, and names that a file holds all the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.procedure.anonymity import is_technical_file, label, names_bidder, numbers

NAME = "某某建设(集团)有限公司"


@given(st.sets(st.text("0123456789abcdef", min_size=20, max_size=20), min_size=1, max_size=9))
def test_each_bid_has_a_number_whatever_the_order_it_came_in(bids):
    found = numbers("case/1", bids)
    assert sorted(found.values()) == list(range(1, len(bids) + 1))
    assert numbers("case/1", sorted(bids, reverse=True)) == found


def test_numbers_are_of_one_lot_alone():
    bids = [f"{n:020x}" for n in range(9)]
    assert numbers("case/1", bids) != numbers("case/2", bids)
    assert (label(2, "zh"), label(2, "en")) == ("匿名投标 2", "Bid 2")


@pytest.mark.parametrize("path", ["技术方案.pdf", "技术/方案.pdf", " Technical bid.PDF", "a/technical/b.pdf"])
def test_files_that_are_marked_as_technical(path):
    assert is_technical_file(path)
    assert not is_technical_file(f"商务{path.strip('/').replace('/', '_').replace('技术', '').strip()}")


def pdf_string(name):
    escaped = name.encode("utf-16-be").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    return b"<</Author(\xfe\xff" + escaped + b")>>"


@pytest.mark.parametrize(
    "data",
    [
        f"<dc:creator>{NAME}</dc:creator>".encode(),
        NAME.encode("gb18030"),
        pdf_string(NAME),
        b"<</Author<FEFF" + NAME.encode("utf-16-be").hex().upper().encode() + b">>>",
        b"<</Author<FEFF " + NAME.encode("utf-16-be").hex(" ", 2).upper().encode() + b" >>>",
        b"<</Author(\\376\\377" + b"".join(b"\\%03o" % byte for byte in NAME.encode("utf-16-be")) + b")>>",
        f"<dc:creator>{NAME.replace('(', '（').replace(')', '）')}</dc:creator>".encode(),
    ],
)
def test_a_name_is_found_however_it_is_written_and_wherever_the_file_is_cut(data):
    whole = b"x" * 50 + data + b"y" * 50
    for cut in range(1, len(whole), 7):
        assert names_bidder([whole[:cut], whole[cut:]], NAME), cut
    assert not names_bidder([whole], "另一家公司")


@given(st.binary(max_size=300))
def test_what_does_not_hold_the_name_is_not_said_to(data):
    assert not names_bidder([data], NAME)
    assert not names_bidder([data], " ")

"""A bidder is told before sealing what would be asked about its priced list, and sealing goes on all the same."""

from __future__ import annotations

import io

import pytest

from app.client.priced_list import list_notes
from crypto.package import PackageFile
from evaluation.bid_checks import FILE_NAME

RIGHT = "项目编码,项目名称,计量单位,工程量,综合单价,合价\n1,挖土方,m3,10,12.50,125.00\n"


def notes(text: str, price_fen: str = "12500", name: str = FILE_NAME) -> list[str]:
    data = text.encode()
    return list(list_notes([PackageFile(name, len(data), lambda: io.BytesIO(data))], price_fen))


def test_a_list_that_adds_up_to_the_price_is_not_remarked_on():
    assert notes(RIGHT) == notes("anything", name="other.csv") == []


@pytest.mark.parametrize(
    ("text", "price", "words"),
    [
        (RIGHT, "12600", ("125.00", "126")),
        (RIGHT.replace("12.50", "x"), "12500", ("第 2 行", "项目编码", "Line 2")[::2]),
        ("a,b\n", "12500", ("项目编码", "no column “number”")),
    ],
)
def test_what_would_be_asked_is_said_in_both_languages(text, price, words):
    (note,) = notes(text, price)
    assert all(word in note for word in words)

"""The items that are read out: whatever makes a bid void is named as the item that is wrong."""

import pytest

from app.casefile.sealing import read_items
from crypto.errors import CryptoError

ITEMS = {"price_fen": "156600000", "duration_days": "45", "project_manager": "李工"}


def test_good_items_are_read():
    found = read_items(ITEMS)
    assert (str(found.price), found.duration_days, found.project_manager) == ("1566000.00", 45, "李工")


@pytest.mark.parametrize(
    ("item", "value"),
    [
        *(("price_fen", value) for value in ("", "abc", "0", "-1", "1.5")),
        *(("duration_days", value) for value in ("", "0", "-3", "3.5", "abc")),
        ("project_manager", " "),
    ],
)
def test_the_wrong_item_is_named(item, value):
    with pytest.raises(CryptoError) as refusal:
        read_items({**ITEMS, item: value})
    assert (refusal.value.code, refusal.value.facts["item"]) == ("opening_items_wrong", item)

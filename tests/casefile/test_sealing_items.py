"""The items that are read out: whatever makes a bid void is named as the item that is wrong."""

import pytest

from app.casefile.sealing import read_items
from app.procedure.money import rmb_capital
from crypto.errors import CryptoError

ITEMS = {"price_fen": "156600000", "duration_days": "45", "project_manager": "李工"}


def test_good_items_are_read():
    found = read_items(ITEMS)
    assert (str(found.price), found.duration_days, found.project_manager) == ("1566000.00", 45, "李工")


def test_the_largest_and_the_longest_are_read_exactly_and_have_words():
    found = read_items({"price_fen": "9" * 18, "duration_days": "99999", "project_manager": "长" * 100})
    assert (str(found.price), found.duration_days) == ("9999999999999999.99", 99999)
    assert rmb_capital(found.price).startswith("玖仟玖佰")
    assert read_items({**ITEMS, "project_manager": "欧阳　修 Ω-1"}).project_manager == "欧阳　修 Ω-1"


def test_the_brand_is_read_where_the_lot_names_a_core_product_and_nowhere_else():
    branded = {**ITEMS, "core_brand": "海尔 Haier"}
    assert read_items(branded, branded=True).core_brand == "海尔 Haier"
    assert read_items(branded).core_brand is None
    for wrong in (ITEMS, *({**ITEMS, "core_brand": value} for value in ("", " ", "长" * 101, "海\n尔", "海\u202e尔"))):
        with pytest.raises(CryptoError) as refusal:
            read_items(wrong, branded=True)
        assert refusal.value.facts["item"] == "core_brand"


@pytest.mark.parametrize(
    ("item", "value"),
    [
        *(("price_fen", value) for value in ("", "abc", "0", "-1", "1.5", "+5", "1e5", "007", "１５", "1_000", "1\n")),
        *(("price_fen", value) for value in ("1" * 19, "9" * 60, "1" * 1_000_000)),
        *(("duration_days", value) for value in ("", "0", "-3", "3.5", "abc", "09", "１２", "1_0", " 5", "5\n")),
        *(("duration_days", value) for value in ("100000", "9" * 20)),
        *(("project_manager", value) for value in ("", " ", "\u3000", "长" * 101, "李\x00", "李\n工", "李\u202e工")),
        *(("project_manager", value) for value in ("李\ud800", "李\u2028工")),
    ],
)
def test_the_wrong_item_is_named(item, value):
    with pytest.raises(CryptoError) as refusal:
        read_items({**ITEMS, item: value})
    assert (refusal.value.code, refusal.value.facts["item"]) == ("opening_items_wrong", item)

"""A code is the same however people type it."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.procedure.typed_codes import call_up_code, call_up_digest, in_groups, plain_code

CODE = "DZD4M5SN73PVWOIB"


@pytest.mark.parametrize(
    "typed",
    [
        "DZD4 M5SN 73PV WOIB",
        "dzd4-m5sn-73pv-woib",
        "ＤＺＤ４Ｍ５ＳＮ７３ＰＶＷＯＩＢ",
        "DZD4M5SN73PVW018",
        " DZD4　M5SN\t73PV·WOIB\n",
    ],
)
def test_spaces_hyphens_width_and_look_alikes_make_no_difference(typed):
    assert call_up_code(typed) == CODE
    assert call_up_digest(typed) == hashlib.sha256(CODE.encode()).hexdigest()


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", max_size=20))
def test_what_is_written_in_groups_is_read_as_it_was(code):
    assert call_up_code(in_groups(code)) == code == plain_code(in_groups(code).lower())


@given(st.text())
def test_whatever_is_typed_only_letters_and_digits_count(typed):
    assert call_up_code(call_up_code(typed)) == call_up_code(typed)

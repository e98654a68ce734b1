"""Names of people and organisations: short enough for a record, and nothing in them that the eye does not see."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.procedure.errors import RuleViolation
from app.procedure.names import MOST, check_credit_code, check_name, credit_code_fault


def refusal(field: str, value: str) -> RuleViolation:
    with pytest.raises(RuleViolation) as found:
        check_name(field, value)
    return found.value


@given(st.text(st.characters(categories=("L", "N", "P")), min_size=1))
def test_what_can_be_read_is_taken_up_to_its_length(text):
    for field, most in MOST.items():
        check_name(field, text[:most])
        check_name(field, (text * most)[:most])


@pytest.mark.parametrize("field", sorted(MOST))
def test_one_character_too_many_is_refused_with_the_figures(field):
    facts = refusal(field, "某" * (MOST[field] + 1)).facts
    assert (facts["length"], facts["most"]) == (MOST[field] + 1, MOST[field])


@pytest.mark.parametrize("hidden", ["\0", "\n", "\u202e", "\u200b", "\ud800", "\ue000", "\u2028", "\ufeff"])
def test_what_the_eye_does_not_see_is_refused_at_its_place(hidden):
    found = refusal("organisation", f"某{hidden}公司")
    assert (found.code, found.facts["place"]) == ("name_unprintable", 2)
    assert found.facts["character"] == f"U+{ord(hidden):04X}"


def test_emptiness_is_refused_only_where_something_is_needed():
    assert refusal("name", " ").code == "name_missing"
    check_name("mail", "", needed=False)


@pytest.mark.parametrize("code", ["", "B1", "91510000demo000100", "91510000DEMO00010０", "<script>", "9" * 19])
def test_what_is_no_credit_code_is_refused(code):
    with pytest.raises(RuleViolation) as found:
        check_credit_code(code)
    assert found.value.facts["length"] == len(code)


def test_a_credit_code_is_taken():
    check_credit_code("91350100M000100Y43")


def test_invented_codes_are_of_demonstrations_only():
    check_credit_code("91510000DEMO000100", demo=True)
    with pytest.raises(RuleViolation, match="credit_code_wrong"):
        check_credit_code("91510000DEMO000100")
    with pytest.raises(RuleViolation) as found:
        check_credit_code("91350100M000100Y44", demo=True)
    assert (found.value.code, found.value.facts["due"]) == ("credit_code_digit", "3")


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91440300708461136T", "12510000MB1234567B"])
def test_a_credit_code_has_its_check_digit(code):
    assert credit_code_fault(code) == ""
    for place, character in product(range(18), "0123456789ABCDEFGHJKLMNPQRTUWXY"):
        if character != code[place]:
            assert credit_code_fault(code[:place] + character + code[place + 1 :])


@pytest.mark.parametrize(
    "code", ["", "9" * 17, "9" * 19, "O" * 18, "91510000DEMO000001", "9151000０MA0000001F", "\x00" * 18]
)
def test_what_has_not_the_form_of_a_credit_code_has_no_digit(code):
    assert credit_code_fault(code) == "form"

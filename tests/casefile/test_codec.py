"""Facts to canonical JSON and back: nothing is lost, nothing else is taken."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.casefile.codec import decode, encode
from app.casefile.facts import FACTS
from app.procedure.errors import RuleViolation
from app.procedure.opening import BidsReleased, LotClosed
from app.procedure.tender import AmendmentReleased, TenderSubmitted
from crypto.canonical import canonical, parse
from evaluation.draw import DrawRoundOpened, RoundReason
from evaluation.sitting import ScoreSheetLocked
from tests.casefile.facts_of_any_kind import value_of
from tests.choices import choices
from tests.examples import at_least

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize("quarter", range(4))
@given(chosen=choices(2000, told=False))
def test_every_kind_of_fact_survives(quarter, chosen):
    for name in list(FACTS)[quarter::4]:
        fact = value_of(FACTS[name].kind, chosen)
        assert FACTS[name].decode(parse(canonical(encode(fact)))) == fact, name


def test_spellings():
    assert encode(LotClosed(AT, "00", True)) == {
        "deadline_at": "2026-03-02T01:00:00Z",
        "submissions_root": "00",
        "enough": True,
    }
    assert encode(ScoreSheetLocked(1, {"b": {"plan": Decimal("30.50")}}, {}))["scores"] == {"b": {"plan": "30.50"}}
    assert encode(DrawRoundOpened(1, None, "", "")) == {"round": 1, "earlier_record_sha256": "", "second_signature": ""}
    assert encode(RoundReason.REFUSED) == "refused"
    assert encode(Decimal("1E+3")) == "1000"


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"signature": "00"}, "$.used"),
        ({"signature": "00", "used": [1], "more": 1}, "$.more"),
        ({"signature": 1, "used": [1]}, "$.signature"),
        ({"signature": "00", "used": [1, "2"]}, "$.used[1]"),
        ({"signature": "00", "used": [True]}, "$.used[0]"),
        ({"signature": "00", "used": "12"}, "$.used"),
        ([], "$"),
        (None, "$"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_path(value, path):
    with pytest.raises(RuleViolation) as refused:
        decode(BidsReleased, value)
    assert (refused.value.code, refused.value.facts["path"]) == ("malformed", path)


@pytest.mark.parametrize("text", ["2026-03-02", "2026-03-02T01:00:00+08:00", "2026-03-02T01:00:00.000Z", "x", ""])
def test_an_instant_has_one_spelling(text):
    with pytest.raises(RuleViolation):
        decode(AmendmentReleased, {"amendment": "a", "text": "t", "deadlines": {"1": text}})


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1,000", "x", ""])
def test_a_number_is_a_number(text):
    with pytest.raises(RuleViolation):
        decode(ScoreSheetLocked, {"seat": 1, "scores": {"b": {"c": text}}, "comments": {}})


@pytest.mark.parametrize(
    "text", ["1e999999999", "1E3", "1_000", "１２", "٣", " 5", "+5", ".5", "5.", "NaN", "Infinity", "9" * 101]
)
def test_a_number_is_written_in_plain_digits(text):
    with pytest.raises(RuleViolation) as refused:
        decode(Decimal, text)
    assert (refused.value.code, refused.value.facts["expected"]) == ("malformed", "number")


def test_a_path_leads_into_the_depth():
    with pytest.raises(RuleViolation) as refused:
        decode(TenderSubmitted, {"terms": {"code": "T", "lots": [{"number": 1}]}})
    assert refused.value.facts["path"] == "$.terms.parties"


@given(st.floats() | st.binary() | st.none())
def test_nothing_else_has_a_form(value):
    with pytest.raises(TypeError):
        encode(value)


@dataclass(frozen=True)
class Two:
    a: int
    b: str = "x"


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
)


@at_least(40)
@given(HOSTILE)
def test_hostile_json_is_decoded_or_refused_never_anything_else(value):
    try:
        found = decode(Two, value)
    except RuleViolation:
        return
    assert [type(getattr(found, f.name)) for f in fields(Two)] == [int, str]

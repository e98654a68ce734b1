"""Sentences: instants carry their zone, whatever way they came."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messages import LANGUAGES, clock_time, moment, sentence, void_sentence
from crypto.instants import format_instant

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 3, 3, 1, 30, 4, 7_000, tzinfo=UTC)


@pytest.mark.parametrize("until", [AT, format_instant(AT)])  # in a refusal; in a notice, which keeps its facts as JSON
def test_an_instant_in_a_sentence_is_local_and_names_its_zone(until: object):
    assert sentence("question_too_late", {"until": until}, "zh") == "提问已于 北京时间 2026-03-03 09:30:04.007 截止。"
    assert "2026-03-03 09:30:04.007 Beijing time" in sentence("question_too_late", {"until": until}, "en")
    assert "02:30:04.007 (Europe/Berlin)" in sentence("question_too_late", {"until": until}, "en", "Europe/Berlin")


def test_a_period_has_its_unit_in_the_language_and_what_is_the_earliest_is_a_whole_second():
    facts = {"period": "20 days", "deadline_at": AT, "earliest_at": AT}
    assert "不少于 20 日：最早 北京时间 2026-03-03 09:30:05，而拟定为 北京时间 2026-03-03 09:30:04.007" in sentence(
        "deadline_too_early", facts, "zh"
    )
    assert "5 个工作日" in sentence("deadline_too_early", facts | {"period": "5 working days"}, "zh")


def test_what_only_looks_like_an_instant_stays_as_it_was_written():
    for text in ("2026-13-03T01:30:04Z", "2026-03-03T01:30:04.000Z", "2026-03-03T01:30Z", "X2026-03-03T01:30:04Z"):
        assert text in sentence("question_too_late", {"until": text}, "zh")


@given(st.datetimes(datetime(1992, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_the_clock_of_the_centre_is_eight_hours_ahead(at: datetime):
    shown = datetime.fromisoformat(clock_time(at)).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    assert timedelta() <= at - shown < timedelta(milliseconds=1)
    assert clock_time(at) in moment(at, "zh")


def _codes_raised_while_a_bid_is_opened() -> set[str]:
    """Every code with which the sealed file, its capsule or its package can be refused."""
    sources = [*ROOT.glob("crypto/**/*.py"), ROOT / "app/casefile/sealing.py", ROOT / "app/services/openings.py"]
    return {code for path in sources for code in re.findall(r"CryptoError\(\s*\"(\w+)\"", path.read_text("utf-8"))}


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_a_bid_is_void_is_said_whole_and_without_a_next_step(language):
    codes = _codes_raised_while_a_bid_is_opened() | {"key_not_revealed", "key_not_committed", "file_lost", "unheard_of"}
    assert len(codes) > 60
    for code in codes:
        said = void_sentence(code, language)
        assert said
        assert not set("{}") & set(said), code
        assert not re.search("重新|再试|again|try ", said) or code == "file_lost", (code, said)

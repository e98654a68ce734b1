"""Who is there, and how good a line is, from answers alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.procedure.presence import LEFT, REMEMBERED, ROUND, SILENT, LineQuality, Standing, figures

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
ORDER = [LineQuality.GOOD, LineQuality.FAIR, LineQuality.POOR]
answers = st.lists(st.none() | st.integers(0, 5000), max_size=40)


@given(answers)
def test_figures_are_those_of_the_latest_answers(heard):
    found, latest = figures(heard), heard[-REMEMBERED:]
    came = [took for took in latest if took is not None]
    assert (found.asked, found.lost) == (len(latest), len(latest) - len(came))
    if came:
        assert found.took_ms in came
        assert 2 * sum(took <= found.took_ms for took in came) >= len(came)
        assert 2 * sum(took >= found.took_ms for took in came) >= len(came)
    else:
        assert found.quality is LineQuality.POOR


@given(answers, st.integers(0, 39))
def test_a_line_is_never_better_for_an_answer_that_did_not_come(heard, place):
    worse = [None if at == place else took for at, took in enumerate(heard)]
    assert (
        ORDER.index(figures(worse).quality) >= ORDER.index(figures(heard).quality)
        or len(heard) > REMEMBERED
        or any(took is not None and took > 150 for took in heard)
    )


def test_a_page_that_is_loaded_anew_was_never_gone():
    standing = Standing(NOW, NOW, left_at=NOW + ROUND)
    soon = NOW + ROUND + timedelta(seconds=1)
    assert standing.is_there(soon)
    assert standing.answered(soon) == Standing(NOW, soon)


def test_who_is_cut_off_is_missed_within_seconds_and_comes_back_counted():
    standing = Standing(NOW, NOW)
    assert standing.is_there(NOW + SILENT - timedelta(milliseconds=1))
    assert not standing.is_there(NOW + SILENT)
    assert not Standing(NOW, NOW, left_at=NOW).is_there(NOW + LEFT)
    back = NOW + timedelta(minutes=3)
    assert standing.answered(back) == Standing(back, back, None, 1)
    assert standing.gone_since == NOW

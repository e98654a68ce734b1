"""Every bench measures what it says, at its smallest size; how fast it is here says nothing."""

from __future__ import annotations

import importlib
import pkgutil
import shutil

import pytest

import bench
from app.services.platform import DIST
from bench import browser_seal, case_log, envelope, fairness_page, hall, open_bids

CHROMIUM = ("chromium-headless-shell", "chromium")
built = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


def test_appends_against_bare_inserts():
    assert "target ≥ 60%" in case_log.append_against_bare_insert(appends=2, runs=1)


def test_the_codec_against_age_and_pyrage_which_says_when_age_is_not_here(monkeypatch):
    monkeypatch.setattr(envelope, "MEBIBYTES", 1)
    monkeypatch.setattr(envelope, "RUNS", 1)
    line = envelope.seal_and_open_against_age()
    assert line.count("peak memory") == 2
    assert (envelope.NOT_HERE in line) == (shutil.which("age") is None)
    assert ("both" in line and "target ≥ 1.2" in line) == (shutil.which("age") is not None)
    monkeypatch.setenv("PATH", "")
    assert envelope.NOT_HERE in envelope.seal_and_open_against_age()


@built
def test_bids_are_opened_as_fast_as_their_codec():
    assert "3 bids of 1 MiB read out" in open_bids.open_against_bare_codec(bids=3, mebibytes=1, runs=1)


@built
def test_everybody_in_the_hall_sees_every_step():
    line = hall.step_to_page(people=4, bids=3, pause=0)
    assert line.startswith("4 people, 8 steps")
    assert "bare broadcast" in line


@built
def test_figures_of_draws_are_looked_at_over_copies_of_a_case():
    line = fairness_page.look_at_draws_of_years(experts=60, cases=2, pool=30)
    assert line.startswith("60 experts, 2 cases, pools of 30; without names: first look")


@built
@pytest.mark.skipif(not any(map(shutil.which, CHROMIUM)), reason="Chromium is not installed")
def test_a_bid_is_sealed_on_the_page_and_handed_in(monkeypatch):
    monkeypatch.setattr(browser_seal, "PROGRAM", next(filter(shutil.which, CHROMIUM)))
    assert browser_seal.seal_in_chromium(mebibytes=1).startswith("1 MiB sealed in Chromium")


@pytest.mark.parametrize(
    "name", sorted(one.name for one in pkgutil.iter_modules(bench.__path__) if one.name != "__main__")
)
def test_every_bench_can_be_read(name: str):
    """Whatever it measures was moved elsewhere."""
    importlib.import_module(f"bench.{name}")

"""Filling a site with a demonstration: the log-ins that are printed, and a small seeding of a real site."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pyotp
import pytest

from app.adapters.inspection_rules import read_rules
from app.adapters.profiles import read_profile
from app.client.keyfile import Profile, read_json, write_json
from crypto.signing import SigningKey
from demo import seed
from demo.case import DemoCase
from demo.company import Company
from demo.narrator import ROLES, Narrator, width
from demo.seeding import troupe
from demo.seeding.log_ins import HEAD, SEAT_HEAD, code_of, log_in_table, read_people, seat_table, write_people
from demo.seeding.scenes import STAGES, scenes
from demo.site import ROOT, Site, free_port
from demo.stage import PASSPHRASE

NOW = 1_800_000_015.0  # in the middle of a step of 30 seconds
INSPECTORS = (troupe.OF_THE_AUTHORITY, troupe.OF_ANOTHER)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LONGEST = 240  # seconds, on a machine that runs other tests at the same time


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A file with two people who have logged in before."""
    tmp_path = tmp_path / "seed"
    for role in ("officer", "witness-host"):
        Profile(tmp_path / role).keep(login=role, password=PASSPHRASE, totp_secret=SECRET, totp_last_step=1)
    write_people(tmp_path / "people.json", [tmp_path / "officer", tmp_path / "witness-host"])
    return tmp_path / "people.json"


def test_the_table_stands_straight_and_says_all_that_a_log_in_needs(people: Path):
    head, rule, *rows = log_in_table(read_people(people), NOW).splitlines()
    assert all(word in head for word in HEAD)
    code = pyotp.TOTP(SECRET).at(int(NOW))
    assert [row.split()[-4:] for row in rows] == [
        ["officer", PASSPHRASE, code, "officer/browser-key.pem"],
        ["witness-host", PASSPHRASE, code, "witness-host/browser-key.pem"],
    ]
    assert width(rule) == max(map(width, rows))
    assert len({width(row[: row.index(PASSPHRASE)]) for row in rows}) == 1


def test_the_table_of_seats_says_by_which_code_each_is_entered():
    seats = [
        {"seat": 1, "code": "ABCD", "role": "expert", "witness": "witness-sub", "saved": 15, "of": 15, "locked": True},
        {"seat": 5, "code": "EFGH", "role": "buyer", "witness": "witness-host", "saved": 3, "of": 15, "locked": False},
    ]
    head, rule, first, second = seat_table(seats).splitlines()
    assert all(word in head for word in SEAT_HEAD)
    assert first.split()[-4:] == ["ABCD", "witness-sub", "已锁定", "locked"]
    assert second.split()[-5:] == ["EFGH", "witness-host", "已存", "3/15", "saved"]
    assert width(rule) == max(map(width, (head, first, second)))


def test_a_code_that_a_program_has_used_is_not_shown_again(people: Path):
    officer_, _witness = read_people(people)
    step = int(NOW) // 30
    Profile(people.parent / "officer").keep(totp_last_step=step)
    assert code_of(officer_, NOW) == pyotp.TOTP(SECRET).generate_otp(step + 1)


def test_log_ins_and_keys_are_for_their_owner_only(people: Path):
    keys = [Path(person["key_file"]) for person in read_people(people)]
    assert {path.stat().st_mode & 0o777 for path in (people, *keys)} == {0o600}


def test_the_key_file_for_a_browser_is_the_persons_own_key(people: Path):
    profile = Profile(people.parent / "officer")
    taken = SigningKey.from_pem((profile.folder / "browser-key.pem").read_bytes())
    assert taken.key_id == profile.key(PASSPHRASE).key_id


def test_codes_are_printed_again_from_the_file(people: Path, capsys: pytest.CaptureFixture[str]):
    site = Site(people.parents[1], 8000)
    assert seed.show_log_ins(site) == 0
    shown = capsys.readouterr().out
    assert f"{people.parent}/trustee-1" in shown
    assert f"TENDERHALL_HOME={site.home} ./tenderhall seed --codes" in shown


def test_the_command_to_open_names_the_sites_own_folder_and_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Every printed address holds the port, so the site must come back on it."""
    monkeypatch.setattr("demo.site.ROOT", tmp_path)
    default, other = Site(tmp_path / "var", 8461), Site(tmp_path / "a b", 8000, {"DEMO": "1", "REDIS_URL": "redis://h"})
    assert default.command_to_open == "TENDERHALL_DEMO=1 ./tenderhall up --port 8461"
    named = f"TENDERHALL_DEMO=1 TENDERHALL_HOME='{tmp_path}/a b' TENDERHALL_REDIS_URL=redis://h"
    assert other.command_to_open == f"{named} ./tenderhall up --port 8000"


def test_without_a_seeding_there_is_nothing_to_print(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert seed.show_log_ins(Site(tmp_path, 8000)) == 1
    assert "./tenderhall seed" in capsys.readouterr().err


def test_everybody_in_the_table_has_a_name():
    assert {role.partition("-")[0] for role in troupe.ROLES} <= ROLES.keys()


def test_two_authorities_have_inspectors_enough_for_an_object_and_one_more():
    people = DemoCase.read().people
    authorities = [{people[role]["organisation"]["credit_code"] for role in roles} for roles in INSPECTORS]
    assert all(len(codes) == 1 for codes in authorities)
    assert authorities[0] != authorities[1]
    assert all(len(roles) > read_rules("cn").inspectors_per_object for roles in INSPECTORS)


def test_every_case_has_a_stage_and_a_page():
    names = [scene.name for scene in scenes(troupe=None)]
    assert sorted(names) == sorted(STAGES)
    assert {*names, seed.FINISHED, seed.INSPECTION} == seed.STAGE_NAMES.keys()


@pytest.mark.parametrize("scene", scenes(troupe=None), ids=lambda scene: scene.name)
def test_the_cases_are_marked_and_their_prices_below_the_ceiling(scene):
    facts = scene.case.facts
    assert "演示" in facts["title"]
    assert "演示" in facts["buyer"]
    prices = [bidder["price"] for bidder in scene.bidders]
    assert all(Decimal(price) <= Decimal(facts["ceiling"]) for price in prices)
    enough = len(prices) >= read_profile(facts["profile"]).bids_required
    assert {"failed": not enough, "opened": enough, "evaluating": enough}.get(scene.name, True)


@pytest.mark.parametrize("given", ["{", "missing.json", "[]"])
def test_invitations_that_cannot_be_read_are_refused(given: str):
    with pytest.raises(seed.CannotSeed):
        seed.read_invitations(given)


def test_invitations_come_as_json_or_in_a_file(tmp_path: Path):
    codes = {"admin": "a", "operator": "b"}
    write_json(tmp_path / "codes.json", codes)
    assert seed.read_invitations(json.dumps(codes)) == seed.read_invitations(str(tmp_path / "codes.json")) == codes


def run_seed(home: Path, *words: str, port: int) -> subprocess.CompletedProcess[str]:
    named = {name: value for name, value in os.environ.items() if not name.startswith("TENDERHALL_")}
    environment = {**named, "TENDERHALL_HOME": str(home), "TENDERHALL_PORT": str(port)}
    command = [sys.executable, "-m", "demo.seed", "--lang", "en", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LONGEST)


def test_a_site_is_founded_and_filled(tmp_path: Path):
    home = tmp_path / "home"
    done = run_seed(home, "--only", "draft", "waiting", port=free_port())
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert len(read_people(home / "seed" / "people.json")) == len(troupe.ROLES)
    progress = read_json(home / "seed" / "progress.json")
    assert {name for name, case in progress.items() if case["done"]} == {"draft", "waiting"}
    for name in progress:
        assert progress[name]["case"] in done.stdout


def test_a_case_is_begun_once(tmp_path: Path):
    said: list[str] = []
    company = Company(Site(tmp_path, 1), tmp_path / "seed")
    seeding = seed.Seeding(troupe.Troupe(company, Narrator("zh", said.append)))
    assert seeding._begins("open", ["open"])
    assert not seeding._begins("open", ["draft"])
    seeding.progress.note("open", "a1", done=False)
    assert not seeding._begins("open", ["open"])
    assert "中断" in said.pop()
    seeding.progress.note("open", "a1", done=True)
    assert not seeding._begins("open", ["open"])
    assert said == []


def test_an_installation_of_others_is_not_filled_without_their_invitations(tmp_path: Path):
    home = tmp_path / "home"
    (home / "keys").mkdir(parents=True)
    (home / "keys" / "secret").write_bytes(b"")
    refused = run_seed(home, port=free_port())
    assert refused.returncode == 1
    assert "--invitations" in refused.stderr
    assert not (home / "seed" / "people.json").exists()

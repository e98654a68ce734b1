"""A trustee's backup sheet: printed, typed in again with its slips named, and a folder filled from it."""

from __future__ import annotations

import hashlib
import os
import re

import pytest

from app.client.backup import (
    BLOCKS,
    FIELDS,
    FORMAT,
    check_pinned,
    read_sheet,
    restore,
    sheet_lines,
    sheet_page,
    sheet_text,
)
from app.client.connection import Refused
from app.client.keyfile import Profile, read_key
from app.client.trustee import Trustee, setup_m0
from crypto.committee import run_ceremony
from crypto.errors import CryptoError

PASSPHRASE = "opposed interests"


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    """Three folders with a share each, and what the register says of their committee."""
    folder = tmp_path_factory.mktemp("trustees")
    profiles = [Profile(folder / str(number)) for number in (1, 2, 3)]
    for profile in profiles:
        profile.key(PASSPHRASE)
        profile.keep(organisation="x", origin="test.example", login=f"trustee-{profile.folder.name}")
    committee = setup_m0(profiles, 2, PASSPHRASE, os.urandom)
    return profiles, [{"description": committee.describe(), "earlier": []}]


def refused(code, call, *arguments):
    with pytest.raises((Refused, CryptoError)) as caught:
        call(*arguments)
    assert caught.value.code == code
    return caught.value


def test_a_folder_is_filled_from_the_printed_text(held, tmp_path):
    profiles, register = held
    printed = sheet_text(profiles[1])
    restored = Profile(tmp_path / "new")
    committee = restore(restored, read_sheet(printed), register, PASSPHRASE)
    before, after = (Trustee.read(profile, PASSPHRASE) for profile in (profiles[1], restored))
    assert (after.secret, after.index, after.committee) == (before.secret, 2, committee)
    assert read_key(restored.key_path, PASSPHRASE).key_id == profiles[1].facts["key_id"]
    assert {name: restored.facts[name] for name in ("origin", "login")} == {
        "origin": "test.example",
        "login": "trustee-2",
    }
    assert restored.key_path.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in restored.folder.iterdir()) == [
        "committee.json", "key.pem", "profile.json", "share.age",
    ]  # fmt: skip


def test_nothing_secret_is_in_it_without_the_pass_phrase(held, tmp_path):
    profiles, register = held
    sheet, secret = read_sheet(sheet_text(profiles[0])), Trustee.read(profiles[0], PASSPHRASE).secret
    assert secret not in sheet.blocks["share"] + sheet.blocks["key"]
    refused("envelope_no_identity", restore, Profile(tmp_path), sheet, register, "another")
    assert list(tmp_path.iterdir()) == []


def test_typed_in_by_hand_it_is_forgiving_about_looks(held):
    profiles, _ = held
    lines = sheet_lines(profiles[0])
    typed = [
        re.sub(r"(?<=\\d\\d) (.*)", lambda found: " " + found[1].lower().replace(" ", "-"), line) for line in lines
    ]
    typed = [line.replace("o", "0") if line.startswith("share") else line for line in typed]
    assert read_sheet("\n\n".join(["scribble", *typed])).blocks == read_sheet("\n".join(lines)).blocks


def test_a_slip_is_named_in_its_line(held):
    lines = sheet_lines(held[0][0])
    at = lines.index(next(line for line in lines if line.startswith("key 03")))
    number, first, rest = lines[at][:7], lines[at][7], lines[at][8:]
    wrong = [*lines[:at], number + ("C" if first == "A" else "A") + rest, *lines[at + 1 :]]
    found = refused("backup_line_wrong", read_sheet, "\n".join(wrong))
    assert found.facts["line"].startswith("key 03")
    assert refused("backup_incomplete", read_sheet, "\n".join(lines[:at] + lines[at + 1 :])).facts["field"] == "key 03"
    for name in ("index", "sum"):
        left = [line for line in lines if not line.startswith(name)]
        assert refused("backup_incomplete", read_sheet, "\n".join(left)).facts["field"] == name
    assert refused("backup_incomplete", read_sheet, "\n".join(lines[1:])).facts["field"] == FORMAT
    other = "\n".join(lines).replace("index: 1", "index: 2")
    refused("backup_sum_wrong", read_sheet, other)


def test_a_sheet_of_the_first_version_is_still_read(held, tmp_path):
    profiles, register = held
    sheet = read_sheet(sheet_text(profiles[0]))
    lines = [line for line in sheet_lines(profiles[0]) if not line.startswith(("pinned", "sum"))]
    lines[0] = "bidbackup/v1"
    parts = [*(sheet.fields[name] for name in FIELDS), *(sheet.blocks[name].hex() for name in BLOCKS)]
    lines.append(f"sum: {hashlib.sha256(chr(10).join(parts).encode()).hexdigest()[:16]}")
    first = read_sheet("\n".join(lines))
    assert first.blocks == sheet.blocks
    restore(Profile(tmp_path / "new"), first, register, PASSPHRASE)
    check_pinned(first, {"origin": "test.example", "roots": ["whatever"], "register": {}})


@pytest.mark.parametrize("changed", ["origin", "roots", "register"])
def test_a_sheet_knows_the_platform_that_it_was_printed_at(held, changed):
    """Who restores is in a hurry: the new folder must not pin whatever answers first."""
    profile = held[0][2]
    register = {"log": "k", "witnesses": ["w"], "quorum": 1}
    profile.keep(roots=["root"], register=register)
    sheet = read_sheet(sheet_text(profile))
    platform = {"origin": "test.example", "roots": ["root"], "register": register}
    check_pinned(sheet, platform)
    refused("backup_platform_differs", check_pinned, sheet, platform | {changed: "another"})


def test_it_fits_its_committee_alone(held, tmp_path):
    profiles, register = held
    sheet = read_sheet(sheet_text(profiles[0]))
    foreign = run_ceremony(Trustee.read(profiles[0], PASSPHRASE).committee.members, 2, os.urandom)[0].describe()
    refused(
        "backup_committee_unknown",
        restore,
        Profile(tmp_path),
        sheet,
        [{"description": foreign, "earlier": []}],
        PASSPHRASE,
    )
    mixed = read_sheet(sheet_text(profiles[1]))
    sheet.blocks["key"] = mixed.blocks["key"]
    refused("backup_share_wrong", restore, Profile(tmp_path), sheet, register, PASSPHRASE)
    assert not (tmp_path / "share.age").exists()


def test_the_page_to_print_holds_the_same_lines_and_a_code_and_nothing_from_elsewhere(held):
    page = sheet_page(held[0][0])
    assert all(line in page for line in sheet_lines(held[0][0]))
    assert "<svg" in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    refused("trustee_without_share", sheet_text, Profile(held[0][0].folder / "none"))

"""Lines, records and archives of the evidence bundle."""

import io
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.casefile import bundle
from app.casefile.bundle import Contents, Line, Trust, bundle_files, pack, signed_head, unpack
from app.casefile.codec import encode
from app.casefile.record import Record, case_reference
from app.casefile.verification import Verdict, verify_bundle
from app.casefile.verification.evidence import read_lines
from app.procedure.errors import RuleViolation
from app.procedure.terms import CaseOpened, Party
from crypto.signing import SigningKey

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
OPENED = CaseOpened(Party("a", "A"), Party("c", "C"), Party("r", "R"))
RECORD = Record("c", 0, "", "CaseOpened", AT, "officer", "AO", encode(OPENED), {})
SALT = b"s" * 32


def contents(lines=(Line(RECORD.leaf(SALT), RECORD, SALT), Line(b"h" * 32))):
    trust = Trust([], "", [])
    head = signed_head(KEY, lines, trust, origin="o", case_id="c", holder="AO", exported_at=AT)
    return Contents(head, lines, trust)


KEY = SigningKey.generate()


def packed(what):
    archive = io.BytesIO()
    pack(what, archive)
    return archive.getvalue()


def test_the_same_contents_give_the_same_bytes():
    assert packed(contents()) == packed(contents())
    assert unpack(packed(contents())) == bundle_files(contents())


def test_lines_are_read_as_they_were_written():
    shown, hidden = read_lines(bundle_files(contents())[bundle.EVENTS])
    assert (shown.record, shown.salt, shown.leaf) == (RECORD, SALT, RECORD.leaf(SALT))
    assert (hidden.record, hidden.leaf, hidden.wrong) == (None, b"h" * 32, "")


@given(st.binary(max_size=200))
def test_no_line_crashes_the_reader(data):
    assert all(line.wrong or len(line.leaf) == 32 for line in read_lines(data))


@given(st.binary(max_size=200))
def test_no_bytes_are_mistaken_for_a_bundle(data):
    (found,) = verify_bundle(data)
    assert found.verdict is Verdict.FAIL


def test_an_archive_with_two_files_of_one_name_is_refused():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("case.json", "1")
        with pytest.warns(UserWarning, match="Duplicate"):
            opened.writestr("case.json", "2")
    with pytest.raises(RuleViolation, match="bundle_unreadable"):
        unpack(archive.getvalue())


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(bundle, "BUNDLE_LIMIT", 1000)
    with pytest.raises(RuleViolation) as refused:
        unpack(packed(contents()))
    assert refused.value.code == "bundle_too_large"
    assert refused.value.facts["limit"] == 1000


@pytest.mark.parametrize(
    "name", ["v", "case", "seq", "lot", "type", "at", "actor", "role", "payload", "act", "private"]
)
def test_a_record_lacks_nothing(name):
    entry = RECORD.to_json()
    assert Record.from_json(dict(entry)) == RECORD
    del entry[name]
    with pytest.raises((KeyError, ValueError)):
        Record.from_json(entry)


@pytest.mark.parametrize(("name", "value"), [("v", "caseevent/v2"), ("seq", "0"), ("seq", True), ("lot", 1), ("at", 5)])
def test_a_record_is_of_its_version_and_types(name, value):
    with pytest.raises(ValueError):
        Record.from_json({**RECORD.to_json(), name: value})


def test_the_leaf_hangs_on_salt_and_entry():
    assert RECORD.leaf(SALT) != RECORD.leaf(b"t" * 32)
    assert case_reference("c", "") == "c"
    assert case_reference("c", "1") == "c/1"

"""The record of the key ceremony and of two resharings in the evidence of a case: decided anew, and falsified."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from app.adapters.profiles import read_profile
from app.casefile.bundle import TRUST, unpack
from app.casefile.ceremony import OF_A_CEREMONY
from app.casefile.verification import STEPS, Check, Verdict, verify_bundle
from app.queries.committees import load_committees
from app.services import trustees
from app.services.audits import export_evidence
from app.services.platform import DIST
from crypto.canonical import canonical, parse
from tests.app.services import tampering
from tests.app.services.test_trustees_change import Reshared
from tests.app.services.whole_case import WholeCase
from tests.casefile.trustees import PaperTrustee

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
CEREMONY = {"ceremony": STEPS["ceremony"]}
SAMPLED = ("CeremonyOpened", "ResharingOpened", "CeremonyJoined", "DealingGiven", "DealingsAccepted")


class Played:
    """A case whose trustees change twice: after its bids were sealed, and between its opening and its draw."""

    def __init__(self, folder: Any) -> None:
        self.case = case = WholeCase(folder).found()
        self.first = first = Reshared(case, order=(1, 2, 3), k=2)
        case.publish()
        case.bid()
        first.done()
        case.work_off()
        case.shares = first.shares
        case.open()
        self.second = second = Reshared.__new__(Reshared)
        second.__dict__ |= first.__dict__ | {"old": first.shares, "before": first.state.committee}
        second.new = [PaperTrustee(t.index, key=t.key, origin=t.origin) for t in first.new]
        second.done()
        case.work_off(trustees.LOOK_AGAIN.total_seconds())
        case.shares = second.shares
        case.draw().sit().report()
        case.release_export()
        self.root = case.platform.keys.authority.certificate_pem

    def exported(self, login: str) -> bytes:
        return export_evidence(self.case.platform, self.case.people[login].log_in, self.case.case_id)[1]


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    return Played(tmp_path_factory.mktemp("reshared"))


@pytest.fixture(scope="module")
def files(played):
    return unpack(played.exported("regulator"))


def register_of(files: dict[str, bytes]) -> list[dict[str, Any]]:
    return parse(files[TRUST])["register"]


def with_register(files: dict[str, bytes], register: list[dict[str, Any]]) -> dict[str, bytes]:
    return {**files, TRUST: canonical({**parse(files[TRUST]), "register": register})}


def failures(files: dict[str, bytes], root: str) -> list[Check]:
    return [check for check in verify_bundle(files, [root], steps=CEREMONY) if check.verdict is Verdict.FAIL]


def test_a_whole_case_with_new_shares_in_the_middle_holds_for_a_verifier(played):
    case, first = played.case, played.first
    with case.platform.database.reading() as db_session:
        standing = load_committees(db_session)[first.before.id]
    assert [step.ceremony for step in standing.resharings] == [first.id, played.second.id]
    assert len(case.case.tender.trustees) == 2
    for login in ("regulator", "officer"):
        checks = verify_bundle(played.exported(login), [played.root], [read_profile("demo-goods")])
        assert [c.code for c in checks if c.verdict is Verdict.FAIL] == []
        (told,) = [c for c in checks if c.name == "ceremony"]
        assert (told.verdict, told.code) == (Verdict.OK, "evidence_ceremony_holds")
        assert (told.facts["k"], told.facts["n"], told.facts["resharings"]) == (2, 3, 2)
        assert told.facts["names"] == "trustee1单位、trustee2单位、trustee3单位"


def samples(register: list[dict[str, Any]]) -> Iterator[tuple[int, tampering.Path]]:
    """One value of each kind in one record of each kind of step: every field, and one place of every list."""
    seen: set[tuple[Any, ...]] = set()
    for number, entry in enumerate(register):
        if entry["type"] not in SAMPLED:
            continue
        for path in tampering.paths(entry):
            kind = (entry["type"], *("*" if isinstance(p, int) or p.isdigit() else p for p in path))
            if kind not in seen and path[0] != "private":  # the register has no private halves
                seen.add(kind)
                yield number, path


def test_no_value_of_the_record_can_be_changed(played, files):
    """The platform signs its own trust.json anew after the change; the ceremony itself tells."""
    register = register_of(files)
    tried = set()
    for number, path in samples(register):
        entry = copy.deepcopy(register[number])
        ceremony = entry["payload"]["ceremony"]
        at = entry
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = tampering.other(at[path[-1]])
        kept = [r for r in register if r["type"] not in OF_A_CEREMONY or r["payload"]["ceremony"] == ceremony]
        changed = [entry if r is register[number] else r for r in kept]
        found = failures(with_register(files, changed), played.root)
        assert found, (entry["type"], path)
        if path[0] == "payload" and path != ("payload", "ceremony"):
            named = [c.facts for c in found if c.code == "evidence_ceremony_wrong"]
            assert named, (entry["type"], path, found)
            assert named[0]["ceremony"] == ceremony[:8], (entry["type"], path)
        tried.add(register[number]["type"])
    assert tried == set(SAMPLED)


@pytest.mark.parametrize("kind", SAMPLED)
def test_no_record_can_be_left_out(played, files, kind):
    register = register_of(files)
    gone = next(number for number, entry in enumerate(register) if entry["type"] == kind)
    found = failures(with_register(files, register[:gone] + register[gone + 1 :]), played.root)
    assert "evidence_ceremony_wrong" in {check.code for check in found}
    assert "evidence_ceremony_missing" in {check.code for check in found}


def test_terms_that_claim_a_ceremony_without_a_record_fail(played, files):
    register = [entry for entry in register_of(files) if entry["type"] not in OF_A_CEREMONY]
    found = failures(with_register(files, register), played.root)
    assert [(c.code, c.facts["type"]) for c in found] == [
        ("evidence_ceremony_missing", "TenderSubmitted"),
        ("evidence_ceremony_missing", "TrusteesChanged"),
        ("evidence_ceremony_missing", "TrusteesChanged"),
    ]


def test_keys_of_an_authority_that_is_not_pinned_do_not_count(played, files, tmp_path):
    other = WholeCase(tmp_path).platform.keys.authority.certificate_pem
    found = failures(files, other)
    assert {c.facts["type"] for c in found if c.code == "evidence_ceremony_wrong"} == {
        "CeremonyOpened",
        "ResharingOpened",
    }


def test_a_key_that_was_certified_too_late_did_not_count(played, files):
    """The certificate of trustee 2, moved behind the ceremony in which its key took part."""
    register = register_of(files)
    opened = next(entry for entry in register if entry["type"] == "CeremonyOpened")
    key = opened["payload"]["members"][1]["key_id"]
    late = max(entry["at"] for entry in register)
    moved = [
        {**entry, "at": late} if entry["type"] == "CertificateIssued" and entry["payload"]["key_id"] == key else entry
        for entry in register
    ]
    reasons = {c.facts.get("reason") for c in failures(with_register(files, moved), played.root)}
    assert "evidence_key_uncertified" in reasons

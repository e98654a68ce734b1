"""A whole case exported and checked offline; then falsified in every way, by the holder and by the platform itself."""

import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from app.adapters.profiles import read_profile
from app.casefile.bundle import CASE, EVENTS, PERSONS, PRIVATE, TRUST, unpack
from app.casefile.convened import sitting_of
from app.casefile.facts import FACTS
from app.casefile.sealing import committee_of
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.casefile.verification.evidence import read_lines
from app.client import verify_commands, verify_draw
from app.client.command_line import Parser
from app.permissions.policy import NotAllowed
from app.services.audits import export_evidence
from app.services.platform import DIST
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.whole_case import WholeCase

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
# Facts that stand in case files of another kind.
OTHER_FILES = ("app.casefile.register", "app.procedure.rehearsal", "app.procedure.inspections.facts")
SPOKEN = [n for n in FACTS if n.startswith(("Finding", "Clarif", "Message", "Floor", "Announcement", "Recording"))]
QUICK = {name: STEPS[name] for name in ("head", "log")}
JUDGING = {name: STEPS[name] for name in ("acts", "replay")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return WholeCase(tmp_path_factory.mktemp("whole")).played().release_export()


@pytest.fixture(scope="module")
def root(whole):
    return whole.platform.keys.authority.certificate_pem


def exported(whole, who):
    return export_evidence(whole.platform, whole.people[who].log_in, whole.case_id)


@pytest.fixture(scope="module")
def files(whole):
    return unpack(exported(whole, "regulator")[1])


def failures(bundle, steps=STEPS, roots=()):
    return [check for check in verify_bundle(bundle, roots, steps=steps) if check.verdict is Verdict.FAIL]


def codes(bundle, **kwargs):
    return {check.code for check in failures(bundle, **kwargs)}


# the case itself


def test_the_whole_case_holds_for_the_regulator(whole, root):
    name, bundle = exported(whole, "regulator")
    checks = verify_bundle(bundle, [root], [read_profile("demo-goods")])
    assert name == f"case-{whole.case_id}.evidence.zip"
    held = [name for name in STEPS if name not in ("witness", "turns", "list", "ceremony", "recordings")]
    assert list(dict.fromkeys(c.name for c in checks if c.verdict is Verdict.OK)) == held
    assert {c.code for c in checks if c.verdict is Verdict.NOT_COVERED} == {
        "evidence_no_witness",
        "evidence_mode_m0",
        "evidence_reasons_unsigned",
    }


def test_the_case_of_the_test_has_nearly_every_kind_of_fact(files):
    found = {line["entry"]["type"] for line in tampering.lines_of(files)}
    absent = {name for name, fact in FACTS.items() if fact.kind.__module__ not in OTHER_FILES} - found
    rare = {"LotFailed", "SittingFailed", "RefusalRecorded", "CallUpExpired", "CandidateDismissed", "MemberRecused"}
    fallback = {"FallbackStarted", "KeyCommitted", "CommitmentsEnded", "KeyRevealed", "KeysDisclosed"}
    # cases of their own: test_lost_files.py, test_too_few_trustees.py, test_second_lock.py, test_drawn_coefficients.py
    elsewhere = (
        rare | fallback | {"RoundSigned", "CoefficientsDrawn", "TrusteesChanged"} | {"BidFileLost", "BidFileRestored"}
    )
    elsewhere |= {"BoothChanged", "CheckInRefused", "WarningGiven"}  # test_booths.py, test_warnings.py
    standing = {"RecessCalled", "RecessEnded", "DefectFound", "FaultReported", "FaultRepaired"}  # test_standstills.py
    orders = {"SittingOrderProposed", "SittingOrdered", "SittingDecisionProposed", "SittingDecided"}
    elsewhere |= standing | orders | {"SittingSuspended", "SittingResumed", "SittingAbandoned"}
    # test_failed_evaluation.py, test_talk_on_record.py, test_recordings.py, test_wrong_share.py,
    # test_faulty_parties.py, test_equal_bids.py
    elsewhere |= {"FailureRecordSealed", "ShareRefused", "CommitmentsOverdue", "TiesDrawn", *SPOKEN}
    elsewhere |= {"ConflictDeclared", "MemberReplaced", "ReplacementProposed", "ReplacementOrdered"}  # …_replacements
    # test_measured_outages.py, test_briefing.py, test_chair_naming.py
    elsewhere |= {"OutageMeasured", "BriefingGiven", "ChairNamed"}
    elsewhere |= {"CorrectionRefused", "CorrectionWithdrawn"}  # test_correction_answers.py
    elsewhere |= {"NewCommitteeProposed", "NewCommitteeOrdered"}  # test_second_committee.py
    elsewhere |= {"RecheckProposed", "RecheckOrdered", "RecheckAnswered"}  # test_rechecks.py
    # test_rollbacks.py, test_more_time.py, test_picture_ends.py, test_too_few_valid.py
    elsewhere |= {name for name in FACTS if name.startswith(("Rollback", "MoreTime", "MemberPicture", "Competition"))}
    elsewhere |= {"ReviewRolledBack", "ChairRolledBack", "TimeExtended"}
    elsewhere |= {"PricesMarked", "ExplanationJudged", "ExplanationDecided"}  # test_explained_prices.py
    assert absent <= elsewhere | {"ReserveCalled", "ContractPointsStated"}  # the latter: test_bid_checks.py


def test_the_agency_sees_its_part_and_that_holds(whole, root):
    bundle = unpack(exported(whole, "officer")[1])
    checks = verify_bundle(bundle, [root], [read_profile("demo-goods")])
    shown = {line["entry"]["type"] for line in tampering.lines_of(bundle) if "entry" in line}
    assert not [c for c in checks if c.verdict is Verdict.FAIL]
    assert {"evidence_replay_partial", "evidence_sitting_partial"} <= {c.code for c in checks}
    assert not shown & {"StatementMade", "ChairVoted", "BidsReviewed", "CallUpAnswered", "ReviewConcluded"}
    assert not {PRIVATE, PERSONS} & set(bundle)
    assert not [name for name in bundle if name.endswith("/bid.age")]


def test_a_bidder_gets_no_bundle(whole):
    with pytest.raises(NotAllowed):
        exported(whole, "bidder-a")


def test_the_draws_hold_for_the_standalone_verifier(whole, files, tmp_path):
    paths = []
    for name in sorted(n for n in files if n.startswith("draws/")):
        paths.append(tmp_path / Path(name).name)
        paths[-1].write_bytes(files[name])
    (first, second), published = map(str, paths), ["--committee", committee_of(whole.case).id]
    assert verify_draw.main([first, *published]) == verify_draw.main([second, first, *published]) == 0
    assert verify_draw.main([second, *published]) == verify_draw.main([first]) == verify_draw.NOT_COMPARED


def test_every_phase_has_the_time_at_which_it_was_reached(whole):
    since = whole.case.lots[LOT].since
    assert list(since) == sorted(since)
    assert list(since.values()) == sorted(since.values())
    assert [phase.value for phase in since] == ["P2", "P3", "P4", "P5", "P6", "P7"]


def test_the_sitting_was_convened_as_the_record_leads_to(whole):
    case = whole.case
    assert sitting_of(case, LOT) == case.lots[LOT].sitting.convened


# falsified by the holder


def test_no_value_of_any_entry_can_be_changed(files):
    """Every value of every entry, on its own: the line itself no longer gives its leaf."""
    tried = 0
    for seq, line in enumerate(tampering.lines_of(files)):
        for path in tampering.paths(line["entry"]):
            wrong = tampering.changed([line], 0, path)
            (read,) = read_lines(tampering.by_holder(files, wrong)[EVENTS])
            assert read.wrong or read.record.leaf(read.salt) != read.leaf, (seq, path)
            tried += 1
    assert tried > 2000


@pytest.mark.parametrize("seq", range(0, 120, 17))
def test_a_changed_entry_is_named(files, seq):
    lines = tampering.lines_of(files)
    found = failures(tampering.by_holder(files, tampering.changed(lines, seq, ("actor",))), QUICK)
    assert [(c.code, c.facts["seq"]) for c in found] == [("evidence_leaf_differs", seq)]


@pytest.mark.parametrize("seq", range(0, 120, 13))
def test_entries_cannot_be_deleted_repeated_swapped_or_cut_off(files, seq):
    lines = tampering.lines_of(files)
    repeated, swapped = [*lines[:seq], lines[seq], *lines[seq:]], list(lines)
    swapped[seq], swapped[seq + 1] = lines[seq + 1], lines[seq]
    redacted = [*lines[:seq], {"leaf": lines[seq]["leaf"]}, *lines[seq + 1 :]]
    for wrong in (lines[:seq] + lines[seq + 1 :], repeated, swapped, lines[:seq]):
        found = codes(tampering.by_holder(files, wrong), steps=QUICK)
        assert found & {"evidence_seq_wrong", "evidence_size_differs"}
        assert "evidence_root_differs" in found
    assert codes(tampering.by_holder(files, redacted), steps=QUICK) == {"evidence_entry_missing"}


def test_a_new_head_needs_the_platforms_key(files, whole):
    lines = tampering.changed(tampering.lines_of(files), 40, ("role",))
    stranger = whole.people["officer"].key
    assert codes(tampering.by_platform(files, lines, stranger), steps=QUICK) == {"evidence_head_unsigned"}


def test_every_byte_of_the_log_counts(files):
    """Anywhere in the file: a flipped bit is a malformed line, another leaf, or another root."""
    data = files[EVENTS]
    for position in range(0, len(data), len(data) // 25):
        wrong = data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]
        assert codes({**files, EVENTS: wrong}, steps=QUICK), position


@pytest.mark.parametrize(
    ("pattern", "step", "code"),
    [
        ("capsule.age", "openings", "evidence_file_differs"),
        ("bid.age", "openings", "evidence_file_differs"),
        ("receipt.json", "files", "evidence_file_differs"),
        ("releases/", "files", "evidence_file_differs"),
        ("draws/", "files", "evidence_file_differs"),
        ("sittings/", "files", "evidence_file_differs"),
        ("opening-record", "documents", "evidence_file_differs"),
        ("evaluation-report", "documents", "evidence_file_differs"),
        ("README", "files", "evidence_file_differs"),
        (TRUST, "head", "bundle"),
    ],
)
def test_a_changed_file_is_named(files, pattern, step, code):
    stands = "{}/bid.age".format
    name = next(n for n in files if pattern in n and (".age" not in n or stands(n.rpartition("/")[0]) in files))
    wrong = {**files, name: files[name].replace(b"1", b"2", 1) if name.endswith("json") else files[name] + b" "}
    found = failures(wrong, {step: STEPS[step]})
    assert found
    if code != "bundle":
        assert (found[0].code, found[0].facts["name"]) == (code, name)


def test_missing_and_foreign_files_are_named(files):
    wrong = {**files, "documents/other.pdf": b""}
    del wrong["committee.json"]
    found = {(c.code, c.facts["name"]) for c in failures(wrong, {"files": STEPS["files"]})}
    assert found == {("evidence_file_missing", "committee.json"), ("evidence_file_unexpected", "documents/other.pdf")}


def test_a_private_half_cannot_be_changed(files):
    wrong = {**files, PRIVATE: files[PRIVATE].replace(b"192.0.2.7", b"192.0.2.8", 1)}
    (found,) = failures(wrong, {"files": STEPS["files"]})
    assert found.code == "evidence_private_differs"


def test_who_took_a_seat_is_whom_the_pool_bound_to_the_number(files, whole):
    experts = [seat for seat in whole.case.lots[LOT].sitting.seats.values() if seat.role == "expert"]
    lines = files[PERSONS].splitlines()
    assert len(lines) == len(experts) == 4, "of nobody else in the pool"
    without = {**files, PERSONS: b"\n".join(lines[1:])}
    salts = [json.loads(line)["salt"].encode() for line in lines[:2]]
    exchanged = {**files, PERSONS: files[PERSONS].replace(salts[0], salts[1])}
    for wrong, code in ((without, "evidence_person_missing"), (exchanged, "evidence_person_differs")):
        (found,) = failures(wrong, {"draws": STEPS["draws"]})
        assert found.code == code


def test_another_authority_believes_nothing(files, whole, tmp_path):
    stranger = WholeCase(tmp_path).platform.keys.authority.certificate_pem
    assert codes(files, roots=[stranger], steps={"head": STEPS["head"]}) == {"evidence_head_unsigned"}


# falsified by the platform, which can sign anew


def one_of_each(lines):
    """For each kind of fact, one value of its payload and, where it was signed, one of its act."""
    seen = set()
    for seq, line in enumerate(lines):
        entry = line["entry"]
        if entry["type"] in seen or entry["type"] == "CaseOpened":
            continue
        seen.add(entry["type"])
        if found := tampering.telling(entry):
            yield seq, found[seq % len(found)]


def test_the_platform_cannot_change_what_was_done(files, whole):
    lines, key, tried = tampering.lines_of(files), whole.platform.keys.platform.key, 0
    for seq, path in one_of_each(lines):
        bundle = tampering.by_platform(files, tampering.changed(lines, seq, path), key)
        first = "acts" if lines[seq]["entry"]["act"] else "replay"
        assert failures(bundle, {first: STEPS[first]}) or failures(bundle), (seq, lines[seq]["entry"]["type"], path)
        tried += 1
    assert tried > 45
    assert not failures(bundle, QUICK)  # as far as the log alone can tell, nothing happened


@pytest.mark.parametrize("field", ["actor", "lot", "type", "case"])
@pytest.mark.parametrize("seq", [14, 24, 46, 83])
def test_the_platform_cannot_rewrite_who_did_what(files, whole, field, seq):
    lines = tampering.changed(tampering.lines_of(files), seq, (field,))
    found = failures(tampering.by_platform(files, lines, whole.platform.keys.platform.key), {**QUICK, **JUDGING})
    assert seq in {check.facts.get("seq") for check in found}


def test_the_platform_cannot_backdate_over_the_deadline(files, whole):
    """A bid moved behind the deadline, or a close moved before it, is not lawful."""
    lines, key = tampering.lines_of(files), whole.platform.keys.platform.key
    close = next(seq for seq, line in enumerate(lines) if line["entry"]["type"] == "LotClosed")
    early = tampering.changed(lines, close, ("at",), lambda _: lines[close - 1]["entry"]["at"])
    found = failures(tampering.by_platform(files, early, key), {"replay": STEPS["replay"]})
    assert [(c.facts["seq"], c.facts["reason"]) for c in found] == [(close, "deadline_not_reached")]
    late = list(lines)
    for seq in (close - 2, close - 1):
        late = tampering.changed(late, seq, ("at",), lambda _: lines[close]["entry"]["at"])
    found = failures(tampering.by_platform(files, late, key), {"replay": STEPS["replay"]})
    assert [(c.facts["seq"], c.facts["reason"]) for c in found] == [(close - 2, "deadline_passed")]


@pytest.mark.parametrize(
    ("type", "party"),
    [("PauseOrdered", "officer"), ("PostponementReleased", "inspector"), ("OutageExtensionProposed", "officer")],
)
def test_the_platform_cannot_let_another_party_move_a_deadline(files, whole, type, party):
    lines, signer = tampering.lines_of(files), whole.people[party]
    seq = next(seq for seq, line in enumerate(lines) if line["entry"]["type"] == type)
    for path, value in ((("actor",), signer.id), (("act", "key_id"), signer.key.key_id)):
        lines = tampering.changed(lines, seq, path, lambda _, value=value: value)
    bundle = tampering.by_platform(files, lines, whole.platform.keys.platform.key)
    found = failures(bundle, {"replay": STEPS["replay"]})
    assert [(check.facts["seq"], check.facts["reason"]) for check in found] == [(seq, "evidence_party_wrong")]


@pytest.mark.parametrize(
    ("kinds", "named"),
    [
        (("BidSubmitted", "BidReceipted"), "evidence_fact_differs"),
        (("ScoreSheetLocked",), "evidence_fact_unlawful"),
        (("ShareReleased",), "evidence_fact_unlawful"),
        (("AnswerProposed",), "evidence_fact_unlawful"),
        (("PostponementProposed",), "evidence_fact_unlawful"),
        (("PauseOrdered",), "evidence_fact_unlawful"),
        (("ResumptionOrdered",), "evidence_fact_unlawful"),
        (("LotClosed",), "evidence_fact_unlawful"),
        (("BidVoided",), "evidence_fact_unlawful"),
        (("DrawCompleted",), "evidence_consequence_differs"),
        (("ReportPrepared",), "evidence_fact_unlawful"),
    ],
)
def test_the_platform_cannot_leave_out_what_others_build_on(files, whole, kinds, named):
    lines = tampering.lines_of(files)
    gone = [max(s for s, line in enumerate(lines) if line["entry"]["type"] == kind) for kind in kinds]
    if kinds[0] == "BidSubmitted":  # a bid that stood: the one before the withdrawn one
        gone = [seq - 5 for seq in gone]
        assert [lines[seq]["entry"]["type"] for seq in gone] == list(kinds)
    bundle = tampering.by_platform(files, tampering.without(lines, *gone), whole.platform.keys.platform.key)
    assert named in codes(bundle, steps={"replay": STEPS["replay"]})


def test_what_rests_on_the_platforms_word_alone_is_known(files, whole):
    """The limit, stated as a test: without witnesses a person's role in an entry can be rewritten by the platform."""
    lines = tampering.changed(tampering.lines_of(files), 5, ("role",), lambda _: "BD+RG")
    bundle = tampering.by_platform(files, lines, whole.platform.keys.platform.key)
    found = verify_bundle(bundle, steps={**QUICK, **JUDGING, "witness": STEPS["witness"]})
    assert Counter(c.verdict for c in found)[Verdict.FAIL] == 0
    assert "evidence_no_witness" in {c.code for c in found}


# hostile bundles


@pytest.mark.parametrize("name", [EVENTS, CASE, TRUST])
@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b"null", b'{"head":[]}'])
def test_nonsense_is_refused_without_a_crash(files, name, data):
    assert failures({**files, name: data})


def test_a_missing_field_is_named_in_words(files):
    (found,) = failures({**files, TRUST: b"{}"})
    assert (found.code, found.facts) == ("evidence_malformed", {"reason": "缺 / missing: register"})


def test_no_archive_is_refused():
    (found,) = verify_bundle(b"PK\x03\x04 no archive")
    assert (found.name, found.verdict, found.code) == ("bundle", Verdict.FAIL, "bundle_unreadable")


# the command


def run(*arguments):
    parser = Parser()
    verify_commands.add_parser(parser.commands())
    return (parsed := parser.parse_args(["verify", *map(str, arguments)])).run(parsed)


def test_the_command_says_each_check_and_ends_with_its_status(whole, root, tmp_path, capsys):
    bundle, roots = tmp_path / "case.zip", tmp_path / "roots.pem"
    bundle.write_bytes(exported(whole, "regulator")[1])
    roots.write_text(root)
    assert run(bundle, "--roots", roots) == 0
    assert "通过 17，未通过 0，未覆盖 3" in capsys.readouterr().out
    assert run(bundle, "--lang", "en") == 0
    assert "17 ok, 0 failed, 4 not covered" in capsys.readouterr().out


def test_the_command_fails_with_a_named_difference(files, tmp_path, capsys):
    lines = tampering.lines_of(files)
    seq = next(seq for seq, line in enumerate(lines) if line["entry"]["type"] == "BidOpened")
    lines = tampering.changed(lines, seq, ("payload", "price"))
    with zipfile.ZipFile(tmp_path / "wrong.zip", "w") as archive:
        for name, data in tampering.by_holder(files, lines).items():
            archive.writestr(name, data)
    assert run(tmp_path / "wrong.zip", "--lang", "en") == 1
    assert f"Entry {seq} (BidOpened) does not give its leaf hash" in capsys.readouterr().out

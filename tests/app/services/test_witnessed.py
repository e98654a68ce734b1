"""A whole case whose ticks a witness cosigned: what a bundle then shows, and who can still falsify what."""

from __future__ import annotations

import copy
import re
from dataclasses import replace

import pytest
from sqlalchemy import delete, func, select

from app.casefile.act_list import LISTED
from app.casefile.bundle import EVENTS, unpack
from app.casefile.ticks import ACTS, TICKS
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.client import verify_commands
from app.client.command_line import Parser
from app.messages import sentence
from app.models import Cosignature, Job, RegisterTick, TickChange
from app.services import audits, ticks
from app.services.audits import export_evidence
from app.services.platform import DIST
from app.services.unit_of_work import plain_transaction
from crypto.canonical import canonical, parse
from tests.app.services import tampering
from tests.app.services.rewriting import edit_event, rewrite_changes, rewrite_register, rights
from tests.app.services.witnessing import SECOND, STRANGER, WITNESS, Witnessed

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
WATCHED = {name: STEPS[name] for name in ("head", "log", "witness", "files")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    case = Witnessed(tmp_path_factory.mktemp("witnessed")).through("found publish")
    case.tick()
    case.bid()
    case.tick()
    case.open().draw().sit().report()
    while case.looks % 3:
        case.tick()
    return case


def exported(whole, who="regulator"):
    whole.platform.database.memory.clear()  # as another process would read it
    return unpack(export_evidence(whole.platform, whole.people[who].log_in, whole.case_id)[1])


@pytest.fixture(scope="module")
def files(whole):
    return exported(whole)


def checked(files, *keys, steps=WATCHED):
    return verify_bundle(files, steps=steps, witnesses=[key.verifier for key in keys])


def failures(files, *keys, steps=WATCHED):
    return [check for check in checked(files, *keys, steps=steps) if check.verdict is Verdict.FAIL]


def codes(files, *keys):
    return {check.code for check in checked(files, *keys)}


# what an honest bundle shows


def test_the_whole_case_holds_with_both_witnesses(files):
    checks = checked(files, WITNESS, SECOND, steps=STEPS)
    assert not [check for check in checks if check.verdict is Verdict.FAIL]
    held = {check.facts["name"]: check.facts for check in checks if check.code == "evidence_witnessed"}
    assert set(held) == {WITNESS.name, SECOND.name}
    assert {facts["entries"] for facts in held.values()} == {len(tampering.lines_of(files))}
    assert held[WITNESS.name]["ticks"] > 10
    assert {check.code for check in checks if check.verdict is Verdict.NOT_COVERED} == {
        "evidence_roots_own",
        "evidence_mode_m0",
    } | {check.code for check in checks if check.name == "profile" and check.verdict is Verdict.NOT_COVERED}


def test_every_change_of_the_case_is_shown(whole, files):
    shown = {parse(line)["index"] for line in files[TICKS].splitlines()}
    with whole.platform.database.reading() as db_session:
        changed = set(db_session.scalars(select(TickChange.tick).where(TickChange.case_id == whole.case_id)))
        last = db_session.scalar(select(func.max(Cosignature.tick)))
        every = set(db_session.scalars(select(RegisterTick.index).where(RegisterTick.index >= min(changed))))
    assert changed | {last} <= shown
    assert shown == every  # of a short register every tick is shown
    kinds = {line["entry"]["type"]: seq for seq, line in enumerate(tampering.lines_of(files))}
    sizes = {parse(line)["size"] for line in files[TICKS].splitlines()}
    for kind in ("LotClosed", "BidsReleased", "ResultsComputed"):
        assert any(size > kinds[kind] for size in sizes)


def test_the_register_ticks_at_once_at_the_turns_of_a_case_and_at_no_bid(whole):
    query = select(Job).where(Job.task == "make_tick", Job.case_id == whole.case_id)
    with whole.platform.database.reading() as db_session:
        jobs = list(db_session.scalars(query))
    assert {job.detail.partition("-")[0] for job in jobs} == {
        "TenderPublished",
        "AmendmentReleased",
        "LotClosed",
        "BidsReleased",
        "DrawStated",
        "ResultsComputed",
        "SittingClosed",
    }
    assert all(job.done_at for job in jobs)


def test_the_terms_say_whose_word_is_asked_for(files):
    """Nobody has to name a witness: the supervisor has signed who they are, and how many."""
    found = [check for check in checked(files) if check.name == "witness"]
    assert {(check.verdict, check.code) for check in found} == {(Verdict.OK, "evidence_witnessed")}
    assert {check.facts["name"] for check in found} == {WITNESS.name, SECOND.name}


def test_what_had_to_wait_for_a_turn_did(files):
    (check,) = checked(files, steps={"turns": STEPS["turns"]})
    assert (check.verdict, check.facts["turns"], check.facts["waited"]) == (Verdict.OK, 7, 5)


def test_where_the_terms_name_nobody_it_stays_uncovered(tmp_path):
    case = Witnessed(tmp_path)
    named = case.platform
    case.platform = replace(named, settings=replace(named.settings, witnesses=(), witness_quorum=0))
    case.through("found publish")
    case.platform = replace(case.platform, settings=named.settings)
    case.work_off(7200)  # nobody bid: the lot failed, and its file can be exported
    bundle = exported(case)
    (check,) = [check for check in checked(bundle) if check.name == "witness"]
    assert (check.verdict, check.code) == (Verdict.NOT_COVERED, "evidence_witness_unnamed")
    assert check.facts["names"] == WITNESS.name
    bare = {name: data for name, data in bundle.items() if not name.startswith("register/")}
    assert "evidence_no_witness" in codes(bare)


def test_another_witness_of_the_same_name_is_missing(files):
    assert [check.code for check in failures(files, STRANGER)] == ["evidence_witness_missing"]


def test_the_salts_of_the_ticks_are_all_different_and_of_this_case_alone(files):
    found = [parse(line) for line in files[TICKS].splitlines()]
    assert len({proof["salt"] for proof in found}) == len({proof["index"] for proof in found})
    assert not any("BidSubmitted" in data.decode("utf-8", "ignore") for n, data in files.items() if n.startswith("reg"))


def test_entries_after_the_last_cosignature_and_late_ones_are_named(whole, files):
    lines = [parse(line) for line in files[TICKS].splitlines()]
    early = {**files, TICKS: b"".join(canonical(p) + b"\n" for p in lines if p["size"] < 60)}
    found = [check for check in checked(early, WITNESS) if check.code == "evidence_witness_tail"]
    (tail,) = [check for check in found if check.facts["name"] == WITNESS.name]
    assert (tail.verdict, tail.facts["last"]) == (Verdict.NOT_COVERED, len(tampering.lines_of(files)) - 1)


def test_a_long_silence_and_a_late_witness_are_named(tmp_path):
    case = Witnessed(tmp_path).through("found publish")
    ticks.make_tick(case.platform)
    case.work_off(120)  # nobody bid: the lot failed, and its file can be exported
    for key in (WITNESS, SECOND):
        case.clock.advance(7200)
        ticks.make_tick(case.platform)
        case.look(key)
    case.clock.advance(7200)
    found = checked(exported(case), SECOND)
    assert not [check for check in found if check.verdict is Verdict.FAIL]
    assert {"evidence_witness_late", "evidence_witness_gap"} <= {check.code for check in found}


# falsified by the holder of the bundle


@pytest.mark.parametrize(
    "field", ["index", "at", "size", "root", "salt", "map", "map_proof", "checkpoint", "tree_proof"]
)
def test_no_value_of_a_tick_can_be_changed(files, field):
    lines = [parse(line) for line in files[TICKS].splitlines()]
    tried = 0
    for place in range(0, len(lines), 9):
        for path in tampering.paths(lines[place][field], (field,)):
            wrong = copy.deepcopy(lines)
            at = wrong[place]
            for step in path[:-1]:
                at = at[step]
            at[path[-1]] = tampering.other(at[path[-1]])
            bundle = {**files, TICKS: b"".join(canonical(proof) + b"\n" for proof in wrong)}
            assert failures(bundle, WITNESS), (place, path)
            tried += 1
    assert tried


def test_no_character_of_a_cosigned_checkpoint_can_be_changed(files):
    """Neither of what was cosigned nor of the witness's signature; the log's own line adds nothing to the witness's."""
    name = sorted(name for name in files if name.endswith(".note"))[0]
    text, only = files[name].decode(), {"witness": STEPS["witness"]}
    for place in (*range(0, text.index("\n— "), 3), *range(len(text) - 90, len(text), 7)):
        wrong = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        assert failures({**files, name: wrong.encode()}, WITNESS, SECOND, steps=only), place


def test_ticks_cannot_be_stripped_unseen(files):
    bare = {name: data for name, data in files.items() if not name.startswith("register/")}
    assert {check.code for check in failures(bare)} == {"evidence_witness_missing"}
    turns_only = {name: data for name, data in files.items() if not name.startswith("register/turns/")}
    assert {check.code for check in failures(turns_only, steps={"turns": STEPS["turns"]})} == {
        "evidence_turn_unvouched"
    }
    without_notes = {name: data for name, data in files.items() if not name.endswith(".note")}
    assert "evidence_tick_note" in {check.code for check in failures(without_notes, WITNESS)}
    foreign = {**files, "register/other.note": b""}
    assert {check.code for check in failures(foreign, WITNESS)} == {"evidence_file_unexpected"}


@pytest.mark.parametrize("data", [b"\n", b"{}\n", b"[]\n", b"\xff\n", b"null\n", b'{"v":"tickproof/v1"}\n'])
def test_nonsense_ticks_are_refused_without_a_crash(files, data):
    assert failures({**files, TICKS: data}, WITNESS)


# falsified by the platform, which can sign everything anew but a witness's word


def by_platform(whole, files, lines):
    return tampering.by_platform(files, lines, whole.platform.keys.platform.key)


def renumbered(lines):
    found = copy.deepcopy(lines)
    for seq, line in enumerate(found):
        line["entry"]["seq"] = seq
    return found


@pytest.mark.parametrize("seq", [3, 5, 20, 41, 77, 100, -1])
@pytest.mark.parametrize("how", ["edit", "delete", "insert", "swap", "truncate"])
def test_whatever_the_platform_rewrites_is_named(whole, files, how, seq):
    lines = tampering.lines_of(files)
    seq %= len(lines)
    if how == "edit":
        wrong = tampering.changed(lines, seq, ("role",), lambda role: role + "+XX")
    elif how == "delete":
        wrong = tampering.without(lines, seq)
    elif how == "insert":
        wrong = renumbered([*lines[: seq + 1], *lines[seq:]])
    elif how == "swap":
        wrong = renumbered([*lines[: seq - 1], lines[seq], lines[seq - 1], *lines[seq + 1 :]])
    else:
        wrong = lines[:seq]
    bundle = by_platform(whole, files, wrong)
    found = failures(bundle, WITNESS, steps={"head": STEPS["head"], "witness": STEPS["witness"]})
    (check,) = found  # the head is signed again and fits; the witness's word does not
    assert check.code in ("evidence_tick_root", "evidence_tick_shorter")
    if check.code == "evidence_tick_root":
        assert check.facts["first"] <= seq
        assert seq - (how == "swap") <= check.facts["last"]
    else:
        assert check.facts["found"] == len(wrong)
    assert "{" not in sentence(check.code, check.facts, "zh") + sentence(check.code, check.facts, "en")


# falsified by the administrator of the database, through the platform's own export


def test_an_edited_entry_shows_though_every_hash_of_the_case_fits(whole):
    with rights(whole) as database:
        edited = edit_event(whole, database)
        bundle = exported(whole)
    assert not failures(bundle, steps={"head": STEPS["head"], "log": STEPS["log"], "replay": STEPS["replay"]})
    (found,) = failures(bundle, WITNESS)
    assert found.code == "evidence_tick_root"
    assert found.facts["first"] <= edited <= found.facts["last"]
    assert not failures(exported(whole), WITNESS)  # everything is as it was again


def test_edited_ticks_show_as_well(whole):
    with rights(whole) as database:
        edit_event(whole, database)
        rewrite_changes(whole, database)
        bundle = exported(whole)
        assert "evidence_tick_map" in {check.code for check in failures(bundle, WITNESS)}
        rewrite_register(whole, database)
        bundle = exported(whole)
    found = {check.code for check in failures(bundle, WITNESS)}
    assert found == {"evidence_cosignature_wrong"}  # only ticks from before the edited entry still hold


def test_deleted_ticks_are_a_failure(whole):
    with rights(whole) as database:
        edit_event(whole, database)
        with plain_transaction(database) as (db_session, _now):
            last = db_session.scalar(select(func.max(RegisterTick.index)))
            db_session.execute(delete(TickChange).where(TickChange.case_id == whole.case_id))
            db_session.execute(delete(Cosignature).where(Cosignature.tick < last))
        assert "evidence_witness_missing" in {check.code for check in failures(exported(whole), WITNESS)}
        whole.clock.advance(3600)
        ticks.make_tick(whole.platform)  # the register goes on with the edited log, and the witness cosigns
        whole.look(WITNESS)
        found = checked(exported(whole), WITNESS)
    (hidden,) = [check for check in found if check.verdict is Verdict.FAIL]
    assert hidden.code == "evidence_tick_hidden"
    assert hidden.facts["first"] == 0  # no tick is shown from before the hour in which it was edited
    assert hidden.facts["minutes"] >= 59


def test_a_turn_that_was_cosigned_only_afterwards_is_late(whole):
    """The administrator forgets every cosignature from before the shares; the witness honestly cosigns again."""
    with rights(whole) as database:
        with plain_transaction(database) as (db_session, _now):
            db_session.execute(delete(Cosignature))
        whole.clock.advance(3600)
        ticks.make_tick(whole.platform)
        whole.look(WITNESS)
        found = failures(exported(whole), WITNESS, steps={"turns": STEPS["turns"]})
    assert {check.code for check in found} == {"evidence_turn_late"}
    shares = {"ShareReleased", "DrawShareReleased", "CapsuleShareReleased"}
    assert {check.facts["waited"] for check in found} == {*shares, "ReportPrepared"}


# the command


def run(*arguments):
    parser = Parser()
    verify_commands.add_parser(parser.commands())
    parsed = parser.parse_args(["verify", *map(str, arguments)])
    return parsed.run(parsed)


def test_the_command_asks_for_the_witnesses_that_are_named(whole, tmp_path, capsys):
    path = tmp_path / "case.zip"
    path.write_bytes(export_evidence(whole.platform, whole.people["regulator"].log_in, whole.case_id)[1])
    assert run(path, "--lang", "en", "--witness", WITNESS.verifier) == 0
    assert re.search(
        r"ok +\| witness \| \d+ ticks cosigned by the witness “witness.example/w1”", capsys.readouterr().out
    )
    assert run(path, "--lang", "en", "--witness", STRANGER.verifier) == 1
    assert "no valid cosignature of the witness" in capsys.readouterr().out
    assert run(path, "--witness", "nonsense") == 1
    assert "The key (vkey) is wrong" in capsys.readouterr().err


def test_the_agency_gets_the_same_ticks(whole, files, monkeypatch):
    monkeypatch.setattr(audits, "check_taking", lambda *_: None)  # a release would be one more entry
    bundle = exported(whole, "officer")
    assert bundle[TICKS] == files[TICKS]
    assert bundle[EVENTS] != files[EVENTS]
    assert not failures(bundle, WITNESS)


# the list of acts

LISTING = {"list": STEPS["list"]}


def test_the_acts_of_the_case_are_exactly_those_of_the_list(files):
    (check,) = checked(files, WITNESS, SECOND, steps=LISTING)
    listed = [line for line in tampering.lines_of(files) if line["entry"]["type"] in LISTED]
    assert (check.code, check.facts["acts"]) == ("evidence_acts_listed", len(listed))
    assert {line["entry"]["type"] for line in listed} >= {"TenderPublished", "LotClosed", "DrawStated"}


def test_an_act_too_many_too_few_or_another_one_shows(files):
    """Whatever of the log is shown differently, or what else is put into the list or taken from it."""
    acts = parse(files[ACTS])
    (ours,) = [i for i, line in enumerate(tampering.lines_of(files)) if line["entry"]["type"] == "LotClosed"]
    lines = [line + b"\n" for line in files[EVENTS].splitlines()]
    hidden = canonical({"leaf": parse(lines[ours][:-1])["leaf"]}) + b"\n"
    other = [*acts["entries"][:-1], "0" * 128]
    moved = parse(lines[ours][:-1])
    moved["entry"]["payload"]["more"] = "1"
    for changed, code in (
        ({EVENTS: b"".join([*lines[:ours], *lines[ours + 1 :]])}, "evidence_list_differs"),
        ({EVENTS: b"".join([*lines[:ours], canonical(moved) + b"\n", *lines[ours + 1 :]])}, "evidence_list_differs"),
        ({ACTS: canonical({**acts, "entries": acts["entries"][:-1]})}, "evidence_list_wrong"),
        ({ACTS: canonical({**acts, "entries": other})}, "evidence_list_wrong"),
        ({ACTS: canonical({**acts, "notes": []})}, "evidence_act_unlisted"),
        ({ACTS: canonical({"entries": acts["entries"]})}, "evidence_malformed"),
    ):
        found = failures({**files, **changed}, steps=LISTING)
        assert {check.code for check in found} == {code}, (code, found)
    assert not failures({**files, EVENTS: b"".join([*lines[:ours], hidden, *lines[ours + 1 :]])}, steps=LISTING)


def test_a_bundle_without_the_list_fails_unless_it_was_written_at_once(files):
    without = {name: data for name, data in files.items() if name != ACTS}
    found = failures(without, steps=LISTING)
    assert {check.code for check in found} == {"evidence_act_unlisted"}


def test_in_which_words_somebody_declined_stands_in_what_the_witnesses_cosigned(whole, files):
    """No key of the expert signs them; the platform, which can sign its whole log anew, is found out nevertheless."""
    lines = tampering.lines_of(files)
    answers = [seq for seq, line in enumerate(lines) if line["entry"]["type"] == "CallUpAnswered"]
    (declined,) = (seq for seq in answers if lines[seq]["entry"]["payload"]["reason"])
    changed = tampering.changed(lines, declined, ("payload", "reason"), lambda _: "不愿意")
    forged = tampering.by_platform(files, changed, whole.platform.keys.platform.key)
    assert {check.name for check in failures(forged, WITNESS, SECOND)} == {"witness"}
    told = {check.code for check in checked(files, WITNESS, SECOND, steps={"draws": STEPS["draws"]})}
    assert "evidence_reasons_unsigned" not in told

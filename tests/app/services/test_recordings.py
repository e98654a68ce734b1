"""Recordings through the services: kept once, named by the case file, in nobody's way, seen by two."""

from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from app.casefile.bundle import unpack
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.client.connection import Refused
from app.client.verify_commands import digests_of
from app.models import AccessLog, Notice, RecordingPiece
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.procedure.recordings import (
    RecordingBegun,
    RecordingEnded,
    RecordingLookGranted,
    RecordingLookRequested,
)
from app.queries.cases import load_records
from app.services import recordings
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.database_check import database_differences
from app.services.housekeeping import tidy_up
from app.services.recordings import Place, StatedPiece
from app.services.unit_of_work import plain_transaction
from crypto.instants import format_instant
from evaluation.sitting import MessagePosted
from tests.app.services import tampering
from tests.app.services.recording import FILM, Machine
from tests.app.services.whole_case import DRAWN, LOT, WholeCase
from tests.app.web.site import Site


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> WholeCase:
    folder = tmp_path_factory.mktemp("recordings")
    return WholeCase(folder, database_url=database_url).through(f"{DRAWN} seat_all elect")


@pytest.fixture(scope="module")
def recorded(case: WholeCase) -> Machine:
    """Two pieces in time, one that is lost, one in time, and one that the line kept back until after the end."""
    site = case.sites[1]
    case.act("witness-sub", RecordingBegun(site, 1))
    machine = Machine(case, "witness-sub", 1)
    for _ in range(2):
        kept = machine.hand_in(*machine.film())
        assert (kept.again, kept.link) == (False, machine.head)
    machine.film()
    machine.hand_in(*machine.film())
    held_back = machine.film()
    case.act("witness-sub", RecordingEnded(site, 1, machine.number, machine.head))
    case.work_off(60)
    machine.hand_in(*held_back)
    case.work_off(60)
    return machine


def refused(action, *arguments) -> str:
    with pytest.raises(RuleViolation) as refusal:
        action(*arguments)
    return refusal.value.code


def test_the_case_file_names_pieces_by_the_minute_and_what_came_late(case: WholeCase, recorded: Machine):
    run = case.case.lots[LOT].recordings.runs[recorded.site, 1]
    assert sorted(run.pieces) == [1, 2, 4, 5]
    waited = [run.pieces[n].received_at - run.pieces[n].ended_at for n in (4, 5)]
    assert waited[0] < timedelta(seconds=1)
    assert waited[1] >= timedelta(seconds=60)
    with case.platform.database.reading() as db_session:
        entries = [one for one in load_records(db_session, case.case_id) if one.type == "RecordingKept"]
    assert [[piece.number for piece in record.fact.pieces] for record in entries] == [[1, 2, 4], [5]]
    with case.platform.database.reading() as db_session:
        rows = list(db_session.scalars(select(RecordingPiece)))
        assert {row.state for row in rows} == {"logged"}
        blobs = [case.platform.blobs.get(row.blob) for row in rows]
    assert all(b"film" not in blob for blob in blobs), "what lies on the disk is sealed"


def test_a_piece_counts_once_and_another_in_its_place_not_at_all(case: WholeCase, recorded: Machine):
    case.act("witness-host", RecordingBegun(case.sites[0], 1))
    machine = Machine(case, "witness-host", 1)
    stated, data = machine.film()
    machine.hand_in(stated, data)
    assert machine.hand_in(stated, data).again
    other = FILM + b"another"
    changed = replace(stated, sha256=hashlib.sha256(other).hexdigest())
    assert refused(machine.hand_in, changed, other) == "recording_piece_known"
    assert refused(machine.hand_in, stated, other) == "recording_piece_differs"
    assert refused(machine.hand_in, stated, b"<html>") == "recording_no_film"
    next_one, data = machine.film()
    assert refused(machine.hand_in, replace(next_one, previous="0" * 64), data) == "recording_chain_broken"
    with case.platform.database.reading() as db_session:
        row = db_session.get_one(RecordingPiece, (case.case_id, LOT, case.sites[0], 1, 1))
        assert (row.repeats, row.contradicted_at is not None) == (1, True)
        count = db_session.scalar(select(func.count()).select_from(RecordingPiece))
    tidy_up(case.platform)  # whatever was refused is gone, and what counts is not swept
    assert sum(path.is_file() for path in _sealed(case, count)) == count
    machine.hand_in(next_one, data)
    case.act("witness-host", RecordingEnded(case.sites[0], 1, 2, machine.head))
    case.work_off(60)


def _sealed(case: WholeCase, count: int):
    with case.platform.database.reading() as db_session:
        names = list(db_session.scalars(select(RecordingPiece.blob)))
    assert len(names) == count
    return [case.platform.blobs.path(name) for name in names]


def test_only_the_witness_of_the_site_hands_in(case: WholeCase, recorded: Machine):
    stated = StatedPiece(9, case.clock(), case.clock(), hashlib.sha256(FILM).hexdigest(), "", 0)
    log_ins = {who: case.people[who].log_in for who in ("witness-host", "centre", "regulator", "bidder-a")}
    log_ins["seat"] = case.members[case.chair].log_in
    for who, log_in in log_ins.items():
        with pytest.raises((NotAllowed, RuleViolation)) as refusal:
            recordings.keep_piece(case.platform, log_in, recorded.place, stated, FILM)
        if who == "witness-host":
            assert refusal.value.code == "recording_site_other"


def test_a_recording_gives_way_to_everything_else(case: WholeCase, recorded: Machine, monkeypatch):
    case.act("witness-sub", RecordingBegun(recorded.site, 2))
    machine = Machine(case, "witness-sub", 2)
    one, data = machine.film()
    settings = case.platform.settings
    small = replace(case.platform, settings=replace(settings, recording_quota_bytes=10))
    assert refused(recordings.keep_piece, small, case.people["witness-sub"].log_in, machine.place, one, data) == (
        "recording_quota"
    )
    needed = settings.max_upload_bytes + recordings.DISK_RESERVE_BYTES + settings.recording_reserve_bytes
    monkeypatch.setattr(case.platform.blobs, "free_bytes", lambda: needed - 1)
    assert refused(machine.hand_in, one, data) == "recording_room"
    number = next(number for number in case.members if number != case.chair)
    case.act(case.members[number], MessagePosted(number, "请看第 14 页"))  # and the evaluation goes on
    monkeypatch.setattr(case.platform.blobs, "free_bytes", lambda: needed)
    machine.hand_in(one, data)
    case.act("witness-sub", RecordingEnded(recorded.site, 2, 1, machine.head))
    case.work_off(60)


def look(case: WholeCase, who: str):
    with case.platform.database.reading() as db_session:
        actor = load_actor(db_session, case.people[who].id)
    return recordings.look_at(case.platform, actor, Place(case.case_id, LOT, case.sites[1], 1), "10.0.0.9")


def test_afterwards_two_inspectors_look_and_nobody_else(case: WholeCase, recorded: Machine):
    with pytest.raises(NotAllowed):
        look(case, "regulator")  # while members evaluate
    case.review()
    case._score([bid.bid for bid in case.state.bids])
    case.report()
    assert case.case.phase(LOT) == "P7"
    assert refused(look, case, "regulator") == "recording_look_needed"
    case.act("regulator", RecordingLookRequested("x1", "核查投诉"))
    case.act("inspector", RecordingLookGranted("x1", "核查投诉"))
    with pytest.raises(NotAllowed):
        look(case, "centre")
    for _ in range(2):
        rows = look(case, "regulator")
        assert [row.number for row in rows] == [1, 2, 4, 5]
    assert recordings.film_of(case.platform, rows[0]) == FILM + b"1"
    with case.platform.database.reading() as db_session:
        kept = db_session.scalars(select(AccessLog).where(AccessLog.action == "recording:look")).all()
        assert [(row.account_id, row.reason) for row in kept] == [(case.people["regulator"].id, "核查投诉")]
        codes = {(row.account_id, row.code) for row in db_session.scalars(select(Notice))}
    assert (case.people["inspector"].id, "recording_look_waits") in codes
    assert (case.people["centre"].id, "recording_look_granted") in codes


def found_of(checks) -> set[tuple[str, Verdict]]:
    return {(check.code, check.verdict) for check in checks if check.name == "recordings"}


def test_the_verifier_names_gap_cut_and_a_changed_film(case: WholeCase, recorded: Machine):
    assert case.case.phase(LOT) == "P7", "after the test before"
    _name, bundle = export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)
    archive = b"".join(recordings.archive_of(case.platform, look(case, "regulator")))
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        films = {one.name: hashlib.sha256(tar.extractfile(one).read()).hexdigest() for one in tar}
    assert len(films) == 4
    plain = {("evidence_recordings", Verdict.OK), ("evidence_recording_missing", Verdict.NOT_COVERED)}
    checks = verify_bundle(bundle)
    assert found_of(checks) == plain
    assert not [check for check in checks if check.verdict is Verdict.FAIL]
    also = {("evidence_recordings_match", Verdict.OK), ("evidence_recording_not_given", Verdict.NOT_COVERED)}
    assert found_of(verify_bundle(bundle, films=films)) == plain | also
    one, two, *_rest = films
    wrong = {name: digest for name, digest in films.items() if name != two} | {one: "0" * 64, "1-x-1-000001.webm": ""}
    codes = {code for code, verdict in found_of(verify_bundle(bundle, films=wrong)) if verdict is Verdict.FAIL}
    assert codes == {"evidence_recording_changed", "evidence_recording_absent", "evidence_recording_foreign"}


def test_rows_of_pieces_say_what_the_log_says(case: WholeCase, recorded: Machine):
    assert [one for one in database_differences(case.platform) if one.table == "recording_piece"] == []
    with plain_transaction(case.platform.database) as (db_session, _now):
        db_session.execute(update(RecordingPiece).where(RecordingPiece.number == 4).values(size=1))
    named = [one.column for one in database_differences(case.platform) if one.table == "recording_piece"]
    assert named == ["size"]


def test_what_lies_on_the_disk_and_was_changed_is_not_shown(case: WholeCase, recorded: Machine):
    row = look(case, "regulator")[0]
    case.platform.blobs.path(row.blob).write_bytes(b"changed")
    assert refused(recordings.film_of, case.platform, row) == "file_damaged"


def test_where_a_recording_stands_is_told_to_its_machine(case: WholeCase, recorded: Machine):
    log_in = case.people["witness-sub"].log_in
    state = recordings.run_state(case.platform, log_in, case.case_id, LOT, recorded.site)
    assert (state.run, state.running, state.received, state.piece_seconds) == (2, False, 1, 10)
    assert isinstance(state.now, datetime)


def test_films_are_read_from_a_folder_or_a_tar(case: WholeCase, recorded: Machine, tmp_path):
    archive = tmp_path / "films.tar"
    archive.write_bytes(b"".join(recordings.archive_of(case.platform, look(case, "regulator"))))
    (tmp_path / "films").mkdir()
    with tarfile.open(archive) as tar:
        for one in tar:
            (tmp_path / "films" / one.name).write_bytes(tar.extractfile(one).read())
    found = dict(digests_of(archive))
    assert found == dict(digests_of(tmp_path / "films"))
    assert f"{LOT}-{recorded.site}-1-000002.webm" in found
    (tmp_path / "text").write_text("no tar")
    with pytest.raises(Refused, match="recording_unreadable"):
        list(digests_of(tmp_path / "text"))


def test_films_go_when_their_years_are_over_and_their_hashes_stay(case: WholeCase, recorded: Machine):
    """After the others: fifteen years later."""
    blobs = [path for path in _blobs(case) if path.exists()]
    tidy_up(case.platform)
    assert case.case.lots[LOT].recordings.disposed_at is None
    assert all(path.exists() for path in blobs)
    case.clock.advance(timedelta(days=365 * 15 + 5).total_seconds())
    tidy_up(case.platform)
    tidy_up(case.platform)  # again is harmless
    found = case.case.lots[LOT].recordings
    assert found.disposed_at is not None
    assert not any(path.exists() for path in blobs)
    with case.platform.database.reading() as db_session:
        rows = list(db_session.scalars(select(RecordingPiece)))
        assert {(row.blob, row.state) for row in rows} == {("", "deleted")}
        codes = [row.account_id for row in db_session.scalars(select(Notice)) if row.code == "recordings_disposed"]
    assert set(codes) >= {case.people[who].id for who in ("centre", "regulator")}
    assert len(codes) == len(set(codes)), "told once"
    page = Site(case).browser("centre").get(f"/cases/{case.case_id}/lots/{LOT}/recordings")
    assert "录音录像已经删除" in page
    with case.platform.database.reading() as db_session:
        regulator = load_actor(db_session, case.people["regulator"].id)
    again = RecordingLookRequested("x9", "再看")
    assert refused(case.case.decide, again, LOT, regulator, case.clock()) == "recording_disposed"
    _name, bundle = export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)
    steps = {name: STEPS[name] for name in ("log", "replay", "recordings")}  # certificates of today are not valid then
    checks = verify_bundle(bundle, steps=steps)
    assert not [check for check in checks if check.verdict is Verdict.FAIL]
    gone = ("evidence_recordings_disposed", Verdict.OK)
    assert gone in found_of(checks)
    copy = {f"{LOT}-{recorded.site}-1-000001.webm": hashlib.sha256(FILM + b"1").hexdigest()}
    assert ("evidence_recordings_match", Verdict.OK) in found_of(verify_bundle(bundle, steps=steps, films=copy))
    changed = {name: "0" * 64 for name in copy}
    assert ("evidence_recording_changed", Verdict.FAIL) in found_of(verify_bundle(bundle, steps=steps, films=changed))
    early = disposed_early(unpack(bundle), case)
    (unlawful,) = (one for one in verify_bundle(early, steps=steps) if one.verdict is Verdict.FAIL)
    assert "recording_kept_yet" in str(unlawful.facts)


def _blobs(case: WholeCase):
    with case.platform.database.reading() as db_session:
        return [case.platform.blobs.path(name) for name in db_session.scalars(select(RecordingPiece.blob)) if name]


def disposed_early(files: dict[str, bytes], case: WholeCase) -> dict[str, bytes]:
    """The bundle as if the platform had deleted the films a year too soon."""
    lines = tampering.lines_of(files)
    seq = next(i for i, line in enumerate(lines) if line.get("entry", {}).get("type") == "RecordingsDisposed")
    when = format_instant(case.clock() - timedelta(days=365))
    return tampering.by_platform(
        files, tampering.changed(lines, seq, ("at",), lambda _: when), case.platform.keys.platform.key
    )

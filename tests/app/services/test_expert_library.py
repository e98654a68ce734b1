"""The library on both databases: lists examined and taken, two persons, sealed contacts, who a draw may consider."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.adapters import bounded, spreadsheets
from app.adapters.spreadsheets import read_table, write_csv
from app.adapters.workbooks import write_workbook
from app.casefile.codec import decode, encode
from app.models import (
    Account,
    ContactLookUp,
    Expert,
    ExpertContact,
    ExpertEvent,
    ExpertImport,
    ExpertImportPart,
)
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.procedure.expert_rows import correction_cells
from app.queries.experts import current_tree, entry_of, import_findings, load_import, read_expert
from app.queries.library_days import library_as_of
from app.services import contacts, expert_corrections, expert_imports, experts, standings
from app.services.accounts import NewOrganisation
from app.services.unit_of_work import plain_transaction
from demo.library import table
from evaluation.experts import Absence, Correction, correctable
from evaluation.experts import Expert as ExpertEntry
from evaluation.standing import Status, Step
from tests.app.services.people import BUYER_CODE
from tests.app.workbench import Bench

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 3, 1)


def rows(bench: Bench, count: int, seed: int, prefix: str) -> list[list[str]]:
    with bench.platform.database.reading() as db_session:
        found = list(table(count, ("主场", "副场"), current_tree(db_session), TODAY, seed))
    return [found[0], *([f"{prefix}{row[0]}", *row[1:]] for row in found[1:])]


def without_identity(found: list[list[str]]) -> list[list[str]]:
    """Two generated lists would be of the same people."""
    return [found[0], *([*row[:2], "", *row[3:]] for row in found[1:])]


def examined(bench: Bench, data: bytes) -> str:
    return expert_imports.examine_import(bench.platform, bench.people["centre"].log_in, "list", data)


def state(bench: Bench, import_id: str):
    with bench.platform.database.reading() as db_session:
        found = load_import(db_session, import_id)
    assert found is not None
    return found


def count(bench: Bench, model, *where) -> int:
    with bench.platform.database.reading() as db_session:
        return db_session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def of_batch(bench: Bench, import_id: str) -> list[Expert]:
    with bench.platform.database.reading() as db_session:
        return list(db_session.scalars(select(Expert).where(Expert.batch == import_id).order_by(Expert.number)))


@pytest.fixture(scope="module")
def taken(bench: Bench) -> str:
    """A list of five that is in the library, not admitted yet."""
    found = examined(bench, write_csv(rows(bench, 5, 1, "A")))
    expert_imports.take_now(bench.platform, found, lambda _taken, _total: None)
    return found


def test_a_list_is_examined_without_writing_anybody(bench: Bench):
    before = count(bench, Expert)
    found = examined(bench, write_workbook(without_identity(rows(bench, 4, 3, "X"))))
    assert (state(bench, found).good, state(bench, found).faulty) == (4, 0)
    assert count(bench, Expert) == before


def test_entries_read_by_hand_are_those_that_the_strict_reader_reads(bench: Bench, taken: str):
    full = {
        "past_employments": [{"organisation": BUYER_CODE, "until": "2024-05-31"}],
        "qualifications": [{"name": "甲"}, {"name": "乙", "until": "2029-12-31"}],
        "absences": [{"first": "2026-05-01", "last": "2026-05-07"}],
        "relatives": ["经理"],
        "interests": [BUYER_CODE],
        "service": "某局",
        "punished": True,
        "region": "510000",
    }
    for row in of_batch(bench, taken):
        for facts in (json.loads(row.facts), json.loads(row.facts) | full):
            expected = decode(ExpertEntry, {**facts, "status": row.status})
            assert entry_of(json.dumps(facts), row.status) == expected


def test_what_is_taken_waits_for_a_second_person_and_is_taken_once(bench: Bench, taken: str):
    assert [row.status for row in of_batch(bench, taken)] == [Status.REVIEWED] * 5
    assert count(bench, ExpertImportPart, ExpertImportPart.import_id == taken) == 0
    again = examined(bench, write_csv(rows(bench, 5, 1, "A")))
    assert (state(bench, again).known, state(bench, again).good) == (5, 0)
    renumbered = examined(bench, write_csv(rows(bench, 5, 1, "B")))
    assert state(bench, renumbered).known == 5, "recognised by the identity number"


def test_contacts_are_sealed_and_each_opening_is_kept(bench: Bench, taken: str):
    row = of_batch(bench, taken)[0]
    with plain_transaction(bench.platform.database) as (db_session, now):
        account = db_session.get_one(Account, row.account_id)
        sealed = db_session.get_one(ExpertContact, row.id).sealed
        assert account.mail == ""
        assert "generated.example" not in row.facts + sealed.decode()
        assert "10000000001" not in row.facts
        address = contacts.mail_address(bench.platform, db_session, account, "call_up", now)
    assert address == "sc000001@generated.example"
    assert count(bench, ContactLookUp, ContactLookUp.expert_id == row.id) == 1


def test_only_the_notification_service_opens_a_contact():
    askers = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "app").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and any(name.name in ("mail_address", "contact_of") for name in node.names)
    }
    assert askers == {"app/services/notices.py", "app/services/call_ups.py"}


def test_faults_are_told_row_by_row_and_the_good_rows_taken(bench: Bench):
    found = without_identity(rows(bench, 4, 5, "F"))
    found[2][3] = "1980-02-30"
    found[3][0] = found[1][0]
    found[4][9] = "别处"
    one = examined(bench, write_csv(found))
    told = {(fault.row, fault.column, fault.code) for fault in state(bench, one).faults}
    assert told == {(3, "born", "row_date"), (4, "number", "row_repeated"), (5, "site", "row_site")}
    expert_imports.start_import(bench.platform, bench.people["centre"].log_in, one)
    bench.work_off()
    assert (state(bench, one).stage, state(bench, one).taken) == ("taken", 1)


def test_everything_that_was_found_is_kept_in_pages(bench: Bench):
    found = without_identity(rows(bench, 9, 15, "P"))
    for row in found[1:]:
        row[3] = "1980-02-30"
    one = examined(bench, write_csv(found))
    with bench.platform.database.reading() as db_session:
        page = load_import(db_session, one, faults=4, most=3)
        told = [fault.row for fault in import_findings(db_session, one, alike=False)]
    assert (page.fault_count, [fault.row for fault in page.faults], told) == (9, [6, 7, 8], [*range(2, 11)])


def test_an_employer_has_one_name(bench: Bench):
    found = without_identity(rows(bench, 2, 6, "N"))
    found[1][6], found[1][7] = "单位某", BUYER_CODE
    found[2][6], found[2][7] = "单位某某", BUYER_CODE
    assert [fault.code for fault in state(bench, examined(bench, write_csv(found))).faults] == ["row_organisation_name"]


def test_broken_off_and_begun_again_nobody_is_there_twice(bench: Bench, monkeypatch):
    monkeypatch.setattr(expert_imports, "PART", 2)
    data = write_csv(without_identity(rows(bench, 5, 7, "K")))

    def break_off(taken: int, _total: int) -> None:
        if taken == 4:
            raise KeyboardInterrupt

    first = examined(bench, data)
    with pytest.raises(KeyboardInterrupt):
        expert_imports.take_now(bench.platform, first, break_off)
    again = examined(bench, data)
    assert (state(bench, again).known, state(bench, again).good) == (4, 1)
    expert_imports.take_now(bench.platform, first, lambda _taken, _total: None)
    expert_imports.take_now(bench.platform, again, lambda _taken, _total: None)
    assert count(bench, Expert, Expert.number.startswith("KSC")) == 5
    assert (state(bench, again).taken, state(bench, again).known) == (0, 5)


def test_who_imported_cannot_admit_and_a_regulator_can(bench: Bench, taken: str):
    with pytest.raises(RuleViolation, match="second_person_needed"):
        standings.admit_batch(bench.platform, bench.people["centre"].log_in, taken, "核对")
    with pytest.raises(NotAllowed):
        standings.admit_batch(bench.platform, bench.people["officer"].log_in, taken, "核对")
    assert standings.admit_batch(bench.platform, bench.people["regulator"].log_in, taken, "核对") == 5
    assert standings.admit_batch(bench.platform, bench.people["regulator"].log_in, taken, "核对") == 0
    assert {row.status for row in of_batch(bench, taken)} == {Status.ADMITTED}


def test_a_draw_considers_the_admitted_below_the_node_at_the_site(bench: Bench, taken: str):
    site = bench.sites[0]
    with bench.platform.database.reading() as db_session:
        for root in "ABC":
            found = library_as_of(db_session, [(root, site)], None)
            assert all(e.site == site and e.status is Status.ADMITTED for e in found)
            assert all(any(code.startswith(root) for code in e.specialities) for e in found)
        ids = {e.id for root in "ABC" for e in library_as_of(db_session, [(root, site)], None)}
    assert ids == {row.id for row in of_batch(bench, taken) if row.site_id == site}


def test_suspension_and_removal_have_reasons_and_two_hands(bench: Bench, taken: str):
    person, centre, regulator = (
        of_batch(bench, taken)[1].id,
        bench.people["centre"].log_in,
        bench.people["regulator"].log_in,
    )
    with pytest.raises(RuleViolation, match="standing_reason_missing"):
        standings.take_step(bench.platform, centre, person, Step.SUSPEND, "")
    with pytest.raises(NotAllowed):
        standings.take_step(bench.platform, regulator, person, Step.SUSPEND, "投诉")
    standings.take_step(bench.platform, centre, person, Step.SUSPEND, "投诉核查")
    standings.take_step(bench.platform, centre, person, Step.PROPOSE_REMOVAL, "核实违规")
    with pytest.raises(RuleViolation, match="second_person_needed"):
        standings.take_step(bench.platform, centre, person, Step.REMOVE, "核实违规")
    standings.take_step(bench.platform, regulator, person, Step.REMOVE, "同意")
    with bench.platform.database.reading() as db_session:
        history = list(
            db_session.scalars(select(ExpertEvent).where(ExpertEvent.expert_id == person).order_by(ExpertEvent.id))
        )
        assert [line.step for line in history] == ["review", "admit", "suspend", "propose_removal", "remove"]
        assert db_session.get_one(Expert, person).status == Status.REMOVED


def test_an_entry_is_corrected_by_two_persons_with_a_reason(bench: Bench, taken: str):
    person, centre = of_batch(bench, taken)[2].id, bench.people["centre"].log_in
    regulator, officer = bench.people["regulator"].log_in, bench.people["officer"].log_in

    def entry() -> Correction:
        with bench.platform.database.reading() as db_session:
            return correctable(read_expert(db_session.get_one(Expert, person)))

    before = entry()
    cells = correction_cells(before) | {"absences": "2026-05-01~2026-05-07", "service": "某县财政局", "punished": "是"}
    propose = partial(expert_corrections.propose_correction, bench.platform, centre, person)
    decide = partial(expert_corrections.decide_correction, bench.platform)
    for changed, code in (
        ({"absences": "2026-05-07~2026-05-01"}, "row_absence_order"),
        ({"interests": "某某公司"}, "row_credit_code"),
        ({"relatives": "张\u202e三"}, "row_unprintable"),
    ):
        with pytest.raises(RuleViolation, match=code):
            propose(cells | changed, "核实")
    with pytest.raises(RuleViolation, match="standing_reason_missing"):
        propose(cells, " ")
    with pytest.raises(RuleViolation, match="correction_changes_nothing"):
        propose(correction_cells(before), "核实")
    with pytest.raises(NotAllowed):
        expert_corrections.propose_correction(bench.platform, officer, person, cells, "核实")
    propose(cells, "出国进修")
    with pytest.raises(RuleViolation, match="correction_waits"):
        propose(cells, "再来一次")
    with pytest.raises(RuleViolation, match="second_person_needed"):
        decide(centre, person, accepted=True)
    with pytest.raises(NotAllowed):
        decide(officer, person, accepted=True)
    assert entry() == before, "until it is confirmed, nothing has changed"
    decide(centre, person, accepted=False)
    with pytest.raises(RuleViolation, match="correction_unknown"):
        decide(regulator, person, accepted=True)
    propose(cells, "出国进修")
    decide(regulator, person, accepted=True)
    days = (Absence(date(2026, 5, 1), date(2026, 5, 7)),)
    assert entry() == replace(before, absences=days, service="某县财政局", punished=True)
    with bench.platform.database.reading() as db_session:
        lines = db_session.scalars(
            select(ExpertEvent).where(ExpertEvent.expert_id == person).order_by(ExpertEvent.id.desc())
        )
        line = lines.first()
        assert (line.step, line.by, line.reason) == ("correct", bench.people["regulator"].id, "出国进修")
        kept = json.loads(line.facts)
        assert (kept["before"], kept["entered_by"]) == (encode(before), bench.people["centre"].id)


def test_a_log_in_that_exists_is_a_fault_of_its_row(bench: Bench):
    """People of the same installation may be called as an expert's number would be."""
    found = without_identity(rows(bench, 2, 21, "L"))
    found[1][0] = "15"
    one = examined(bench, write_csv(found))
    assert [(f.row, f.column, f.code, f.given) for f in state(bench, one).faults] == [
        (2, "number", "row_login_taken", "expert-15")
    ]
    expert_imports.start_import(bench.platform, bench.people["centre"].log_in, one)
    bench.work_off()
    assert (state(bench, one).stage, state(bench, one).taken) == ("taken", 1)


def test_what_only_the_database_refuses_is_told_and_the_others_are_taken(bench: Bench):
    """Whoever was entered under the same log-in name between the examination and the taking."""
    found = without_identity(rows(bench, 4, 22, "D"))
    one = examined(bench, write_csv(found))
    assert state(bench, one).good == 4
    entry = experts.NewExpert(
        login=f"expert-{found[2][0]}",
        name="某人",
        organisation=NewOrganisation("单位甲", "employer", "E-D"),
        mail="d@example.org",
        site=bench.sites[0],
        specialities=("goods",),
        born=date(1980, 1, 1),
        certified_until=date(2030, 1, 1),
    )
    experts.add_experts(bench.platform, bench.people["centre"].log_in, [entry])
    expert_imports.start_import(bench.platform, bench.people["centre"].log_in, one)
    bench.work_off()
    row = state(bench, one)
    assert (row.stage, row.taken, row.faulty) == ("taken", 3, 1)
    assert [(f.row, f.code, f.given) for f in row.faults] == [(3, "row_refused", "IntegrityError")]


def test_likely_doubles_are_flagged_in_the_file_and_against_the_library(bench: Bench):
    found = without_identity(rows(bench, 3, 23, "T"))
    for place, row in enumerate(found[1:]):
        row[4], row[5] = f"1330000000{place}", f"t{place}@example.org"
    twin = [*found[1]]
    twin[0] = "TW1"
    one = examined(bench, write_csv([*found, twin]))
    assert (state(bench, one).good, state(bench, one).faulty) == (4, 0), "flagged, not refused"
    assert {(f.row, f.column, f.code, f.given) for f in state(bench, one).alike} == {
        (5, column, "row_alike_row", "2") for column in ("name", "mail", "phone")
    }
    expert_imports.take_now(bench.platform, one, lambda _taken, _total: None)
    other = [*found[2]]
    other[0], other[5] = "TW2", "other@example.org"
    again = examined(bench, write_csv([found[0], other]))
    assert {(f.column, f.code, f.given) for f in state(bench, again).alike} == {
        (column, "row_alike_known", found[2][0]) for column in ("name", "phone")
    }


def test_generated_experts_are_for_demonstrations_alone(bench: Bench, monkeypatch):
    found = without_identity(rows(bench, 3, 9, "G"))
    with pytest.raises(RuleViolation, match="demo_only"):
        expert_imports.enter_generated(bench.platform, found, lambda _taken, _total: None)
    platform = replace(bench.platform, settings=replace(bench.platform.settings, demo=True))
    assert expert_imports.enter_generated(platform, found, lambda _taken, _total: None) == 3
    with bench.platform.database.reading() as db_session:
        batch = db_session.scalars(select(ExpertImport).where(ExpertImport.by == "generated")).one()
    assert {row.status for row in of_batch(bench, batch.id)} == {Status.ADMITTED}
    assert all(row[1].startswith("生成") for row in found[1:])


def test_tables_are_read_alike_from_xlsx_and_both_kinds_of_csv():
    cells = [["专家编号", "姓名"], ["0012", " 张三 "], ["", ""]]
    text = "\r\n".join(",".join(row) for row in cells)
    wanted = [("专家编号", "姓名"), ("0012", "张三"), ("", "")]
    for data in (text.encode(), text.encode("utf-8-sig"), text.encode("gb18030"), write_workbook(cells)):
        assert list(read_table(data)) == wanted


def test_a_bomb_and_a_wreck_are_refused(monkeypatch):
    for data in (b"PK\x03\x04 nothing", b"\xff\xfe\x00", b'"open'):
        with pytest.raises(RuleViolation, match="table_unreadable"):
            list(read_table(data))
    with pytest.raises(RuleViolation, match="table_too_large"):
        list(read_table(("x" * 1001).encode()))
    monkeypatch.setattr(spreadsheets, "SECONDS", 0.001)
    with pytest.raises(RuleViolation, match="table_unreadable"):
        list(read_table(write_workbook([["a"]])))
    assert issubclass(bounded.BeyondBounds, Exception)


def test_a_cell_that_begins_like_a_formula_is_no_formula_in_our_files():
    assert "'=1+1" in write_csv([["=1+1"]]).decode("utf-8-sig")

"""A year of inspections through the one door for acts, on both databases: plan, campaign, both draws, results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from app.casefile.bundle import unpack
from app.casefile.codec import encode
from app.casefile.inspecting import draw_statement, published_digest
from app.casefile.sealing import committee_of
from app.casefile.sight import sees
from app.casefile.verification import Verdict, verify_bundle
from app.client.trustee import Memory, Trustee
from app.client.verify_draw import main as verify_draw
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.procedure.inspections import pools
from app.procedure.inspections.facts import (
    CampaignProposed,
    InspectorRecused,
    InspectorsDrawOpened,
    Part,
    PlanApproved,
    RectificationConfirmed,
    RectificationRecorded,
    RedrawOrdered,
    RedrawProposed,
    ResultCode,
    ResultsConfirmed,
    ResultsEntered,
)
from app.procedure.inspections.items import Grade
from app.procedure.inspections.rules import frozen_sha256, still_recused
from app.procedure.inspections.state import lot_of
from app.procedure.roles import ANYONE
from app.queries.cases import load_records
from app.queries.events import event_view, seen_events
from app.queries.lists import current_cases
from app.queries.lots import draw_record
from app.services import audits, inspection_years
from app.services.actors import load_actor
from app.services.database_check import database_differences
from app.services.inspection_results import FILE_LIMIT, evidence_file, take_evidence
from app.services.notices import own_notices
from app.services.platform import DIST
from crypto.canonical import canonical
from crypto.committee import Committee, identity, verify_share
from tests.app.services.hearing import hear_the_party, open_without_choice, report_a_correction
from tests.app.services.inspecting import AGENCIES, COURSE, JOINT, LEAD, Inspecting, item

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
OBJECTS, INSPECTORS = lot_of(1, Part.OBJECTS), lot_of(1, Part.INSPECTORS)


@pytest.fixture(scope="module")
def desk(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inspecting]:
    """A campaign whose objects and inspectors are drawn; the tests go on from there in their order."""
    made = Inspecting(tmp_path_factory.mktemp("inspecting"), database_url=database_url).through(COURSE)
    made.drawn()
    yield made
    made.platform.database.dispose()


def visit(desk: Inspecting, number: int = 0) -> tuple[str, str]:
    return pools.visits(desk.campaign(), desk.case.draws)[number]


def test_a_campaign_is_drawn_by_the_engine_and_every_visit_has_two_free_inspectors(desk: Inspecting):
    campaign, draws = desk.campaign(), desk.case.draws
    drawn = pools.drawn_objects(campaign, draws)
    assert "A0" in drawn  # the highest risk is inspected whole
    assert len(drawn) == 1 + 3  # of five at 30 % and 50 %: two and three, which meet on the same objects
    first, second = desk.items["代理从业人员"], desk.items["采购文件存档"]
    assert sorted(len(items) for items in drawn.values()) == [1, 2, 2, 2]
    assert sum(first in items for items in drawn.values()) == 3
    assert sum(second in items for items in drawn.values()) == 4
    tied = desk.people["inspector"].id
    for (object_, authority), accounts in pools.inspectors_of(campaign, draws).items():
        assert len(set(accounts)) == 2
        assert object_ != "A1" or authority == desk.people["finance-1"].organisation or tied not in accounts
    assert campaign.due_at == campaign.inspectors_drawn_at + timedelta(seconds=120)


@pytest.mark.parametrize("lot", [OBJECTS, INSPECTORS])
def test_anybody_computes_both_draws_again_from_the_record(desk: Inspecting, lot: str, tmp_path, capsys):
    record = draw_record(desk.case, lot, 1)
    path = tmp_path / "draw.json"
    path.write_text(json.dumps(record), "utf-8")
    pinned = ["--committee", committee_of(desk.case).id]
    assert verify_draw([str(path), *pinned]) == 0
    assert "FAIL" not in capsys.readouterr().out
    record["candidates"] = record["candidates"][1:]
    path.write_text(json.dumps(record), "utf-8")
    assert verify_draw([str(path), *pinned]) == 1


def test_a_trustees_tool_signs_what_the_record_leads_to_and_nothing_else(desk: Inspecting, tmp_path):
    with desk.platform.database.reading() as db_session:
        actor = load_actor(db_session, desk.people["trustee-3"].id)
        seen = seen_events(db_session, actor, desk.case_id)
        assert desk.case_id in current_cases(db_session, desk.clock())
        certificates = [record.to_json() for record in audits.signing_certificates(db_session, desk.case_id)]
    events = [event_view(actor, seen.case, record, lambda id_: id_) for record in seen.records]
    upto = next(at for at, e in enumerate(events) if e["type"] == "DrawStated" and e["lot"] == INSPECTORS)

    class Source:
        def certificates(self, keys):
            return certificates

    committee = Committee.from_description(desk.case.committee)
    roots = tuple(desk.platform.keys.roots)
    tool = Trustee(committee, 3, desk.shares[3], Memory(tmp_path / "memory.json"), roots)
    refused = []

    def due(shown):
        return tool.shares_due(
            Source(), desk.platform.origin, desk.case_id, shown,
            now=desk.clock(), clock_offset=timedelta(0), refuse=refused.append,
        )  # fmt: skip

    (share,) = [share for share in due(events[: upto + 1]) if share.lot == INSPECTORS]
    ident = identity("draw", json.loads(events[upto]["payload"]["statement"]))
    assert share.type == "DrawShareReleased"
    assert verify_share(committee, 3, ident, bytes.fromhex(share.payload["share_hex"]))
    assert not refused
    forged = [*events[:upto], {**events[upto], "payload": {**events[upto]["payload"], "candidates": []}}]
    assert [s for s in due(forged) if s.lot == INSPECTORS] == []
    assert refused[-1].code == "trustee_act_unverified"
    unapproved = [e for e in events[: upto + 1] if e["type"] != "PlanApproved"]
    assert due(unapproved) == []


def test_the_public_sees_plan_objects_and_draws_and_no_person(desk: Inspecting):
    with desk.platform.database.reading() as db_session:
        records = load_records(db_session, desk.case_id)
    shown = {record.type for record in records if sees(ANYONE, desk.case, record)}
    assert {"PlanProposed", "CampaignProposed", "CampaignPublished", "DrawStated", "DrawSignatureRecorded"} <= shown
    assert shown.isdisjoint({"InspectorsListed", "InspectorRecused", "ResultsEntered", "ResultsConfirmed"})
    draw = [record for record in records if record.lot == INSPECTORS and sees(ANYONE, desk.case, record)]
    payloads = [json.dumps(event_view(ANYONE, desk.case, record, str)["payload"]) for record in draw]
    people = {desk.people[login].id for login in (*LEAD, *JOINT)}
    assert any("selected" in payload for payload in payloads)
    assert not [id_ for id_ in people if any(id_ in payload for payload in payloads)], "their names stand beside acts"


def test_a_list_without_a_salt_is_of_before_and_stays_as_it_was_signed(desk: Inspecting):
    campaign, who = desk.campaign(), desk.people["regulator"]
    before = {authority: replace(listed, salt="") for authority, listed in campaign.lists.items()}
    signed = {authority: encode(listed) for authority, listed in before.items()}
    for listed in signed.values():
        del listed["salt"]
    assert published_digest(replace(campaign, lists=before)) == frozen_sha256(campaign, signed)
    assert pools.number_of(before[who.organisation], who.id) == who.id
    assert pools.number_of(campaign.lists[who.organisation], who.id) != who.id


def test_the_statement_is_the_one_that_the_record_leads_to(desk: Inspecting):
    stated = [r for r in desk.records("DrawStated") if r.lot == INSPECTORS]
    recused = json.loads(stated[0].fact.statement)["recused"]
    tied = desk.candidate("inspector", "A1")
    in_pool = any(candidate.id == tied for candidate in stated[0].fact.candidates)
    assert [entry["id"] for entry in recused] == ([tied] if in_pool else [])


def test_a_drawn_inspector_who_steps_back_is_replaced_by_two_persons_in_a_further_round(desk: Inspecting):
    object_, authority = visit(desk)
    leaves, stays = desk.logins_of(object_, authority)
    desk.act(leaves, InspectorRecused(1, object_, "亲属在该单位任职"), "")
    (pair,) = still_recused(desk.campaign(), desk.case.draws)
    early = ResultsEntered(1, object_, authority, desk.results(object_, authority, ResultCode.NO_PROBLEM))
    for who in (leaves, stays):
        with pytest.raises(RuleViolation, match="inspector_to_be_replaced"):
            desk.act(who, early, "")
    asked = RedrawProposed(1, Part.INSPECTORS, pair, "主动回避")
    desk.act("regulator", asked, "")
    with pytest.raises(RuleViolation, match="second_person_needed"):
        desk.act("regulator", RedrawOrdered(**vars(asked)), "")
    with pytest.raises(RuleViolation, match="object_has_changed"):
        desk.act("inspector", RedrawOrdered(1, Part.INSPECTORS, pair, "另一理由"), "")
    desk.act("inspector", RedrawOrdered(**vars(asked)), "")
    with pytest.raises(RuleViolation, match="inspector_to_be_replaced"):
        desk.act(stays, early, "")
    other = visit(desk, -1)
    desk.find(*other, ResultCode.NO_PROBLEM)  # where nobody is missing the inspection goes on
    desk.draw(1, Part.INSPECTORS)
    now = desk.logins_of(object_, authority)
    assert leaves not in now
    assert stays in now
    assert len(set(now)) == 2
    first, second = desk.case.lots[INSPECTORS].draw.rounds
    assert second.stated["earlier_record_sha256"] == first.record_sha256
    assert second.second_signature
    assert draw_record(desk.case, INSPECTORS, 1)["result"] == first.result.to_json()  # for ever


def test_results_are_entered_by_one_of_the_drawn_and_confirmed_by_the_other(desk: Inspecting):
    object_, authority = visit(desk)
    first, second = desk.logins_of(object_, authority)
    outsider = next(login for login in desk.people if login not in (first, second))
    results = desk.results(object_, authority, ResultCode.PROBLEM)
    data = b"\xff\xd8 photo"
    file = take_evidence(desk.platform, desk.people[first].log_in, "现场.jpg", data)
    entry = ResultsEntered(1, object_, authority, results, (file,))
    for changed, wrong in (
        (ResultsEntered(1, object_, authority, ()), "results_incomplete"),
        (replace(entry, files=(replace(file, sha256="0" * 64),)), "file_changed"),
        (replace(entry, files=(file, file)), "file_repeated"),
        (replace(entry, files=(replace(file, id="0" * 32),)), "upload_unknown"),
        (ResultsEntered(1, object_, "elsewhere", results), "act_for_another_authority"),
    ):
        with pytest.raises(RuleViolation, match=wrong):
            desk.act(first, changed, "")
    with pytest.raises((RuleViolation, NotAllowed)):
        desk.act(outsider, entry, "")
    desk.act(first, entry, "")
    outcome = desk.campaign().outcomes[object_, authority]
    assert outcome.waits
    confirmation = ResultsConfirmed(1, object_, authority, outcome.entered_sha256)
    with pytest.raises(RuleViolation, match="second_person_needed"):
        desk.act(first, confirmation, "")
    desk.act(second, confirmation, "")
    row, chunks = evidence_file(desk.platform, desk.people[second].log_in, desk.case_id, file.id)
    assert (row.name, b"".join(chunks)) == ("现场.jpg", data)
    with pytest.raises(NotAllowed):
        evidence_file(desk.platform, desk.people["officer"].log_in, desk.case_id, file.id)
    with pytest.raises(RuleViolation, match="recusal_after_results"):
        desk.act(first, InspectorRecused(1, object_, "想起来了"), "")
    with pytest.raises(RuleViolation, match="results_need_reason"):
        desk.act(first, ResultsEntered(1, object_, authority, results), "")
    with pytest.raises(RuleViolation, match="file_too_large"):
        take_evidence(desk.platform, desk.people[first].log_in, "大.jpg", bytes(FILE_LIMIT + 1))
    with pytest.raises(NotAllowed):
        take_evidence(desk.platform, desk.people["centre"].log_in, "小.jpg", b"x")


def test_what_was_found_is_followed_up_until_it_is_put_right(desk: Inspecting):
    object_, authority = visit(desk)
    first, second = desk.logins_of(object_, authority)
    outcome = desk.campaign().outcomes[object_, authority]
    assert desk.campaign().correction_due_at(outcome) == outcome.confirmed_at + timedelta(seconds=240)
    desk.work_off(241)
    codes = [notice.code for notice in own_notices(desk.platform, desk.people[first].log_in)]
    assert "corrections_overdue" in codes
    for item_id in outcome.awaited():
        desk.rectify(object_, authority, item_id, "仍未补齐", done=False)
        assert item_id in desk.campaign().outcomes[object_, authority].awaited()
        desk.act(first, RectificationRecorded(1, object_, authority, item_id, True, "已补齐存档"), "")
        record = desk.campaign().outcomes[object_, authority].seen[item_id].sha256
        assert item_id in desk.campaign().outcomes[object_, authority].awaited(), "one inspector alone"
        confirmation = RectificationConfirmed(1, object_, authority, item_id, record)
        with pytest.raises(RuleViolation, match="second_person_needed"):
            desk.act(first, confirmation, "")
        with pytest.raises(RuleViolation, match="object_has_changed"):
            desk.act(second, replace(confirmation, record_sha256="0" * 64), "")
        assert "correction_waits" in [n.code for n in own_notices(desk.platform, desk.people[second].log_in)]
        desk.act(second, confirmation, "")
        with pytest.raises(RuleViolation, match="rectification_not_recorded"):
            desk.act(second, confirmation, "")
        with pytest.raises(RuleViolation, match="nothing_to_rectify"):
            desk.act(first, RectificationRecorded(1, object_, authority, item_id, True, "再次"), "")
    assert desk.campaign().outcomes[object_, authority].awaited() == ()


def test_the_inspected_party_is_heard_before_a_result_is_published(desk: Inspecting):
    hear_the_party(desk, *visit(desk, -2))


def test_what_the_party_put_right_is_looked_at_before_it_counts(desk: Inspecting):
    report_a_correction(desk, *visit(desk, -2))


def test_who_is_late_is_told(desk: Inspecting):
    desk.work_off()
    late = next(v for v in pools.visits(desk.campaign(), desk.case.draws) if v not in desk.campaign().outcomes)
    for login in desk.logins_of(*late):
        codes = [notice.code for notice in own_notices(desk.platform, desk.people[login].log_in)]
        assert "results_overdue" in codes
        assert "inspection_task" in codes
    desk.find(*late, ResultCode.NO_PROBLEM)  # late, and taken all the same


def test_bad_input_is_refused_before_anything_is_drawn(desk: Inspecting):
    items = tuple(desk.items.values())
    for wrong, code in (
        (CampaignProposed(3, "跳号", items, AGENCIES), "campaign_not_next"),
        (CampaignProposed(1, "改", items, AGENCIES), "campaign_published"),
        (CampaignProposed(2, "空", items, ()), "campaign_empty"),
        (CampaignProposed(2, "无", ("nothing",), AGENCIES), "item_unknown"),
        (InspectorsDrawOpened(1), "inspectors_draw_begun"),
        (PlanApproved("0" * 64), "plan_not_proposed"),
        (RedrawProposed(1, Part.OBJECTS, "A0", "换一个"), "redraw_too_late"),
        (RedrawProposed(1, Part.INSPECTORS, "nobody:A0", "换"), "redraw_not_drawn"),
    ):
        with pytest.raises(RuleViolation, match=code):
            desk.act("regulator", wrong, "")
    with pytest.raises(NotAllowed):
        desk.act("finance-1", CampaignProposed(2, "越权", items, AGENCIES), "")
    with pytest.raises(RuleViolation, match="inspection_year_open"):
        inspection_years.open_year(desk.platform, desk.people["inspector"].log_in, desk.clock().year)
    with pytest.raises(RuleViolation, match="item_risk_reversed"):
        inspection_years.keep_item(desk.platform, desk.people["regulator"].log_in, item("反了", D=("1", 1)))
    changed = desk.plan_payload()
    changed["items"] = changed["items"][1:]
    with pytest.raises(RuleViolation, match="plan_items_changed"):
        desk.act("regulator", changed, "", "PlanProposed")


RISKY = tuple(replace(found, id=f"R{n}", grade=Grade.C, units=(f"R{n}",)) for n, found in enumerate(AGENCIES[:4]))


def test_an_object_is_redrawn_before_the_inspectors_are(desk: Inspecting):
    desk.propose(2, (*AGENCIES, *RISKY))
    with pytest.raises(RuleViolation, match="inspectors_not_listed"):
        desk.publish_campaign(2)
    desk.list_inspectors(2)
    with pytest.raises(RuleViolation, match="second_person_needed"):
        desk.publish_campaign(2, "regulator")
    desk.publish_campaign(2)
    lot = lot_of(2, Part.OBJECTS)
    strata = desk.case.lots[lot].draw.conditions.strata
    assert [(s.name, s.quota) for s in strata] == [("agency:C", 3), ("agency:D", 1)]  # B is drawn once a year
    desk.draw(2, Part.OBJECTS)
    with pytest.raises(RuleViolation, match="redraw_pool_exhausted"):
        desk.act("regulator", RedrawProposed(2, Part.OBJECTS, "A0", "已注销"), "")
    before = pools.drawn_objects(desk.campaign(2), desk.case.draws)
    gone = next(id_ for id_ in before if id_.startswith("R"))
    asked = RedrawProposed(2, Part.OBJECTS, gone, "名录重复登记")
    desk.act("regulator", asked, "")
    desk.act("inspector", RedrawOrdered(**vars(asked)), "")
    desk.draw(2, Part.OBJECTS)
    after = pools.drawn_objects(desk.campaign(2), desk.case.draws)
    assert set(after) == {"A0", *(found.id for found in RISKY)} - {gone}
    open_without_choice(desk)
    lot = lot_of(2, Part.INSPECTORS)
    desk.commit(lot)
    desk.state(lot)
    desk.sign(lot)
    desk.reveal(lot, silent="joint-1")
    assert desk.campaign(2).inspectors_drawn_at is None
    desk.open_capsules(lot)  # whoever stays silent stops nothing
    assert desk.campaign(2).inspectors_drawn_at is not None
    assert {object_ for object_, _a in pools.inspectors_of(desk.campaign(2), desk.case.draws)} == set(after)


def bundle(desk: Inspecting) -> dict[str, bytes]:
    return unpack(audits.export_evidence(desk.platform, desk.people["regulator"].log_in, desk.case_id)[1])


def test_the_whole_year_is_judged_again_offline(desk: Inspecting):
    found = verify_bundle(bundle(desk), desk.platform.keys.roots)
    assert [(check.name, check.code, check.facts) for check in found if check.verdict is Verdict.FAIL] == []
    held = {check.name for check in found if check.verdict is Verdict.OK}
    assert {"head", "log", "files", "acts", "replay", "draws"} <= held
    with pytest.raises(NotAllowed):
        audits.export_evidence(desk.platform, desk.people["officer"].log_in, desk.case_id)


def forged(desk: Inspecting, place: int, **changes: object) -> set[tuple[str, str]]:
    """What a verifier says to a log in which one entry is another one."""
    files = bundle(desk)
    lines = files["events.jsonl"].splitlines()
    entry = json.loads(lines[place])
    entry["entry"]["payload"] |= changes
    lines[place] = canonical(entry)
    files["events.jsonl"] = b"\n".join(lines) + b"\n"
    return {(c.name, c.code) for c in verify_bundle(files, desk.platform.keys.roots) if c.verdict is Verdict.FAIL}


def test_a_draws_conditions_and_replacements_are_nobodys_choice(desk: Inspecting):
    records = desk.records()
    conditions = next(r for r in records if r.type == "DrawConditionsProposed" and r.lot == OBJECTS)
    strata = [{**stratum, "quota": 1} for stratum in conditions.payload["conditions"]["strata"]]
    fewer = {**conditions.payload["conditions"], "strata": strata}
    assert ("replay", "evidence_consequence_differs") in forged(desk, conditions.seq, conditions=fewer)
    stated = next(r for r in records if r.type == "DrawStated" and r.lot == INSPECTORS)
    pool = stated.payload["candidates"][1:]
    assert ("replay", "evidence_fact_unlawful") in forged(desk, stated.seq, candidates=pool)
    opened = next(r for r in records if r.type == "InspectorsDrawOpened" and r.payload["campaign"] == 2)
    assert ("replay", "evidence_fact_unlawful") in forged(desk, opened.seq, certain_sha256="")
    statement = next(r for r in records if r.type == "ViewStated")
    for field in ("name", "unit"):  # whose signature it is stands in the certificate
        assert ("replay", "evidence_fact_unlawful") in forged(desk, statement.seq, **{field: "别的"})
    dismissed = next(r for r in records if r.type == "CandidateDismissed")
    assert ("replay", "evidence_consequence_differs") in forged(desk, dismissed.seq, ground="别的理由")


def test_the_tables_say_what_the_log_says(desk: Inspecting):
    assert list(database_differences(desk.platform)) == []
    assert draw_statement(desk.case, OBJECTS).round == 1

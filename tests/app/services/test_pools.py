"""Whom a draw may consider: the library as it stood at the publication, less who must step back, and nobody alone can
make it smaller or larger.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.casefile.case import Case
from app.casefile.record import Record
from app.casefile.sealing import committee_of
from app.models import Account, Expert, Organisation, Pseudonym
from app.procedure.convening import PURPOSE
from app.procedure.errors import RuleViolation
from app.procedure.expert_particulars import particulars_cells
from app.procedure.expert_rows import correction_cells
from app.procedure.names import credit_code_digit
from app.procedure.profiles import SeatsAtMost
from app.queries.cases import load_records
from app.queries.draw_hall import draw_hall
from app.queries.experts import load_expert_file, read_expert, waiting_imports
from app.queries.library_days import counts_as_of, library_as_of
from app.services import draws, expert_corrections, experts, recusals, standings, tenders
from app.services.accounts import NewOrganisation
from app.services.pools import library_day
from app.services.unit_of_work import plain_transaction
from app.web.recusal_words import RECUSALS
from evaluation import draw as drawing
from evaluation.experts import correctable, particulars
from evaluation.recusal import ConflictGround
from evaluation.standing import Step
from tests.app.services.people import BUYER_CODE, LOT
from tests.app.services.whole_case import WholeCase

BEFORE = "found publish bid open delegate"
OTHER_CODE = f"91510100MA00000X0{credit_code_digit('91510100MA00000X0')}"


def entry(case: WholeCase, name: str, employer: NewOrganisation, **facts: object) -> experts.NewExpert:
    return experts.NewExpert(
        login=f"login-{name}",
        name=name,
        organisation=employer,
        mail=f"{len(name)}@example.org",
        site=case.sites[0],
        specialities=("goods",),
        born=date(1980, 1, 1),
        certified_until=date(2030, 1, 1),
        **facts,
    )


def admit(case: WholeCase, entries: list[experts.NewExpert]) -> list[str]:
    """Entered by the centre, admitted by the regulator."""
    ids = experts.add_experts(case.platform, case.people["centre"].log_in, entries)
    with case.platform.database.reading() as db_session:
        batch = waiting_imports(db_session)[-1].id
    standings.admit_batch(case.platform, case.people["regulator"].log_in, batch, "核对")
    return ids


def own(case: WholeCase, login: str) -> NewOrganisation:
    """The organisation of somebody, as an employer."""
    with case.platform.database.reading() as db_session:
        found = db_session.get_one(Organisation, case.people[login].organisation)
        return NewOrganisation(found.name, found.kind, found.credit_code)


def conditions(case: WholeCase, quota: int = 2) -> drawing.DrawConditions:
    profile, committee = case.case.tender.published.profile, committee_of(case.case)
    return drawing.DrawConditions(
        tender=case.case_id,
        lot=LOT,
        purpose=PURPOSE,
        strata=tuple(drawing.Stratum(f"goods/{site}", quota, 1) for site in case.sites),
        max_per_unit=profile.drawn_per_unit,
        parties=("agency", "centre", "supervisor"),
        pool_factor=profile.pool_factor,
        committee=committee.id,
        trustees_needed=committee.k,
    )


def approve(case: WholeCase) -> drawing.DrawConditions:
    found = conditions(case)
    if case.case.lots[LOT].draw.conditions is None:
        case.act("officer", drawing.DrawConditionsProposed(found))
    case.approve_draw()
    return found


def pool(case: WholeCase) -> dict[str, list[dict[str, str]]]:
    """What was found against everybody in the pool, by name."""
    query = select(Account.name, Pseudonym.findings).join(Expert, Expert.account_id == Account.id)
    with case.platform.database.reading() as db_session:
        rows = db_session.execute(query.join(Pseudonym, Pseudonym.expert_id == Expert.id))
        return {name: json.loads(findings) for name, findings in rows}


def grounds(case: WholeCase) -> dict[str, set[str]]:
    return {name: {one["ground"] for one in found} for name, found in pool(case).items() if found}


def of_site(case: WholeCase, site: str) -> list[str]:
    with case.platform.database.reading() as db_session:
        return list(db_session.scalars(select(Expert.id).where(Expert.site_id == site).order_by(Expert.id)))


def correct(case: WholeCase, expert: str, *, by_two: bool = True, **cells: str) -> None:
    with case.platform.database.reading() as db_session:
        now = correction_cells(correctable(read_expert(db_session.get_one(Expert, expert))))
    centre, second = case.people["centre"].log_in, case.people["regulator"].log_in
    expert_corrections.propose_correction(case.platform, centre, expert, now | cells, "核实")
    if by_two:
        expert_corrections.decide_correction(case.platform, second, expert, accepted=True)


def records(case: WholeCase, kind: str) -> list[Record]:
    with case.platform.database.reading() as db_session:
        return [record for record in load_records(db_session, case.case_id) if record.type == kind]


def open_bids(case: WholeCase) -> None:
    """What follows in `BEFORE` after the founding."""
    for step in BEFORE.split()[1:]:
        getattr(case, step)()


@pytest.fixture
def case(tmp_path: Path) -> WholeCase:
    return WholeCase(tmp_path).through(BEFORE)


def test_the_law_s_grounds_are_found_before_anybody_is_drawn(tmp_path: Path):
    case = WholeCase(tmp_path).found()
    entries = [
        entry(case, "采购人代码", NewOrganisation("另名", "employer", BUYER_CODE)),
        entry(case, "采购人名称", NewOrganisation("某 学院", "employer", "E-NAME")),
        entry(case, "采购人代表单位", own(case, "buyer")),
        entry(case, "代理", own(case, "officer")),
        entry(case, "监督", own(case, "regulator")),
        entry(case, "中心", own(case, "centre")),
        entry(case, "受托", own(case, "trustee-1")),
        entry(case, "无效标", own(case, "bidder-e")),
        entry(case, "撤回者", own(case, "bidder-d")),
        entry(case, "投标人", own(case, "bidder-a")),
        entry(case, "亲属", NewOrganisation("甲", "employer", "E-A"), relatives=(" 经理Ａ",)),
        entry(case, "经办亲属", NewOrganisation("乙", "employer", "E-B"), relatives=("员工 e",)),
        entry(case, "主管", NewOrganisation("丙", "employer", "E-C"), service="某县财政局"),
        entry(case, "受罚", NewOrganisation("丁", "employer", "E-D"), punished=True),
    ]
    admit(case, entries)
    open_bids(case)
    approve(case)
    draws.freeze_pool(case.platform, case.people["centre"].log_in, case.case_id, LOT)
    assert grounds(case) == {
        "采购人代码": {"buyer_staff"},
        "采购人名称": {"buyer_staff"},
        "采购人代表单位": {"buyer_staff"},
        "代理": {"agency_staff"},
        "监督": {"authority_staff"},
        "中心": {"centre_staff"},
        "受托": {"trustee_staff"},
        "无效标": {"employer"},
        "投标人": {"employer"},
        "亲属": {"relative"},
        "经办亲属": {"relative"},
        "主管": {"authority_staff"},
        "受罚": {"punished"},
    }
    articles = case.case.tender.published.profile.recusal_articles
    assert all(one["article"] == articles[one["ground"]] for found in pool(case).values() for one in found)
    fixed = records(case, "DrawConditionsApproved")[0].fact.pool
    assert sum(fixed.sizes.values()) == fixed.candidates_count - len(grounds(case))


def test_whoever_is_admitted_after_the_publication_is_not_in_the_pool(case: WholeCase):
    admit(case, [entry(case, "后来者", NewOrganisation("亲友公司", "employer", "F1"))])
    first = of_site(case, case.sites[0])[0]
    centre = case.people["centre"].log_in
    standings.take_step(case.platform, centre, first, Step.SUSPEND, "投诉")
    standings.take_step(case.platform, centre, first, Step.RESTORE, "不实")
    approve(case)
    assert "后来者" not in pool(case)
    assert len(pool(case)) == 16


def test_who_was_suspended_at_the_publication_stays_out(tmp_path: Path):
    case = WholeCase(tmp_path).found()
    first, centre = of_site(case, case.sites[0])[0], case.people["centre"].log_in
    standings.take_step(case.platform, centre, first, Step.SUSPEND, "投诉")
    open_bids(case)
    standings.take_step(case.platform, centre, first, Step.RESTORE, "不实")
    approve(case)
    assert len(pool(case)) == 15


def change(case: WholeCase, expert: str, **cells: str) -> None:
    """Particulars of an entry, by two persons."""
    with case.platform.database.reading() as db_session:
        found = load_expert_file(db_session, expert)
    assert found is not None
    now = particulars_cells(particulars(found.entry), found.row.employer) | correction_cells(correctable(found.entry))
    centre, second = case.people["centre"].log_in, case.people["regulator"].log_in
    expert_corrections.propose_correction(case.platform, centre, expert, now | cells, "调动")
    expert_corrections.decide_correction(case.platform, second, expert, accepted=True)


def test_who_is_drawn_for_what_is_as_it_stood_at_the_publication(case: WholeCase):
    """Two who agree could otherwise move friends into a pool, or others out of it, once the bidders are known."""
    here, there = of_site(case, case.sites[0]), of_site(case, case.sites[1])
    change(case, here[0], site=case.sites[1])
    change(case, here[1], certified_until="2020-01-01")
    change(case, there[0], specialities="A")
    approve(case)
    with case.platform.database.reading() as db_session:
        strata = list(db_session.execute(select(Pseudonym.strata, Pseudonym.expert_id)))
    assert len(strata) == 16
    assert {expert for strata_, expert in strata if case.sites[0] in strata_} == set(here)


def test_the_library_is_counted_as_it_stood_at_the_publication(case: WholeCase):
    """What the agency is shown before it writes conditions is what can be drawn, not what was loaded since."""
    then, here = library_day(case.case), of_site(case, case.sites[0])
    with case.platform.database.reading() as db_session:
        before = counts_as_of(db_session, then)
    admit(case, [entry(case, "后来者", NewOrganisation("某公司", "employer", "F1"))])
    change(case, here[0], site=case.sites[1], specialities="A")
    standings.take_step(case.platform, case.people["centre"].log_in, here[1], Step.SUSPEND, "核查")
    with case.platform.database.reading() as db_session:
        assert counts_as_of(db_session, then) == before
        people = library_as_of(db_session, [(held, site) for site, held in before], then)
        now = counts_as_of(db_session, None)
    assert before == Counter((one.site, held) for one in people for held in one.specialities)
    assert now["A", case.sites[1]] == 0, "by site, then speciality"
    assert now[case.sites[1], "A"] == 1
    assert now[case.sites[0], "goods"] == before[case.sites[0], "goods"] - 1  # two fewer, one more


def test_a_bidder_that_becomes_the_employer_after_the_publication_is_found(case: WholeCase):
    first = of_site(case, case.sites[0])[0]
    bidder = own(case, "bidder-a")
    change(case, first, organisation=bidder.name, credit_code=bidder.credit_code)
    approve(case)
    draws.freeze_pool(case.platform, case.people["centre"].log_in, case.case_id, LOT)
    assert {ground for found in grounds(case).values() for ground in found} == {"employer"}


def test_a_former_employer_is_not_forgotten_by_two_corrections(case: WholeCase):
    """Who worked for a bidder at the publication steps back, though both the employer and its trace were changed."""
    first = of_site(case, case.sites[0])[0]
    with case.platform.database.reading() as db_session:
        before = db_session.get_one(Expert, first).facts
    employer = json.loads(before)["organisation"]
    change(case, first, organisation="另一设计院", credit_code=OTHER_CODE)
    change(case, first, past_employments="")
    places = [("goods", site) for site in case.sites]
    with case.platform.database.reading() as db_session:
        pool_then = library_as_of(db_session, places, library_day(case.case))
    there = next(one for one in pool_then if one.id == first)
    assert employer in {one.organisation for one in there.past_employments}


def test_one_operator_alone_changes_no_pool(case: WholeCase):
    today = case.clock().date()
    host = of_site(case, case.sites[0])
    for expert in host[:4]:
        correct(case, expert, by_two=False, absences=f"{today}~{today}", punished="是")
    for expert in host[4:]:
        standings.take_step(case.platform, case.people["centre"].log_in, expert, Step.SUSPEND, "核查")
    found = approve(case)
    draws.freeze_pool(case.platform, case.people["centre"].log_in, case.case_id, LOT)
    assert case.case.lots[LOT].draw.pool.sizes == {stratum.name: 8 for stratum in found.strata}
    assert grounds(case) == {}


def test_two_persons_may_take_somebody_out_before_the_approval_and_nobody_back_in(tmp_path: Path):
    case = WholeCase(tmp_path).found()
    host = of_site(case, case.sites[0])
    away = "2026-01-01~2026-12-31"
    correct(case, host[0], absences=away)
    open_bids(case)
    correct(case, host[0], absences="")  # back, but as of the publication he was away
    correct(case, host[1], absences=away)
    approve(case)
    assert Counter(of_pool(case)) == {case.sites[0]: 6, case.sites[1]: 8}


def of_pool(case: WholeCase) -> list[str]:
    query = select(Expert.site_id).join(Pseudonym, Pseudonym.expert_id == Expert.id)
    with case.platform.database.reading() as db_session:
        return list(db_session.scalars(query))


def test_after_the_approval_people_leave_by_recusal_alone_and_many_need_a_new_approval(case: WholeCase):
    approve(case)
    host = of_site(case, case.sites[0])
    name, centre = f"goods/{case.sites[0]}", case.people["centre"].log_in
    today = case.clock().date()
    correct(case, host[0], absences=f"{today}~{today + timedelta(days=9)}")  # even by two: the pool is fixed
    correct(case, host[1], punished="是")
    draws.freeze_pool(case.platform, centre, case.case_id, LOT)  # 8 -> 7 is within the limit
    standings.take_step(case.platform, centre, host[2], Step.PROPOSE_REMOVAL, "违规")
    draws.freeze_pool(case.platform, centre, case.case_id, LOT)  # a proposal alone changes nothing
    standings.take_step(case.platform, case.people["regulator"].log_in, host[2], Step.REMOVE, "同意")
    assert len(pool(case)) == 16
    with pytest.raises(RuleViolation, match="draw_pool_shrunk") as refusal:
        draws.freeze_pool(case.platform, centre, case.case_id, LOT)
    assert refusal.value.facts == {"stratum": "goods · 主场", "approved": 8, "now": 6, "percent": 20}
    assert draw_hall(case.case, LOT).may_shrink
    approve(case)
    draws.freeze_pool(case.platform, centre, case.case_id, LOT)
    sizes = [record.fact.pool.sizes[name] for record in records(case, "DrawConditionsApproved")]
    hashes = {record.fact.pool.candidates_sha256 for record in records(case, "DrawConditionsApproved")}
    assert (sizes, len(hashes)) == ([8, 6], 1)
    case._round(1)
    hall = draw_hall(case.case, LOT)
    assert [(line.approved, line.stated) for line in hall.strata if line.name == name] == [(6, 6)]
    assert not hall.may_shrink
    with pytest.raises(RuleViolation, match="draw_conditions_settled"):
        approve(case)
    assert {g for found in grounds(case).values() for g in found} == {"punished", "removed"}


def test_a_statement_of_another_pool_than_the_approved_one_is_refused(case: WholeCase):
    approve(case)
    with plain_transaction(case.platform.database) as (db_session, _now):
        db_session.delete(db_session.scalars(select(Pseudonym)).first())
    with pytest.raises(RuleViolation, match="draw_pool_changed"):
        case._round(1)


def test_who_sat_on_the_committee_of_the_earlier_round_or_too_often_steps_back(tmp_path: Path):
    case = WholeCase(tmp_path).through(f"{BEFORE} draw_experts")
    state = case.case
    with case.platform.database.reading() as db_session:
        seated = set(
            db_session.scalars(select(Pseudonym.expert_id).where(Pseudonym.number.in_(state.lots[LOT].draw.seated)))
        )
        assert len(seated) == 4
        again = followed_by(state)
        around = recusals.surroundings(db_session, again, LOT, case.clock().date())
        assert around.earlier == seated
        assert around.seats == {}, "a profile of seconds has no such figure"
        limited = limited_to(state, SeatsAtMost(1, 30))
        assert recusals.surroundings(db_session, limited, LOT, case.clock().date()).seats == dict.fromkeys(seated, 1)
        later = case.clock().date() + timedelta(days=31)
        assert recusals.surroundings(db_session, limited, LOT, later).seats == {}


def followed_by(state: Case) -> Case:
    """The same terms as a case that follows this one."""
    parties = replace(state.tender.parties, follows=state.id)
    return replace(state, id="next", tender=replace(state.tender, parties=parties))


def limited_to(state: Case, most: SeatsAtMost) -> Case:
    """The case under a rule book with this figure."""
    terms = state.tender.published
    profile = replace(terms.profile, seats_at_most=most)
    return replace(state, tender=replace(state.tender, terms=replace(terms, profile=profile)))


def test_a_case_of_an_earlier_rule_book_draws_as_it_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without these figures the pool is made when the centre asks for it, of the library of that day."""
    read = tenders.read_profile
    none = {"library_as_of": None, "pool_shrinkage_percent": None, "recusal_articles": {}}
    monkeypatch.setattr(tenders, "read_profile", lambda name: replace(read(name), **none))
    case = WholeCase(tmp_path).found()
    open_bids(case)
    admit(case, [entry(case, "后来者", NewOrganisation("某公司", "employer", "F1"))])
    case.draw_experts()
    assert all(record.payload.keys() == {"conditions_sha256"} for record in records(case, "DrawConditionsApproved"))
    assert "后来者" in pool(case)
    assert not draw_hall(case.case, LOT).pool_fixed
    assert len(case.case.lots[LOT].draw.seated) == 4


def test_every_ground_has_its_words():
    assert RECUSALS.keys() == set(ConflictGround)

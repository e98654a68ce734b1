"""A further round that nobody of the pool is left for: wider conditions for its seats alone, agreed upon by two."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from app.casefile.sealing import committee_of
from app.client import verify_draw
from app.models import Account, AccountRole, Pseudonym
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.queries.lots import draw_record
from app.services import draws, wider_pools
from app.services.accounts import NewOrganisation
from app.services.database_check import database_differences
from app.services.unit_of_work import plain_transaction
from evaluation import draw as drawing
from evaluation.draw import SeatState, Stratum
from tests.app.services.people import LOT
from tests.app.services.test_pools import admit, approve, correct, entry, of_site, open_bids
from tests.app.services.whole_case import WholeCase
from tests.app.web.site import Site

WIDE = "engineering"


def exhausted(tmp_path: Path) -> WholeCase:
    """Whoever is left at the host was punished, as two persons have entered since; one of the two drawn declines."""
    case = WholeCase(tmp_path).found()
    engineers = [entry(case, f"工程{n}", NewOrganisation(f"院{n}", "employer", f"W{n}")) for n in range(8)]
    admit(case, [replace(one, specialities=(WIDE,)) for one in engineers])
    open_bids(case)
    approve(case)
    case._round(1)
    drawn = case.case.lots[LOT].draw.rounds[0].result.selected[host(case)]
    with case.platform.database.reading() as db_session:
        people = set(db_session.scalars(select(Pseudonym.expert_id).where(Pseudonym.number.in_(drawn))))
        goods = set(db_session.scalars(select(Pseudonym.expert_id)))
    for expert in of_site(case, case.sites[0]):
        if expert in goods - people:
            correct(case, expert, punished="是")
    case._answer(drawn[0], False)
    for number, seat in case.case.lots[LOT].draw.seats.items():
        if seat is SeatState.CALLED:
            case._answer(number, True)
    return case


def host(case: WholeCase) -> str:
    return f"goods/{case.sites[0]}"


def propose(case: WholeCase, *strata: Stratum, reason: str = "主场无人可抽") -> drawing.DrawConditionsProposed:
    log_in = case.people["officer"].log_in
    return wider_pools.wider_proposal(case.platform, log_in, case.case_id, LOT, strata, reason)


def wider(case: WholeCase) -> tuple[Stratum, ...]:
    first, second = case.case.lots[LOT].draw.conditions.strata
    return replace(first, quota=1), second, Stratum(f"{WIDE}/{case.sites[0]}", 1, 0)


def test_a_round_nobody_is_left_for_is_drawn_under_wider_conditions_to_the_end(tmp_path: Path):
    case = exhausted(tmp_path)
    centre = case.people["centre"].log_in
    before = case.case.lots[LOT].draw
    with pytest.raises(RuleViolation, match="draw_round_exhausted"):
        draws.freeze_pool(case.platform, centre, case.case_id, LOT)
    site = Site(case)
    pages_lead_to_it(case, site)
    no_seat_is_moved_to_one_person(case)
    fact = propose(case, *wider(case))
    assert len(fact.widening.recused) == 11  # found since the first statement: they are why nobody is left
    case.act("officer", fact)
    assert case.case.lots[LOT].draw.conditions == before.conditions  # until a second person agrees
    not_by_one_person(case, drawing.DrawConditionsApproved(drawing.proposal_sha256(fact)))
    page = site.browser("releaser").get(f"/agency/cases/{case.case_id}/lots/{LOT}/draw-approval")
    assert "主场无人可抽" in page
    assert 'data-type="DrawConditionsApproved"' in page
    case.approve_draw()
    case._round(2)
    draw = case.case.lots[LOT].draw
    assert list(draw.current.result.selected) == [f"{WIDE}/{case.sites[0]}"]
    (substitute,) = draw.current.result.selected[f"{WIDE}/{case.sites[0]}"]
    assert substitute not in before.seats
    assert drawing.lost(draw.rounds[0].candidates, draw.candidates) is None
    assert {c.id for c in draw.candidates} - {c.id for c in draw.rounds[0].candidates} >= {substitute}
    wall = site.browser("centre").get(f"/cases/{case.case_id}/lots/{LOT}/draw")
    assert "本轮按放宽的条件抽取" in wall
    assert "主场无人可抽" in wall
    case._answer(substitute, True)
    case.work_off()
    assert case.case.lots[LOT].convened
    assert list(database_differences(case.platform)) == []
    records_hold(case, tmp_path)


def no_seat_is_moved_to_one_person(case: WholeCase) -> None:
    """Not even to a group that is there already: whoever alone is left of it would be drawn with certainty."""
    first, second = case.case.lots[LOT].draw.conditions.strata
    seated = case.case.lots[LOT].draw.seats.keys()
    with case.platform.database.reading() as db_session:
        taken = set(db_session.scalars(select(Pseudonym.expert_id).where(Pseudonym.number.in_(seated))))
        goods = set(db_session.scalars(select(Pseudonym.expert_id).where(Pseudonym.strata.contains(second.name))))
    _one, *others = sorted(goods - taken)
    for expert in others:
        correct(case, expert, punished="是")
    with pytest.raises(RuleViolation, match="draw_wider_too_small") as refused:
        propose(case, replace(first, quota=1), replace(second, quota=second.quota + 1))
    assert refused.value.facts.keys() == {"group", "times"}, "how many are left tells of which group the drawn are"


def not_by_one_person(case: WholeCase, approved: drawing.DrawConditionsApproved) -> None:
    """The officer approves nothing, not even as a supervisor, too."""
    with pytest.raises(NotAllowed):
        case.act("officer", approved)
    with plain_transaction(case.platform.database) as (db_session, _now):
        account = db_session.get_one(Account, case.people["officer"].id)
        account.roles.append(AccountRole(role="AS"))
    with pytest.raises(RuleViolation, match="second_person_needed"):
        case.act("officer", approved)
    with pytest.raises(RuleViolation, match="second_person_needed"):  # and is shown nothing to sign
        draws.approval(case.platform, case.people["officer"].log_in, case.case_id, LOT)


def pages_lead_to_it(case: WholeCase, site: Site) -> None:
    """The officer fills in from where seats are taken and for whom; what is refused is said, and nothing is signed."""
    browser, path = site.browser("officer"), f"/agency/cases/{case.case_id}/lots/{LOT}/wider-conditions"
    assert path in browser.get(f"/cases/{case.case_id}/lots/{LOT}/draw")
    assert "空缺 1 席" in browser.get(path)
    asked = {"given-0-seats": "1", "strata-0-speciality": WIDE, "strata-0-site": case.sites[0], "strata-0-quota": "1"}
    page = browser.post(path, **asked, reason="主场无人可抽").get_data(as_text=True)
    assert 'data-type="DrawConditionsProposed"' in page
    assert "增加 1 席，人数足够" in page
    assert "现可抽" not in page, "one group after the other would tell of which the drawn are"
    for changed, words in (
        ({"reason": " "}, "写明理由"),
        ({"strata-0-speciality": "没有这个专业"}, "不足新增名额的 2 倍"),
    ):
        page = browser.post(path, **{**asked, "reason": "主场无人可抽", **changed}).get_data(as_text=True)
        assert words in page
        assert "data-sign-act" not in page


def records_hold(case: WholeCase, folder: Path) -> None:
    case.seat_all()
    paths = []
    for number in (1, 2):
        paths.append(folder / f"draw-{number}.json")
        paths[-1].write_text(json.dumps(draw_record(case.case, LOT, number)))
    assert verify_draw.main([*map(str, paths), "--committee", committee_of(case.case).id]) == verify_draw.VERIFIED

"""A group from which it could be guessed who is drawn is refused; until the statement conditions are made anew."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from app.casefile.codec import encode
from app.casefile.sealing import committee_of
from app.models import Pseudonym
from app.procedure.convening import PURPOSE
from app.procedure.errors import RuleViolation
from app.services import draws, pools, standings
from crypto.signing import sign_act
from evaluation import draw
from evaluation.recusal import Conflict, ConflictGround
from evaluation.standing import Step
from tests.app.services.people import LOT
from tests.app.services.rounds_of_draws import PARTIES
from tests.app.services.whole_case import WholeCase
from tests.app.web.site import Site

COURSE = "found publish bid open delegate"


class Small(WholeCase):
    """A case with eight experts at each of two sites."""

    def conditions(self, quota: int, *more: draw.Stratum) -> draw.DrawConditions:
        committee = committee_of(self.case)
        return draw.DrawConditions(
            tender=self.case_id,
            lot=LOT,
            purpose=PURPOSE,
            strata=(*(draw.Stratum(f"goods/{site}", quota, 0) for site in self.sites), *more),
            max_per_unit=1,
            parties=tuple(sorted(PARTIES)),
            pool_factor=3,
            committee=committee.id,
            trustees_needed=committee.k,
        )

    def agree(self, quota: int) -> None:
        self.act("officer", draw.DrawConditionsProposed(self.conditions(quota)))
        self.approve_draw()


def test_a_group_that_could_be_guessed_is_not_drawn_from(tmp_path):
    case = Small(tmp_path).through(COURSE)
    with pytest.raises(RuleViolation) as refusal:
        case.agree(5)
    assert refusal.value.code == "draw_pool_too_small"
    assert (refusal.value.facts["available"], refusal.value.facts["needed"]) == (8, 10)
    case.agree(4)


def test_groups_that_hold_one_another_are_refused(tmp_path):
    case = Small(tmp_path).through(COURSE)
    inner, outer = (draw.Stratum(f"{code}/{case.sites[0]}", 1, 0) for code in ("A0801", "A08"))
    with pytest.raises(RuleViolation) as refusal:
        case.act("officer", draw.DrawConditionsProposed(case.conditions(2, inner, outer)))
    assert refusal.value.code == "draw_strata_overlap"


def test_where_recusals_leave_too_few_conditions_are_agreed_upon_anew(tmp_path, monkeypatch):
    case = Small(tmp_path).through(COURSE)
    case.agree(4)
    case.promise()
    known = []

    def conflicts(expert, *_parties):
        known.append(expert.id)
        return (Conflict(expert.id, ConflictGround.EMPLOYER, "bidder-a", "-"),) if expert.id == known[0] else ()

    monkeypatch.setattr(pools, "conflicts", conflicts)
    with pytest.raises(RuleViolation) as refusal:
        case.state_pool()
    assert refusal.value.code == "draw_pool_too_small"
    assert (refusal.value.facts["available"], refusal.value.facts["needed"]) == (7, 8)
    with pytest.raises(RuleViolation, match="draw_pool_too_small"):
        case.agree(4)  # the supervisor is told what the centre was
    case.agree(2)
    case.state_pool()
    stated = case.case.lots[LOT].draw
    assert [stratum.quota for stratum in stated.strata] == [2, 2]
    assert set(stated.rounds[0].commitments) == PARTIES.keys()  # as they were given before
    with pytest.raises(RuleViolation) as settled:
        case.agree(2)
    assert settled.value.code == "draw_conditions_settled"


def test_who_declines_or_is_silent_while_a_round_is_stated_opens_a_seat_of_that_round(tmp_path):
    case = Small(tmp_path).through("found publish bid open delegate")
    case.agree(2)
    case._round(1)
    one, another, silent, _last = sorted(case.case.lots[LOT].draw.seats)
    case._answer(one, False)
    case.promise(2)
    payload = draws.freeze_pool(case.platform, case.people["centre"].log_in, case.case_id, LOT)
    case._answer(another, True)
    case.work_off(3600)  # the others say nothing in time: two seats more, for a statement made anew
    assert case.case.lots[LOT].draw.seats[silent] is draw.SeatState.EXPIRED
    with pytest.raises(RuleViolation) as differs:
        case.act("centre", payload, LOT, "DrawStated")
    assert differs.value.code in ("draw_pool_differs", "draw_statement_differs", "draw_recusal_forgotten")
    case.state_pool()
    assert sum(stratum["quota"] for stratum in case.case.lots[LOT].draw.current.stated["strata"]) == 3


def test_an_acceptance_that_comes_while_a_round_is_stated_changes_nothing_of_it(tmp_path):
    case = Small(tmp_path).through("found publish bid open delegate")
    case.agree(2)
    case._round(1)
    one, another, *_others = sorted(case.case.lots[LOT].draw.seats)
    case._answer(one, False)
    case.promise(2)
    payload = draws.freeze_pool(case.platform, case.people["centre"].log_in, case.case_id, LOT)
    case._answer(another, True)
    case.act("centre", payload, LOT, "DrawStated")
    assert case.case.lots[LOT].draw.current.number == 2


def test_whoever_two_persons_remove_after_a_round_is_not_drawn_in_the_next(tmp_path):
    case = Small(tmp_path).through("found publish bid open delegate")
    case.agree(2)
    case._round(1)
    with case.platform.database.reading() as db_session:
        experts = {row.number: row.expert_id for row in db_session.scalars(select(Pseudonym))}
    drawn = case.case.lots[LOT].draw
    left = sorted(experts.keys() - drawn.seats.keys())[:2]
    for number in left:
        standings.take_step(case.platform, case.people["centre"].log_in, experts[number], Step.PROPOSE_REMOVAL, "违规")
    standings.take_step(case.platform, case.people["regulator"].log_in, experts[left[0]], Step.REMOVE, "同意")
    case._answer(min(drawn.seats), False)
    case._round(2)
    recused = {entry["id"] for entry in case.case.lots[LOT].draw.rounds[1].stated["recused"]}
    assert left[0] in recused
    assert left[1] not in recused  # one person alone takes nobody out


def test_a_pool_of_any_size_is_stated_without_being_sent_back(tmp_path):
    """The centre's own client fetches the pool, signs it, and sends the signature alone."""
    case = Small(tmp_path).through(COURSE)
    case.agree(2)
    case.promise()
    browser, base = Site(case).browser("centre"), f"/api/v1/cases/{case.case_id}"
    page = browser.client.get(f"/cases/{case.case_id}/lots/{LOT}/draw/statement").get_data(as_text=True)
    headers = {"X-CSRFToken": re.search(r'name="csrf-token" content="([^"]+)"', page)[1]}
    payload = browser.client.post(f"{base}/lots/{LOT}/draw/pool", json={}, headers=headers).get_json()
    head = browser.client.get(f"{base}/{LOT}/acts/head").get_json()

    def send(what: dict[str, Any], command: str, who: str = "centre") -> tuple[int, str]:
        stated = {"origin": head["origin"], "case": f"{case.case_id}/{LOT}", "type": "DrawStated", "payload": what}
        signed = sign_act(
            case.people[who].key, **stated, prev_act=head["prev_act"], command_id=command * 32, at=case.clock()
        )
        answer = browser.client.post(f"{base}/{LOT}/acts/DrawStated", json=signed.to_json(), headers=headers)
        return answer.status_code, answer.get_json().get("error", {}).get("code", "")

    others = {**payload, "candidates": payload["candidates"][1:]}
    assert send(others, "a")[0] == 422  # signed is not what the platform has
    assert send(payload, "b", "regulator")[0] in (403, 422)
    assert send(payload, "c") == (200, "")
    assert send(payload, "c") == (200, "")  # again, after a lost answer
    assert encode(case.case.lots[LOT].draw.current.candidates) == payload["candidates"]
    stranger = Site(case).browser("bidder-a").client.post(f"{base}/{LOT}/acts/DrawStated", json={}, headers=headers)
    assert stranger.status_code in (400, 403, 404)

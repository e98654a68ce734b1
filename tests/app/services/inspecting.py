"""An installation with two authorities that inspect together, and the steps of a campaign of theirs."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.casefile.draw_capsules import seal_value
from app.casefile.inspecting import published_digest
from app.casefile.sealing import committee_of
from app.procedure.inspections import pools
from app.procedure.inspections.facts import (
    CampaignProposed,
    CampaignPublished,
    Inspected,
    InspectorsDrawOpened,
    ItemResult,
    Part,
    PlanApproved,
    RectificationConfirmed,
    RectificationRecorded,
    ResultCode,
    ResultsConfirmed,
    ResultsEntered,
)
from app.procedure.inspections.items import Grade, Intensity, Item, ObjectClass
from app.procedure.inspections.state import Campaign, lot_of
from app.procedure.roles import Role
from app.queries.committees import read_committees
from app.queries.inspections import inspectors_list
from app.services import accounts, draws, inspection_years
from app.services.accounts import NewOrganisation
from app.services.actors import load_actor
from app.services.case_acts import FEATURES
from crypto.canonical import digest
from crypto.committee import identity, sign_share
from evaluation import draw as drawing
from tests.app.services.people import Installation
from tests.app.workbench import Bench

assert FEATURES  # importing them registers what they add to acts
LEAD = ("regulator", "inspector", "inspector-3", "inspector-4")
JOINT = ("finance-1", "finance-2", "finance-3")
PARTIES = {"centre": "centre", "supervisor": "regulator", "joint-1": "finance-1"}
RISKS = {"A": ("5", 1), "B": ("30", 1), "C": ("60", 2), "D": ("100", 2)}
AGENCY = "O-agency"  # the code of the organisation behind A0, which has accounts here
AGENCIES = tuple(
    Inspected(f"A{n}", f"代理机构{n}", ObjectClass.AGENCY, Grade.D if n == 0 else Grade.B, (f"A{n}" if n else AGENCY,))
    for n in range(6)
)


def item(title: str, class_: ObjectClass = ObjectClass.AGENCY, **risks: tuple[str, int]) -> Item:
    intensity = {grade: Intensity(Decimal(percent), times) for grade, (percent, times) in (RISKS | risks).items()}
    return Item("", title, class_, "", "招标投标法实施条例第四条", intensity)


@dataclass
class Inspecting(Bench):
    """`drawn()` brings a campaign to where inspectors are drawn."""

    items: dict[str, str] = field(default_factory=dict)  # title → id
    values: dict[tuple[str, str, int], bytes] = field(default_factory=dict)

    def authorities(self) -> None:
        for login in LEAD[2:]:
            self._add(login, f"检查员{login[-1]}", "regulator", Role.REGULATOR)
        admin, approver = self.people["admin"].id, self.people["centre"].id
        for login in JOINT:
            owner = NewOrganisation("财政局", "regulator", "O-finance")
            account = accounts.prepare_account(
                self.platform, admin, owner, login, f"财政{login[-1]}", frozenset({Role.REGULATOR}), f"{login}@a.org"
            )
            accounts.approve_account(self.platform, approver, account)
            self._certify(login)

    def registers(self) -> None:
        for who, title, risks in (
            ("regulator", "代理从业人员", {}),
            ("finance-1", "采购文件存档", {"B": ("50", 1)}),
        ):
            made = item(title, **(RISKS | risks))
            self.items[title] = inspection_years.keep_item(self.platform, self.people[who].log_in, made)
        for who in (*LEAD, *JOINT):
            ties = ("A1",) if who == "inspector" else ()
            keeper = self.people["regulator" if who in LEAD else "finance-1"].log_in
            inspection_years.keep_inspector(self.platform, keeper, self.people[who].id, "稽查一科", ties)

    def plan(self, book: str = "demo") -> None:
        log_in = self.people["regulator"].log_in
        joint = [self.people["finance-1"].organisation]
        self.case_id = inspection_years.open_year(self.platform, log_in, self.clock().year, joint)
        payload = self.plan_payload(book)
        self.act("regulator", payload, "", "PlanProposed")
        self.act("inspector", PlanApproved(digest(payload)), "")

    def plan_payload(self, book: str = "demo") -> Any:
        committee = read_committees(self.platform.database)[0].id
        log_in = self.people["regulator"].log_in
        return inspection_years.plan_payload(self.platform, log_in, self.case_id, "年度计划", committee, book)

    # a campaign

    def campaign(self, number: int = 1) -> Campaign:
        assert self.case.inspection is not None
        return self.case.inspection.campaign(number)

    def propose(self, number: int = 1, objects: tuple[Inspected, ...] = AGENCIES) -> None:
        self.act("regulator", CampaignProposed(number, f"第{number}次抽查", tuple(self.items.values()), objects), "")

    def list_inspectors(self, number: int = 1, *whose: str) -> None:
        for who in whose or ("regulator", "finance-1"):
            with self.platform.database.reading() as db_session:
                actor = load_actor(db_session, self.people[who].id)
                campaign = self.campaign(number)
                listed = inspectors_list(db_session, campaign, actor.organisation_id, actor.credit_code)
            self.act(who, listed, "")

    def publish_campaign(self, number: int = 1, who: str = "inspector") -> None:
        self.act(who, CampaignPublished(number, published_digest(self.campaign(number))), "")

    def commit(self, lot: str, *parties: str) -> None:
        state = self.case.lots[lot].draw
        assert state.conditions is not None
        assert state.current is not None
        draw_id, number = state.conditions.draw_id, state.current.number
        hidden = identity("draw-reveal", drawing.reveal_statement(draw_id, number))
        for party in parties or tuple(PARTIES):
            value = self.values[lot, party, number] = os.urandom(32)
            capsule = base64.b64encode(seal_value(committee_of(self.case), hidden, value)).decode()
            promise = drawing.commitment(draw_id, party, value)
            self.act(PARTIES[party], drawing.DrawCommitted(number, party, promise, capsule, drawing.SEAL), lot)

    def state(self, lot: str) -> None:
        payload = draws.freeze_pool(self.platform, self.people["centre"].log_in, self.case_id, lot)
        self.act("centre", payload, lot, "DrawStated")

    def sign(self, lot: str) -> None:
        current = self.case.lots[lot].draw.current
        assert current is not None
        ident = identity("draw", dict(current.stated))
        for index in (1, 2):
            share = sign_share(self.shares[index], ident).hex()
            self.act(f"trustee-{index}", drawing.DrawShareReleased(current.number, index, share), lot)

    def open_capsules(self, lot: str) -> None:
        """Two trustees open what the silent sealed."""
        state = self.case.lots[lot].draw
        assert state.conditions is not None
        assert state.current is not None
        number = state.current.number
        ident = identity("draw-reveal", drawing.reveal_statement(state.conditions.draw_id, number))
        for index in (1, 3):
            share = sign_share(self.shares[index], ident).hex()
            self.act(f"trustee-{index}", drawing.CapsuleShareReleased(number, index, share), lot)

    def reveal(self, lot: str, silent: str = "") -> None:
        current = self.case.lots[lot].draw.current
        assert current is not None
        for party, who in PARTIES.items():
            if party == silent:
                continue
            value = self.values[lot, party, current.number].hex()
            self.act(who, drawing.DrawRevealed(current.number, party, value), lot)

    def draw(self, number: int, part: Part) -> None:
        lot = lot_of(number, part)
        self.commit(lot)
        self.state(lot)
        self.sign(lot)
        self.reveal(lot)

    def published(self, number: int = 1) -> None:
        self.propose(number)
        self.list_inspectors(number)
        self.publish_campaign(number)

    def drawn(self) -> None:
        self.published()
        self.draw(1, Part.OBJECTS)
        self.act("regulator", InspectorsDrawOpened(1), "")
        self.draw(1, Part.INSPECTORS)
        self.work_off()

    # results

    def rectify(self, object_: str, authority: str, item: str, note: str, *, done: bool = True) -> None:
        """Recorded by one of the drawn, confirmed by the other."""
        first, second = self.logins_of(object_, authority)
        self.act(first, RectificationRecorded(1, object_, authority, item, done, note), "")
        record = self.campaign().outcomes[object_, authority].seen[item].sha256
        self.act(second, RectificationConfirmed(1, object_, authority, item, record), "")

    def candidate(self, login: str, object_: str, number: int = 1) -> str:
        """The number of a draw that stands for this inspector of this object."""
        person = self.people[login]
        return pools.pair(self.campaign(number).lists[person.organisation], person.id, object_)

    def logins_of(self, object_: str, authority: str, number: int = 1) -> tuple[str, ...]:
        accounts_ = pools.inspectors_of(self.campaign(number), self.case.draws)[object_, authority]
        return tuple(next(login for login, p in self.people.items() if p.id == id_) for id_ in accounts_)

    def results(self, object_: str, authority: str, code: ResultCode, number: int = 1) -> tuple[ItemResult, ...]:
        mine = pools.items_at(self.campaign(number), self.case.draws, object_, authority)
        return tuple(ItemResult(found.id, code, "存档不全" if code is ResultCode.PROBLEM else "") for found in mine)

    def find(self, object_: str, authority: str, code: ResultCode, number: int = 1, reason: str = "") -> None:
        """Entered by one of the drawn, confirmed by the other."""
        first, second = self.logins_of(object_, authority, number)
        results = self.results(object_, authority, code, number)
        self.act(first, ResultsEntered(number, object_, authority, results, (), reason), "")
        outcome = self.campaign(number).outcomes[object_, authority]
        self.act(second, ResultsConfirmed(number, object_, authority, outcome.entered_sha256), "")


COURSE = "found authorities registers plan"
__all__ = ["AGENCIES", "COURSE", "JOINT", "LEAD", "Inspecting", "Installation", "item"]

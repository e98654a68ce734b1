"""A year of inspections of the demonstration, of two authorities together: planned, published, both draws held, one
result found and published.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from app.casefile.codec import decode, encode
from app.client.draw_party import DrawParty
from app.client.keyfile import read_json
from app.procedure.inspections.facts import (
    CampaignProposed,
    Inspected,
    InspectorsDrawOpened,
    InspectorsListed,
    ItemResult,
    Part,
    PlanApproved,
    ResultCode,
    ResultsConfirmed,
    ResultsEntered,
)
from app.procedure.inspections.items import Grade, ObjectClass
from app.procedure.inspections.pools import pair
from app.procedure.inspections.state import lot_of
from crypto.canonical import digest
from crypto.committee import Committee
from demo.seeding.troupe import OF_ANOTHER, OF_THE_AUTHORITY, Player, Troupe

RISKS = {"A": ("5", 1), "B": ("20", 1), "C": ("40", 2), "D": ("100", 2)}
ITEMS = (
    ("代理机构从业人员与专业能力（演示）", "《招标投标法实施条例》第十一条", "现场检查"),
    ("采购文件存档与保存期限（演示）", "《政府采购法》第四十二条", "现场检查、书面检查"),
)
JOINT_ITEMS = (("招标代理服务收费明码标价（演示）", "《价格法》第十三条", "现场检查"),)
UNIT, JOINT_UNIT = "演示稽查科", "演示价格监督检查科"
GRADES = "BBBBBBCC"  # and the agency of the demonstration, D, so that it is drawn and can be heard
FINDING = "演示：抽查的五个项目中，一个项目的评审资料缺页。"


class Year:
    """The inspectors of two authorities and the centre, who bring a year to its first published result."""

    def __init__(self, troupe: Troupe) -> None:
        self.troupe = troupe
        self.inspectors = [self._player(role) for role in OF_THE_AUTHORITY]
        self.joint = [self._player(role) for role in OF_ANOTHER]
        self.first, self.second = self.inspectors[:2]
        self.centre = self._player("operator")
        self.case_id = ""

    def _player(self, role: str) -> Player:
        player = self.troupe.player(role)
        player.person.certify()
        return player

    def begin(self) -> None:
        """The registers of both authorities, and the year itself."""
        self._register(self.inspectors, UNIT, ITEMS)
        self._register(self.joint, JOINT_UNIT, JOINT_ITEMS)
        joint = self.joint[0].connection.get("/me")["organisation"]["id"]
        body = {"year": datetime.now(UTC).year, "joint": [joint]}
        self.case_id = self.first.connection.post("/inspections", body)["case"]
        for player in (*self.inspectors, *self.joint, self.centre):
            player.case_id = self.case_id

    def _register(self, players: Sequence[Player], unit: str, items: Sequence[tuple[str, str, str]]) -> None:
        """What an authority inspects, and who its inspectors are."""
        first = players[0].connection
        for title, basis, method in items:
            intensity = {grade: {"percent": percent, "times": times} for grade, (percent, times) in RISKS.items()}
            item = {"title": title, "basis": basis, "method": method, "object_class": "agency", "intensity": intensity}
            first.post("/inspections/items", item)
        for player in players:
            account = player.connection.get("/me")["id"]
            first.post("/inspections/inspectors", {"account": account, "unit": unit, "ties": []})

    def play(self) -> None:
        """From the plan to the first published result."""
        items = self._plan()
        self._publish(items)
        self._draw(Part.OBJECTS)
        self._open_inspectors()
        self._draw(Part.INSPECTORS)
        self._find()

    def _plan(self) -> tuple[str, ...]:
        committee = Committee.from_description(read_json(self.first.desk / "committee.json"))
        body = {"title": "年度双随机抽查计划（演示）", "committee": committee.id, "book": "cn"}
        payload = self.first.connection.post(f"/inspections/{self.case_id}/plan", body)
        self.first.act("PlanProposed", payload, lot="")
        self.second.act("PlanApproved", encode(PlanApproved(digest(payload))), lot="")
        return tuple(item["id"] for item in payload["items"])

    def _publish(self, items: tuple[str, ...]) -> None:
        agency = self.first.case.people["officer"]["organisation"]
        listed = [(f"9151DEMO{n:03}", f"演示代理机构{n}", grade) for n, grade in enumerate(GRADES, 1)]
        listed.append((agency["credit_code"], agency["name"], Grade.D))
        objects = tuple(Inspected(code, name, ObjectClass.AGENCY, Grade(g), (code,)) for code, name, g in listed)
        proposed = CampaignProposed(1, "第一批代理机构抽查（演示）", items, objects)
        self.first.act("CampaignProposed", encode(proposed), lot="")
        campaign = f"/inspections/{self.case_id}/campaigns/1"
        for player in (self.first, self.joint[0]):
            player.act("InspectorsListed", player.connection.get(f"{campaign}/inspectors"), lot="")
        self.second.act("CampaignPublished", self.second.connection.get(f"{campaign}/publication"), lot="")
        self.first.tell("inspection_published", objects=len(objects))

    def _open_inspectors(self) -> None:
        """Nobody has stepped back: two of each authority are drawn for each object."""
        self.first.act("InspectorsDrawOpened", encode(InspectorsDrawOpened(1)), lot="")

    def _draw(self, part: Part) -> None:
        lot = lot_of(1, part)
        path = f"/cases/{self.case_id}/lots/{lot}/draw"
        board = self.centre.connection.get(path)
        committee = Committee.from_description(read_json(self.first.desk / "committee.json"))
        parties = (("supervisor", self.first), ("joint-1", self.joint[0]), ("centre", self.centre))
        for name, player in parties:
            party = DrawParty(player.folder, name)
            player.act("DrawCommitted", party.make_commitment(committee, board["draw_id"], 1, os.urandom), lot=lot)
        self.centre.act("DrawStated", self.centre.connection.post(f"{path}/pool"), lot=lot)
        self._await(lambda: self.centre.connection.get(path)["rounds"][0]["signature_sha256"], "the trustees")
        for name, player in parties:
            player.act("DrawRevealed", DrawParty(player.folder, name).reveal(board["draw_id"], 1), lot=lot)
        drawn = self.centre.connection.get(path)["seats"]
        self.first.tell("inspection_drawn", part=part.value, drawn=len(drawn))

    def _await(self, found: Callable[[], Any], what: str) -> None:
        self.centre.until(found, what)

    def _find(self) -> None:
        """The two whom the leading authority sends to the demonstration's agency enter and confirm what they found; the
        others are left to do."""
        path = f"/cases/{self.case_id}/lots/{{}}/draw"
        object_ = self.first.case.people["officer"]["organisation"]["credit_code"]
        authority = self.first.connection.get("/me")["organisation"]["id"]
        pairs = self.first.connection.get(path.format(lot_of(1, Part.INSPECTORS)))["seats"]
        self.first.feed.refresh()
        lists = [decode(InspectorsListed, event["payload"]) for event in self.first.feed.of("InspectorsListed")]
        mine = next(listed for listed in lists if listed.authority == authority)
        numbers = {player.role: pair(mine, player.connection.get("/me")["id"], object_) for player in self.inspectors}
        drawn = [player for player in self.inspectors if numbers[player.role] in pairs]
        plan = self.first.feed.payload("PlanProposed")
        assert plan is not None  # this very person signed it
        own = (item for item in plan["items"] if item["authority"] == authority)
        results = tuple(ItemResult(item["id"], ResultCode.PROBLEM, FINDING) for item in own)
        payload = encode(ResultsEntered(1, object_, authority, results))
        drawn[0].act("ResultsEntered", payload, lot="")
        confirmed = ResultsConfirmed(1, object_, authority, digest(payload))
        drawn[1].act("ResultsConfirmed", encode(confirmed), lot="")
        self.first.tell("inspection_result", object=object_)

"""Everybody of a seeded site: each in a folder of the own, all played from one process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.client.keyfile import Profile
from demo.actors import administrator, bidder, operator, regulator
from demo.company import Company
from demo.narrator import Narrator
from demo.play import CAST, THRESHOLD, TRUSTEES, set_pace
from demo.seeding.log_ins import write_people
from demo.stage import PASSPHRASE, Actor

# Orders by two persons can be tried; of four inspectors of one authority, and of three of another that joins it in
# inspections, two are drawn for each object.
OF_THE_AUTHORITY = ("regulator", "regulator-2", "regulator-3", "regulator-4")
OF_ANOTHER = ("regulator-5", "regulator-6", "regulator-7")
ROLES = (*CAST, "buyer", *OF_THE_AUTHORITY[1:], *OF_ANOTHER, "operator-2")


@dataclass
class Player(Actor):
    """An actor of this process, whose voice goes to the narrator."""

    narrator: Narrator

    def tell(self, step: str, **facts: Any) -> None:
        self.narrator.step(self.role, step, facts)


@dataclass(frozen=True)
class Troupe:
    """The people of the site; `company` knows their folders and runs what must be a process."""

    company: Company
    narrator: Narrator

    @property
    def people_file(self) -> Path:
        return self.company.folder / "people.json"

    def player(self, role: str) -> Player:
        company = self.company
        return Player(role, company.folder_of(role), company.desk, company.site.base_url, self.narrator)

    def gather(self) -> None:
        """Accounts, keys, sites, experts and the trustees' shares; whatever is there already stays as it is."""
        for role in ROLES:
            Profile(self.company.folder_of(role)).keep(password=PASSPHRASE, base_url=self.company.site.base_url)
        administrator.play(self.player("admin"))
        centre = self.player("operator")
        centre.join()
        operator.open_centre(centre)
        self._join(role for role in ROLES if not role.startswith("bidder-"))
        inspector = self.player("regulator")
        inspector.join()
        regulator.admit_experts(inspector)
        self._make_shares(TRUSTEES)
        operator.register_committee(centre)
        self._sign_bidders_up()
        set_pace(self.company.desk, self.narrator.seconds)
        write_people(self.people_file, [self.company.folder_of(role) for role in ROLES])

    def _join(self, roles: Any) -> None:
        for role in roles:
            self.player(role).join()

    def _make_shares(self, trustees: Sequence[str]) -> None:
        for role in trustees:
            player = self.player(role)
            player.person.certify()
            player.person.profile.keep(organisation=player.connection.get("/me")["organisation"]["name"])
        if not (self.company.desk / "committee.json").exists():
            self.company.hold_ceremony(trustees, THRESHOLD)
            self.narrator.step("site", "committee_made", {"k": THRESHOLD, "n": len(trustees)})

    def _sign_bidders_up(self) -> None:
        for role in (role for role in ROLES if role.startswith("bidder-")):
            player = self.player(role)
            bidder.sign_up(player, player.case.bidder(role.rpartition("-")[2].upper()))

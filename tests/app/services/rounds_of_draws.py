"""The rounds of a draw as its parties, trustees and candidates hold them."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field

from app.casefile.draw_capsules import seal_value
from app.casefile.sealing import committee_of
from app.services import call_ups, draws
from crypto.committee import identity, sign_share
from evaluation import draw as drawing
from tests.app.services.people import LOT, Installation

PARTIES = {"agency": "releaser", "centre": "centre", "supervisor": "regulator"}  # and who acts for them


@dataclass
class Rounds(Installation):
    """What the parties keep for themselves are their `values`, by round."""

    values: dict[tuple[str, int], bytes] = field(default_factory=dict)

    def approve_draw(self) -> None:
        """The conditions, with the pool as it is now."""
        payload = draws.approval(self.platform, self.people["releaser"].log_in, self.case_id, LOT)
        self.act("releaser", payload, LOT, "DrawConditionsApproved")

    @property
    def draw_id(self) -> str:
        conditions = self.case.lots[LOT].draw.conditions
        assert conditions is not None, "none are proposed yet"
        return conditions.draw_id

    def promise(self, number: int = 1) -> None:
        """The parties commit themselves to their values of a round; their capsules open to the trustees."""
        hidden = identity("draw-reveal", drawing.reveal_statement(self.draw_id, number))
        for party, who in PARTIES.items():
            value = self.values[party, number] = os.urandom(32)
            capsule = base64.b64encode(seal_value(committee_of(self.case), hidden, value)).decode()
            promise = drawing.commitment(self.draw_id, party, value)
            self.act(who, drawing.DrawCommitted(number, party, promise, capsule, drawing.SEAL))

    def state_pool(self) -> None:
        payload = draws.freeze_pool(self.platform, self.people["centre"].log_in, self.case_id, LOT)
        self.act("centre", payload, LOT, "DrawStated")
        self.work_off()  # the register ticks, and witnesses vouch for the statement

    def draw_share(self, index: int, number: int = 1) -> drawing.DrawShareReleased:
        """What a trustee signs once a round is stated."""
        stated = identity("draw", self.case.lots[LOT].draw.current.stated)
        return drawing.DrawShareReleased(number, index, sign_share(self.shares[index], stated).hex())

    def sign_round(self, number: int = 1) -> None:
        for index in (2, 3):
            self.act(f"trustee-{index}", self.draw_share(index, number))

    def show_values(self, number: int = 1) -> None:
        """Every party shows its own: the round has a result, and who is drawn is called."""
        for party, who in PARTIES.items():
            self.act(who, drawing.DrawRevealed(number, party, self.values[party, number].hex()))
        self.work_off()

    def _round(self, number: int, silent: str = "") -> None:
        """A round of the draw; what `silent` does not show the trustees open."""
        self.promise(number)
        self.state_pool()
        self.sign_round(number)
        for party, who in PARTIES.items():
            if party != silent:
                self.act(who, drawing.DrawRevealed(number, party, self.values[party, number].hex()))
        hidden = identity("draw-reveal", drawing.reveal_statement(self.draw_id, number))
        for index in (1, 3) if silent else ():
            share = sign_share(self.shares[index], hidden).hex()
            self.act(f"trustee-{index}", drawing.CapsuleShareReleased(number, index, share))
        self.work_off()

    def _answer(self, number: str, accepted: bool) -> None:
        code = call_ups.call_up_code(self.platform, self.case_id, LOT, number)
        call_ups.answer_call_up(self.platform, code, accepted, "" if accepted else "出差")

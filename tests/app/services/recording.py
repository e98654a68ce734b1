"""Machines that record their sites, and a whole case in which one did."""

from __future__ import annotations

import hashlib

from app.procedure.recordings import Piece, RecordingBegun, RecordingEnded, link
from app.services import recordings
from app.services.recordings import Place, StatedPiece
from tests.app.services.whole_case import LOT, WholeCase
from tests.app.services.witnessing import Witnessed

FILM = b"\x1aE\xdf\xa3 film "


class Machine:
    """The machine of a site that records itself."""

    def __init__(self, case: WholeCase, who: str, run: int) -> None:
        self.case, self.who, self.site = case, who, case.sites[who == "witness-sub"]
        self.place, self.number, self.head = Place(case.case_id, LOT, self.site, run), 0, ""

    def film(self, seconds: float = 10) -> tuple[StatedPiece, bytes]:
        """The next piece, which has just ended."""
        began = self.case.clock()
        self.case.clock.advance(seconds)
        self.number += 1
        data = FILM + str(self.number).encode()
        digest = hashlib.sha256(data).hexdigest()
        stated = StatedPiece(self.number, began, self.case.clock(), digest, self.head, 20)
        piece = Piece(**vars(stated), size=len(data), received_at=began)
        self.head = link(recordings.room_of(self.case.case, LOT), self.site, self.place.run, piece)
        return stated, data

    def hand_in(self, stated: StatedPiece, data: bytes) -> recordings.KeptPiece:
        person = self.case.people[self.who]
        return recordings.keep_piece(self.case.platform, person.log_in, self.place, stated, data)


class Recorded(Witnessed):
    """Both sites are recorded once everybody has signed in."""

    def seat_all(self) -> None:
        super().seat_all()
        machines = [Machine(self, who, 1) for who in ("witness-host", "witness-sub")]
        for machine in machines:
            self.act(machine.who, RecordingBegun(machine.site, 1))
            for _ in range(2):
                machine.hand_in(*machine.film())
            self.act(machine.who, RecordingEnded(machine.site, 1, machine.number, machine.head))
        self.work_off(60)

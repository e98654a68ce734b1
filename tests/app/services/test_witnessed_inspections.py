"""A year of inspections whose register a witness cosigns, and one whose trustees change: draws wait, and go on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.casefile.bundle import unpack
from app.casefile.verification import Verdict, verify_bundle
from app.procedure.errors import RuleViolation
from app.procedure.inspections.facts import InspectorsDrawOpened, Part, ResultCode
from app.procedure.inspections.pools import visits
from app.procedure.inspections.state import lot_of
from app.services import audits, ticks
from app.services.platform import DIST
from crypto.committee import identity, sign_share
from crypto.notes import COSIGNATURE, NoteKey
from evaluation.draw import DrawShareReleased
from tests.app.services.inspecting import COURSE, Inspecting
from tests.app.services.test_trustees_change import Reshared
from tests.app.services.witnessing import look

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
WITNESS = NoteKey.generate("witness.example/w1", COSIGNATURE)


class Witnessed(Inspecting):
    """The register ticks when it is told to, and a witness looks at it then."""

    def __post_init__(self) -> None:
        super().__post_init__()
        settings = replace(self.platform.settings, witnesses=(str(WITNESS.verifier),), witness_quorum=1)
        self.platform = replace(self.platform, settings=settings)

    def look(self) -> None:
        ticks.make_tick(self.platform)
        look(self.platform, WITNESS)

    def draw(self, number: int, part: Part) -> None:
        lot = lot_of(number, part)
        self.commit(lot)
        self.state(lot)
        with pytest.raises(RuleViolation, match="turn_not_vouched"):
            self.sign(lot)
        self.look()
        self.sign(lot)
        self.reveal(lot)


def test_shares_wait_for_the_witness_and_the_year_is_judged_with_its_word(tmp_path):
    desk = Witnessed(tmp_path)
    desk.through(COURSE)
    desk.look()
    desk.published()
    desk.draw(1, Part.OBJECTS)
    desk.act("regulator", InspectorsDrawOpened(1), "")
    with pytest.raises(RuleViolation, match="export_during_draw"):
        audits.export_evidence(desk.platform, desk.people["regulator"].log_in, desk.case_id)
    desk.draw(1, Part.INSPECTORS)
    desk.find(*visits(desk.campaign(), desk.case.draws)[0], ResultCode.NO_PROBLEM)
    desk.look()
    files = unpack(audits.export_evidence(desk.platform, desk.people["inspector"].log_in, desk.case_id)[1])
    checks = verify_bundle(files, desk.platform.keys.roots, witnesses=[WITNESS.verifier])
    assert [check for check in checks if check.verdict is Verdict.FAIL] == []
    assert {"witness", "turns", "list", "replay", "draws"} <= {c.name for c in checks if c.verdict is Verdict.OK}


def test_a_year_learns_who_holds_the_key_now_and_its_draws_go_on(tmp_path):
    desk = Inspecting(tmp_path).through("found authorities registers")
    reshared = Reshared(desk)
    desk.plan()
    desk.published()
    lot = lot_of(1, Part.OBJECTS)
    desk.commit(lot)
    desk.state(lot)
    reshared.done()
    desk.work_off()
    assert [record.fact.ceremony for record in desk.records("TrusteesChanged")] == [reshared.id]
    current = desk.case.lots[lot].draw.current
    ident = identity("draw", dict(current.stated))
    with pytest.raises(RuleViolation, match="share_"):
        desk.act("trustee-1", DrawShareReleased(1, 1, sign_share(reshared.old[1], ident).hex()), lot)
    for index, secret in reshared.shares.items():
        share = DrawShareReleased(1, index, sign_share(secret, ident).hex())
        desk.act(f"trustee-{reshared.order[index - 1]}", share, lot)
    desk.reveal(lot)
    assert desk.case.lots[lot].draw.current.result is not None
    files = unpack(audits.export_evidence(desk.platform, desk.people["regulator"].log_in, desk.case_id)[1])
    checks = verify_bundle(files, desk.platform.keys.roots)
    assert [check for check in checks if check.verdict is Verdict.FAIL] == []
    assert "ceremony" in {check.name for check in checks if check.verdict is Verdict.OK}

"""A committee's members change while tenders run, on either database: which shares count where, and who is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from app.casefile.ceremony import Ceremony
from app.casefile.codec import encode
from app.casefile.sealing import committee_of, open_identity
from app.models import Notice
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.procedure.opening import ShareReleased
from app.procedure.tender import TenderPublished
from app.queries.ceremonies import find_ceremony
from app.queries.opening_hall import opening_hall
from app.services import ceremonies, openings, trustees
from app.services.platform import DIST
from app.services.tenders import draft_terms
from crypto.canonical import digest
from crypto.committee import sign_share
from tests.app.services.test_ceremonies import Held
from tests.app.services.whole_case import LOT
from tests.casefile.trustees import PaperTrustee

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


class Reshared:
    """A committee of a ceremony, whose key trustees `order` take over; `k` of these sign then."""

    def __init__(self, bench: Any, *, order: tuple[int, ...] = (3, 1, 2), k: int = 3) -> None:
        self.bench, self.platform = bench, bench.platform
        self.made = Held(bench).go("join", "deal", "accept")
        self.before = self.made.state.committee
        self.old = {t.index: t.secret(self.made.state) for t in self.made.trustees}
        self.order, self.k, self.id = order, k, ""
        self.new = [
            PaperTrustee(i, key=self.made.trustees[old - 1].key, origin=bench.platform.origin)
            for i, old in enumerate(order, 1)
        ]

    def open(self) -> Reshared:
        keys = [trustee.key.key_id for trustee in self.new]
        self.id = ceremonies.open_resharing(self.platform, self.made.centre, self.before.id, self.k, keys)
        return self

    @property
    def state(self) -> Ceremony:
        with self.platform.database.reading() as db_session:
            return find_ceremony(db_session, self.id).state

    def send(self, name: str, step: Any, login: str) -> Any:
        sent = {field: value for field, value in encode(step).items() if field != "ceremony"}
        return ceremonies.take_step(self.platform, self.bench.people[login].log_in, self.id, name, sent)

    def _login(self, trustee: PaperTrustee) -> str:
        return f"trustee-{self.order[trustee.index - 1]}"

    def join(self) -> Reshared:
        for trustee in self.new:
            self.send("join", trustee.join(self.state), self._login(trustee))
        return self

    def deal(self, *dealers: int) -> Reshared:
        for index in dealers or (1, 3):
            dealer = PaperTrustee(index, key=self.made.trustees[index - 1].key, origin=self.platform.origin)
            dealer.held = self.old[index]
            self.send("deal", dealer.deal(self.state), f"trustee-{index}")
        return self

    def accept(self) -> Reshared:
        for trustee in self.new:
            self.send("accept", trustee.accept(self.state), self._login(trustee))
        return self

    def done(self) -> Reshared:
        return self.open().join().deal().accept()

    @property
    def shares(self) -> dict[int, bytes]:
        return {trustee.index: trustee.secret(self.state) for trustee in self.new}

    def share(self, login: str, index: int, secret: bytes) -> None:
        ident = open_identity(self.platform.origin, self.bench.case_id, LOT)
        self.bench.act(login, ShareReleased(index, sign_share(secret, ident).hex()))


def sealed_and_due(bench: Any, seconds: float = 60) -> None:
    bench.publish(seconds)
    for login in ("bidder-a", "bidder-b", "bidder-c"):
        bench.hand_in(login)


def test_bids_sealed_before_are_opened_by_the_new_trustees(bench):
    reshared = Reshared(bench)
    sealed_and_due(bench)
    reshared.done()
    bench.work_off()
    assert [r.fact.ceremony for r in bench.records("TrusteesChanged")] == [reshared.id]
    assert committee_of(bench.case) == reshared.state.committee
    bench.work_off(70)
    with pytest.raises(RuleViolation, match="share_wrong"):
        reshared.share("trustee-1", 2, reshared.old[1])
    with pytest.raises(RuleViolation, match="share_of_another"):
        reshared.share("trustee-1", 1, reshared.old[1])
    for index, secret in reshared.shares.items():
        reshared.share(f"trustee-{reshared.order[index - 1]}", index, secret)
    bench.work_off()
    opening = bench.case.lots[LOT].opening
    assert (opening.release.used, len(opening.opened)) == ((1, 2, 3), 3)
    hall = opening_hall(bench.platform.origin, bench.case, LOT, bench.records())
    assert [light.state for light in hall.trustees] == ["verified"] * 3


def test_a_signature_that_is_under_way_is_left_to_those_who_began_it(bench):
    reshared = Reshared(bench)
    sealed_and_due(bench)
    bench.work_off(70)
    reshared.share("trustee-1", 1, reshared.old[1])
    reshared.done()
    bench.work_off()
    assert bench.records("TrusteesChanged") == []
    reshared.share("trustee-3", 3, reshared.old[3])
    assert bench.case.lots[LOT].opening.release.used == (1, 3)
    bench.work_off(11)
    assert len(bench.records("TrusteesChanged")) == 1
    hall = opening_hall(bench.platform.origin, bench.case, LOT, bench.records())
    assert [(light.name, light.state) for light in hall.trustees] == [
        ("trustee1单位", "verified"), ("trustee2单位", "unneeded"), ("trustee3单位", "verified"),
    ]  # fmt: skip


def test_after_half_an_hour_the_new_ones_begin_it_again_and_no_share_of_before_counts(bench):
    reshared = Reshared(bench)
    sealed_and_due(bench)
    bench.work_off(70)
    reshared.share("trustee-1", 1, reshared.old[1])
    reshared.done()
    bench.work_off()
    bench.work_off(trustees.SIGNATURE_MAY_TAKE.total_seconds() + 1)
    assert bench.case.lots[LOT].opening.shares == {}
    for index, secret in reshared.shares.items():
        assert bench.case.lots[LOT].opening.release is None
        reshared.share(f"trustee-{reshared.order[index - 1]}", index, secret)
    assert bench.case.lots[LOT].opening.release.used == (1, 2, 3)


def test_a_share_checked_before_the_change_is_not_taken_after_it(bench, monkeypatch):
    """The trustees change between the check of a share, which needs no lock, and its transaction."""
    reshared = Reshared(bench)
    sealed_and_due(bench)
    bench.work_off(70)
    real = openings.check_trustees_share

    def meanwhile(*arguments: Any) -> None:
        real(*arguments)
        monkeypatch.setattr(openings, "check_trustees_share", real)
        reshared.done()
        bench.work_off()

    monkeypatch.setattr(openings, "check_trustees_share", meanwhile)
    with pytest.raises(RuleViolation, match="trustees_changed"):
        reshared.share("trustee-1", 1, reshared.old[1])
    assert bench.case.lots[LOT].opening.shares == {}


def test_terms_submitted_before_and_published_after_follow(bench):
    reshared = Reshared(bench)
    payload = bench.draft()
    bench.act("officer", payload, "", "TenderSubmitted")
    reshared.done()
    bench.act("releaser", TenderPublished(digest(payload)), "")
    assert bench.case.tender.published.committee == reshared.before.describe()
    assert committee_of(bench.case) == reshared.state.committee
    assert [r.type for r in bench.records()][-2:] == ["TenderPublished", "TrusteesChanged"]


def test_a_case_that_the_job_never_reached_follows_at_its_closing(bench, monkeypatch):
    reshared = Reshared(bench)
    sealed_and_due(bench)
    monkeypatch.setattr(trustees, "_goes_on", lambda case: False)
    reshared.done()
    bench.work_off()
    assert bench.records("TrusteesChanged") == []
    bench.work_off(70)
    assert [r.type for r in bench.records("TrusteesChanged", "LotClosed")] == ["TrusteesChanged", "LotClosed"]


def test_one_resharing_at_a_time_of_a_committee_that_exists_by_the_centre(bench):
    reshared = Reshared(bench).open()
    with pytest.raises(RuleViolation, match="resharing_under_way"):
        reshared.open()
    keys = [trustee.key.key_id for trustee in reshared.new]
    with pytest.raises(RuleViolation, match="committee_unknown"):
        ceremonies.open_resharing(bench.platform, reshared.made.centre, "0" * 64, 2, keys)
    for login in ("trustee-1", "officer", "regulator"):
        with pytest.raises(NotAllowed):
            ceremonies.open_resharing(bench.platform, bench.people[login].log_in, reshared.before.id, 2, keys)
    ceremonies.cancel_ceremony(bench.platform, reshared.made.centre, reshared.id, "改期")
    assert reshared.open().state.stage == "join"
    ceremonies.cancel_ceremony(bench.platform, reshared.made.centre, reshared.id, "改期")


def test_a_retired_committee_gets_no_further_tender_and_its_tenders_go_on(bench):
    reshared, centre = Reshared(bench), bench.people["centre"].log_in
    sealed_and_due(bench)
    running = bench.case_id
    payload = bench.draft()
    with pytest.raises(NotAllowed):
        trustees.retire_committee(bench.platform, bench.people["officer"].log_in, reshared.before.id, "x")
    with pytest.raises(RuleViolation, match="committee_reason_missing"):
        trustees.retire_committee(bench.platform, centre, reshared.before.id, " ")
    trustees.retire_committee(bench.platform, centre, reshared.before.id, "任期届满")
    with pytest.raises(RuleViolation, match="committee_retired"):
        trustees.retire_committee(bench.platform, centre, reshared.before.id, "任期届满")
    with pytest.raises(RuleViolation, match="committee_retired"):
        bench.act("officer", payload, "", "TenderSubmitted")
    officer = bench.people["officer"].log_in
    chosen = draft_terms(bench.platform, officer, bench.case_id)["terms"]["committee"]
    assert chosen != reshared.before.describe(), "the draft takes another one that is in use"
    bench.case_id = running
    bench.work_off(70)
    for index in (1, 2):
        reshared.share(f"trustee-{index}", index, reshared.old[index])
    assert bench.case.lots[LOT].opening.release is not None


def notices(bench: Any, login: str) -> list[tuple[str, dict[str, Any]]]:
    with bench.platform.database.reading() as db_session:
        query = select(Notice).where(Notice.account_id == bench.people[login].id).order_by(Notice.created_at)
        return [(n.code, json.loads(n.facts)) for n in db_session.scalars(query) if n.code.startswith("ceremony")]


def test_who_is_waited_for_is_told_and_who_stays_away_is_named_with_since_when(bench):
    reshared = Reshared(bench).open()
    mine = {"ceremony": reshared.id[:8]}
    assert notices(bench, "trustee-2")[-1] == ("ceremony_join", mine)
    with bench.platform.database.reading() as db_session:
        opened_at = find_ceremony(db_session, reshared.id).opened_at
    reshared.send("join", reshared.new[0].join(reshared.state), "trustee-3")
    bench.work_off(ceremonies.PATIENCE.total_seconds() + 1)
    code, facts = notices(bench, "centre")[-1]
    assert (code, facts["names"]) == ("ceremony_stands_still", "trustee1单位、trustee2单位")
    assert facts["since"] == encode(opened_at)
    assert notices(bench, "trustee-3")[-1] == ("ceremony_join", mine)
    assert [code for code, facts in notices(bench, "trustee-3") if facts == mine] == ["ceremony_join"]
    assert [code for code, facts in notices(bench, "trustee-2") if facts == mine] == ["ceremony_join"] * 2
    bench.work_off(ceremonies.PATIENCE.total_seconds())
    assert len([code for code, f in notices(bench, "centre") if f.get("ceremony") == reshared.id[:8]]) == 2
    for trustee in reshared.new[1:]:
        reshared.send("join", trustee.join(reshared.state), f"trustee-{reshared.order[trustee.index - 1]}")
    assert notices(bench, "trustee-2")[-1] == ("ceremony_deal", mine)
    reshared.deal().accept()
    assert [code for code, facts in notices(bench, "centre")][-1] == "ceremony_complete"
    assert notices(bench, "trustee-2")[-1][0] == "ceremony_complete"
    bench.work_off(2 * ceremonies.PATIENCE.total_seconds())
    assert [code for code, facts in notices(bench, "centre")][-1] == "ceremony_complete", "nobody is waited for now"

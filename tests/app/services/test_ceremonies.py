"""Key ceremonies on the platform, on either database: who may what, every proof checked, the end of each kind."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from app.casefile.ceremony import Ceremony
from app.casefile.codec import encode
from app.casefile.register import REGISTER, CeremonyEnded
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.queries.cases import load_records
from app.queries.ceremonies import find_ceremony
from app.queries.committees import described, load_committees
from app.services import ceremonies, register
from app.services.accounts import LogIn
from app.services.platform import DIST
from crypto.committee import Committee
from crypto.errors import CryptoError
from tests.app.services.whole_case import LOT, WholeCase
from tests.casefile.trustees import PaperTrustee

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
LOGINS = ("trustee-1", "trustee-2", "trustee-3")


class Held:
    """A ceremony on the bench, and its three trustees."""

    def __init__(self, bench: Any, k: int = 2) -> None:
        self.bench, self.platform = bench, bench.platform
        people = [bench.people[login] for login in LOGINS]
        self.id = ceremonies.open_ceremony(self.platform, self.centre, k, [p.key.key_id for p in people])
        self.trustees = [
            PaperTrustee(index, key=person.key, origin=self.platform.origin) for index, person in enumerate(people, 1)
        ]

    @property
    def centre(self) -> LogIn:
        return self.bench.people["centre"].log_in

    @property
    def state(self) -> Ceremony:
        with self.platform.database.reading() as db_session:
            return find_ceremony(db_session, self.id).state

    def send(self, trustee: PaperTrustee, name: str, step: Any, *, login: str = "") -> Any:
        sent = {field: value for field, value in encode(step).items() if field != "ceremony"}
        log_in = self.bench.people[login or LOGINS[trustee.index - 1]].log_in
        return ceremonies.take_step(self.platform, log_in, self.id, name, sent)

    def go(self, *names: str) -> Held:
        for name in names:
            for trustee in self.trustees:
                self.send(trustee, name, getattr(trustee, name)(self.state))
        return self

    def committees(self) -> list[dict[str, Any]]:
        with self.platform.database.reading() as db_session:
            return [described(committee) for committee in load_committees(db_session).values()]

    def records(self) -> list[Any]:
        with self.platform.database.reading() as db_session:
            return load_records(db_session, REGISTER)


def test_the_last_acceptance_registers_the_committee(bench):
    held = Held(bench).go("join", "deal")
    before = held.committees()
    for trustee in held.trustees[:2]:
        held.send(trustee, "accept", trustee.accept(held.state))
    assert held.committees() == before
    last = held.trustees[2]
    shown = held.send(last, "accept", last.accept(held.state))
    found = held.committees()[0]
    assert (shown["stage"], shown["committee_id"]) == ("complete", found["id"])
    committee = Committee.from_description(found["description"])
    assert (committee.mode, committee.k, committee.n) == ("M1", 2, 3)
    assert [member.key_id for member in committee.members] == [trustee.key.key_id for trustee in held.trustees]
    written = held.records()[-2:]
    assert [(r.type, r.actor, r.role) for r in written] == [
        ("DealingsAccepted", bench.people["trustee-3"].id, "TR"),
        ("CommitteeRegistered", written[1].actor, "system"),
    ]
    size = len(held.records())
    held.send(last, "accept", last.accept(held.state))
    assert len(held.records()) == size, "said again, it changes nothing"


def test_all_at_once_is_as_good_as_one_after_the_other(bench):
    held, wrong = Held(bench), []

    def tell(trustee: PaperTrustee, name: str, step: Any) -> None:
        try:
            held.send(trustee, name, step)
        except Exception as exc:
            wrong.append(exc)

    for name in ("join", "deal", "accept"):
        state = held.state
        steps = [(trustee, name, getattr(trustee, name)(state)) for trustee in held.trustees]
        threads = [threading.Thread(target=tell, args=step) for step in steps * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert held.state.complete
    mine = held.state.committee.id
    assert [c["id"] for c in held.committees()].count(mine) == 1


def ended_by(bench: Any, *, honest: bool, **fault: int) -> tuple[Held, CeremonyEnded]:
    """The third complains of the second's share, which is right or not."""
    held = Held(bench).go("join")
    for trustee in held.trustees:
        held.send(trustee, "deal", trustee.deal(held.state, **(fault if trustee.index == 2 else {})))
    before = held.committees()
    complainer = held.trustees[2]
    raised = complainer.complain(held.state, 2)
    shown = held.send(complainer, "complain", raised)
    assert held.send(complainer, "complain", raised) == shown
    assert held.committees() == before
    with pytest.raises(RuleViolation, match="ceremony_over"):
        held.send(held.trustees[0], "accept", held.trustees[0].accept(held.state))
    assert (held.state.ended.guilty == 3) == (not honest)
    return held, held.state.ended


@pytest.mark.parametrize(("fault", "because"), [("wrong", "share_wrong"), ("garbage", "share_unreadable")])
def test_a_wrong_share_ends_it_and_names_the_dealer(bench, fault, because):
    _, ended = ended_by(bench, honest=True, **{fault: 3})
    assert (ended.because, ended.guilty) == (because, 2)


def test_a_false_complaint_ends_it_and_names_who_complained(bench):
    _, ended = ended_by(bench, honest=False)
    assert (ended.because, ended.guilty) == ("complaint_unfounded", 3)


def test_a_share_made_up_to_frame_somebody_is_refused(bench):
    held = Held(bench).go("join", "deal")
    third = held.trustees[2]
    with pytest.raises(RuleViolation, match="ceremony_complaint_wrong"):
        held.send(third, "complain", third.complain(held.state, 2, b"\1" * 32))
    assert held.state.stage == "accept"


def test_proofs_of_another_ceremony_key_or_step_are_refused(bench):
    first, second = Held(bench), Held(bench)
    one, two = first.trustees[:2]
    with pytest.raises(CryptoError, match="signature_wrong"):
        second.send(one, "join", one.join(first.state))
    with pytest.raises(CryptoError, match="key_foreign"):
        first.send(one, "join", two.signed(first.state, one.join(first.state)))
    with pytest.raises(CryptoError, match="signature_wrong"):
        first.send(one, "join", replace(one, origin="another.example").join(first.state))
    joined = one.join(first.state)
    other = PaperTrustee(1, key=one.key).identity.recipient
    with pytest.raises(CryptoError, match="signature_wrong"):
        first.send(one, "join", replace(joined, recipient=other))
    first.send(one, "join", joined)
    with pytest.raises(RuleViolation, match="ceremony_step_taken"):
        first.send(one, "join", PaperTrustee(1, key=one.key, origin=one.origin).join(first.state))


def test_nobody_acts_for_another_and_outsiders_not_at_all(bench):
    held = Held(bench)
    joined = held.trustees[0].join(held.state)
    for login in ("trustee-2", "centre", "regulator", "officer", "admin", "bidder-a"):
        with pytest.raises(NotAllowed):
            held.send(held.trustees[0], "join", joined, login=login)
    for login in ("trustee-1", "regulator", "officer", "admin"):
        log_in = bench.people[login].log_in
        with pytest.raises(NotAllowed):
            ceremonies.open_ceremony(held.platform, log_in, 2, [bench.people[name].key.key_id for name in LOGINS])
        with pytest.raises(NotAllowed):
            ceremonies.cancel_ceremony(held.platform, log_in, held.id, "x")
    for login in ("officer", "admin", "bidder-a"):
        with pytest.raises(NotAllowed):
            ceremonies.read_ceremony(held.platform, bench.people[login].log_in, held.id)
    assert held.state.joined == {}


def test_who_can_be_asked(bench):
    keys = [bench.people[login].key.key_id for login in LOGINS]
    for asked in ([*keys[:2], bench.people["regulator"].key.key_id], [*keys[:2], "nobody"]):
        with pytest.raises(RuleViolation, match="ceremony_trustee_without_key"):
            ceremonies.open_ceremony(bench.platform, bench.people["centre"].log_in, 2, asked)
    with pytest.raises(RuleViolation, match="ceremony_member_twice"):
        ceremonies.open_ceremony(bench.platform, bench.people["centre"].log_in, 2, [*keys[:2], keys[0]])
    with pytest.raises(CryptoError, match="committee_size"):
        ceremonies.open_ceremony(bench.platform, bench.people["centre"].log_in, 1, keys)


def test_order_unknown_ceremonies_and_steps(bench):
    held = Held(bench)
    first = held.trustees[0]
    held.send(first, "join", first.join(held.state))
    whole = Held(bench).go("join")
    early = replace(first.deal(whole.state), ceremony=held.id)
    with pytest.raises(RuleViolation, match="ceremony_not_yet") as caught:
        held.send(first, "deal", first.signed(held.state, early))
    assert caught.value.facts["count"] == 2
    with pytest.raises(RuleViolation, match="malformed"):
        held.send(first, "leave", first.join(held.state))
    with pytest.raises(RuleViolation, match="ceremony_unknown"):
        ceremonies.read_ceremony(held.platform, held.centre, "0" * 32)


def test_a_centre_cancels_with_a_reason(bench):
    held = Held(bench).go("join")
    with pytest.raises(RuleViolation, match="ceremony_reason_missing"):
        ceremonies.cancel_ceremony(held.platform, held.centre, held.id, "  ")
    ceremonies.cancel_ceremony(held.platform, held.centre, held.id, "一家受托单位退出")
    assert held.state.ended == CeremonyEnded(held.id, "cancelled", 0, "一家受托单位退出", {})
    with pytest.raises(RuleViolation, match="ceremony_over"):
        held.send(held.trustees[0], "deal", held.trustees[0].deal(held.state))
    with pytest.raises(RuleViolation, match="ceremony_over"):
        ceremonies.cancel_ceremony(held.platform, held.centre, held.id, "x")


def test_a_file_cannot_say_that_shares_were_made_apart(bench):
    held = Held(bench).go("join", "deal")
    with pytest.raises(RuleViolation, match="committee_without_ceremony"):
        register.register_committee(held.platform, held.centre, held.state.committee.describe())


def test_a_key_that_is_out_of_use_takes_no_further_step(bench):
    held = Held(bench).go("join", "deal")
    for trustee in held.trustees[:2]:
        held.send(trustee, "accept", trustee.accept(held.state))
    person, last = bench.people["trustee-1"], held.trustees[2]
    before = held.committees()
    register.revoke_certificate(held.platform, person.log_in, person.key.key_id, "遗失")
    with pytest.raises(RuleViolation, match="trustee_not_certified"):
        held.send(last, "accept", last.accept(held.state))
    assert held.committees() == before
    assert held.state.stage == "accept"
    with pytest.raises(RuleViolation, match="key_not_certified"):
        held.send(held.trustees[0], "complain", held.trustees[0].complain(held.state, 2))


def test_the_bids_of_a_tender_are_opened_with_shares_from_a_ceremony(tmp_path):
    case = WholeCase(tmp_path).found()
    held = Held(case).go("join", "deal", "accept")
    case.shares = {trustee.index: trustee.secret(held.state) for trustee in held.trustees}
    case.publish().bid().open()
    terms, opening = case.case.tender.published, case.case.lots[LOT].opening
    assert terms.committee == held.state.committee.describe()
    assert terms.committee["mode"] == "M1"
    assert set(opening.opened) == {*case.receipts.values()} - {case.receipts["bidder-e"]}
    assert len(opening.opened) == 3

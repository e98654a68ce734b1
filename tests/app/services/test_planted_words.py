"""What is secret until its time lies nowhere before it: in no row, no file, no line of a log (T24)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pyotp
import pytest

from app.models import ScoreDraft
from app.procedure.errors import RuleViolation
from app.procedure.roles import Role
from app.services import accounts, call_ups
from app.services.accounts import NewOrganisation
from app.services.platform import DIST
from app.services.score_drafts import TypedScore, save_score
from tests.app.planted import logged, places
from tests.app.services.people import LOT, credit_code
from tests.app.services.whole_case import PRICES, WholeCase

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
OWN_FOLDERS = ("bids", "papers")  # on the bidders' machines
DELIVERED = "mail"  # where letters arrive, without a server for them
EXPERTS = range(16)
NAMES, MAILS = [f"专家{i}" for i in EXPERTS], [f"expert-{i}@example.org" for i in EXPERTS]
COMMENT, PASSWORD = "丹砂七两", "correct horse battery"
BID_PRICES = [f"{fen}" for fen in PRICES.values()]
PRICES_AS_READ = [f"{Decimal(fen) / 100:.2f}" for fen in PRICES.values()]


class Planted(WholeCase):
    """A case whose bidders keep what is theirs outside of the installation, and whose log is listened to."""

    def papers(self, login: str) -> list[Path]:
        folder = self.folder / "papers"
        folder.mkdir(exist_ok=True)
        return [Path(shutil.move(path, folder / path.name)) for path in super().papers(login)]

    @contextmanager
    def heard(self) -> Iterator[Planted]:
        with logged() as self.log:
            yield self

    def places(self, words: list[str] | list[bytes]) -> set[str]:
        return places(self.platform, words, self.log, OWN_FOLDERS)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Planted]:
    with Planted(tmp_path).found().heard() as case:
        yield case


def test_what_is_secret_in_a_case_lies_nowhere_before_its_time(case: Planted):
    case.publish().bid()
    contents = ["技术方案 bidder", "营业执照 bidder"]
    keys = [part for key in case.identities.values() for part in (key, key.rpartition("1")[2])]
    for words in (BID_PRICES, PRICES_AS_READ, contents, ["资格文件-bidder"], ["经理a", "经理b", "经理c"], keys):
        assert case.places(words) == set(), words[0]
    case.open()
    assert "case_event.payload" in case.places(PRICES_AS_READ), "what is read out is found: the search sees"
    case.draw()
    assert case.places(NAMES) == {"account.name"}
    assert {place.partition("/")[0] for place in case.places(MAILS + codes_of(case))} == {DELIVERED}
    case.seat_all()
    assert "case_event.payload" in case.places(NAMES)  # they sit in the room, and the record says who
    case.elect()
    case.review()
    typed = TypedScore(case.state.bids[0].bid, "plan", Decimal(41), COMMENT)
    save_score(case.platform, case.members[case.chair].log_in, case.case_id, LOT, typed)
    assert case.places([COMMENT]) == {f"{ScoreDraft.__tablename__}.comment"}
    assert case.places(contents) == set()  # a bid that was opened stays sealed in the store
    assert case.places(list(case.shares.values())) == set()


def codes_of(case: Planted) -> list[str]:
    """What members were called up with."""
    people = [seat.person for seat in case.state.seats.values()]
    return [call_ups.call_up_code(case.platform, case.case_id, LOT, person) for person in people]


def test_what_opens_an_account_is_nowhere(case: Planted):
    owner = NewOrganisation("投标人甲", "bidder", credit_code("planted"))
    second_factor = accounts.register_bidder(case.platform, owner, "somebody", "某人", PASSWORD)
    code = pyotp.TOTP(second_factor).at(case.clock.at)
    token = accounts.begin_web_session(case.platform, "somebody", PASSWORD, code, "192.0.2.9")
    with pytest.raises(RuleViolation):
        accounts.begin_web_session(case.platform, "somebody", f"{PASSWORD} staple", code, "192.0.2.9")
    admin, centre = case.people["admin"].id, case.people["centre"].id
    invited = accounts.prepare_account(
        case.platform, admin, owner, "invited", "某某", frozenset({Role.BIDDER}), "invited@example.org"
    )
    invitation = accounts.approve_account(case.platform, centre, invited)
    private = [person.key.private.private_numbers().private_value.to_bytes(32) for person in case.people.values()]
    assert case.places([PASSWORD]) == set()
    assert case.places([second_factor]) == set()
    assert case.places([token]) == set()
    assert {place.partition("/")[0] for place in case.places([invitation])} <= {DELIVERED}
    assert case.places(private) == set()

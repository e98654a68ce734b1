"""Fewer trustees than needed: a lot opens when k valid shares are there or by the fallback, and not otherwise."""

import pytest

from app.casefile.bundle import unpack
from app.casefile.sealing import open_identity
from app.casefile.sight import sees
from app.casefile.verification import Verdict, verify_bundle
from app.models import Notice, StoredFile
from app.procedure.errors import RuleViolation
from app.procedure.fallback import KeyCommitted, KeyRevealed
from app.procedure.opening import ShareReleased
from app.procedure.qualification import Qualification, QualificationChecked
from app.procedure.roles import ANYONE
from app.queries.cases import load_case, load_records
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.platform import DIST
from crypto.committee import sign_share
from crypto.key_commitment import key_commitment, key_salt
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.whole_case import WholeCase

WITHIN = 61  # seconds: a little more than each step of the demonstration's rule book
NAMES = ("bidder-a", "bidder-b", "bidder-c", "bidder-e")


def sealed(folder, database_url=""):
    """A closed lot with four bids, one of which has a capsule with another key."""
    whole = WholeCase(folder, database_url=database_url).through("found publish bid")
    whole.work_off(80)
    return whole


def share_of(whole, index, secret=0):
    return ShareReleased(index, sign_share(whole.shares[secret or index], identity(whole)).hex())


def identity(whole):
    return open_identity(whole.platform.origin, whole.case_id, LOT)


def opening(whole):
    return whole.case.lots[LOT].opening


def key_of(whole, login):
    receipt = whole.receipts[login]
    found = whole.identities[whole.case.lots[LOT].bidding.submissions[receipt].fact.recipient]
    return receipt, found, key_salt(receipt, found)


def commit(whole, *logins):
    for login in logins:
        receipt, found, salt = key_of(whole, login)
        whole.act(login, KeyCommitted(receipt, key_commitment(receipt, found, salt)))


def reveal(whole, *logins):
    for login in logins:
        whole.act(login, KeyRevealed(*key_of(whole, login)))


def code(call, *arguments):
    with pytest.raises(RuleViolation) as violation:
        call(*arguments)
    return violation.value.code, violation.value.facts


def notices(whole, login):
    with whole.platform.database.reading() as db_session:
        account = whole.people[login].id
        rows = db_session.query(Notice).filter(Notice.account_id == account, Notice.code.startswith("fallback"))
        return [row.code for row in rows]


def seen_by(whole, login):
    with whole.platform.database.reading() as db_session:
        case = load_case(db_session, whole.case_id)
        actor = load_actor(db_session, whole.people[login].id, "") if login else ANYONE
        return [r.type for r in load_records(db_session, whole.case_id) if sees(actor, case, r)]


def failures(bundle):
    return [(c.code, c.facts) for c in verify_bundle(bundle, ()) if c.verdict is Verdict.FAIL]


# shares: missing, wrong, duplicate, late (T29)


@pytest.fixture
def whole(tmp_path):
    return sealed(tmp_path)


def test_a_wrong_or_repeated_share_is_refused_by_name_and_does_not_count(whole):
    assert code(whole.act, "trustee-1", share_of(whole, 1, secret=2))[0] == "share_wrong"
    assert code(whole.act, "trustee-2", share_of(whole, 1)) == ("share_of_another", {"index": 1})
    whole.act("trustee-1", share_of(whole, 1))
    assert code(whole.act, "trustee-1", share_of(whole, 1)) == ("share_repeated", {"index": 1})
    whole.work_off()
    assert opening(whole).release is None
    assert not opening(whole).opened


def test_one_share_less_than_needed_opens_nothing_and_the_time_starts_the_fallback(whole):
    whole.act("trustee-2", share_of(whole, 2))
    whole.work_off(55)
    assert whole.case.lots[LOT].fallback.started is None
    whole.work_off(6)
    assert whole.case.lots[LOT].fallback.started.missing == (1, 3)
    assert {login: notices(whole, login) for login in ("bidder-a", "bidder-d", "centre", "trustee-1", "trustee-2")} == {
        "bidder-a": ["fallback_started"],
        "bidder-d": [],  # its bid was withdrawn
        "centre": ["fallback_started_people"],
        "trustee-1": ["fallback_started_people"],
        "trustee-2": [],
    }


def test_a_late_share_still_opens_everything_even_between_two_reveals(whole):
    whole.act("trustee-2", share_of(whole, 2))
    whole.work_off(WITHIN)
    commit(whole, *NAMES)
    reveal(whole, "bidder-a")
    whole.act("trustee-3", share_of(whole, 3))
    assert code(whole.act, "bidder-b", KeyRevealed(*key_of(whole, "bidder-b")))[0] == "fallback_over"
    whole.work_off(200)
    found = opening(whole)
    assert (found.disclosed, set(found.opened)) == (None, {whole.receipts[name] for name in NAMES[:3]})
    assert found.voided[whole.receipts["bidder-e"]].reason == "capsule_other_key"


def test_without_enough_commitments_no_key_is_asked_for_and_the_lot_fails(whole):
    whole.work_off(WITHIN)
    commit(whole, "bidder-a", "bidder-b")
    whole.work_off(WITHIN)
    assert opening(whole).failed == "too_few_keys"
    assert notices(whole, "bidder-c") == ["fallback_started", "fallback_failed"]
    assert code(whole.act, "bidder-a", KeyRevealed(*key_of(whole, "bidder-a")))[0] == "fallback_over"
    assert "KeyCommitted" not in seen_by(whole, "officer")
    whole.release_export()
    for holder in ("regulator", "officer"):
        assert failures(unpack(export_evidence(whole.platform, whole.people[holder].log_in, whole.case_id)[1])) == []


# to its end, on both databases


@pytest.fixture(scope="module")
def fallen(database_url, tmp_path_factory):
    """a and e reveal, so does c; b promises and stays silent. e's capsule was spoiled, its key is good."""
    whole = sealed(tmp_path_factory.mktemp("fallback"), database_url)
    whole.receipts["bidder-d"] = ""
    whole.act("trustee-2", share_of(whole, 2))
    whole.work_off(WITHIN)
    commit(whole, *NAMES)
    whole.before = {login: seen_by(whole, login) for login in ("", "regulator", "centre", "bidder-a", "trustee-1")}
    reveal(whole, "bidder-a", "bidder-c", "bidder-e")
    whole.during = {login: seen_by(whole, login) for login in whole.before}
    whole.work_off(WITHIN)
    yield whole
    whole.platform.database.dispose()


def test_all_keys_are_disclosed_together_and_open_the_bids(fallen):
    found = opening(fallen)
    assert {b.bidder_name for b in found.opened.values()} == {"投标人a", "投标人c", "投标人e"}
    assert found.voided[fallen.receipts["bidder-b"]].reason == "key_not_revealed"
    assert found.read_out
    assert found.release is None


def test_no_other_share_counts_after_that(fallen):
    assert code(fallen.act, "trustee-1", share_of(fallen, 1))[0] == "keys_disclosed"


def test_what_stays_closed_is_destroyed(fallen):
    with fallen.platform.database.reading() as db_session:
        owners = {row.owner for row in db_session.query(StoredFile).filter(StoredFile.kind == "capsule")}
    assert owners == {fallen.receipts[name] for name in ("bidder-a", "bidder-c", "bidder-e")}


def test_nobody_counts_bids_by_promises_or_keys_before_the_end(fallen):
    for stage in (fallen.before, fallen.during):
        assert stage["bidder-a"].count("KeyCommitted") == 1
        strangers = {login: {"KeyCommitted", "KeyRevealed"} & set(seen) for login, seen in stage.items()}
        assert not any(seen for login, seen in strangers.items() if login != "bidder-a")
        assert {"FallbackStarted", "CommitmentsEnded"} <= set(stage[""])
    assert fallen.during["bidder-a"].count("KeyRevealed") == 1


@pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the verifier reads no database
def test_the_whole_is_recomputed_offline_and_a_change_is_named(fallen):
    fallen.work_off(10)
    fallen.act("officer", _checked(fallen))
    fallen.work_off()
    fallen.delegate().draw_experts().sit().report()
    bundle = unpack(export_evidence(fallen.platform, fallen.people["regulator"].log_in, fallen.case_id)[1])
    assert failures(bundle) == []
    lines, key = tampering.lines_of(bundle), fallen.platform.keys.platform.key
    for wrong in _falsified(lines):
        assert failures(tampering.by_platform(bundle, wrong, key))


def _falsified(lines):
    """What the platform itself could say instead: other outcomes, another instant, a key or promise left out."""
    at = {line["entry"]["type"]: seq for seq, line in enumerate(lines)}  # the last of each kind
    disclosed = at["KeysDisclosed"]
    (revoked,) = lines[disclosed]["entry"]["payload"]["revoked"]
    yield tampering.changed(lines, disclosed, ("payload",), lambda p: {**p, "revoked": [], "withdrawn": [revoked]})
    yield tampering.changed(lines, disclosed, ("payload",), lambda p: {**p, "keys": dict(list(p["keys"].items())[1:])})
    yield tampering.changed(lines, at["FallbackStarted"], ("payload", "missing"), lambda found: [1])
    early = lines[at["KeyRevealed"]]["entry"]["at"]
    yield tampering.changed(lines, disclosed, ("at",), lambda found: early)
    yield tampering.changed(lines, at["BidVoided"], ("payload", "reason"), lambda found: "key_not_committed")
    for kind in ("KeyRevealed", "KeyCommitted", "CommitmentsEnded", "FallbackStarted", "KeysDisclosed"):
        yield tampering.without(lines, at[kind])


def _checked(whole):
    return QualificationChecked({receipt: Qualification(True, "") for receipt in opening(whole).opened})

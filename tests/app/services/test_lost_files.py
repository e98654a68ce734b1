"""A sealed file that the platform loses: nothing opens while it is awaited; only the very same bytes are taken."""

import errno

import pytest

from app.adapters.blobs import FolderStore, StoreUnavailable
from app.casefile.verification import Verdict, verify_bundle
from app.models import StoredFile
from app.procedure.errors import RuleViolation
from app.procedure.restoring import BidFileLost, BidFileRestored
from app.procedure.roles import SYSTEM
from app.services import uploads
from app.services.audits import export_evidence
from app.services.openings import close_lot, open_bids
from tests.app.services.people import LOT
from tests.app.services.test_too_few_trustees import code, opening, sealed, share_of
from tests.app.services.whole_case import WholeCase


@pytest.fixture
def whole(tmp_path):
    """Closed, with the file of bidder-b gone; `copies` are what the bidders kept."""
    made = sealed(tmp_path)
    made.copies = {login: copies(made, login) for login in ("bidder-b", "bidder-c")}
    return made


def copies(whole, login):
    with whole.platform.database.reading() as db_session:
        rows = db_session.query(StoredFile).filter(StoredFile.owner == whole.receipts[login])
        return {row.kind: (whole.platform.blobs.get(row.blob), row.blob) for row in rows}


def released(whole):
    for index in (1, 3):
        whole.act(f"trustee-{index}", share_of(whole, index))
    whole.work_off()


def restore(whole, login, bid, capsule):
    person = whole.people[login]
    upload = uploads.begin_upload(whole.platform, person.log_in, len(bid))
    uploads.continue_upload(whole.platform, person.log_in, upload.id, 0, [bid])
    root = whole.case.lots[LOT].bidding.submissions[whole.receipts[login]].fact.bid_root
    files = {"upload": upload.id.encode(), "capsule": capsule}
    return whole.act(login, BidFileRestored(whole.receipts[login], root), LOT, attachments=files)


def lose(whole, login, kind="bid"):
    whole.platform.blobs.delete(whole.copies[login][kind][1])


@pytest.mark.parametrize("kind", ["bid", "capsule"])
def test_nothing_opens_while_a_lost_file_is_awaited_and_the_same_bytes_go_on(whole, kind):
    lose(whole, "bidder-b", kind)
    released(whole)
    assert list(whole.case.lots[LOT].lost) == [whole.receipts["bidder-b"]]
    assert not opening(whole).opened
    bid, capsule = (whole.copies["bidder-b"][kind][0] for kind in ("bid", "capsule"))
    other = bytes([bid[-1] ^ 1])
    assert code(restore, whole, "bidder-b", bid[:-1] + other, capsule)[0] == "file_differs"
    assert code(restore, whole, "bidder-b", bid, capsule + b"x")[0] == "file_differs"
    assert code(restore, whole, "bidder-c", *(whole.copies["bidder-c"][k][0] for k in ("bid", "capsule")))[0] == (
        "file_not_lost"
    )
    restore(whole, "bidder-b", bid, capsule)
    whole.work_off()
    assert whole.receipts["bidder-b"] in opening(whole).opened
    assert opening(whole).read_out
    for login in ("bidder-b", "bidder-c"):
        again = BidFileLost(whole.receipts[login], whole.platform.database.now())
        assert code(whole.case.decide, again, LOT, SYSTEM, whole.platform.database.now())[0] == "file_lost_late"


def test_who_does_not_restore_in_time_has_withdrawn_by_no_fault_of_its_own(whole):
    lose(whole, "bidder-b")
    released(whole)
    whole.work_off(61)
    assert opening(whole).voided[whole.receipts["bidder-b"]].reason == "file_lost"
    assert opening(whole).read_out
    with pytest.raises(RuleViolation, match="file_restore_late"):
        restore(whole, "bidder-b", *(whole.copies["bidder-b"][kind][0] for kind in ("bid", "capsule")))


def test_a_damaged_file_is_the_platforms_fault_and_voids_nothing(whole):
    path = whole.platform.blobs.path(whole.copies["bidder-b"]["bid"][1])
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    released(whole)
    assert whole.receipts["bidder-b"] in whole.case.lots[LOT].lost
    assert not opening(whole).opened, "its bidder must not know the others' prices"
    assert not opening(whole).voided
    restore(whole, "bidder-b", *(whole.copies["bidder-b"][kind][0] for kind in ("bid", "capsule")))
    whole.work_off()
    assert whole.receipts["bidder-b"] in opening(whole).opened
    assert opening(whole).voided[whole.receipts["bidder-e"]].reason == "capsule_other_key"
    assert opening(whole).read_out


def unreadable(whole, monkeypatch, times):
    """The store names and measures the file of bidder-b, and cannot read it so many times."""
    blob, left, read = whole.copies["bidder-b"]["bid"][1], [times], whole.platform.blobs.open

    def opening_it(name):
        if name == blob and left[0]:
            left[0] -= 1
            raise OSError(errno.EIO, "Input/output error")
        return read(name)

    monkeypatch.setattr(whole.platform.blobs, "open", opening_it)


def test_a_file_that_cannot_be_read_is_lost_and_nobody_is_opened_before_it_is_there(whole, monkeypatch):
    unreadable(whole, monkeypatch, 100)
    released(whole)
    assert list(whole.case.lots[LOT].lost) == [whole.receipts["bidder-b"]]
    assert not opening(whole).opened
    monkeypatch.undo()
    restore(whole, "bidder-b", *(whole.copies["bidder-b"][kind][0] for kind in ("bid", "capsule")))
    whole.work_off()
    assert whole.receipts["bidder-b"] in opening(whole).opened
    assert opening(whole).read_out


def test_a_file_that_could_not_be_read_once_is_neither_lost_nor_void(whole, monkeypatch):
    unreadable(whole, monkeypatch, 1)
    for index in (1, 3):
        whole.act(f"trustee-{index}", share_of(whole, index))
    with pytest.raises(OSError, match="Input/output error"):
        open_bids(whole.platform, whole.case_id, LOT)
    assert not whole.case.lots[LOT].lost
    whole.work_off()
    assert whole.receipts["bidder-b"] in opening(whole).opened
    assert opening(whole).read_out


def test_a_lot_closes_though_the_store_does_not_answer_and_no_share_is_taken_before_ended_bids_are_gone(
    tmp_path, monkeypatch
):
    made = WholeCase(tmp_path).through("found publish bid")
    monkeypatch.setattr(FolderStore, "delete", does_not_answer)
    made.clock.advance(80)
    close_lot(made.platform, made.case_id, LOT)
    assert opening(made).closed
    with pytest.raises(StoreUnavailable):
        made.act("trustee-1", share_of(made, 1))
    monkeypatch.undo()
    made.work_off()
    assert made.act("trustee-1", share_of(made, 1))


def test_what_is_logged_and_answered_while_the_store_is_down_does_not_tell_whether_a_bid_was_ended(
    tmp_path, monkeypatch, caplog
):
    said = []
    for world in ("with", "without"):
        made = WholeCase(tmp_path / world).through("found publish")
        if world == "with":
            made.bid()
            assert any(one.ended for one in made.case.lots[LOT].bidding.submissions.values())
        caplog.clear()
        with monkeypatch.context() as patch:
            patch.setattr(FolderStore, "delete", does_not_answer)
            made.clock.advance(180)
            close_lot(made.platform, made.case_id, LOT)
            with pytest.raises(StoreUnavailable):
                made.act("trustee-1", share_of(made, 1))
        said.append([(r.name, r.levelname, r.getMessage().replace(made.case_id, "case")) for r in caplog.records])
    assert said[0] == said[1]
    assert said[0]


def does_not_answer(_store, _name):
    raise StoreUnavailable("EndpointConnectionError")


def test_a_case_whose_file_was_lost_is_exported_and_the_verifier_says_what_is_missing(whole):
    lose(whole, "bidder-b")
    lose(whole, "bidder-b", "capsule")
    released(whole)
    whole.work_off(61)
    assert opening(whole).voided[whole.receipts["bidder-b"]].reason == "file_lost"
    _name, bundle = export_evidence(whole.platform, whole.people["regulator"].log_in, whole.case_id)
    checks = verify_bundle(bundle, whole.platform.keys.roots)
    assert [check.code for check in checks if check.verdict is Verdict.FAIL] == []
    missing = [check for check in checks if check.facts.get("receipt") == whole.receipts["bidder-b"]]
    assert missing
    assert {check.verdict for check in missing} == {Verdict.NOT_COVERED}

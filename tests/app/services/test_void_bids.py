"""A bid that its bidder made wrong is void for its own reason, leaves nothing behind, and stops nobody else's."""

from __future__ import annotations

import io
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.client import bidder
from app.services import openings
from crypto.envelope import Sealed
from crypto.merkle import TreeDigest
from tests.app.workbench import LOT, Bench

TWO_CHUNKS = 1 << 17


class Made:
    """Bids as somebody with other software could make them: their contents changed, or the sealed file."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.content_changed = self.file_changed = False
        self._write, self._seal = bidder.write_package, bidder.seal
        monkeypatch.setattr(bidder, "write_package", self.write)
        monkeypatch.setattr(bidder, "seal", self.seal)

    def write(self, dst: Any, manifest: Any, signature: Any, files: Any) -> None:
        written = io.BytesIO()
        self._write(written, manifest, signature, files)
        data = bytearray(written.getvalue())
        if self.content_changed:
            data[data.index("技术方案".encode())] ^= 1
        dst.write(data)

    def seal(self, src: Any, dst: Any, recipient: str, context: bytes) -> Sealed:
        written, digest = io.BytesIO(), TreeDigest()
        self._seal(src, written, recipient, context)
        data = written.getvalue()
        if self.file_changed:
            data = data[:-1] + bytes([data[-1] ^ 1])
        digest.update(data)
        dst.write(data)
        return Sealed(digest.size, digest.hexdigest())


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    return Made(monkeypatch)


def test_each_is_void_for_its_own_reason_and_leaves_nothing_behind(tmp_path, made):
    bench = Bench(tmp_path, padding=bytes(TWO_CHUNKS)).found()
    logins = [bench.join(number) for number in range(5)]
    bench.publish(3600)
    for login, made.content_changed, made.file_changed in zip(
        logins, (False, True, False, True, False), (False, False, True, True, False), strict=True
    ):
        bench.hand_in(login)
    bench.clock.at = bench.deadline_at + timedelta(seconds=1)
    openings.close_lot(bench.platform, bench.case_id, LOT)
    bench.release()
    kept = set(blobs(bench))
    openings.open_bids(bench.platform, bench.case_id, LOT)
    opening = bench.case.lots[LOT].opening
    reasons = {bid.bidder: bid.reason for bid in opening.voided.values()}
    changed, cut, both = (bench.people[login].organisation for login in logins[1:4])
    assert reasons == {changed: "package_file_changed", cut: "envelope_corrupted", both: "envelope_corrupted"}
    assert {bid.bidder for bid in opening.opened.values()} == {bench.people[logins[n]].organisation for n in (0, 4)}
    assert opening.read_out
    assert set(blobs(bench)) == kept


def blobs(bench: Bench) -> list[str]:
    return [path.name for path in (bench.folder / "blobs").rglob("*") if path.is_file()]


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A bidder's own program, which checks nothing before it seals."""
    monkeypatch.setattr(bidder, "check_items", lambda _items, **_: None)
    monkeypatch.setattr(bidder.SealParameters, "check_price", lambda _parameters, _fen: None)
    return monkeypatch


def opened_with(bench: Bench, unchecked: pytest.MonkeyPatch, path: str = "", **items: str) -> Any:
    """The opening of a lot of three bids, the second of which names these items, and its file so."""
    make, files = bidder.bid_manifest, bidder.files_of

    def made(**facts: Any) -> Any:
        return make(**{**facts, "opening": facts["opening"] | items})

    logins = [bench.join(secrets.randbelow(10**9)) for _number in range(3)]
    bench.publish(3600)
    for number, login in enumerate(logins):
        with unchecked.context() as own:
            if number == 1:
                own.setattr(bidder, "bid_manifest", made)
                own.setattr(bidder, "files_of", lambda found: [replace(f, path=path or f.path) for f in files(found)])
            bench.hand_in(login)
    bench.clock.at = bench.deadline_at + timedelta(seconds=1)
    openings.close_lot(bench.platform, bench.case_id, LOT)
    bench.release()
    openings.open_bids(bench.platform, bench.case_id, LOT)
    return bench.case.lots[LOT].opening


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("price_fen", "9" * 20),
        ("price_fen", "9" * 60),
        ("duration_days", "9" * 20),
        ("duration_days", "１２"),
        ("project_manager", "长" * 3000),
        ("project_manager", "a\x00b"),
    ],
)
def test_what_cannot_be_read_out_makes_its_own_bid_void_and_stops_no_other(bench, unchecked, item, value):
    opening = opened_with(bench, unchecked, **{item: value})
    assert [bid.reason for bid in opening.voided.values()] == ["opening_items_wrong"]
    assert (len(opening.opened), opening.read_out) == (2, True)
    bench.clock.at = opening.objections_until + timedelta(seconds=1)
    openings.conclude_opening(bench.platform, bench.case_id, LOT)
    assert bench.case.lots[LOT].opening.concluded_at


def test_a_file_is_named_as_long_as_a_package_allows(bench, unchecked):
    opening = opened_with(bench, unchecked, path="长" * 341)
    assert (len(opening.opened), opening.read_out) == (3, True)


def test_a_fault_that_nobody_foresaw_holds_up_no_other_bid(bench, unchecked, caplog):
    settle, broken = openings._settle, []

    def breaking(*facts: Any) -> None:
        if not broken:
            broken.append(facts[3].receipt_id)
        if facts[3].receipt_id in broken:
            raise OverflowError("nobody foresaw it")
        settle(*facts)

    unchecked.setattr(openings, "_settle", breaking)
    with pytest.raises(OverflowError):
        opened_with(bench, unchecked)
    opening = bench.case.lots[LOT].opening
    assert (len(opening.opened), opening.read_out) == (2, False)
    assert broken[0] in caplog.text
    unchecked.setattr(openings, "_settle", settle)
    openings.open_bids(bench.platform, bench.case_id, LOT)
    assert bench.case.lots[LOT].opening.read_out

"""A bid that its bidder made wrong is void for its own reason, leaves nothing behind, and stops nobody else's."""

from __future__ import annotations

import io
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

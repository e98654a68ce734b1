"""Three of five trustees become four of seven, each a process with a folder: `python -m tests.long.resharing`.

A bid that was sealed to the five is opened by any four of the seven, by no three of them. Shares from before are gone
from every folder, and a copy of one counts for nothing among the seven; three copies together could still sign, which
is why they are destroyed. Prints one line.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path

from werkzeug.serving import make_server

from app.client.bidder import SealParameters, seal_bid
from app.client.holding import holdings
from app.client.keyfile import Profile, read_json, write_key
from app.factory import create_app
from app.procedure.roles import Role
from app.services import ceremonies
from crypto.canonical import digest
from crypto.committee import Committee, combine, identity, open_capsule, sign_share
from crypto.envelope import context_hash, open_bid
from crypto.errors import CryptoError
from crypto.package import read_package
from crypto.signing import SigningKey
from tests.app.workbench import Bench, RealClock

PASSPHRASE = "opposed interests"
OPEN = {"origin": "test.example", "tender": "before", "lot": "1", "envelope": "1", "epoch": 0}
ITEMS = {"price_fen": "156600000", "duration_days": "30", "project_manager": "经理"}


class Trustees:
    """Seven folders, and the platform that the tools of their owners speak to."""

    def __init__(self, folder: Path, bench: Bench, url: str) -> None:
        self.folder, self.bench, self.url = folder, bench, url
        self.profiles = [self._profile(f"trustee-{i}") for i in range(1, 8)]

    def _profile(self, login: str) -> Profile:
        profile, key = Profile(self.folder / login), self.bench.people[login].key
        write_key(profile.key_path, key, PASSPHRASE)
        profile.keep(login=login, base_url=self.url, key_id=key.key_id, token=self.bench.token(login))
        return profile

    def keys(self, count: int) -> list[str]:
        return [self.bench.people[f"trustee-{i}"].key.key_id for i in range(1, count + 1)]

    def hold(self, ceremony: str, count: int) -> None:
        """`tenderhall trustee ceremony`, at once on the machines of the first `count`."""
        environment = {**os.environ, "TENDERHALL_PASSPHRASE": PASSPHRASE}
        command = [sys.executable, "-m", "app.cli", "trustee", "ceremony", ceremony, "--yes", "--destroy", "--folder"]
        quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "env": environment, "text": True}
        started = [subprocess.Popen([*command, str(p.folder)], **quiet) for p in self.profiles[:count]]
        for process in started:
            said, _ = process.communicate(timeout=300)
            assert process.returncode == 0, said

    def shares(self, count: int) -> tuple[Committee, dict[int, bytes]]:
        """The committee that the folders agree on, and the one share in each."""
        held = [holdings(profile) for profile in self.profiles[:count]]
        assert {len(found) for found in held} == {1}, "no share from before is left"
        (committee,) = {digest(found[0].committee.describe()): found[0].committee for found in held}.values()
        return committee, {found[0].index: found[0].secret(PASSPHRASE) for found in held}


def sealed_to(committee: Committee, folder: Path) -> Path:
    """A bid's folder."""
    offer = folder / "offer.txt"
    offer.write_text("技术方案")
    bound = {"documents_root": "d" * 64, "committee": committee.id, "open_ident": identity("open", OPEN).hex()}
    parameters = SealParameters({**OPEN, "bidder": "org-1", **bound}, committee)
    seal_bid([offer], ITEMS, parameters, SigningKey.generate(), folder / "bid")
    return folder / "bid"


def opened(bid: Path, committee: Committee, secrets: Mapping[int, bytes], indices: Iterable[int]) -> bool:
    """Whether these trustees' shares open the bid; what opens is what was sealed."""
    ident = identity("open", OPEN)
    try:
        release = combine(committee, ident, {i: sign_share(secrets[i], ident) for i in indices})
    except CryptoError as exc:
        if exc.code != "too_few_shares":
            raise
        return False
    key = open_capsule(committee, ident, release.signature, (bid / "capsule.age").read_bytes()).decode()
    plain = io.BytesIO()
    with (bid / "bid.age").open("rb") as file:
        open_bid(file, plain, key, context_hash(read_json(bid / "context.json")))
    plain.seek(0)
    assert read_package(plain).manifest["opening"] == ITEMS
    return True


def played(folder: Path) -> str:
    """What came of it, in words; AssertionError where anything else opens or fails."""
    bench = Bench(folder / "site", clock=RealClock()).found()
    for i in range(4, 8):
        bench._add(f"trustee-{i}", f"受托人{i}", f"trustee{i}", Role.TRUSTEE)
    app = create_app(bench.platform.settings)
    app.extensions["tenderhall"] = bench.platform
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        trustees, centre = Trustees(folder, bench, f"http://127.0.0.1:{server.server_port}"), bench.people["centre"]
        trustees.hold(ceremonies.open_ceremony(bench.platform, centre.log_in, 3, trustees.keys(5)), 5)
        five, old = trustees.shares(5)
        bid = sealed_to(five, folder)
        seven_keys = trustees.keys(7)
        trustees.hold(ceremonies.open_resharing(bench.platform, centre.log_in, five.id, 4, seven_keys), 7)
        seven, new = trustees.shares(7)
    finally:
        server.shutdown()
        bench.platform.database.dispose()
    assert (five.k, five.n, seven.k, seven.n, seven.id) == (3, 5, 4, 7, five.id)
    fours = sum(opened(bid, seven, new, four) for four in combinations(new, 4))
    threes = sum(opened(bid, seven, new, three) for three in combinations(new, 3))
    before = opened(bid, seven, old, old) or any(opened(bid, seven, {**new, i: old[i]}, (1, 2, 3, i)) for i in (4, 5))
    assert (fours, threes, before) == (35, 0, False), (fours, threes, before)
    return f"{fours} of 35 fours open a bid sealed before, {threes} of 35 threes, no old share counts (35/0/0)"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        print(f"resharing, 3 of 5 to 4 of 7: {played(Path(folder))}", flush=True)


if __name__ == "__main__":
    main()

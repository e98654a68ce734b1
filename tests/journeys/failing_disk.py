"""An installation on a disk that fails: `python -m tests.journeys.failing_disk WHAT FOLDER`.

`full`: on a small disk of its own, the folder: uploads fill it up to the reserve, then somebody else fills the rest;
with as much as the reserve the lot closes and opens. `prepare`, `rush`: nothing, or bids one after the other while the
disk may fail; each receipt is printed. `check`: what the folder holds, looked at by a process that never saw the
failure; the receipts come on standard input. Prints one JSON object.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from app.adapters.blobs import FolderStore, StoreUnavailable
from app.config import Settings
from app.database import Busy
from app.models import StoredFile
from app.procedure.errors import RuleViolation
from app.queries.cases import load_records
from app.services import uploads
from app.services.platform import Platform, open_platform
from app.services.uploads import measure_blob
from tests.app.workbench import LOT, Bench

MIB = 1 << 20
RESERVE = 6 * MIB
BIDDERS = ("bidder-a", "bidder-b", "bidder-c")
ROUNDS = 3


def refused(call: Any, *facts: Any) -> str:
    """Why a call was refused, "" where it was not."""
    try:
        call(*facts)
    except RuleViolation as refusal:
        return refusal.code
    except (OSError, StoreUnavailable, Busy) as fault:
        return type(fault).__name__
    except Exception as fault:
        return type(fault).__name__
    return ""


def free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def standing(platform: Platform, case_id: str) -> dict[str, str]:
    """The root of each bid that was receipted."""
    with platform.database.reading() as db_session:
        records = load_records(db_session, case_id)
    return {r.payload["receipt_id"]: r.payload["receipt"]["bid_root"] for r in records if r.type == "BidReceipted"}


def lost(platform: Platform, receipts: dict[str, str]) -> list[str]:
    """The receipts whose bid is not on record, or not in the store as it was receipted."""
    with platform.database.reading() as db_session:
        rows = {row.owner: row.blob for row in db_session.scalars(select(StoredFile).where(StoredFile.kind == "bid"))}
    return [name for name, root in receipts.items() if name not in rows or measure_blob(platform, rows[name]) != root]


def sound(platform: Platform) -> bool:
    with platform.database.reading() as db_session:
        return str(db_session.execute(text("PRAGMA integrity_check")).scalar()) == "ok"


def fill(path: Path) -> None:
    """Take every byte that is left."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(descriptor, b"x" * 4096)
    except OSError as fault:
        if fault.errno != errno.ENOSPC:
            raise
    finally:
        os.close(descriptor)


def full(folder: Path) -> dict[str, Any]:
    uploads.DISK_RESERVE_BYTES = RESERVE
    bench = Bench(folder).found()
    platform = bench.platform
    object.__setattr__(platform.settings, "max_upload_bytes", 4 * MIB)
    bench.publish(60)
    last = bench.seal("bidder-d")
    receipts = [bench.hand_in(login)["receipt"]["receipt"] for login in BIDDERS]
    acked = {receipt["receipt_id"]: receipt["bid_root"] for receipt in receipts}

    begun = bench.attach("bidder-d", last)
    said = Counter[str]()
    while not (why := refused(bench.upload, "bidder-d", b"x" * MIB)):
        said["taken"] += 1
        if said["taken"] % uploads.LARGEST_AT_ONCE == 0:
            with platform.database.writing() as db_session:  # as if others had sent them
                words = {"who": bench.people["bidder-e"].id, "own": begun["upload"].decode()}
                db_session.execute(text("UPDATE upload SET account_id = :who WHERE id != :own"), words)
                db_session.commit()
    kept = free(folder)

    fill(filler := folder / "somebody-else")
    said[refused(bench.hand_in, "bidder-d", last)] += 1
    looked, FolderStore.free_bytes = FolderStore.free_bytes, lambda _store: 1 << 40  # it was filled after the look
    said[refused(bench.hand_in, "bidder-d", last)] += 1
    said[refused(bench.act, "bidder-d", last.submission, LOT, "BidSubmitted", begun)] += 1
    FolderStore.free_bytes = looked
    while_full = standing(platform, bench.case_id)
    os.truncate(filler, filler.stat().st_size - RESERVE)  # as much is left as uploads leave
    bench.work_off(61)
    bench.release()
    bench.work_off()
    opening = bench.case.lots[LOT].opening
    return {
        "refused": why, "kept": kept, "while_full": sorted(said), "receipts": len(acked),
        "unacked": len(while_full.keys() - acked.keys()), "missing": len(acked.keys() - while_full.keys()),
        "closed": opening.closed is not None, "opened": len(opening.opened),
        "sound": sound(platform), "lost": lost(platform, acked),
    }  # fmt: skip


def prepare(folder: Path) -> dict[str, Any]:
    return rush(folder, 0)


def rush(folder: Path, rounds: int = ROUNDS) -> dict[str, Any]:
    bench = Bench(folder).found()
    bench.publish(60)
    sealed = [[bench.seal(login) for login in BIDDERS] for _ in range(ROUNDS)]
    print(json.dumps({"case": bench.case_id}), flush=True)
    said = Counter[str]()
    for bids in sealed[:rounds]:
        for login, bid in zip(BIDDERS, bids, strict=True):
            try:
                receipt = bench.hand_in(login, bid)["receipt"]["receipt"]
                print(json.dumps({"ack": receipt["receipt_id"], "root": receipt["bid_root"]}), flush=True)
            except Exception as fault:
                said[getattr(fault, "code", type(fault).__name__)] += 1
    return {"refused": dict(said)}


def check(folder: Path) -> dict[str, Any]:
    case_id, acked = json.load(sys.stdin)
    settings = Settings(folder, f"sqlite:///{folder / 'test.db'}", "test.example", "http://127.0.0.1")
    platform = open_platform(settings)
    known = standing(platform, case_id)
    return {
        "sound": sound(platform),
        "missing": sorted(acked.keys() - known.keys()),
        "unacked": len(known.keys() - acked.keys()),
        "lost": lost(platform, acked),
    }


if __name__ == "__main__":
    what = {"full": full, "prepare": prepare, "rush": rush, "check": check}[sys.argv[1]]
    print(json.dumps(what(Path(sys.argv[2]))), flush=True)
    os._exit(0)

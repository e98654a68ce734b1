"""The regulator: gives randomness to the draw as the supervising party, watches silently, takes the result home."""

from __future__ import annotations

import threading
from typing import Any

from app.casefile.bundle import EVENTS, unpack
from app.casefile.verification.evidence import read_lines
from app.casefile.verification.witnesses import read_ticks
from app.client.feed import CaseFeed
from app.client.keyfile import write_json
from app.client.live import LiveChannel
from demo.actors.parties import take_part_in_draw
from demo.case import LOT
from demo.stage import LOOK_AT_LEAST_EVERY, Actor

ADMITTED_BECAUSE = "生成的演示名册 · a generated list for the demonstration"
SEEN = frozenset(
    {
        "LotClosed",
        "BidsReleased",
        "BidOpened",
        "BidsReadOut",
        "OpeningConcluded",
        "DrawRoundOpened",
        "DrawSigned",
        "DrawCompleted",
        "SittingConvened",
        "SittingOpened",
        "ChairElected",
        "ReviewConcluded",
        "ResultsComputed",
        "ReportPrepared",
        "ReportSealed",
        "SittingClosed",
    }
)


def play(actor: Actor) -> None:
    actor.join()
    admit_experts(actor)
    actor.connection.post(
        f"/cases/{actor.case_id}/reason", {"reason": "演示：全程监督本项目 (demo: watching the whole case)"}
    )
    watching = threading.Thread(target=_watch, args=(actor,), daemon=True)
    watching.start()
    take_part_in_draw(actor, "supervisor")
    watching.join()
    _take_home(actor)


def admit_experts(actor: Actor) -> None:
    """The second person for those whom the centre has entered; to admit a batch again changes nothing."""
    batches = actor.note("experts-to-admit")
    if not batches:
        waiting = actor.until(lambda: actor.connection.get("/experts/waiting"), "experts to admit")
        batches = [batch["id"] for batch in waiting]
        actor.leave("experts-to-admit", batches)
    for batch in batches:
        actor.post("/experts/admissions", {"batch": batch, "reason": ADMITTED_BECAUSE})


def _watch(actor: Actor) -> None:
    """Tell what the system itself does, as it can be seen on record, until the sitting is closed."""
    feed, channel = CaseFeed(actor.connection, actor.case_id), LiveChannel(actor.connection)
    channel.follow(actor.case_id)
    while not feed.of("SittingClosed"):
        for event in feed.refresh():
            if event["type"] in SEEN:
                actor.tell(f"event:{event['type']}", **_shown(event["payload"]))
        channel.wait(LOOK_AT_LEAST_EVERY)
    channel.close()


def _shown(payload: dict[str, Any]) -> dict[str, Any]:
    """Figures for the narration: plain values as they are, of lists their length."""
    plain = {name: value for name, value in payload.items() if isinstance(value, str | int)}
    return plain | {name: len(value) for name, value in payload.items() if isinstance(value, list)}


def _evidence(actor: Actor) -> bytes:
    """The bundle, once a witness has cosigned a tick with the last entry in it; at once, if none is named."""
    terms = actor.event("TenderSubmitted")["terms"]
    if not terms["register"]["witnesses"]:
        return actor.connection.get_bytes(f"/cases/{actor.case_id}/evidence")

    def covered() -> bytes | None:
        bundle = actor.connection.get_bytes(f"/cases/{actor.case_id}/evidence")
        files = unpack(bundle)
        sizes = [proof.size for proof in read_ticks(files)]
        return bundle if max(sizes, default=0) == len(read_lines(files[EVENTS])) else None

    return bytes(actor.until(covered, "a cosigned checkpoint with the end of the case"))


def _take_home(actor: Actor) -> None:
    feed = CaseFeed(actor.connection, actor.case_id)
    feed.refresh()
    files = actor.connection.get(f"/cases/{actor.case_id}/lots/{LOT}/files")
    kept = {}
    for file in files:
        if file["kind"] in ("report", "record"):
            path = actor.folder / f"{file['kind']}.pdf"
            path.write_bytes(actor.connection.get_bytes(f"/files/{file['id']}"))
            kept[file["kind"]] = str(path)
    (actor.folder / "roots.pem").write_text("".join(actor.person.profile.facts["roots"]))
    (actor.folder / "evidence.zip").write_bytes(_evidence(actor))
    opened = [event["payload"] for event in feed.of("BidOpened")]
    result = {
        "opened": opened,
        "result": feed.payload("ResultsComputed")["result"],
        "convened": feed.payload("SittingConvened"),
        "case": actor.case_id,
        "files": kept,
        "evidence": str(actor.folder / "evidence.zip"),
        "roots": str(actor.folder / "roots.pem"),
    }
    write_json(actor.desk / "result.json", result)
    actor.tell("result_taken", files=len(files))

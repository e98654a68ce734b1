"""What the committee asked and what it was answered, as data of the report: from the log, by the verifier again."""

from __future__ import annotations

from collections.abc import Iterable

from app.casefile.codec import encode
from app.casefile.record import Record
from app.procedure import clarifying
from app.procedure.clarifying import Clarifying, Course
from crypto.canonical import Json, digest
from crypto.instants import format_instant

CLARIFICATIONS = "clarifications"


def asked(found: Clarifying) -> dict[str, Course]:
    """What bidders were asked, by the id, in the order in which it was."""
    sent = [(course.asked_at, id, course) for id, course in found.items() if course.asked_at is not None]
    return {id: course for _at, id, course in sorted(sent, key=lambda one: one[:2])}


def clarification_data(found: Clarifying) -> dict[str, Json]:
    """Each with its votes, times and answer, and the digest of what the bidder signed; {} where nothing was asked."""
    rows = [_row(id, course) for id, course in asked(found).items()]
    return {CLARIFICATIONS: rows} if rows else {}


def _row(id: str, course: Course) -> dict[str, Json]:
    assert course.asked is not None
    assert course.asked_at is not None
    what = {name: encode(getattr(course.asked, name)) for name in ("bid", "subject", "place", "question", "seconds")}
    row: dict[str, Json] = {"id": id, **what, "asked_at": format_instant(course.asked_at)}
    if course.decided is not None:
        row |= {"agreed": course.decided.agreed, "opposed": course.decided.opposed}
        row |= {"by_rule": True} if course.decided.by_rule else {}
    if course.asked.correction is not None:
        row["correction"] = encode(course.asked.correction)
    if course.until is not None:
        row["until"] = format_instant(course.until)
    if course.answered is not None and course.answered_at is not None:
        row |= {"answer": course.answered.text, "answered_at": format_instant(course.answered_at)}
        row["files"] = [{"size": file.size, "sha256": file.sha256} for file in course.answered.files]
        row |= {} if course.answered.confirms is None else {"confirms": course.answered.confirms}
        row["answer_sha256"] = digest(encode(course.answered))
    if course.lapsed_at is not None:
        row["lapsed_at"] = format_instant(course.lapsed_at)
    if course.explained is not None and course.explained_at is not None:
        found = {name: encode(getattr(course.explained, name)) for name in ("proven", "agreed", "opposed")}
        row["explanation"] = found | {"decided_at": format_instant(course.explained_at)}
    return row


def recorded_clarifications(records: Iterable[Record]) -> dict[str, Json]:
    """The same from a lot's records, as far as a holder sees them."""
    found: Clarifying = {}
    for record in records:
        found = clarifying.apply(found, record.fact, record.at)
    return clarification_data(found)

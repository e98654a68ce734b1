"""Files' rows and the bytes behind them against the entries that name them, for `tenderhall doctor --database`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from app.casefile.case import Case
from app.casefile.rebuilding import (
    Difference,
    FileKey,
    Key,
    NamedFile,
    Row,
    differs,
    missing,
    named_files,
    unfounded,
)
from app.casefile.record import Record
from app.models import StoredFile
from app.services.platform import Platform
from app.services.stored_bytes import digest_of, stored_chunks
from crypto.errors import CryptoError

# Their entry says when.
DATED = frozenset(
    [
        "bid",
        "capsule",
        "opened",
        "clarification",
        "record",
        "readings",
        "report",
        "statement",
        "failure",
        "rehearsal",
        "inspection",
    ]
)


def file_differences(
    platform: Platform, cases: Mapping[str, Case], records: Mapping[str, Sequence[Record]], rows: Sequence[Row]
) -> Iterator[Difference]:
    """Rows too few, too many or wrong, and bytes that are not those which an entry names."""
    by_case: dict[str, list[Row]] = {}
    for row in rows:
        by_case.setdefault(row["case_id"], []).append(row)
    for case_id in sorted(by_case.keys() | cases.keys()):
        case = cases.get(case_id)
        if case is None:
            yield from (unfounded("stored_file", (case_id, row["id"])) for row in by_case[case_id])
        elif case.tender.published_at or case.rehearsal or case.inspection:  # else a draft, named by nothing yet
            named = list(named_files(case, records[case_id]))
            yield from _of_case(platform, case, named, by_case.get(case_id, []))


def _of_case(platform: Platform, case: Case, named: Sequence[NamedFile], rows: Sequence[Row]) -> Iterator[Difference]:
    case_id = case.id
    expected: dict[Key, NamedFile] = {file.place.key if file.id is None else (file.id,): file for file in named}
    seen: dict[Key, tuple[Row, _Bytes]] = {}
    for row in rows:
        key = _key(row)
        if key not in expected or key in seen:
            yield unfounded("stored_file", (case_id, row["id"]))
            continue
        seen[key] = row, _measured(platform, case, row)
        yield from _row_differences(case_id, expected[key], *seen[key])
        if row["account_id"] != (who := _handed_in_by(case, row)):
            yield differs("stored_file", (case_id, row["id"]), "account_id", row["account_id"], who)
    for key in expected:
        if key not in seen:
            yield missing("stored_file", (case_id, *key))
    yield from _revisions(platform, case_id, expected, seen)


def _handed_in_by(case: Case, row: Row) -> str:
    """Whose bid a file is; "" for other files."""
    if row["kind"] != "bid":
        return ""
    found = case.lots[row["lot"]].bidding.submissions.get(row["owner"])
    return found.by if found else ""


def _key(row: Row) -> Key:
    if row["kind"] == "document":
        return (row["id"],)
    made = row["created_at"] if row["kind"] in DATED else None
    return FileKey(row["lot"], row["kind"], row["owner"], row["name"], made).key


@dataclass(frozen=True)
class _Bytes:
    """What is behind a row; `found` is false where the store has nothing."""

    found: bool
    digest: str = ""
    size: int = 0
    pdf: bool = False


def _measured(platform: Platform, case: Case, row: Row) -> _Bytes:
    digest, size, head = digest_of(row["kind"]), 0, b""
    try:
        for chunk in stored_chunks(platform, case, StoredFile(**row)):
            head = head or chunk[:5]
            size += len(chunk)
            digest.update(chunk)
    except (OSError, ValueError):
        return _Bytes(False)
    except (CryptoError, LookupError):  # no part of a bid that was opened
        return _Bytes(True)
    return _Bytes(True, digest.hexdigest(), size, head == b"%PDF-")


def _row_differences(case_id: str, file: NamedFile, row: Row, data: _Bytes) -> Iterator[Difference]:
    key = (case_id, row["id"])
    if not data.found and not file.lost:
        yield missing("stored_file", (*key, "blob"))
        return
    if file.lost:  # the log says itself that the platform's copy is damaged
        data = _Bytes(True, file.sha256 or "", row["size"])
    expected: dict[str, Any] = {"sha256": file.sha256 or data.digest, "size": file.size or data.size}
    expected |= {"media_type": _media_type(file, data), "lot": file.place.lot, "owner": file.place.owner}
    expected["name"] = file.place.name
    for column, value in expected.items():
        if row[column] != value:
            yield differs("stored_file", key, column, row[column], value)
    if (data.digest, data.size) != (expected["sha256"], expected["size"]):
        yield differs("stored_file", key, "blob", data.digest, expected["sha256"])


def _media_type(file: NamedFile, data: _Bytes) -> str:
    pdf = file.place.name.lower().endswith(".pdf") if file.place.kind == "opened" else data.pdf
    return "application/pdf" if pdf else "application/octet-stream"


def _revisions(
    platform: Platform, case_id: str, expected: Mapping[Key, NamedFile], seen: Mapping[Key, tuple[Row, _Bytes]]
) -> Iterator[Difference]:
    """A report that a member signed is the beginning of the next revision, the last of which the log names."""
    chain = [(file, *seen[key]) for key, file in expected.items() if file.place.kind == "report" and key in seen]
    for (earlier, row, data), (later, next_row, _next) in pairwise(chain):
        if earlier.sha256 is None and earlier.place.lot == later.place.lot and data.found:
            with platform.blobs.open(next_row["blob"]) as file:
                begun = hashlib.sha256(file.read(data.size)).hexdigest()
            if begun != data.digest:
                yield differs("stored_file", (case_id, row["id"]), "blob", data.digest, begun)

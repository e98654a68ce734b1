"""Do the tables say what the events say? Everything that a case's log determines is made again from it and compared.

The log is read anew and folded anew here: what this process remembers of a case is not asked. Files are read in full.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.act_list import LISTED, Entry
from app.casefile.case import Case
from app.casefile.rebuilding import (
    Difference,
    Key,
    Row,
    act_head_rows,
    call_up_rows,
    certificate_rows,
    command_rows,
    compare,
    differs,
    lot_rows,
    missing,
    person_hash,
    pseudonym_rows,
    recording_rows,
    recused_hash,
    seat_accounts,
    tender_rows,
    unfounded,
)
from app.casefile.record import Record, case_reference
from app.casefile.register import REGISTER
from app.casefile.turns import TURNS, LotName, Turn, turns_heads
from app.models import (
    ActHead,
    Base,
    CallUp,
    CaseEvent,
    CaseFile,
    CasePrivate,
    Certificate,
    Command,
    Expert,
    Pseudonym,
    RecordingPiece,
    StoredFile,
    Tender,
)
from app.models import Lot as LotRow
from app.queries.cases import record_of
from app.services.call_ups import call_up_code, code_hash
from app.services.file_check import file_differences
from app.services.platform import Platform
from app.services.recordings import DELETED, LOGGED
from app.services.register_check import register_differences
from app.services.wider_pools import NOT_YET
from crypto.canonical import canonical
from crypto.instants import format_instant, parse_instant
from crypto.merkle import Frontier

KINDS = {
    "CaseOpened": "tender",
    "PlatformFounded": "register",
    "RehearsalOpened": "rehearsal",
    "InspectionYearOpened": "inspection",
}


def database_differences(platform: Platform) -> Iterator[Difference]:
    """Every row of events and projections that is not what the events say, named. One consistent look."""
    with platform.database.reading() as db_session:
        if not platform.database.is_sqlite:  # where every statement would see what was committed just before it
            db_session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        check = _Check(platform, db_session)
        for step in (check.logs, check.projections, check.register):
            try:
                yield from step()
            except Exception as exc:  # rows that cannot even be read must not pass for good ones
                yield Difference(step.__name__, "-", "", type(exc).__name__, "readable rows")


class _Check:
    """One run: the cases folded from their logs, and the rows that belong to no case."""

    def __init__(self, platform: Platform, db_session: DbSession) -> None:
        self.platform = platform
        self.db_session = db_session
        self.records: dict[str, list[Record]] = {}
        self.cases: dict[str, Case] = {}
        self.heads: dict[str, list[bytes]] = {}

    def _rows(self, table: type[Base]) -> list[Row]:
        """All rows of a table with their columns by name."""
        assert isinstance(table.__table__, Table)
        return [dict(row) for row in self.db_session.execute(select(table.__table__)).mappings()]

    # logs

    def logs(self) -> Iterator[Difference]:
        """Each entry against its leaf, the leaves against the head, the private halves against their hashes."""
        events: dict[str, list[Any]] = {}
        for row in self.db_session.execute(select(CaseEvent.__table__).order_by("case_id", "seq")):
            events.setdefault(row.case_id, []).append(row)
        files = {row["id"]: row for row in self._rows(CaseFile)}
        for case_id in sorted(files.keys() | events.keys()):
            yield from self._log(case_id, files.get(case_id), events.get(case_id, []))
        yield from self._privates()

    def _log(self, case_id: str, file: Row | None, events: Sequence[Any]) -> Iterator[Difference]:
        edge, records = Frontier(), list[Record]()
        self.heads[case_id] = [edge.root()]
        for row in events:
            if row.seq != len(records):
                yield missing("case_event", (case_id, len(records)))
                break
            wrong, record = _entry(row)
            yield from wrong
            if record is None:
                break
            edge = edge.push(row.leaf_hash)
            self.heads[case_id].append(edge.root())
            records.append(record)
        self.records[case_id] = records
        yield from _head_differences(case_id, file, edge, records)
        yield from self._fold(case_id, records)

    def _fold(self, case_id: str, records: Sequence[Record]) -> Iterator[Difference]:
        case = Case(case_id)
        for record in records:
            try:
                case = case.apply(record)
            except Exception as exc:  # whatever a rewritten log does to the fold, it is named
                yield Difference(
                    "case_event", f"{case_id}/{record.seq}", "payload", type(exc).__name__, "a lawful entry"
                )
                return
        self.cases[case_id] = case
        for lot in case.lots:
            turns = [Turn.of(record) for record in records if record.lot == lot and record.type in TURNS]
            name = LotName(self.platform.origin, case_id, lot)
            self.heads[case_reference(case_id, lot)] = [head.root() for head in turns_heads(turns, name)]

    def _privates(self) -> Iterator[Difference]:
        named = {(r.case_id, str(r.seq)): r.private_hash for rows in self.records.values() for r in rows}
        expected: dict[Key, Row] = {key: {"hash": value} for key, value in named.items() if value}
        found = [
            (
                (row["case_id"], str(row["seq"])),
                {"hash": hashlib.sha256(row["salt"] + row["facts"].encode()).hexdigest()},
            )
            for row in self._rows(CasePrivate)
        ]
        yield from compare("case_private", expected, found)

    def register(self) -> Iterator[Difference]:
        """The ticks and the witnesses' word."""
        acts = {
            (record.case_id, record.seq): Entry.of(self.platform.origin, record)
            for records in self.records.values()
            for record in records
            if record.type in LISTED
        }
        yield from register_differences(self.platform, self.db_session, self.heads, acts)

    # projections

    def projections(self) -> Iterator[Difference]:
        """Each table of projections."""
        register = self.records.get(REGISTER, [])
        expected: dict[str, dict[Key, Row]] = {table: {} for table in ("tender", "lot", "act_head", "command")}
        certificate = next((r.fact.platform for r in register if r.type == "PlatformFounded"), "")
        for case_id, case in self.cases.items():
            records = self.records[case_id]
            expected["tender"] |= tender_rows(case)
            expected["lot"] |= lot_rows(case)
            expected["act_head"] |= act_head_rows(records)
            expected["command"] |= command_rows(case, records, certificate)
        yield from compare("tender", expected["tender"], self._keyed(Tender, "case_id"))
        yield from compare("lot", expected["lot"], self._keyed(LotRow, "case_id", "number"))
        yield from compare("act_head", expected["act_head"], self._keyed(ActHead, "case_id", "actor"))
        yield from compare("command", expected["command"], self._commands())
        yield from compare("certificate", certificate_rows(register), self._keyed(Certificate, "serial"))
        yield from self._draws(register)
        yield from compare("recording_piece", *self._recordings())
        yield from file_differences(self.platform, self.cases, self.records, self._rows(StoredFile))

    def _recordings(self) -> tuple[dict[Key, Row], list[tuple[Key, Row]]]:
        """The pieces that the log names, and the rows that say they are in it."""
        named = {key: row for case in self.cases.values() for key, row in recording_rows(case).items()}
        rows = self._keyed(RecordingPiece, "case_id", "lot", "site", "run", "number")
        return named, [(key, row) for key, row in rows if row["state"] in (LOGGED, DELETED)]

    def _keyed(self, table: type[Base], *columns: str) -> list[tuple[Key, Row]]:
        return [(tuple(str(row[column]) for column in columns), row) for row in self._rows(table)]

    def _commands(self) -> list[tuple[Key, Row]]:
        return [
            (key, {**row, "answer": _parsed(row["answer"])})
            for key, row in self._keyed(Command, "actor", "case_id", "command_id")
        ]

    def _draws(self, register: Sequence[Record]) -> Iterator[Difference]:
        """Pools and call-ups. Who is behind a number is known from the seat's certificate on, if he or she sat."""
        accounts = {row["id"]: row["account_id"] for row in self._rows(Expert)}
        issued = [record.fact for record in register if record.type == "CertificateIssued"]
        pools, calls = dict[Key, Row](), dict[Key, Row]()
        pseudonyms = self._keyed(Pseudonym, "case_id", "lot", "number")
        behind = {key: accounts.get(row["expert_id"]) for key, row in pseudonyms}
        for case_id, case in self.cases.items():
            seated = seat_accounts(case, issued)
            for key, row in pseudonym_rows(case, self.records[case_id]).items():
                owner = seated.get((key[1], key[2]))
                pools[key] = row if owner is None else {**row, "account": owner}
            for key, row in call_up_rows(case, self.records[case_id], self._code_hash(case_id)).items():
                owner = seated.get((row["lot"], row["number"])) or behind.get((case_id, row["lot"], row["number"]))
                calls[key] = {"account_id": owner, **row}
        stated = {key[:2] for key in pools}
        found = [
            (key, {**row, "account": behind[key], **self._opened(key, row, behind[key] or "")})
            for key, row in pseudonyms
            if row["strata"] != NOT_YET
            and (key[:2] in stated or key[0] not in self.cases or key[1] not in self.cases[key[0]].lots)
        ]
        yield from compare("pseudonym", pools, found)
        yield from compare("call_up", calls, self._keyed(CallUp, "code_hash"))

    def _opened(self, key: Key, row: Row, account: str) -> Row:
        """The hashes that a row of the pool opens."""
        case_id, lot, number = key
        case = self.cases.get(case_id)
        return {
            "recused": recused_hash(number, row["salt"], row["findings"]),
            "person": person_hash(case, lot, number, row["salt"], account) if case else "",
        }

    def _code_hash(self, case_id: str) -> Callable[[str, str], str]:
        return lambda lot, number: code_hash(call_up_code(self.platform, case_id, lot, number))


def _entry(row: Any) -> tuple[list[Difference], Record | None]:
    """An entry, and what is wrong with its row; no entry where it cannot be read at all."""
    key = (row.case_id, row.seq)
    try:
        record = record_of(row)
        leaf = record.leaf(row.salt)
        kept = {
            "payload": canonical(record.payload).decode(),
            "act": canonical(record.act).decode() if record.act else "",
        }
        record.fact  # noqa: B018  # its shape is that of its kind
    except Exception as exc:  # a rewritten row can fail anywhere; it is named, and nothing after it can be read
        return [Difference("case_event", f"{row.case_id}/{row.seq}", "payload", type(exc).__name__, "an entry")], None
    found = [
        differs("case_event", key, name, getattr(row, name), text)
        for name, text in kept.items()
        if getattr(row, name) != text
    ]
    if parse_instant(format_instant(row.at)) != row.at:
        found.append(differs("case_event", key, "at", row.at, parse_instant(format_instant(row.at))))
    if leaf != row.leaf_hash:
        found.append(differs("case_event", key, "leaf_hash", row.leaf_hash, leaf))
    return found, record


def _head_differences(
    case_id: str, file: Row | None, edge: Frontier, records: Sequence[Record]
) -> Iterator[Difference]:
    if file is None:
        yield missing("case_file", (case_id,))
        return
    if not records:
        yield unfounded("case_file", (case_id,)) if file["size"] == 0 else missing("case_event", (case_id, 0))
        return
    head = {
        "size": edge.size,
        "frontier": edge.to_hex(),
        "kind": KINDS.get(records[0].type),
        "created_at": records[0].at,
    }
    yield from compare("case_file", {(case_id,): head}, [((case_id,), file)])


def _parsed(text: str) -> Any:
    """Canonical JSON as its value; any other text as itself, so that it differs."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if canonical(value).decode() == text else text

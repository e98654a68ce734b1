"""The list of acts: every published act on any tender's terms, every close and every draw's statement, once, in order.

It is a log of its own beside the register's ticks, cosigned by the same witnesses, and short enough that a program
fetches all of it. So nobody can show one person other terms of a case than everybody else: what is not in the list does
not count, and what is in it stands before everybody's eyes. An entry is two hashes; who does not know the case learns
nothing from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app.casefile.record import Record, case_reference
from app.casefile.ticks import case_key, cosigned_at
from app.casefile.turns import LotName, Turn
from app.procedure.deadlines import OutageExtensionReleased, PostponementReleased, ResumptionOrdered
from app.procedure.tender import AmendmentReleased
from crypto.canonical import Json
from crypto.errors import CryptoError
from crypto.merkle import HASH_SIZE, Frontier, leaf_hash
from crypto.notes import Note, VerifierKey, read_checkpoint

# What moves a deadline; each says to when.
MOVES = frozenset(
    kind.__name__ for kind in (AmendmentReleased, PostponementReleased, OutageExtensionReleased, ResumptionOrdered)
)
LISTED = frozenset({"TenderPublished", *MOVES, "PauseOrdered", "LotClosed", "DrawStated"})
# Of each of these a case has one, of statements one for each round: a second one is another history.
_ONCE = frozenset({"TenderPublished", "LotClosed"})


def list_key(log: VerifierKey) -> VerifierKey:
    """The key of the list: the register's, under the name `<origin>/acts`."""
    return VerifierKey(list_name(log.name), log.kind, log.public)


def list_name(log: str) -> str:
    """The name of the list in checkpoints, after that of the register `<origin>/register`."""
    return f"{log.rpartition('/')[0]}/acts"


@dataclass(frozen=True)
class Entry:
    """SHA-256 of `case` or `case/lot`, and the act's leaf as a turn has it (`lotturn/v1`, lot "" for the case)."""

    key: bytes
    act: bytes

    @classmethod
    def of(cls, origin: str, record: Record) -> Entry:
        """A record of a case file as an entry of the list."""
        name = LotName(origin, record.case_id, record.lot)
        return cls(entry_key(record.case_id, record.lot), Turn.of(record).leaf(name))

    @classmethod
    def parse(cls, text: Json) -> Entry:
        """The entry of `str`'s 128 hex digits. Raises CryptoError `act_list_malformed`."""
        try:
            data = bytes.fromhex(text)
        except (TypeError, ValueError) as exc:
            raise CryptoError("act_list_malformed") from exc
        if len(data) != 2 * HASH_SIZE or data.hex() != text:
            raise CryptoError("act_list_malformed")
        return cls(data[:HASH_SIZE], data[HASH_SIZE:])

    def __str__(self) -> str:
        return (self.key + self.act).hex()

    def leaf(self) -> bytes:
        """Its leaf in the list's tree: SHA-256(0x00 || key || act)."""
        return leaf_hash(self.key + self.act)


def entry_key(case_id: str, lot: str) -> bytes:
    """Under what the acts on a case (lot "") or a lot stand."""
    return case_key(case_reference(case_id, lot))


@dataclass
class ActList:
    """The list as far as it was fetched: its entries in order, and its head after each of them."""

    entries: list[Entry] = field(default_factory=list)
    notes: Sequence[Note] = ()
    _edge: Frontier = field(default_factory=Frontier)
    _roots: list[bytes] = field(default_factory=lambda: [Frontier().root()])

    @classmethod
    def from_json(cls, value: Json) -> ActList:
        """The list as an evidence bundle carries it: entries and notes as text.

        Raises CryptoError `act_list_malformed`, `note_malformed`; KeyError, TypeError.
        """
        found = cls(notes=[Note.parse(text) for text in value["notes"]])
        found.grow(Entry.parse(text) for text in value["entries"])
        return found

    def grow(self, entries: Iterable[Entry]) -> None:
        """Take the entries that follow."""
        for entry in entries:
            self.entries.append(entry)
            self._edge = self._edge.push(entry.leaf())
            self._roots.append(self._edge.root())

    def vouching(self, log: VerifierKey, witnesses: Iterable[VerifierKey]) -> dict[VerifierKey, int]:
        """How many entries each witness vouches for, by its cosignatures under the notes; who cosigned none is absent.

        `log` is the register's key. Raises CryptoError `act_list_forked` (size) where a note has another head than
        these entries, and those of notes.
        """
        key, asked, found = list_key(log), tuple(witnesses), dict[VerifierKey, int]()
        for note in self.notes:
            head = read_checkpoint(note, key, key.name)
            if head.size >= len(self._roots) or self._roots[head.size] != head.root:
                raise CryptoError("act_list_forked", size=head.size)
            for witness in asked:
                if cosigned_at(note, witness) is not None:
                    found[witness] = max(head.size, found.get(witness, 0))
        return found

    def find(self, origin: str, case: str, lot: str, records: Sequence[Record]) -> list[int]:
        """The places (from 1) of the acts on a case and on its lot, which are exactly those of these records.

        `records` are those of the case, in order. Raises CryptoError `act_unlisted` (type) where the list lacks acts,
        `act_not_shown` where it has more, `act_list_differs` where it has others, and `act_repeated` (type) where a
        case has what it has once twice.
        """
        places = list[int]()
        for part in dict.fromkeys(("", lot)):
            shown = [record for record in records if record.lot == part and record.type in LISTED]
            _check_once(shown)
            key = entry_key(case, part)
            listed = [(place, entry.act) for place, entry in enumerate(self.entries, 1) if entry.key == key]
            acts = [Entry.of(origin, record).act for record in shown]
            if len(listed) > len(acts) and [act for _place, act in listed[: len(acts)]] == acts:
                raise CryptoError("act_not_shown", listed=len(listed), shown=len(acts))
            if [act for _place, act in listed] != acts[: len(listed)]:
                raise CryptoError("act_list_differs", listed=len(listed), shown=len(shown))
            if len(listed) < len(acts):
                raise CryptoError("act_unlisted", type=shown[len(listed)].type)
            places += [place for place, _act in listed]
        return places


def _check_once(records: Iterable[Record]) -> None:
    seen = set[tuple[str, Json]]()
    for record in records:
        number = record.payload.get("round") if record.type == "DrawStated" else None
        if record.type in _ONCE or number is not None:
            if (record.type, number) in seen:
                raise CryptoError("act_repeated", type=record.type)
            seen.add((record.type, number))

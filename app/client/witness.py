"""A witness of a platform's register, on a machine of its own: it says that it never saw two histories.

What it saw last is on its disk before its word leaves. A checkpoint that is smaller, or not a continuation, is refused;
both are kept as evidence, and nothing is cosigned any more until a person has looked.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from app.casefile.act_list import list_key
from app.client.connection import Connection, Refused
from app.client.keyfile import read_json, write_json, write_private
from crypto.errors import CryptoError
from crypto.merkle import verify_consistency
from crypto.notes import COSIGNATURE, Checkpoint, Note, NoteKey, NoteSignature, VerifierKey, cosign, read_checkpoint

REGISTER, ACTS = "/register", "/register/acts"  # the two logs


class Forked(Exception):
    """The log showed two histories (`kind`: rollback, fork), or one that does not hang together; see the two notes."""

    def __init__(self, kind: str, held: Path, offered: Path) -> None:
        super().__init__(kind, held, offered)
        self.kind, self.held, self.offered = kind, held, offered


@dataclass(frozen=True)
class WitnessFolder:
    """What a witness keeps: its key, whom it watches, the latest note, and evidence of two histories."""

    folder: Path

    @property
    def key_path(self) -> Path:
        return self.folder / "key.pem"

    @property
    def latest(self) -> Path:
        return self.folder / "latest.note"

    @property
    def latest_list(self) -> Path:
        return self.folder / "latest-acts.note"

    @property
    def facts(self) -> dict[str, Any]:
        return dict(read_json(self.folder / "witness.json", {}))

    def keep(self, **facts: str) -> None:
        write_json(self.folder / "witness.json", self.facts | facts)

    def create(self, name: str, passphrase: str | None) -> NoteKey:
        """A new witness. Raises FileExistsError when there is one, CryptoError `vkey_malformed` for its name."""
        if self.key_path.exists():
            raise FileExistsError(self.key_path)
        key = NoteKey.generate(name, COSIGNATURE)
        write_private(self.key_path, key.to_pem(passphrase).encode())
        self.keep(name=name, vkey=str(key.verifier))
        return key

    @property
    def is_encrypted(self) -> bool:
        return "ENCRYPTED" in self.key_path.read_text("ascii").partition("\n")[0]

    def key(self, passphrase: str | None) -> NoteKey:
        """The witness's key. Raises CryptoError `key_unreadable`, FileNotFoundError."""
        return NoteKey.from_pem(str(self.facts["name"]), COSIGNATURE, self.key_path.read_text("ascii"), passphrase)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No second process signs with this folder meanwhile. Raises Refused."""
        with (self.folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                words = ("本文件夹的见证程序已在运行。", "A witness is running in this folder already.")
                raise Refused("witness_running", *words) from exc
            yield


@dataclass
class Witness:
    """One look at a time: fetch, verify, remember, cosign, hand in."""

    home: WitnessFolder
    key: NoteKey
    log: VerifierKey
    connection: Connection
    clock: Callable[[], float] = field(default=time.time)
    path: str = REGISTER

    @property
    def of_list(self) -> Witness:
        """The same witness over the list of acts, of which it remembers a head of its own."""
        return replace(self, log=list_key(self.log), path=ACTS)

    @property
    def latest(self) -> Path:
        """Where the latest note is kept."""
        return self.home.latest if self.path == REGISTER else self.home.latest_list

    def look(self, wait: int = 0) -> Checkpoint | None:
        """The checkpoint that was cosigned now, None where it has this witness's line already.

        With `wait` the platform answers when there is a later checkpoint than the last, at most so many seconds later.
        1 the note is the log's; 2 it continues what was seen last; 3 it is remembered; 4 it is cosigned and handed in.
        Raises Forked, Refused, CryptoError for a note that is not the log's.
        """
        held = self._held()
        query = {"after": str(held.size), "wait": str(wait)} if held and wait else {}
        answer = self.connection.request("GET", f"{self.path}/checkpoint", params=query)
        note = Note.parse(answer.content.decode("utf-8", "replace"))
        line = self._consider(note, self._proof)
        if line is None:
            return None
        found = Checkpoint.parse(note.text)
        self.connection.post(f"{self.path}/cosignatures", {"size": found.size, "line": str(line)}, repeatable=True)
        return found

    def look_at_list(self) -> Checkpoint | None:
        """The same look at the list of acts; None, too, while nothing is listed. Raises as `look` does."""
        listed = self.of_list
        try:
            return listed.look()
        except Refused as refusal:
            if refusal.status != 404 or listed.latest.exists():
                raise
            return None

    def cosign_carried(self, text: str) -> Note:
        """The cosigned note for a checkpoint that was carried here by hand (C2SP tlog-witness, add-checkpoint).

        Raises as `look` does, and Refused `checkpoint_from_elsewhere` when its proof does not begin at what was seen
        last.
        """
        head, _, rest = text.replace("\r\n", "\n").partition("\n\n")
        lines, note = head.split("\n"), Note.parse(rest)
        if self.path == REGISTER and Checkpoint.parse(note.text).origin == list_key(self.log).name:
            return self.of_list.cosign_carried(text)
        held = self._held()
        if lines[0] != f"old {held.size if held else 0}":
            size = held.size if held else 0
            raise Refused(
                "checkpoint_from_elsewhere",
                f"这份检查点的证明不是从本见证方上次所见（{size}）开始。请在“登记簿与见证”页填写 {size} 后重新下载。",
                f"Its proof does not begin where this witness was last ({size}). Download it again with {size}.",
            )
        line = self._consider(note, lambda _old, _new: _decoded(lines[1:]))
        return note if line is None else Note(note.text, (*note.signatures, line))

    def _consider(self, note: Note, proof: Callable[[int, int], list[bytes]]) -> NoteSignature | None:
        """The line for a note, None where it has this witness's line already. It is remembered before."""
        found, held = read_checkpoint(note, self.log, self.log.name), self._held()
        if held is not None:
            self._check(held, found, note, proof)
            if held == found and any(line.is_by(self.key.verifier) for line in note.signatures):
                return None
        write_private(self.latest, str(note).encode())
        return cosign(self.key, note.text, int(self.clock()))

    def _held(self) -> Checkpoint | None:
        if not self.latest.exists():
            return None
        return read_checkpoint(Note.parse(self.latest.read_text("utf-8")), self.log, self.log.name)

    def _check(self, held: Checkpoint, found: Checkpoint, note: Note, proof: Callable[[int, int], list[bytes]]) -> None:
        if found.size < held.size:
            raise self._evidence("rollback", note)
        path = [] if found.size == held.size else proof(held.size, found.size)
        if not verify_consistency(held.size, found.size, held.root, found.root, path):
            raise self._evidence("fork", note)

    def _proof(self, old: int, new: int) -> list[bytes]:
        answer = self.connection.get(f"{self.path}/consistency", old=str(old), new=str(new))
        return _decoded(answer.get("proof"))

    def _evidence(self, kind: str, offered: Note) -> Forked:
        """Both notes, kept once for each pair."""
        seen = self.latest.read_bytes()
        folder = self.home.folder / "evidence" / hashlib.sha256(seen + offered.text.encode()).hexdigest()[:16]
        paths = folder / "held.note", folder / "offered.note"
        write_private(paths[0], seen)
        write_private(paths[1], str(offered).encode())
        return Forked(kind, *paths)


def _decoded(steps: Any) -> list[bytes]:
    """The hashes of a proof. Raises CryptoError `checkpoint_malformed`."""
    try:
        return [base64.b64decode(step, validate=True) for step in steps]
    except (TypeError, ValueError) as exc:
        raise CryptoError("checkpoint_malformed", reason="proof") from exc

"""What a trustee keeps of a ceremony that is under way: secret under the pass phrase, on the disk before it leaves."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.casefile.codec import decode, encode
from app.casefile.register import DealingGiven
from app.client.connection import refuse
from app.client.keyfile import Profile, read_json, write_json, write_private
from app.client.passphrase import open_under, seal_under
from crypto.canonical import canonical, parse
from crypto.envelope import HybridIdentity

_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


@dataclass
class Keeping:
    """What a trustee keeps of a ceremony that is under way, in `ceremony/<id>` of its folder."""

    profile: Profile
    ceremony: str
    passphrase: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.ceremony):  # it becomes a path
            raise refuse("ceremony_id_wrong", "仪式编号应为 32 位十六进制。", "A ceremony's number has 32 hex digits.")

    @property
    def folder(self) -> Path:
        return self.profile.folder / "ceremony" / self.ceremony

    @property
    def begun(self) -> bool:
        """Whether this folder takes part, and keeps something for it."""
        return self.folder.exists()

    @property
    def _identity_path(self) -> Path:
        return self.folder / "identity.age"

    @property
    def state(self) -> dict[str, Any]:
        return dict(read_json(self.folder / "state.json", {}))

    def note(self, **facts: Any) -> None:
        write_json(self.folder / "state.json", self.state | facts)

    def identities(self, *, make: int = 0) -> tuple[HybridIdentity, ...]:
        """The identities of this ceremony, to which the others seal: as many as were made at its beginning.

        Raises Refused `ceremony_secrets_missing`.
        """
        if self._identity_path.exists():
            kept = open_under(self.passphrase, self._identity_path.read_bytes()).decode().split("\n")
            return tuple(map(HybridIdentity, kept))
        if not make:
            raise refuse(
                "ceremony_secrets_missing",
                "文件夹 {folder} 中没有本次仪式的私密文件，不能继续。请使用加入仪式时的文件夹；"
                "若已丢失，请交易中心取消并重新发起。",
                "The folder {folder} lacks the secrets of this ceremony. Use the folder that you joined with; if it is "
                "lost, have the centre cancel and open another.",
                folder=self.folder,
            )
        made = tuple(HybridIdentity.generate() for _ in range(make))
        text = "\n".join(identity.identity for identity in made)
        write_private(self._identity_path, seal_under(self.passphrase, text.encode()))
        return made

    def dealing(self, make: Callable[[], DealingGiven]) -> DealingGiven:
        """What this trustee deals: made once, on the disk before it leaves."""
        path = self.folder / "dealing.age"
        if not path.exists():
            write_private(path, seal_under(self.passphrase, canonical(encode(make()))))
        return decode(DealingGiven, parse(open_under(self.passphrase, path.read_bytes())))

    def forget(self) -> None:
        """Delete what was secret only for the ceremony."""
        shutil.rmtree(self.folder, ignore_errors=True)

"""The shares in a trustee's folder: the one that counts, and former ones until they are destroyed.

`committee.json` and `share.age` are the share of the committee as it stands. When the committee's key is handed on, the
share of before moves to `former/<hash of its description>/`: a signature that began with it may still need it.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from app.client.connection import Refused, refuse
from app.client.keyfile import Profile, read_json, write_json, write_private
from app.client.passphrase import open_under, seal_under
from crypto.canonical import digest
from crypto.committee import Committee

COMMITTEE, SHARE, FORMER = "committee.json", "share.age", "former"


@dataclass(frozen=True)
class Holding:
    """A share on this disk: where, of which committee as described when, and whose."""

    folder: Path
    committee: Committee
    index: int

    def secret(self, passphrase: str) -> bytes:
        """The share's 32 bytes. Raises CryptoError `envelope_no_identity`."""
        return open_under(passphrase, (self.folder / SHARE).read_bytes())

    @property
    def member(self) -> str:
        """The id of the key of the trustee whose share it is."""
        return self.committee.members[self.index - 1].key_id

    def destroy(self) -> None:
        """Delete the share; the description stays, since it is public. What a disk keeps of it is not ours to erase."""
        (self.folder / SHARE).unlink(missing_ok=True)
        if self.folder.parent.name == FORMER:
            shutil.rmtree(self.folder)


def read_holding(folder: Path) -> Holding | None:
    """The share in a folder, if it is whole."""
    kept = read_json(folder / COMMITTEE)
    if kept is None or not (folder / SHARE).exists():
        return None
    return Holding(folder, Committee.from_description(kept["committee"]), kept["index"])


def holdings(profile: Profile) -> list[Holding]:
    """All shares of a folder: the one that counts first, then former ones."""
    former = sorted(profile.folder.glob(f"{FORMER}/*/"))
    found = (read_holding(folder) for folder in (profile.folder, *former))
    return [holding for holding in found if holding is not None]


def stamp(profile: Profile) -> tuple[tuple[str, int], ...]:
    """Another value after every change of the shares in a folder, without reading one."""
    paths = [profile.folder / SHARE, *sorted(profile.folder.glob(f"{FORMER}/*/{SHARE}"))]
    return tuple((str(path), path.stat().st_mtime_ns) for path in paths if path.exists())


def check_room(profile: Profile, committee_id: str) -> None:
    """A folder holds shares of one committee. Raises Refused `ceremony_folder_taken`."""
    found = read_holding(profile.folder)
    if found is not None and found.committee.id != committee_id:
        raise refuse(
            "ceremony_folder_taken",
            "文件夹 {folder} 中已有另一个委员会的份额，可能仍要用于开标，不会覆盖。请新建文件夹，"
            "把 key.pem 和 profile.json 复制过去，并用 --folder 指明。",
            "The folder {folder} holds a share of another committee, which may still have to open bids; it is not "
            "overwritten. Make a new folder, copy key.pem and profile.json into it, and name it with --folder.",
            folder=profile.folder,
        )


def keep_share(profile: Profile, committee: Committee, index: int, secret: bytes, passphrase: str) -> None:
    """Put a share to use; one of before moves aside. Stopped at any point, it can be called again.

    Raises Refused `ceremony_folder_taken`.
    """
    check_room(profile, committee.id)
    before = read_holding(profile.folder)
    if before is not None and before.committee != committee:
        _put_aside(profile, before)
    write_json(profile.folder / COMMITTEE, {"committee": committee.describe(), "index": index})
    write_private(profile.folder / SHARE, seal_under(passphrase, secret))  # last: the folder is whole


def _put_aside(profile: Profile, before: Holding) -> None:
    aside = profile.folder / FORMER / digest(before.committee.describe())[:16]
    write_json(aside / COMMITTEE, {"committee": before.committee.describe(), "index": before.index})
    write_private(aside / SHARE, (before.folder / SHARE).read_bytes())
    (before.folder / SHARE).unlink()


def missing_share(profile: Profile) -> Refused:
    """Why nothing can be signed from a folder."""
    return refuse(
        "trustee_without_share",
        "文件夹 {folder} 中没有可用的份额。请运行 tenderhall trustee ceremony，"
        "或用 tenderhall trustee restore 从备份单恢复。",
        "The folder {folder} holds no share. Run tenderhall trustee ceremony, or tenderhall trustee restore from the "
        "backup sheet.",
        folder=profile.folder,
    )

"""`bidpkg/v2`: what a bidder signs of a bid's content, and the rules for the names of its files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from crypto.canonical import Json
from crypto.errors import CryptoError
from crypto.signing import is_digest

MANIFEST_VERSION = "bidpkg/v2"  # also the label under which it is signed
MANIFEST_NAME = "manifest.json"
SIGNATURE_NAME = "manifest.sig"
PATH_LIMIT = 1024  # bytes of UTF-8
_FIELDS = {"v", "ctx", "bidder", "tender", "lot", "opening", "files"}


@dataclass(frozen=True)
class PackageEntry:
    """What the manifest says of one file: relative path, size in bytes, hex head of its TreeDigest.

    A tree, because browsers have no SHA-256 of their own over a stream, but one over a leaf.
    """

    path: str
    size: int
    root: str


def bid_manifest(
    *,
    context_hash: bytes,
    bidder: str,
    tender: str,
    lot: str,
    opening: Mapping[str, str],
    files: Iterable[PackageEntry],
) -> dict[str, Json]:
    """`bidpkg/v2`. `opening` holds the items that are read out, as strings (money in fen).

    Raises CryptoError `package_manifest_malformed`, `package_path` or `package_duplicate`.
    """
    manifest: dict[str, Json] = {
        "v": MANIFEST_VERSION,
        "ctx": context_hash.hex(),
        "bidder": bidder,
        "tender": tender,
        "lot": lot,
        "opening": dict(opening),
        "files": [asdict(entry) for entry in files],
    }
    manifest_entries(manifest)
    return manifest


def manifest_entries(manifest: Mapping[str, Json]) -> dict[str, PackageEntry]:
    """The files that `manifest` lists, by path in its order, once it is checked to be exactly a `bidpkg/v2`.

    Raises CryptoError `package_manifest_malformed` with the field, `package_path`, `package_duplicate`.
    """
    if unexpected := manifest.keys() ^ _FIELDS:
        raise CryptoError("package_manifest_malformed", field=min(unexpected))
    opening = manifest["opening"]
    wrong = {name for name in ("bidder", "tender", "lot") if not isinstance(manifest[name], str) or not manifest[name]}
    if manifest["v"] != MANIFEST_VERSION:
        wrong.add("v")
    if not is_digest(manifest["ctx"]):
        wrong.add("ctx")
    if not isinstance(opening, dict) or not all(isinstance(value, str) for value in opening.values()):
        wrong.add("opening")
    if not isinstance(manifest["files"], list) or not all(map(_is_entry, manifest["files"])):
        wrong.add("files")
    if wrong:
        raise CryptoError("package_manifest_malformed", field=min(wrong))
    return _by_path(PackageEntry(**item) for item in manifest["files"])


def _is_entry(item: Json) -> bool:
    if not isinstance(item, dict) or item.keys() != {"path", "size", "root"}:
        return False
    size = item["size"]
    return isinstance(item["path"], str) and type(size) is int and size >= 0 and is_digest(item["root"])


def _by_path(entries: Iterable[PackageEntry]) -> dict[str, PackageEntry]:
    found: dict[str, PackageEntry] = {}
    for entry in entries:
        check_path(entry.path)
        if entry.path in found or entry.path in (MANIFEST_NAME, SIGNATURE_NAME):
            raise CryptoError("package_duplicate", path=entry.path)
        found[entry.path] = entry
    return found


def check_path(path: str) -> None:
    """Refuses names that some system would resolve outside a folder, or that cannot be written down everywhere.

    Raises CryptoError `package_path`.
    """
    absolute = path.startswith("/") or path[1:2] == ":"
    steps = any(part in ("", ".", "..") for part in path.split("/"))
    if absolute or steps or any(map(_is_unsafe, path)) or len(path.encode("utf-8")) > PATH_LIMIT:
        raise CryptoError("package_path", path=shown(path), limit=PATH_LIMIT)


def shown(path: str) -> str:
    """The beginning of a hostile name, fit for a message."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_unsafe(c) and c != "\\" else c for c in path[:80])


def _is_unsafe(character: str) -> bool:
    code = ord(character)
    return code < 32 or 127 <= code < 160 or 0xD800 <= code < 0xE000 or character == "\\"

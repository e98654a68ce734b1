"""Writing and reading a package as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from crypto.canonical import Json, canonical, parse
from crypto.errors import CryptoError
from crypto.merkle import TreeDigest
from crypto.package.manifest import MANIFEST_NAME, SIGNATURE_NAME, PackageEntry, manifest_entries, shown
from crypto.package.tar import CHUNK_SIZE, ByteStream, TarReader, encode_member, ending, filling

MANIFEST_LIMIT = 4 * 1024 * 1024  # bytes; manifest and signature are held in memory
SIGNATURE_LIMIT = 64 * 1024


@dataclass(frozen=True)
class PackageFile:
    """A file to be packed: its path in the package, its size in bytes, and how to open it."""

    path: str
    size: int
    open: Callable[[], BinaryIO]

    def measure(self) -> PackageEntry:
        """Reads the file once, for its entry in the manifest."""
        tree = TreeDigest()
        with self.open() as src:
            for chunk in _chunks_of(src):
                tree.update(chunk)
        return PackageEntry(self.path, tree.size, tree.hexdigest())


@dataclass(frozen=True)
class PackedFile:
    """A file of a package that is being read: its entry in the manifest, at which byte of the package its content
    begins, and its chunks.
    """

    entry: PackageEntry
    start: int
    chunks: Iterator[bytes]


@dataclass(frozen=True)
class Package:
    """A package being read. `files` yields each file once with its chunks, in the order of the archive.

    Chunks count only when they ended without a refusal, because a hash is known at its end; chunks that the caller
    leaves are read and checked all the same. Only when `files` is exhausted is the package known to be whole.
    """

    manifest: dict[str, Json]
    signature: dict[str, Json]
    files: Iterator[PackedFile]


def write_package(
    dst: BinaryIO, manifest: dict[str, Json], signature: dict[str, Json], files: Iterable[PackageFile]
) -> None:
    """Writes the package of `manifest` (see `bid_manifest`), its signature, and `files`, one chunk at a time.

    The same input gives the same bytes: a multiple of 1 MiB, at least 1 KiB of it zeros at the end.
    Raises CryptoError `package_file_unlisted`, `package_file_missing` or `package_file_changed` when `files` are not
    those of the manifest, and those of `manifest_entries`.
    """
    remaining = manifest_entries(manifest)
    size = _write_object(dst, MANIFEST_NAME, manifest) + _write_object(dst, SIGNATURE_NAME, signature)
    for file in files:
        entry = _taken(remaining, file.path)
        with file.open() as src:
            size += _write_member(dst, entry.path, _verified(_chunks_of(src), entry), entry.size)
    _refuse_missing(remaining)
    dst.write(ending(size))


def _write_object(dst: BinaryIO, path: str, value: dict[str, Json]) -> int:
    data = canonical(value)
    return _write_member(dst, path, [data], len(data))


def _write_member(dst: BinaryIO, path: str, chunks: Iterable[bytes], size: int) -> int:
    """Writes one member; the bytes written."""
    header = encode_member(path, size)
    dst.write(header)
    for chunk in chunks:
        dst.write(chunk)
    dst.write(filling(size))
    return len(header) + size + len(filling(size))


def read_package(src: ByteStream, chunk_size: int = CHUNK_SIZE) -> Package:
    """Reads manifest and signature from `src`, and the files as they are asked for; memory stays small. A file comes
    in chunks of at most `chunk_size` bytes.

    The signature is not judged here: check it over `manifest` before using the files.
    Raises CryptoError, here or from `files`: `package_malformed`, `package_truncated`, `package_member_type`,
    `package_oversize`, `package_manifest_malformed`, `package_path`, `package_duplicate`, `package_file_unlisted`,
    `package_file_missing`, `package_file_changed`, `not_canonical`.
    """
    tar = TarReader(src, chunk_size)
    manifest = _read_object(tar, MANIFEST_NAME, MANIFEST_LIMIT)
    signature = _read_object(tar, SIGNATURE_NAME, SIGNATURE_LIMIT)
    return Package(manifest, signature, _read_files(tar, manifest_entries(manifest)))


def _read_object(tar: TarReader, path: str, limit: int) -> dict[str, Json]:
    member = tar.next()
    if member is None or member.path != path:
        raise CryptoError("package_file_missing", path=path)
    if member.size > limit:
        raise CryptoError("package_oversize", path=path, size=member.size, limit=limit)
    value = parse(b"".join(tar.chunks(member)))
    if not isinstance(value, dict):
        raise CryptoError("package_manifest_malformed", field=path)
    return value


def _read_files(tar: TarReader, entries: dict[str, PackageEntry]) -> Iterator[PackedFile]:
    remaining = dict(entries)
    while member := tar.next():
        if member.path in entries and member.path not in remaining:
            raise CryptoError("package_duplicate", path=member.path)
        entry = _taken(remaining, member.path)
        if member.size != entry.size:
            raise CryptoError("package_file_changed", path=entry.path)
        chunks = _verified(tar.chunks(member), entry)
        yield PackedFile(entry, tar.offset, chunks)
        for _ in chunks:  # what the caller left
            pass
    _refuse_missing(remaining)


def _taken(remaining: dict[str, PackageEntry], path: str) -> PackageEntry:
    if path not in remaining:
        raise CryptoError("package_file_unlisted", path=shown(path))
    return remaining.pop(path)


def _refuse_missing(remaining: dict[str, PackageEntry]) -> None:
    for path in remaining:
        raise CryptoError("package_file_missing", path=path)


def _chunks_of(src: BinaryIO) -> Iterator[bytes]:
    while chunk := src.read(CHUNK_SIZE):
        yield chunk


def _verified(chunks: Iterator[bytes], entry: PackageEntry) -> Iterator[bytes]:
    """Passes `chunks` on and refuses, at the end at the latest, what is not the file that the manifest lists."""
    tree = TreeDigest()
    for chunk in chunks:
        tree.update(chunk)
        if tree.size > entry.size:
            raise CryptoError("package_file_changed", path=entry.path)
        yield chunk
    if tree.size != entry.size or tree.hexdigest() != entry.root:
        raise CryptoError("package_file_changed", path=entry.path)

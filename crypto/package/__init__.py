"""The plaintext of a sealed bid: a POSIX tar of `manifest.json` (`bidpkg/v2`), `manifest.sig`, then the bid's files.

Writing is deterministic: the same input gives the same bytes. Reading trusts nothing: regular files only, plain
relative names, exactly the files of the manifest with their sizes and hashes, zeros to a multiple of 1 MiB, so that the
ciphertext tells only a number of megabytes. Nothing is ever extracted; files are streams of chunks.
"""

from crypto.package.archive import Package, PackageFile, PackedFile, read_package, write_package
from crypto.package.manifest import MANIFEST_VERSION, PackageEntry, bid_manifest, manifest_entries

__all__ = [
    "MANIFEST_VERSION",
    "Package",
    "PackageEntry",
    "PackageFile",
    "PackedFile",
    "bid_manifest",
    "manifest_entries",
    "read_package",
    "write_package",
]

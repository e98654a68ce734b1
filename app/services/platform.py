"""What every service is handed: the installation's database, files, keys, fonts and settings."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from app.adapters.blobs import BlobStore, FolderStore
from app.adapters.keystore import Keystore, load_keys
from app.adapters.object_store import ObjectStore
from app.casefile.ticks import log_name
from app.config import Settings
from app.database import Clock, Database
from app.documents.render import Renderer
from app.procedure.witnesses import RegisterTerms, majority
from app.services.shared_transactions import Queues
from crypto.notes import ED25519, NoteKey

DIST = Path(__file__).parent.parent / "static" / "dist"


@dataclass(frozen=True)
class Platform:
    """One running installation. `queues`: who waits in this process for the locks of a case and lot."""

    settings: Settings
    database: Database
    keys: Keystore
    blobs: BlobStore
    renderer: Renderer
    queues: Queues = field(default_factory=Queues)

    @property
    def origin(self) -> str:
        return self.settings.origin

    @property
    def log_key(self) -> NoteKey:
        """What signs the register's checkpoints, under the log's name."""
        return NoteKey(log_name(self.origin), ED25519, self.keys.log)

    @property
    def register_terms(self) -> RegisterTerms:
        """Whose word on history a new tender names: the register's key, the witnesses and how many of them."""
        witnesses = self.settings.witnesses
        quorum = self.settings.witness_quorum or majority(len(witnesses))
        return RegisterTerms(str(self.log_key.verifier), witnesses, quorum)


def open_platform(settings: Settings, clock: Clock | None = None) -> Platform:
    """The installation of these settings. Raises KeysMissing before `init`, FontsMissing before the build."""
    database = Database(settings.database_url, clock)
    keys = load_keys(settings.keys)
    return Platform(settings, database, keys, blob_store(settings), Renderer(DIST / "fonts"))


def blob_store(settings: Settings) -> BlobStore:
    """Where these settings keep files."""
    return ObjectStore(settings.blobs_url) if settings.blobs_url else FolderStore(settings.blobs)


def read_sealing_code() -> dict[str, str]:
    """The files that take part in sealing on the page, each with its SHA-256. Empty before the front-end build.

    A submission names the digest of this object as `bundle_sha256`.
    """
    path = DIST / "sealing.json"
    files: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return files


def read_assets() -> dict[str, dict[str, str]]:
    """Logical names of built files: address, hash, integrity. Empty before the front-end build."""
    manifest = DIST / "manifest.json"
    assets: dict[str, dict[str, str]] = json.loads(manifest.read_text("utf-8")) if manifest.exists() else {}
    return assets

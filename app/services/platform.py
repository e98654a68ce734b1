"""What every service is handed: the installation's database, files, keys, fonts and settings."""

from __future__ import annotations

from dataclasses import dataclass

from app.adapters.blobs import BlobStore
from app.adapters.keystore import Keystore
from app.config import Settings
from app.database import Database
from app.documents.render import Renderer


@dataclass(frozen=True)
class Platform:
    """One running installation."""

    settings: Settings
    database: Database
    keys: Keystore
    blobs: BlobStore
    renderer: Renderer

    @property
    def origin(self) -> str:
        return self.settings.origin

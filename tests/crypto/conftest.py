"""What the tests of cryptography share."""

from __future__ import annotations

import importlib
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def py_ecc_oracle() -> ModuleType:
    """The second implementation of BLS12-381, loaded only where asked: its import takes long."""
    return importlib.import_module("py_ecc_oracle")

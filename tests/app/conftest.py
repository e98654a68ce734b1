"""An installation on each database, once for a module; what is no part of the tests is cheap or done once here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TypeVar

import pytest
from argon2 import PasswordHasher

from app.casefile.verification import evidence
from app.client import passphrase
from app.services import accounts
from crypto import bls, pdf, signing, timelock
from crypto.committee import capsule, release
from tests.app.compiled_once import compile_once
from tests.app.workbench import POSTGRES, Bench, emptied, migrated_postgres

compile_once()
T = TypeVar("T")
POINTS = bls.G1Point, bls.G2Point
DOCUMENTS_REMEMBERED, LINES_REMEMBERED, SIGNATURES_REMEMBERED = 64, 4096, 4096


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """The parameters of argon2 and scrypt are no part of what is tested here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passphrase, "WORK_FACTOR", 4)
        patch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session", autouse=True)
def _documents_verified_once() -> Iterator[None]:
    """A verdict depends on the bytes alone, and a bundle that is falsified time and again has most of its documents as
    they were, and of its lines and signatures: whoever asks about the same bytes again is told the same.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evidence, "_read_line", lru_cache(LINES_REMEMBERED)(evidence._read_line))
        patch.setattr(pdf, "verify_pdf", lru_cache(DOCUMENTS_REMEMBERED)(pdf.verify_pdf))
        patch.setattr(signing, "verify", lru_cache(SIGNATURES_REMEMBERED)(signing.verify))
        for module in (release, timelock):
            patch.setattr(module, "signature_fits", _asked_once(bls.signature_fits))
        patch.setattr(capsule, "ibe_open", _asked_once(capsule.ibe_open))
        patch.setattr(capsule, "ibe_open_with", _asked_once(capsule.ibe_open_with))
        yield


def _asked_once(function: Callable[..., T]) -> Callable[..., T]:
    """The function, to which points of the curve are the same that have the same bytes."""
    answers: dict[tuple[object, ...], T] = {}

    def asked(*given: object) -> T:
        about = tuple(bls.point_bytes(one) if isinstance(one, POINTS) else one for one in given)
        if about not in answers:
            answers[about] = function(*given)
        return answers[about]

    return asked


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """One schema for all modules of this process, with its tables."""
    if not os.environ.get(POSTGRES):
        pytest.skip(f"{POSTGRES} names no server")
    with migrated_postgres() as url:
        yield url


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('database') / 'test.db'}"
        return
    with emptied(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture(scope="module")
def bench(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """An installation with everybody in it, on a clock that tests hold; every test opens its own case."""
    made = Bench(tmp_path_factory.mktemp("bench"), database_url=database_url).found()
    yield made
    made.platform.database.dispose()

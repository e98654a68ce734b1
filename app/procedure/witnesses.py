"""Who vouches from outside that a case has one history: the register's key, its witnesses, and how many must cosign.

A tender's terms name them, and so the supervisor signs them: trustees' tools and the offline verifier ask for the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from app.procedure.errors import RuleViolation
from crypto.errors import CryptoError
from crypto.notes import COSIGNATURE, ED25519, VerifierKey


@dataclass(frozen=True)
class RegisterTerms:
    """Keys as vkeys (C2SP signed-note). `quorum` witnesses must have cosigned; without witnesses it is 0, and nobody
    outside vouches: every page, tool and verification says so."""

    log: str = ""
    witnesses: tuple[str, ...] = ()
    quorum: int = 0

    @cached_property
    def log_key(self) -> VerifierKey:
        """Raises CryptoError `vkey_malformed`."""
        return VerifierKey.parse(self.log, ED25519)

    @cached_property
    def witness_keys(self) -> tuple[VerifierKey, ...]:
        """Raises CryptoError `vkey_malformed`."""
        return tuple(VerifierKey.parse(text, COSIGNATURE) for text in self.witnesses)


NO_WITNESS = RegisterTerms()


def majority(count: int) -> int:
    """More than half of `count` witnesses; 0 of none."""
    return count // 2 + 1 if count else 0


def check_register_terms(terms: RegisterTerms) -> None:
    """Raises RuleViolation `register_terms_wrong` (a key is none, stands twice, or the quorum cannot be reached)."""
    try:
        keys = terms.witness_keys
        if terms.log or keys:
            _ = terms.log_key
    except CryptoError as exc:
        raise RuleViolation("register_terms_wrong", reason=exc.code) from exc
    if len({key.public for key in keys}) != len(keys):
        raise RuleViolation("register_terms_wrong", reason="witness_repeated")
    if not min(1, len(keys)) <= terms.quorum <= len(keys):
        raise RuleViolation("register_terms_wrong", reason="quorum")

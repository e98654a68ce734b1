"""What can be refused by a cryptographic check, by code and with the facts."""

from __future__ import annotations


class CryptoError(Exception):
    """A cryptographic check failed.

    `code` is a stable snake_case name with a sentence in `app/messages.py`; `facts` are the figures for that sentence.
    """

    def __init__(self, code: str, **facts: str | int) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.code} {self.facts}" if self.facts else self.code

"""A party's own part in a draw: 32 bytes that it alone knows until every party has committed."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.casefile.draw_capsules import seal_value
from app.client.keyfile import write_private
from crypto.committee import Committee, identity
from evaluation.draw import SEAL, DrawCommitted, DrawRevealed, commitment, reveal_statement

VALUE_SIZE = 32


@dataclass(frozen=True)
class DrawParty:
    """One party's secrets in a folder of its own. `party` is its name in the conditions of the draw."""

    folder: Path
    party: str

    def make_commitment(
        self, committee: Committee, draw: str, round_: int, rng: Callable[[int], bytes]
    ) -> DrawCommitted:
        """The commitment to this round's bytes, which are on the disk before it, and the same sealed to the trustees,
        so that a party that stays silent later stops nothing."""
        path = self._path(draw, round_)
        if not path.exists():
            write_private(path, rng(VALUE_SIZE))
        value = path.read_bytes()
        ident = identity("draw-reveal", reveal_statement(draw, round_))
        capsule = base64.b64encode(seal_value(committee, ident, value)).decode("ascii")
        return DrawCommitted(round_, self.party, commitment(draw, self.party, value), capsule, SEAL)

    def reveal(self, draw: str, round_: int) -> DrawRevealed:
        """The bytes committed to. Raises FileNotFoundError where none were."""
        return DrawRevealed(round_, self.party, self._path(draw, round_).read_bytes().hex())

    def _path(self, draw: str, round_: int) -> Path:
        return self.folder / f"draw-{draw[:16]}-{round_}.bin"

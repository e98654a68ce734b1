"""A signing key that never leaves a token: a card, a USB key or a module that speaks PKCS #11.

It signs as the key of a file or of a browser does, 64 bytes r || s over SHA-256, so that nothing else tells them apart.
`python-pkcs11` is asked for only here, and only where somebody has a token.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from app.client.connection import Refused
from crypto.signing import key_id, load_public_key, raw_to_der

CURVE = "secp256r1"
MISSING = Refused(
    "token_program_missing",
    "本机没有 python-pkcs11。请先安装：.venv/bin/python -m pip install --require-hashes -r requirements-token.lock",
    "python-pkcs11 is not installed here: .venv/bin/python -m pip install --require-hashes -r requirements-token.lock",
)


class TokenKey:
    """A private key on P-256 in a token, by the label under which the token has it.

    `module`: the library of the token's maker; `token`: the token's label; `pin`: its user PIN. Without such a key one
    is made there, which no program can read out. Raises Refused `token_program_missing`, `token_unusable` (reason).
    """

    def __init__(self, module: Path, token: str, label: str, pin: str) -> None:
        try:
            import pkcs11
            from pkcs11.util.ec import encode_ec_public_key
        except ImportError:
            raise MISSING from None
        try:
            self._session = pkcs11.lib(str(module)).get_token(token_label=token).open(rw=True, user_pin=pin)
            public, self._private = _found(self._session, label) or _made(self._session, label)
            self.spki: bytes = encode_ec_public_key(public)
        except (pkcs11.PKCS11Error, RuntimeError) as exc:
            raise _unusable(exc) from exc
        self._mechanism = pkcs11.Mechanism.ECDSA
        self._failures: tuple[type[Exception], ...] = (pkcs11.PKCS11Error, RuntimeError)
        load_public_key(self.spki)  # of another curve nothing is signed here

    def close(self) -> None:
        """Log out of the token: nobody signs with it any more."""
        self._session.close()

    @property
    def key_id(self) -> str:
        return key_id(self.spki)

    def sign(self, data: bytes) -> bytes:
        """64 bytes r || s over SHA-256 of `data`. Raises Refused `token_unusable`."""
        try:
            return bytes(self._private.sign(hashlib.sha256(data).digest(), mechanism=self._mechanism))
        except self._failures as exc:
            raise _unusable(exc) from exc

    def sign_der(self, data: bytes) -> bytes:
        """The same in DER."""
        return raw_to_der(self.sign(data))


def _unusable(exc: Exception) -> Refused:
    reason = type(exc).__name__ if not str(exc) else f"{type(exc).__name__}: {exc}"
    return Refused(
        "token_unusable",
        f"令牌不能使用（{reason}）。请核对程序库、令牌标签和 PIN，以及令牌是否插好。",
        f"The token cannot be used ({reason}). Check library, label and PIN, and that the token is plugged in.",
        facts={"reason": reason},
    )


def _found(opened: Any, label: str) -> tuple[Any, Any] | None:
    """The pair of that label, or None where the token has no such key."""
    import pkcs11

    kinds = pkcs11.ObjectClass.PUBLIC_KEY, pkcs11.ObjectClass.PRIVATE_KEY
    try:
        public, private = (opened.get_key(kind, key_type=pkcs11.KeyType.EC, label=label) for kind in kinds)
    except pkcs11.NoSuchKey:
        return None
    return public, private


def _made(opened: Any, label: str) -> tuple[Any, Any]:
    import pkcs11
    from pkcs11.util.ec import encode_named_curve_parameters

    curve = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(CURVE)}
    parameters = opened.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True)
    public, private = parameters.generate_keypair(store=True, label=label)
    return public, private


def pin_of_token(ask: Any) -> str:
    """From TENDERHALL_TOKEN_PIN, else asked for."""
    return os.environ.get("TENDERHALL_TOKEN_PIN") or str(ask("令牌 PIN / PIN of the token: "))

"""A signed act as it came in, before anything of it is believed."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from app.casefile.facts import fact_type
from app.procedure.errors import RuleViolation
from crypto.canonical import Json
from crypto.signing import SignedAct

Answer = dict[str, Json]


@dataclass(frozen=True)
class Proposal:
    """A signed act as it came in. `attachments` are small files it names by hash; `private` is where it came from."""

    case_id: str
    lot: str
    type: str
    payload: Json
    signed: SignedAct
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    private: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def fact(self) -> Any:
        """The payload as its declared fact. Raises RuleViolation `fact_unknown` or `malformed`."""
        return fact_type(self.type).decode(self.payload)


def parse_proposal(case: str, type: str, body: Json, private: Mapping[str, str]) -> Proposal:
    """A proposal from `{payload, act, key_id, signature, attachments?}`; `case` is "id" or "id/lot".

    Raises RuleViolation `malformed`, CryptoError `act_malformed`.
    """
    if not isinstance(body, dict) or "payload" not in body:
        raise RuleViolation("malformed", path="$.payload", expected="a_value")
    case_id, _, lot = case.partition("/")
    signed = SignedAct.from_json({name: body.get(name, "") for name in ("act", "key_id", "signature")})
    try:
        attachments = {
            str(name): base64.b64decode(data, validate=True)
            for name, data in dict(body.get("attachments") or {}).items()
        }
    except (ValueError, TypeError) as exc:
        raise RuleViolation("malformed", path="$.attachments", expected="base64") from exc
    return Proposal(case_id, lot, type, body["payload"], signed, attachments, private)

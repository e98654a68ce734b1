"""A person who acts: logs in, has the own key certified, signs acts and has them recorded exactly once."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from app.casefile.codec import decode, encode
from app.casefile.record import case_reference
from app.client.connection import Connection, Refused
from app.client.keyfile import Profile, read_json, write_json
from app.procedure.witnesses import RegisterTerms
from crypto.canonical import Json, digest
from crypto.signing import Signer, sign_act, sign_object

KEY_PROOF = "tenderhall/key-proof"
TRIES = 3  # of an act that another of the same person overtook, of a request whose answer was lost


def key_proof(key: Signer, statement: Mapping[str, Json]) -> dict[str, Any]:
    """The public half of a key, with the proof that its private half is here."""
    spki = base64.b64encode(key.spki).decode("ascii")
    return {"spki": spki, "proof": sign_object(key, KEY_PROOF, dict(statement))}


KNOWN_THERE = frozenset({"DrawStated"})  # whose payload the platform makes itself, however long it is


class Person:
    """Someone with a folder and a key at a platform, whose name is pinned at the first meeting."""

    def __init__(self, connection: Connection, profile: Profile, key: Signer) -> None:
        self.connection, self.profile, self.key = connection, profile, key

    @property
    def origin(self) -> str:
        """The platform's name in everything signed. Raises Refused `origin_changed` when it is not the pinned one."""
        pinned = self.profile.facts.get("origin", "")
        if not pinned:
            platform = self.connection.get("/platform")
            pinned = str(platform["origin"])
            self.profile.keep(origin=pinned, roots=platform["roots"], authority=platform["authority"])
        return str(pinned)

    @property
    def roots(self) -> tuple[str, ...]:
        """The pinned authorities (PEM), for a folder that has none those which the platform names now."""
        _ = self.origin
        if not self.profile.facts.get("roots"):
            self.profile.keep(roots=self.connection.get("/platform")["roots"])
        return tuple(self.profile.facts["roots"])

    @property
    def register(self) -> RegisterTerms:
        """The register's key, the witnesses and their quorum, as the platform named them at the first meeting.

        Named witnesses stay; while there are none, those who are named next are kept. Raises Refused.
        """
        kept = self.profile.facts.get("register", {})
        return decode(RegisterTerms, kept) if kept.get("witnesses") else self.pin_register()

    def pin_register(self) -> RegisterTerms:
        """Keep the witnesses that the platform names now, in place of former ones. Raises Refused."""
        named = self.connection.get("/platform").get("register", {})
        self.profile.keep(register=named)
        return decode(RegisterTerms, named)

    def check_origin(self, found: str) -> None:
        if found != self.origin:
            raise Refused(
                "origin_changed",
                f"平台自称“{found}”，而本文件夹属于平台“{self.origin}”。未签署任何内容；请核对网址。",
                f"The platform calls itself “{found}”; this folder belongs to “{self.origin}”. Nothing was signed; "
                "check the address.",
                facts={"found": found, "expected": self.origin},
            )

    def log_in(self, password: str = "", code: str = "") -> None:
        """Begin a web session and keep its token; password and code are the kept ones where none are given.

        When the answer is lost the code may be used up: a kept secret gives the next one. Raises Refused.
        """
        facts = self.profile.facts
        body = {"login": facts["login"], "password": password or facts["password"]}
        self.connection.token = ""
        for left in reversed(range(TRIES)):
            try:
                answer = self.connection.post("/web-sessions", {**body, "code": code or self.profile.next_code()})
                break
            except Refused as refusal:
                if refusal.code != "no_answer" or code or not left:
                    raise
        self.connection.token = answer["token"]
        self.profile.keep(token=answer["token"])

    def logged_in(self) -> bool:
        """Whether the kept token still counts."""
        self.connection.token = str(self.profile.facts.get("token", ""))
        try:
            return bool(self.connection.token and self.connection.get("/me"))
        except Refused as refusal:
            if refusal.code != "log_in_needed":
                raise
            return False

    def certify(self) -> str:
        """Log in and have the key certified, unless both are done; the account's id."""
        if not self.logged_in():
            self.log_in()
        for left in reversed(range(TRIES)):
            me = self.connection.get("/me")
            if self.key.key_id in me["keys"]:
                break
            statement = {"account": me["id"], "origin": self.origin}
            try:
                self.connection.post("/keys", key_proof(self.key, statement))
                break
            except Refused as refusal:
                if refusal.code != "no_answer" or not left:
                    raise
        return str(me["id"])

    def act(
        self, case: str, lot: str, type: str, fact: Any, attachments: Mapping[str, bytes] | None = None
    ) -> dict[str, Any]:
        """Sign a fact (or its payload) as a `type` of act on a case, or on a `lot` of it, and have it recorded once.

        The command is on the disk before it leaves: called again after a crash or a broken line, it is the same one,
        and the platform gives its first answer again. Raises Refused.
        """
        payload, reference = encode(fact), case_reference(case, lot)
        name = digest({"case": reference, "type": type, "payload": payload})
        path = self.profile.pending / f"{name}.json"
        command = read_json(path) or {"command_id": secrets.token_hex(16), "case": reference, "type": type}
        write_json(path, command)
        try:
            answer = self._send(reference, type, payload, command["command_id"], attachments or {})
        except Refused as refusal:
            if 400 <= refusal.status < 500 and refusal.code != "log_in_needed":  # decided: it is not under way any more
                path.unlink(missing_ok=True)
            raise
        path.unlink(missing_ok=True)
        return answer

    def _send(
        self, reference: str, type: str, payload: Json, command_id: str, attachments: Mapping[str, bytes]
    ) -> dict[str, Any]:
        for left in reversed(range(TRIES)):
            body = self.signed_act(reference, type, payload, command_id)
            if type in KNOWN_THERE:
                del body["payload"]
            if attachments:
                body["attachments"] = {n: base64.b64encode(data).decode("ascii") for n, data in attachments.items()}
            try:
                return dict(self.connection.post(f"/cases/{quote(reference)}/acts/{type}", body, repeatable=True))
            except Refused as refusal:
                if refusal.code != "act_out_of_order" or not left:
                    raise
        raise AssertionError("unreachable")

    def signed_act(self, reference: str, type: str, payload: Json, command_id: str) -> dict[str, Any]:
        """The body of an act: payload and `act/v1`, linked to the person's act before in this case."""
        head = self.connection.get(f"/cases/{quote(reference)}/acts/head")
        self.check_origin(head["origin"])
        signed = sign_act(
            self.key,
            origin=self.origin,
            case=reference,
            type=type,
            payload=payload,
            prev_act=head["prev_act"],
            command_id=command_id,
            at=datetime.now(UTC),
        )
        return {"payload": payload, **signed.to_json()}

"""A platform of one lot in one process: enough of the API for the client programs, with real keys and real checks."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from crypto import merkle
from crypto.canonical import digest
from crypto.certificates import Subject, create_authority, issue
from crypto.committee import Committee, Member, check_capsule_header, identity, run_ceremony
from crypto.envelope import bid_context, check_sealed_header, context_hash
from crypto.receipts import make_receipt, sign_receipt
from crypto.signing import SignedAct, SigningKey, verify_act, verify_object
from crypto.submission import verify_submission

ORIGIN, CASE, LOT, BIDDER = "centre.example", "c1", "1", "org-1"
OPEN = {"origin": ORIGIN, "tender": CASE, "lot": LOT, "envelope": "1", "epoch": 0}


class Refusal(Exception):
    def __init__(self, status: int, code: str):
        self.status, self.code = status, code


def make_committee() -> tuple[Committee, dict[int, bytes]]:
    keys = [SigningKey.generate().key_id for _ in range(5)]
    return run_ceremony([Member(i, f"org {i}", keys[i - 1]) for i in range(1, 6)], 3, os.urandom)


@dataclass
class SmallPlatform:
    """`drop_answers` accepts that many acts and then breaks the line before the answer is sent."""

    committee: Committee
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    drop_answers: int = 0
    forget_uploads: bool = False
    paused: bool = False
    busy: int = 0
    uploads: dict[str, bytes] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    commands: dict[str, dict[str, Any]] = field(default_factory=dict)
    receipts: list[dict[str, Any]] = field(default_factory=list)
    keys: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    head: str = ""

    def __post_init__(self) -> None:
        end = self.now + timedelta(days=30)
        self.authority = create_authority("root", "centre", self.now - timedelta(days=1), end)
        self.key = SigningKey.generate()
        subject = Subject("platform", "centre", "platform")
        since = self.now - timedelta(hours=1)
        self.certificate = issue(
            self.authority, subject=subject, spki=self.key.spki, not_before=since, not_after=end, usage="platform"
        )

    @property
    def context(self) -> dict[str, Any]:
        ident = identity("open", OPEN).hex()
        roots = {"documents_root": "d" * 64, "committee": self.committee.id, "open_ident": ident}
        return {**OPEN, "bidder": BIDDER, **roots}

    def answer(self, method: str, path: str, body: bytes, headers: Any) -> tuple[dict[str, str], Any]:
        match method, path.split("?")[0].split("/")[3:]:
            case "GET", ["platform"]:
                roots = [self.authority.certificate_pem]
                return {}, {
                    "origin": ORIGIN,
                    "authority": roots[0],
                    "roots": roots,
                    "platform_certificate": self.certificate,
                }
            case "POST", ["web-sessions"]:
                return {}, {"token": "t"}
            case "GET", ["me"]:
                if headers["Authorization"] != "Bearer t":
                    raise Refusal(401, "log_in_needed")
                return {}, {"id": "person-1", "keys": sorted(self.keys)}
            case "POST", ["keys"]:
                asked = json.loads(body)
                spki = base64.b64decode(asked["spki"])
                statement = {"account": "person-1", "origin": ORIGIN}
                verify_object(spki, "tenderhall/key-proof", statement, asked["proof"])
                self.keys[asked["proof"]["key_id"]] = spki
                return {}, {"certificate": ""}
        return self.answer_bidder(method, path, body, headers)

    def answer_bidder(self, method: str, path: str, body: bytes, headers: Any) -> tuple[dict[str, str], Any]:
        match method, path.split("?")[0].split("/")[3:]:
            case "GET", ["cases", _, "lots", _, "bid"]:
                standing = [r["receipt"] for r in self.receipts][-1:]
                return {}, {
                    "context": self.context,
                    "committee": self.committee.describe(),
                    "deadline_at": "2030-01-01T00:00:00Z",
                    "ceiling_fen": "159840000",
                    "criteria": [{"id": "plan", "name_zh": "方案", "name_en": "Plan"}],
                    "paused": self.paused,
                    "server_time": "2029-01-01T00:00:00Z",
                    "standing": standing[0] if standing else {},
                    "receipts": self.receipts,
                }
            case "GET", ["cases", _, "events"]:
                receipted = [{"type": "BidReceipted", "lot": LOT, "payload": receipt} for receipt in self.receipts]
                return {}, {"events": receipted, "cursor": "x"}
            case "POST", ["uploads"]:
                upload = f"u{len(self.sizes)}"
                self.uploads[upload], self.sizes[upload] = b"", int(headers["Upload-Length"])
                return {"Location": f"/api/v1/uploads/{upload}"}, None
            case _, ["uploads", upload] if upload not in self.uploads:
                raise Refusal(404, "not_available")
            case "HEAD", ["uploads", upload]:
                return {"Upload-Offset": str(len(self.uploads[upload]))}, None
            case "PATCH", ["uploads", upload]:
                if int(headers["Upload-Offset"]) != len(self.uploads[upload]):
                    raise Refusal(409, "upload_offset")
                self.uploads[upload] += body
                return {"Upload-Offset": str(len(self.uploads[upload]))}, None
            case "GET", ["cases", *_, "acts", "head"]:
                return {}, {"origin": ORIGIN, "prev_act": self.head, "server_time": ""}
            case "POST", ["cases", case, lot, "acts", "BidSubmitted"]:
                return {}, self.submit(f"{case}/{lot}", json.loads(body))
        raise Refusal(404, "not_available")

    def submit(self, reference: str, body: dict[str, Any]) -> dict[str, Any]:
        signed = SignedAct.from_json({name: body[name] for name in ("act", "key_id", "signature")})
        command = signed.act["command_id"]
        if self.forget_uploads and command in self.commands:
            raise Refusal(404, "not_available")
        if command not in self.commands:
            payload, key = body["payload"], self.keys[signed.key_id]
            verify_act(signed, key, origin=ORIGIN, case=reference, type="BidSubmitted", payload=payload)
            if signed.act["prev_act"] != self.head:
                raise Refusal(409, "act_out_of_order")
            self.commands[command] = self.receipted(payload, body["attachments"])
            self.head = signed.act_hash
        if self.drop_answers:
            self.drop_answers -= 1
            raise ConnectionAbortedError
        return self.commands[command]

    def receipted(self, submission: dict[str, Any], attachments: dict[str, str]) -> dict[str, Any]:
        capsule = base64.b64decode(attachments["capsule"])
        if (upload := base64.b64decode(attachments["upload"]).decode()) not in self.uploads:
            raise Refusal(404, "not_available")
        bid = self.uploads[upload]
        context = bid_context(**self.context, recipient=submission["recipient"])
        check_sealed_header(bid[:4096], context_hash(context))
        tree = merkle.TreeDigest()
        tree.update(bid)
        verify_submission(submission, context=context, bid_size=len(bid), bid_root=tree.hexdigest(), capsule=capsule)
        check_capsule_header(capsule, self.committee, identity("open", OPEN))
        receipt = make_receipt(
            origin=ORIGIN,
            tender=CASE,
            lot=LOT,
            bidder=BIDDER,
            submission_sha256=digest(submission),
            bid_root=submission["bid_root"],
            bid_size=submission["bid_size"],
            received_at=datetime.now(UTC),
            receipt_id=f"r{len(self.receipts)}",
        )
        self.receipts.append(sign_receipt(self.key, receipt).to_json())
        return {"receipt": self.receipts[-1], "platform_certificate": self.certificate}


def _handler(platform: SmallPlatform) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            platform.requests.append(f"{self.command} {self.path}")
            if platform.busy:
                platform.busy -= 1
                return self._send(503, {}, {"error": {"code": "busy", "message": "忙", "message_en": "busy"}})
            try:
                headers, value = platform.answer(self.command, self.path, body, self.headers)
            except Refusal as refusal:
                error = {"code": refusal.code, "message": "拒绝", "message_en": "refused"}
                return self._send(refusal.status, {}, {"error": error})
            except ConnectionAbortedError:
                self.close_connection = True
                return None
            return self._send(200, headers, value)

        def _send(self, status: int, headers: dict[str, str], value: Any) -> None:
            data = b"" if value is None else json.dumps(value).encode()
            self.send_response(status)
            for name, text in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _handle

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@contextmanager
def serving(platform: SmallPlatform, port: int = 0) -> Iterator[str]:
    """The platform's address while it runs."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(platform))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()

"""The program of an evaluation booth: its key is made on the booth's machine, its scores survive a broken line."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from app.client.acting import Person, key_proof
from app.client.bidder import lot_path
from app.client.connection import Refused
from app.client.live import LiveChannel
from app.procedure.typed_codes import call_up_digest
from crypto.pdf import verify_to_sign

Agrees = Callable[[bytes, str], bool]
STALE_REPORT = frozenset({"report_moved_on", "signature_not_prepared"})
SIGNING_TRIES = 5


def request_seat(booth: Person, code: str) -> dict[str, Any]:
    """Ask for the seat of the person with this code; the answer names case, lot and seat.

    The booth's log-in comes to life once the witness has certified the key. Raises Refused `sitting_not_convened`.
    """
    statement = {"code_sha256": call_up_digest(code), "origin": booth.origin}
    answer = booth.connection.post("/seats", {"code": code, **key_proof(booth.key, statement)}, repeatable=True)
    booth.connection.token = answer["token"]
    booth.profile.keep(token=answer["token"])
    return dict(answer)


class ScoreSheetDraft:
    """An unfinished sheet: what is typed goes out over the socket, and stays queued until it is acknowledged.

    A score is sent again with its own command id, so that it counts once however often the line breaks.
    """

    def __init__(self, channel: LiveChannel, case: str, lot: str) -> None:
        self._channel, self._case, self._lot = channel, case, lot
        self.queue: deque[dict[str, Any]] = deque()
        self.saved: dict[tuple[str, str], str] = {}
        self.sent_again = 0

    def type(self, bid: str, criterion: str, value: Decimal, comment: str = "") -> None:
        """Note a score; `send` brings it to the platform."""
        message = {"case": self._case, "lot": self._lot, "bid": bid, "criterion": criterion}
        self.queue.append({**message, "value": str(value), "comment": comment, "command_id": secrets.token_hex(16)})

    def send(self) -> bool:
        """Send what is queued, in order; False when the line broke before the end. Raises Refused by a rule."""
        while self.queue:
            message = self.queue[0]
            try:
                answer = self._channel.ask("score.save", message)
            except Refused as refusal:
                if refusal.code != "no_answer":
                    raise
                self.sent_again += 1
                return False
            self.saved[message["bid"], message["criterion"]] = answer["saved_at"]
            self.queue.popleft()
        return True


def sign_report(booth: Person, case: str, lot: str, seat: int, agrees: Agrees | None = None) -> str:
    """Sign the report with the booth's key, which never leaves this machine; the digest of what was signed.

    What is signed is compared with the document that it speaks of, which `agrees` may look at with its digest before.
    When somebody else signs at the same moment the report has moved on and is prepared anew. Raises Refused
    (`not_agreed`), CryptoError `pdf_other_document`.
    """
    read = ""
    for left in reversed(range(SIGNING_TRIES)):
        prepared = booth.connection.post(f"{lot_path(case, lot)}/report/signature", repeatable=True)
        to_sign, document = (base64.b64decode(prepared[name]) for name in ("to_sign", "document"))
        verify_to_sign(to_sign, document, f"Member{seat}")
        if agrees is not None and prepared["report_sha256"] != read:
            read = prepared["report_sha256"]
            if not agrees(document, str(read)):
                raise Refused("not_agreed", "没有签署。", "Nothing was signed.")
        raw = booth.key.sign(to_sign)
        payload = {
            "seat": seat,
            "report_sha256": prepared["report_sha256"],
            "signature_sha256": hashlib.sha256(raw).hexdigest(),
        }
        try:
            booth.act(case, lot, "ReportSigned", payload, {"pdf_signature": raw})
            return str(prepared["report_sha256"])
        except Refused as refusal:
            if refusal.code not in STALE_REPORT or not left:
                raise
    raise AssertionError("unreachable")

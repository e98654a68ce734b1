"""The bidder's part in an opening without enough trustees: promise the key of its bid, then reveal it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from app.casefile.codec import decode
from app.client.acting import Person
from app.client.connection import Refused, refuse
from app.client.feed import CaseFeed
from app.client.keyfile import read_json
from app.client.verified_case import PlatformSource, VerifiedCase, Vouchers, verified_case
from app.procedure.calendar import Period, add
from crypto.envelope import recipient_of
from crypto.errors import CryptoError
from crypto.instants import format_instant
from crypto.key_commitment import key_commitment, key_salt


def commit_key(person: Person, folder: Path) -> None:
    """Promise the key of a submitted bid. Raises Refused, CryptoError."""
    case, lot, receipt_id, identity = _kept(person, folder)
    commitment = key_commitment(receipt_id, identity, key_salt(receipt_id, identity))
    person.act(case, lot, "KeyCommitted", {"receipt_id": receipt_id, "commitment": commitment})


def reveal_key(person: Person, folder: Path, *, unwitnessed: bool = False) -> None:
    """Hand the promised key over: only once the platform has recorded that the commitments ended, the signed deadline
    and the trustees' time after it have passed by this machine's clock, and, unless `unwitnessed`, the witnesses vouch
    that no later deadline or pause is withheld. Raises Refused.
    """
    case, lot, receipt_id, identity = _kept(person, folder)
    _check_commitments_ended(person, case, lot, unwitnessed)
    payload = {"receipt_id": receipt_id, "identity": identity, "salt": key_salt(receipt_id, identity)}
    person.act(case, lot, "KeyRevealed", payload)


def _kept(person: Person, folder: Path) -> tuple[str, str, str, str]:
    """Case, lot, receipt id and key of the bid in a folder; the key is the one that the bid is sealed to."""
    context, receipt = read_json(folder / "context.json"), read_json(folder / "receipt.json")
    if context is None or receipt is None:
        raise Refused(
            "receipt_missing",
            f"{folder} 中没有回执：该投标没有提交，无需承诺或公开密钥。",
            f"There is no receipt in {folder}: this bid was not submitted, and no key is needed.",
        )
    person.check_origin(context["origin"])
    identity = (folder / "identity.txt").read_text("ascii").strip()
    try:
        recipient = recipient_of(identity)
    except CryptoError:
        recipient = ""
    if recipient != context["recipient"]:
        raise Refused(
            "key_differs",
            f"{folder}/identity.txt 不是加密该投标时保存的密钥。请找回原文件；未发送任何内容。",
            f"{folder}/identity.txt is not the key that this bid was sealed to. Find the original; nothing was sent.",
        )
    return context["tender"], context["lot"], receipt["receipt"]["receipt"]["receipt_id"], identity


def _check_commitments_ended(person: Person, case: str, lot: str, unwitnessed: bool) -> None:
    """The key leaves this machine only when the record says that it is time to, and signed acts say that it can be.

    That the fallback has come so far is the platform's own word. Who has the server could give it before the deadline,
    so the earliest time is computed here: from the deadline that people of the agency signed, and by this clock.
    """
    feed = CaseFeed(person.connection, case)
    feed.refresh()
    if not any(event["lot"] == lot for event in feed.of("CommitmentsEnded")):
        raise Refused(
            "key_reveal_early",
            "尚未到公开密钥的时候：须等全部投标人承诺或承诺时间结束。密钥没有发送，请不要交给任何人。",
            "It is not time to reveal: all bidders commit first, or the time for it passes. The key was not sent.",
        )
    source, vouchers = PlatformSource(person.connection, case), Vouchers(person.register)
    verified = verified_case(person.origin, case, feed.events, person.roots, source, vouchers)
    _check_time(verified, f"{case}/{lot}", lot, datetime.now(UTC))
    if verified is not None and not unwitnessed:
        verified.vouched_by(lot)


def _check_time(verified: VerifiedCase | None, name: str, lot: str, now: datetime) -> None:
    """Raises Refused `key_reveal_not_due`."""
    signed = verified.signed if verified else None
    due_at = None
    if signed is not None and lot in signed.deadlines and lot not in signed.paused:
        within = signed.terms.get("profile", {}).get("shares_within")
        due_at = add(signed.deadlines[lot], decode(Period, within)) if within else signed.deadlines[lot]
    if due_at is None or now < due_at:
        raise refuse(
            "key_reveal_not_due",
            "平台要求公开 {lot} 的密钥，但按两人签发的截止时间，最早要到 {due_at} 以后，而本机时间是 {now}。"
            "密钥没有发送，请不要交给任何人；本机时钟不准的，校准后重试，否则请立即联系监督部门。",
            "The platform asks for the key of {lot}; by the deadline that two people signed that cannot be before "
            "{due_at}, and it is {now} here. The key was not sent: give it to nobody. If this clock is wrong, set it "
            "and try again; otherwise call the supervision authority at once.",
            lot=name,
            due_at=format_instant(due_at) if due_at else "—",
            now=format_instant(now),
        )

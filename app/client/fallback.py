"""The bidder's part in an opening without enough trustees: promise the key of its bid, then reveal it."""

from __future__ import annotations

from pathlib import Path

from app.client.acting import Person
from app.client.connection import Refused
from app.client.feed import CaseFeed
from app.client.keyfile import read_json
from crypto.envelope import recipient_of
from crypto.errors import CryptoError
from crypto.key_commitment import key_commitment, key_salt


def commit_key(person: Person, folder: Path) -> None:
    """Promise the key of a submitted bid. Raises Refused, CryptoError."""
    case, lot, receipt_id, identity = _kept(person, folder)
    commitment = key_commitment(receipt_id, identity, key_salt(receipt_id, identity))
    person.act(case, lot, "KeyCommitted", {"receipt_id": receipt_id, "commitment": commitment})


def reveal_key(person: Person, folder: Path) -> None:
    """Hand the promised key over: only once the platform has recorded that the commitments ended. Raises Refused."""
    case, lot, receipt_id, identity = _kept(person, folder)
    _check_commitments_ended(person, case, lot)
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


def _check_commitments_ended(person: Person, case: str, lot: str) -> None:
    """The key leaves this machine only when the record says that it is time to."""
    feed = CaseFeed(person.connection, case)
    feed.refresh()
    if not any(event["lot"] == lot for event in feed.of("CommitmentsEnded")):
        raise Refused(
            "key_reveal_early",
            "尚未到公开密钥的时候：须等全部投标人承诺或承诺时间结束。密钥没有发送，请不要交给任何人。",
            "It is not time to reveal: all bidders commit first, or the time for it passes. The key was not sent.",
        )

"""A bidder's own program: seals on the bidder's machine, submits, and believes only a receipt that it has verified.

A bid's folder holds `bid.age`, `capsule.age`, `context.json`, `submission.json`, later `receipt.json`, and
`identity.txt`, which opens the bid without the trustees and therefore never leaves.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from app.casefile.inclusion import check_inclusion
from app.client.acting import Person
from app.client.connection import Connection, Refused, refuse
from app.client.feed import CaseFeed
from app.client.keyfile import read_json, write_json, write_private
from app.client.opening_items import check_items
from app.client.page_links import with_links
from app.client.receipt_check import check_receipt
from app.client.sealing_program import sealing_program
from app.client.sending import Progress, begin_upload, send_file, unseen
from app.procedure.page_links import PageLink
from crypto.canonical import Json, digest
from crypto.committee import Committee, identity, make_capsule
from crypto.envelope import bid_context, context_hash, new_bid_identity, seal
from crypto.instants import parse_instant
from crypto.package import MANIFEST_VERSION, PackageFile, bid_manifest, write_package
from crypto.receipts import SignedReceipt
from crypto.signing import SigningKey, sign_object
from crypto.submission import make_submission
from crypto.timelock import Chain, Round

OPEN_STATEMENT = ("origin", "tender", "lot", "envelope", "epoch")


@dataclass(frozen=True)
class SealParameters:
    """What the platform says a bid of this bidder must be bound to: `bidctx/v1` without its recipient, the trustees,
    the round of the second lock where the tender has one (mode M2), the lot's ceiling in fen, how names of files begin
    by which the agency checks the qualification, the criteria that members score (None: it names none), and
    whether the technical bid is anonymous, and of which core product the brand is read out ("": of none)."""

    context: Mapping[str, Json]
    committee: Committee
    round: Round | None = None
    ceiling: int | None = None
    qualification_words: tuple[str, ...] = ()
    criteria: tuple[str, ...] | None = None
    anonymous: bool = False
    core_product: str = ""

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> SealParameters:
        """From the platform's answer, recomputing what the platform could lie about.

        Raises CryptoError `committee_malformed`, Refused `committee_differs` or `identity_differs`: nobody seals to
        a key or an identity that is not what it is called. The round is computed here from the published deadline.
        """
        context = {name: value for name, value in answer["context"].items() if name not in ("v", "recipient")}
        committee = Committee.from_description(answer["committee"])
        ident = identity("open", {name: context[name] for name in OPEN_STATEMENT}).hex()
        _require_same("committee", committee.id, context["committee"])
        _require_same("identity", ident, context["open_ident"])
        words = tuple(map(str, answer.get("qualification_words", ())))
        criteria = tuple(str(one["id"]) for one in answer["criteria"]) if "criteria" in answer else None
        anonymous = answer.get("anonymous") is True
        named = str(answer.get("core_product", ""))
        lock, ceiling = _second_lock(answer), int(answer["ceiling_fen"])
        return cls(context, committee, lock, ceiling, words, criteria, anonymous, named)

    def check_price(self, fen: int) -> None:
        """What the opening would find void is not sealed. Raises Refused `price_over_ceiling`."""
        if self.ceiling is not None and fen > self.ceiling:
            raise refuse(
                "price_over_ceiling",
                "报价 {price} 元高于最高限价 {ceiling} 元，开标时将被否决。未加密任何文件；请核对报价。",
                "The price of {price} yuan is above the ceiling of {ceiling} yuan and would be rejected. Nothing was "
                "sealed; check the price.",
                price=f"{Decimal(fen) / 100:,.2f}",
                ceiling=f"{Decimal(self.ceiling) / 100:,.2f}",
            )


def _second_lock(answer: Mapping[str, Any]) -> Round | None:
    if not answer.get("timelock"):
        return None
    return Chain.from_description(answer["timelock"]).round_after(parse_instant(answer["deadline_at"]))


def _require_same(what: str, computed: str, stated: Json) -> None:
    if computed != stated:
        raise Refused(
            f"{what}_differs",
            f"平台给出的开标参数（{what}）为 {stated}，本机计算为 {computed}。未加密任何文件；请联系交易中心。",
            f"The platform's {what} is {stated}, computed here: {computed}. Nothing was sealed; call the centre.",
            facts={"computed": computed, "stated": str(stated)},
        )


CLEARED = ("upload_unknown", "not_available")  # what is said of an upload that was not handed in within two days


def lot_path(case: str, lot: str) -> str:
    return f"/cases/{quote(case)}/lots/{quote(lot)}"


def fetch_parameters(connection: Connection, case: str, lot: str) -> SealParameters:
    """What a bid on this lot is bound to. Raises Refused, CryptoError."""
    return SealParameters.of(connection.get(f"{lot_path(case, lot)}/bid"))


def files_of(sources: Iterable[Path]) -> list[PackageFile]:
    """The files to be packed: each of `sources`, or everything below it, named by its path from there.

    Raises Refused `bid_file_twice`, `bid_file_empty`.
    """
    found: dict[str, Path] = {}
    for source in sources:
        below = sorted(p for p in source.rglob("*") if p.is_file()) if source.is_dir() else [source]
        base = source if source.is_dir() else source.parent
        for path in below:
            name = path.relative_to(base).as_posix()
            if name in found and not found[name].samefile(path):
                raise refuse(
                    "bid_file_twice",
                    "有两个文件都叫 {name}：{first} 和 {second}。未加密任何文件；请改名后重试。",
                    "Two files are both called {name}: {first} and {second}. Nothing was sealed; rename one.",
                    name=name,
                    first=str(found[name]),
                    second=str(path),
                )
            if not path.stat().st_size:
                raise refuse(
                    "bid_file_empty",
                    "文件 {name} 是空的（0 字节）。未加密任何文件；请检查该文件。",
                    "The file {name} is empty (0 bytes). Nothing was sealed; check it.",
                    name=name,
                )
            found[name] = path

    def opener(path: Path) -> Callable[[], BinaryIO]:
        return lambda: path.open("rb")

    return [PackageFile(name, path.stat().st_size, opener(path)) for name, path in sorted(found.items())]


def seal_bid(
    sources: Iterable[Path],
    items: Mapping[str, str],
    parameters: SealParameters,
    key: SigningKey,
    out: Path,
    pages: tuple[PageLink, ...] = (),
) -> dict[str, Any]:
    """Pack, sign, encrypt; the submission (`bidsub/v1`), which is in `out` with everything that belongs to it.

    `items` are read out at the opening: price_fen, duration_days, project_manager, and core_brand where there is a core
    product; `pages` say where criteria are answered. The package lies in no named file at any time. Raises CryptoError,
    Refused `bid_folder_taken`, `opening_item_unfit`, `price_over_ceiling`, and what `with_links` raises.
    """
    _require_free(out)
    check_items(items, branded=bool(parameters.core_product))
    parameters.check_price(int(items["price_fen"]))
    files = with_links(files_of(sources), pages, parameters.criteria)
    made = new_bid_identity()
    context = bid_context(**{**parameters.context, "recipient": made.recipient})  # type: ignore[arg-type]
    ctx = context_hash(context)
    names = {name: str(context[name]) for name in ("bidder", "tender", "lot")}
    manifest = bid_manifest(context_hash=ctx, **names, opening=items, files=[file.measure() for file in files])
    out.mkdir(parents=True, exist_ok=True)
    write_private(out / "identity.txt", f"{made.identity}\n".encode())
    with tempfile.TemporaryFile(dir=out) as package, (out / "bid.age").open("wb") as sealed_file:
        write_package(package, manifest, sign_object(key, MANIFEST_VERSION, manifest), files)
        package.seek(0)
        sealed = seal(package, sealed_file, made.recipient, ctx)
    ident = bytes.fromhex(str(context["open_ident"]))
    capsule = make_capsule(parameters.committee, ident, made.identity.encode(), parameters.round)
    (out / "capsule.age").write_bytes(capsule)
    submission = make_submission(
        context=context,
        bid_size=sealed.size,
        bid_root=sealed.root,
        capsule=capsule,
        client=dict(zip(("name", "version", "bundle_sha256"), sealing_program(), strict=True)),
        nonce=secrets.token_hex(32),
        created_at=datetime.now(UTC),
        round=parameters.round,
    )
    write_json(out / "context.json", context)
    write_json(out / "submission.json", submission)
    return submission


def _require_free(out: Path) -> None:
    """A bid that was sealed stays as it is: once it is submitted, its folder holds the only key beside the trustees',
    and the only copy should the platform lose its own. Raises Refused `bid_folder_taken`.
    """
    if (out / "submission.json").exists():
        raise refuse(
            "bid_folder_taken",
            "文件夹 {folder} 中已有一份加密好的投标。它可能已经提交，其中的密钥和密文原件不能覆盖。"
            "未加密任何文件；请用 --out 另选一个文件夹。",
            "The folder {folder} holds a sealed bid already. It may have been submitted, and its key and file are not "
            "written over. Nothing was sealed; choose another folder with --out.",
            folder=out,
        )


def upload(connection: Connection, folder: Path, progress: Progress = unseen) -> str:
    """Send what the platform does not have of `bid.age` yet; the upload's id, kept in `upload.json` for a new try."""
    path = folder / "bid.age"
    size = path.stat().st_size
    kept = read_json(folder / "upload.json") or {"id": "", "complete": False}
    if kept["complete"]:
        return str(kept["id"])
    upload_id = kept["id"] or begin_upload(connection, size)
    write_json(folder / "upload.json", {"id": upload_id, "complete": False})
    send_file(connection, path, upload_id, progress)
    write_json(folder / "upload.json", {"id": upload_id, "complete": True})
    return upload_id


def submit(person: Person, folder: Path, progress: Progress = unseen) -> SignedReceipt:
    """Upload and submit a sealed bid; its verified receipt, kept in the folder and with the person's other receipts.

    May be called again after any fault. Raises Refused, CryptoError: then nothing is submitted as far as one knows;
    `bid_not_standing` where this bid was taken once and another one, or none, has come after it.
    """
    submission, context = sealed_in(folder)
    person.check_origin(str(context["origin"]))
    earlier = read_json(folder / "receipt.json")
    kept = earlier or _hand_in(person, folder, submission, context, progress)
    signed = check_receipt(kept, submission, context, person.profile.facts["roots"])
    if earlier:
        _require_standing(person.connection, context, earlier)
    write_json(folder / "receipt.json", kept)
    write_json(person.profile.receipts / f"{signed.receipt['receipt_id']}.json", kept)
    return signed


def sealed_in(folder: Path) -> tuple[dict[str, Json], dict[str, Json]]:
    """Submission and context of the bid that was sealed into a folder. Raises Refused `bid_folder_wrong`."""
    submission, context = read_json(folder / "submission.json"), read_json(folder / "context.json")
    if submission is None or context is None:
        raise refuse(
            "bid_folder_wrong",
            "文件夹 {folder} 中没有加密好的投标，未发送任何内容。请给出 tenderhall bid seal 的 --out 所指的文件夹；"
            "加密中断的，请重新加密。",
            "There is no sealed bid in {folder}; nothing was sent. Give the folder that tenderhall bid seal wrote with "
            "--out; seal again where that was interrupted.",
            folder=folder,
        )
    return submission, context


def _require_standing(connection: Connection, context: Mapping[str, Json], kept: Mapping[str, Any]) -> None:
    """A receipt says that a bid was taken, and not that it was neither withdrawn nor replaced since."""
    receipt = kept["receipt"]["receipt"]
    standing = status(connection, str(context["tender"]), str(context["lot"]))["standing"] or {}
    if standing.get("receipt_id") != receipt["receipt_id"]:
        raise refuse(
            "bid_not_standing",
            "尚未提交：这份投标（回执 {receipt}）收到后已撤回或者被替换，平台上现在有效的是：{standing}。"
            "同一密文不会再次接收；要提交请重新加密。",
            "NOT SUBMITTED: this bid (receipt {receipt}) was taken, and withdrawn or replaced since. What stands now: "
            "{standing}. The same file is not taken twice: seal again to submit.",
            receipt=receipt["receipt_id"],
            standing=standing.get("receipt_id", "—"),
        )


def _hand_in(
    person: Person,
    folder: Path,
    submission: Mapping[str, Json],
    context: Mapping[str, Any],
    progress: Progress,
    *,
    again: bool = True,
) -> dict[str, Any]:
    """The answer to the submission. An upload that the platform has cleared is begun `again`, once."""
    case, lot = context["tender"], context["lot"]
    try:
        upload_id = upload(person.connection, folder, progress)
        attachments = {"capsule": (folder / "capsule.age").read_bytes(), "upload": upload_id.encode("ascii")}
        answer = person.act(case, lot, "BidSubmitted", submission, attachments)
        if "receipt" not in answer:
            raise _receipt_missing()
        return {"receipt": answer["receipt"], "platform_certificate": answer["platform_certificate"]}
    except Refused as refusal:
        if refusal.code == "no_answer":
            raise
        if found := _receipt_of(person.connection, case, submission):
            _require_standing(person.connection, context, found)
            return found
        if not again or (refusal.code not in CLEARED and refusal.status != HTTPStatus.NOT_FOUND):
            raise
        (folder / "upload.json").unlink(missing_ok=True)
        return _hand_in(person, folder, submission, context, progress, again=False)


def fetch_inclusion(person: Person, folder: Path) -> str:
    """Keep the proof that the bid of this folder stood at the deadline; the root of the close record that it leads to.

    Raises Refused, CryptoError `inclusion_wrong`.
    """
    (submission, context), receipt = sealed_in(folder), read_json(folder / "receipt.json")
    if receipt is None:
        raise _receipt_missing()
    receipt_id = receipt["receipt"]["receipt"]["receipt_id"]
    path = lot_path(str(context["tender"]), str(context["lot"]))
    proof = person.connection.get(f"{path}/receipts/{receipt_id}/inclusion")
    root = check_inclusion(proof, receipt_id, submission)
    write_json(folder / "inclusion.json", proof)
    return root


def restore(person: Person, folder: Path) -> None:
    """Hand the sealed file of a submitted bid in again, where the platform is on record that it lost it.

    Raises Refused.
    """
    (submission, context), receipt = sealed_in(folder), read_json(folder / "receipt.json")
    if receipt is None:
        raise _receipt_missing()
    person.check_origin(str(context["origin"]))
    (folder / "upload.json").unlink(missing_ok=True)
    attachments = {"capsule": (folder / "capsule.age").read_bytes()}
    attachments["upload"] = upload(person.connection, folder).encode("ascii")
    payload = {"receipt_id": receipt["receipt"]["receipt"]["receipt_id"], "bid_root": submission["bid_root"]}
    person.act(str(context["tender"]), str(context["lot"]), "BidFileRestored", payload, attachments)


def _receipt_missing() -> Refused:
    return Refused(
        "receipt_missing",
        "平台未返回回执。请视为尚未提交，用 status 查询，并立即联系交易中心。",
        "The platform gave no receipt. Take the bid as not submitted; ask for its status and call the centre at once.",
    )


def _receipt_of(connection: Connection, case: str, submission: Mapping[str, Json]) -> dict[str, Any] | None:
    """The receipt of this very submission, where an earlier try was accepted and its answer was lost on the way."""
    feed = CaseFeed(connection, case)
    feed.refresh()
    for signed in (event["payload"] for event in feed.of("BidReceipted")):
        if signed["receipt"]["submission_sha256"] == digest(dict(submission)):
            kept = {name: signed[name] for name in ("receipt", "key_id", "signature")}
            return {"receipt": kept, "platform_certificate": connection.get("/platform")["platform_certificate"]}
    return None


def status(connection: Connection, case: str, lot: str) -> dict[str, Any]:
    """What the platform says: deadline, whether it is paused, its time, the standing bid ({} if none), and the receipts
    of the organisation; what the committee `asked` of it.
    """
    answer = connection.get(f"{lot_path(case, lot)}/bid")
    return {
        name: answer.get(name) for name in ("deadline_at", "paused", "server_time", "standing", "receipts", "asked")
    }


def withdraw(person: Person, case: str, lot: str) -> str:
    """Withdraw the standing bid; its receipt id. Raises Refused `nothing_to_withdraw`."""
    standing = status(person.connection, case, lot)["standing"]
    if not standing:
        raise Refused(
            "nothing_to_withdraw",
            "平台上没有贵方在本标段的有效投标，无需撤回。",
            "No bid of yours stands in this lot; there is nothing to withdraw.",
        )
    person.act(case, lot, "BidWithdrawn", {"receipt_id": standing["receipt_id"]})
    return str(standing["receipt_id"])

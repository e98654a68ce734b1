"""`tenderhall bid verify-receipt`: what a receipt proves, on any machine and without the platform."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.casefile.inclusion import check_inclusion
from app.client.command_line import add_command, existing
from app.client.connection import refuse
from app.client.given_files import given_json, given_text
from app.client.keyfile import Profile, read_json
from app.client.receipt_check import check_receipt
from app.client.terminal import add_folder, local, spoken
from app.messages import sentence
from crypto import pdf as signed_pdf

NOT_SUBMITTED = "尚未提交 / NOT SUBMITTED"
ATTACHED = "receipt.json"
AGREES = "回执签名、投标摘要与标段一致 / signature, digest and lot agree"
TAKEN_THEN = (
    "回执证明当时收到；之后是否撤回、替换，请用 status 查询 / a receipt proves that the bid was taken then; whether it "
    "was withdrawn or replaced since, status tells"
)
SIGNED_ONLY = (
    "回执签名有效；同一文件夹中没有 submission.json，未核对是哪一份投标 / "
    "the signature holds; which bid it is about was not checked: no submission.json beside it"
)
SEALED = "回执文件的电子印章有效，盖章后未改动 / the document's seal holds, and nothing was changed after it"


def add_verify(commands: Any) -> None:
    """The command and its arguments."""
    parser = add_command(commands, "verify-receipt", "离线核验回执\nverify a receipt offline", _verify)
    words = "投标文件夹，或者回执文件（JSON 或 PDF）\nthe bid's folder, or a receipt file (JSON or PDF)"
    parser.add_argument("bid", type=existing, help=words)
    words = "平台根证书（PEM），默认用首次使用时记住的\nroot certificate (PEM), otherwise the one kept at first use"
    parser.add_argument("--authority", type=existing, metavar="FILE", help=words)
    add_folder(parser)


def show_inclusion(root: str) -> None:
    """That the bid stood at the deadline, and the root that shows it."""
    print("截止时在列；请核对开标过程中的投标清单的根 / stood at the deadline; compare with the root in the record")
    print(root)


def _roots(arguments: argparse.Namespace) -> list[str]:
    """The authorities that a receipt must lead to. Raises Refused `authority_unknown`, `file_unreadable`."""
    if arguments.authority:
        return [given_text(arguments.authority)]
    roots: list[str] = Profile(arguments.folder).facts.get("roots", [])
    if not roots:
        raise refuse(
            "authority_unknown",
            "本机没有记住任何平台的根证书（{folder}），无法核验回执。请从平台的“信任与登记”页（/trust）下载根证书，"
            "电话核对指纹，用 --authority 指明。",
            "No platform's root certificate is kept in {folder}, so the receipt cannot be checked. Download it from "
            "the platform's page /trust, compare its fingerprint by telephone, and name it with --authority.",
            folder=arguments.folder,
        )
    return roots


def _in_pdf(path: Path, pdf: bytes, roots: list[str]) -> Any:
    """The receipt that a sealed document carries. Its signature is what proves; the seal says that the words around it
    are the platform's, too. Raises Refused `receipt_document_wrong`, CryptoError `pdf_attachment_missing`.
    """
    verdict = signed_pdf.verify_pdf(pdf, tuple(roots), datetime.now(UTC))
    if not verdict.whole:
        raise refuse(
            "receipt_document_wrong",
            "{path} 的电子印章核验不通过：{why} 请重新从“我的投标”页下载。",
            "The seal of {path} does not hold: {why_en} Download it again from the page of the bid.",
            path=path,
            why=_reasons(verdict, "zh"),
            why_en=_reasons(verdict, "en"),
        )
    return json.loads(signed_pdf.attached_file(pdf, ATTACHED))


def _reasons(verdict: signed_pdf.PdfVerdict, lang: str) -> str:
    return " ".join(sentence(one.code, {"field": one.field}, lang) for one in verdict.reasons)


@spoken
def _verify(arguments: argparse.Namespace) -> int:
    folder = arguments.bid if arguments.bid.is_dir() else arguments.bid.parent
    path = folder / ATTACHED if arguments.bid.is_dir() else arguments.bid
    if not path.exists():
        print(f"{NOT_SUBMITTED}: {path}")
        return 1
    data, roots = path.read_bytes(), _roots(arguments)
    sealed = data.startswith(b"%PDF")
    kept = _in_pdf(path, data, roots) if sealed else given_json(path)
    submission = read_json(folder / "submission.json")
    receipt = check_receipt(kept, submission, read_json(folder / "context.json"), roots).receipt
    print(f"收到 / received: {local(receipt['received_at'])}  回执编号 / receipt {receipt['receipt_id']}")
    print(f"{receipt['bid_size']:,} B  {receipt['bid_root']}")
    if sealed:
        print(SEALED)
    print(AGREES if submission else SIGNED_ONLY)
    print(TAKEN_THEN)
    if proof := read_json(folder / "inclusion.json"):
        show_inclusion(check_inclusion(proof, kept["receipt"]["receipt"]["receipt_id"], submission))
    return 0

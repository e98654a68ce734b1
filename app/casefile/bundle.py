"""The evidence bundle `case-<id>.evidence.zip`: all that a holder may see of a case, for a check without the platform.

`events.jsonl` is the truth. The files in `DERIVED` folders only repeat it for people and for other tools; the verifier
writes them anew and compares. The head in `case.json` is signed by the platform: nobody else can shorten the log.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from app.casefile.case import BID_FACTS
from app.casefile.record import Record
from app.casefile.sealing import open_statement
from app.procedure.bid import BidReceipted, BidSubmitted
from app.procedure.errors import RuleViolation
from app.procedure.opening import BidsReleased
from app.procedure.trustees import TrusteesChanged
from crypto import merkle
from crypto.canonical import Json, canonical, digest
from crypto.committee import Committee, Release, release_object
from crypto.instants import format_instant
from crypto.signing import SigningKey, sign_object
from evaluation import draw
from evaluation.draw import DrawEvent

HEAD = "evidence/v1"
EVENTS, CASE, TRUST, PRIVATE, PERSONS, COMMITTEE, README = (
    "events.jsonl",
    "case.json",
    "trust.json",
    "private.jsonl",
    "persons.jsonl",
    "committee.json",
    "README",
)
BUNDLE_LIMIT = 4 * 2**30  # bytes unpacked; a larger archive was not written here
FIXED_DATE = (1980, 1, 1, 0, 0, 0)  # the same content gives the same bytes


@dataclass(frozen=True)
class Line:
    """One leaf of the log: with its record and salt where the holder may see it."""

    leaf: bytes
    record: Record | None = None
    salt: bytes = b""

    def to_json(self) -> dict[str, Json]:
        if self.record is None:
            return {"leaf": self.leaf.hex()}
        return {"leaf": self.leaf.hex(), "entry": self.record.to_json(), "salt": self.salt.hex()}


@dataclass(frozen=True)
class PrivateHalf:
    """Where the act of a sequence number came from, with the salt that its hash in the log needs."""

    seq: int
    salt: bytes
    facts: Json

    def to_json(self) -> dict[str, Json]:
        return {"seq": self.seq, "salt": self.salt.hex(), "facts": self.facts}


@dataclass(frozen=True)
class NumberOpening:
    """The salt that opens the commitment of a lot's pool to the person behind a drawn number (`id`)."""

    lot: str
    id: str
    salt: bytes

    def to_json(self) -> dict[str, Json]:
        return {"lot": self.lot, "id": self.id, "salt": self.salt.hex()}


@dataclass(frozen=True)
class Trust:
    """Whose keys count: authorities and the platform's own certificate (PEM), and what the register has of it.

    `register`: certificates, the ceremonies that the trustees' shares come from, code that sealed bids; in its order.
    """

    roots: Sequence[str]
    platform: str
    register: Sequence[Record]

    def to_json(self) -> dict[str, Json]:
        return {
            "roots": list(self.roots),
            "platform": self.platform,
            "register": [record.to_json() for record in self.register],
        }


@dataclass(frozen=True)
class Contents:
    """What goes into a bundle. `attached`: capsules, sealed bids and documents by their path in the bundle."""

    head: Json
    lines: Sequence[Line]
    trust: Trust
    attached: Mapping[str, bytes] = field(default_factory=dict)
    private: Sequence[PrivateHalf] = ()
    persons: Sequence[NumberOpening] = ()


def signed_head(
    key: SigningKey,
    lines: Sequence[Line],
    trust: Trust,
    *,
    origin: str,
    case_id: str,
    holder: str,
    exported_at: datetime,
) -> Json:
    """`case.json`: size and root of the log as the platform states them to a holder (a role) at an instant."""
    head = {
        "v": HEAD,
        "origin": origin,
        "case": case_id,
        "size": len(lines),
        "root": merkle.root([line.leaf for line in lines]).hex(),
        "trust_sha256": digest(trust.to_json()),
        "holder": holder,
        "exported_at": format_instant(exported_at),
    }
    return {"head": head, **sign_object(key, HEAD, head)}


def pack(contents: Contents, dst: BinaryIO) -> None:
    """Write the bundle as a zip archive to `dst`; the same contents give the same bytes."""
    with zipfile.ZipFile(dst, "w") as archive:
        for name, data in sorted(bundle_files(contents).items()):
            info = zipfile.ZipInfo(name, FIXED_DATE)
            info.compress_type = zipfile.ZIP_STORED if name.endswith(".age") else zipfile.ZIP_DEFLATED
            archive.writestr(info, data)


def bundle_files(contents: Contents) -> dict[str, bytes]:
    """The bundle's files by name."""
    records = [line.record for line in contents.lines if line.record]
    files = {
        EVENTS: json_lines(line.to_json() for line in contents.lines),
        CASE: canonical(contents.head),
        TRUST: canonical(contents.trust.to_json()),
        README: README_TEXT.encode(),
        **derived_files(records, contents.head["head"]["origin"]),
        **contents.attached,
    }
    if contents.private:
        files[PRIVATE] = json_lines(half.to_json() for half in contents.private)
    if contents.persons:
        files[PERSONS] = json_lines(opening.to_json() for opening in contents.persons)
    return files


def unpack(archive: bytes) -> dict[str, bytes]:
    """The files of a zip archive by name. Raises RuleViolation `bundle_unreadable` or `bundle_too_large`."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            names = [info.filename for info in opened.infolist() if not info.is_dir()]
            size = sum(info.file_size for info in opened.infolist())
            if size > BUNDLE_LIMIT:
                raise RuleViolation("bundle_too_large", size=size, limit=BUNDLE_LIMIT)
            if len(set(names)) != len(names):
                raise RuleViolation("bundle_unreadable", reason="two files of one name")
            return {name: opened.read(name) for name in names}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as exc:
        raise RuleViolation("bundle_unreadable", reason=type(exc).__name__) from exc


def json_lines(objects: Iterable[Json]) -> bytes:
    """Canonical JSON, one object a line."""
    return b"".join(canonical(item) + b"\n" for item in objects)


def derived_files(records: Sequence[Record], origin: str) -> dict[str, bytes]:
    """The files that repeat the log: committee, submissions with receipts, releases, draws, sittings."""
    files: dict[str, bytes] = {}
    committee = _committee(records)
    if committee is None:
        return files
    files[COMMITTEE] = canonical(committee.describe())
    files |= _submissions(records)
    for lot in sorted({record.lot for record in records if record.lot}):
        of_lot = [record for record in records if record.lot == lot]
        files |= _releases(of_lot, lot, origin, committee)
        files |= _draws(of_lot, lot, committee)
        files |= _sitting(of_lot, lot)
    return files


def _committee(records: Sequence[Record]) -> Committee | None:
    found = committee_at(records)
    return Committee.from_description(found) if found else None


def committee_at(records: Sequence[Record], seq: int | None = None) -> Json:
    """The description of the trustees whose shares count after these records, or (`seq`) for that one of them."""
    found: Json = {}
    settled = False  # of a year of inspections, once its first plan is approved
    for record in records:
        if seq is not None and record.seq >= seq:
            break
        if record.type == "TenderSubmitted":
            found = record.fact.terms.committee
        elif record.type == "PlanProposed" and not settled:
            found = record.fact.committee
        elif record.type == "PlanApproved":
            settled = True
        elif isinstance(record.fact, TrusteesChanged):
            found = record.fact.committee
    return found


def submission_folder(receipt_id: str) -> str:
    """Where the bundle keeps what belongs to a bid."""
    return f"submissions/{receipt_id}"


def submitted_pairs(records: Sequence[Record]) -> list[tuple[Record, Record]]:
    """Every visible submission with its receipt: the receipt is the next fact on bids of the same lot."""
    pairs, waiting = [], {}
    for record in records:
        if not isinstance(record.fact, BID_FACTS):
            continue
        if isinstance(record.fact, BidSubmitted):
            waiting[record.lot] = record
        elif isinstance(record.fact, BidReceipted) and record.lot in waiting:
            pairs.append((waiting.pop(record.lot), record))
    return pairs


def _submissions(records: Sequence[Record]) -> dict[str, bytes]:
    files = {}
    for submitted, receipted in submitted_pairs(records):
        fact = receipted.fact
        signed = {"receipt": fact.receipt, "key_id": fact.key_id, "signature": fact.signature}
        folder = submission_folder(fact.receipt_id)
        files[f"{folder}/submission.json"] = canonical(submitted.payload)
        files[f"{folder}/receipt.json"] = canonical(signed)
    return files


def _releases(records: Sequence[Record], lot: str, origin: str, committee: Committee) -> dict[str, bytes]:
    for record in records:
        if isinstance(record.fact, BidsReleased):
            release = Release(bytes.fromhex(record.fact.signature), record.fact.used, ())
            statement = open_statement(origin, record.case_id, lot)
            return {f"releases/{lot}.json": canonical(release_object(committee, "open", statement, release))}
    return {}


def drawn(records: Sequence[Record]) -> draw.DrawState:
    """A lot's draw, from what of it is visible."""
    return draw.replay(record.fact for record in records if isinstance(record.fact, DrawEvent))


def _draws(records: Sequence[Record], lot: str, committee: Committee) -> dict[str, bytes]:
    """Each round whose signature the holder may know, as the standalone draw verifier reads it."""
    files, state = {}, drawn(records)
    for found in state.rounds:
        if found.signature_hex and found.result is not None and state.conditions is not None:
            reveals = {party: bytes.fromhex(value) for party, value in found.reveals.items()}
            signature = bytes.fromhex(found.signature_hex)
            of_all = (
                state.conditions,
                found.stated,
                found.candidates,
                committee.named,
                signature,
                reveals,
                found.result,
            )
            record = draw.record(*of_all, found.wider_json)
            files[f"draws/{lot}-{found.number}.json"] = canonical(record)
    return files


def _sitting(records: Sequence[Record], lot: str) -> dict[str, bytes]:
    """Rules, bids, the sheets that count and the result of a lot's sitting."""
    latest = {record.type: record.payload for record in records}
    if "SittingConvened" not in latest or "ResultsComputed" not in latest:
        return {}
    sheets = {str(r.payload["seat"]): r.payload["scores"] for r in records if r.type == "ScoreSheetLocked"}
    convened = latest["SittingConvened"]
    found = {"rules": convened["rules"], "bids": convened["bids"], "sheets": sheets, **latest["ResultsComputed"]}
    return {f"sittings/{lot}.json": canonical(found)}


README_TEXT = """\
证据包说明

本压缩包是一个采购项目案卷中持有人有权查看的全部内容。核验不需要平台、数据库或网络：

    tenderhall verify 本文件.zip [--roots 根证书.pem] [--witness 见证方公钥]

逐项输出“通过 / 未通过 / 未覆盖”，只有没有任何一项未通过时退出码才为 0。
events.jsonl   案卷日志，每行一项；无权查看的只有叶子哈希。每项为 RFC 8785 规范 JSON，
               leaf = SHA-256(0x00 ‖ salt ‖ entry)，全部叶子按 RFC 6962 组成树，树根在 case.json。
case.json      树的大小与树根，由平台密钥签名。
trust.json     根证书、平台证书、登记簿中的证书事实和受托人密钥仪式记录。--roots 给出您自己保存的根证书更可靠。
committee.json 受托人委员会公钥；submissions/ 投标声明与回执；releases/ 开标签名；
draws/         抽取记录，可用 verify_draw.py 独立复核；sittings/ 评审打分与结果；documents/ 签章 PDF；
clarifications/ 投标人答复评标委员会的附件。
register/      登记簿节拍：本案卷的树根如何列入见证方联署的检查点（C2SP tlog-checkpoint）；
               acts.json 为全平台的行为清单及其联署，本案卷的发布、变更、截标和抽取声明须与之完全一致。
private.jsonl  仅监管部门：操作来源（地址），每项按 SHA-256(salt ‖ facts) 与日志核对。
persons.jsonl  仅监管部门：就座专家抽取编号的盐值，用以核对编号与其账户的承诺（候选名单中的 person）。

Evidence bundle

Everything of one procurement's case file that its holder may see. The check needs no platform, database or network:

    tenderhall verify THIS.zip [--roots ROOTS.pem] [--witness VKEY]

It prints one line a check (ok / FAIL / not covered) and exits 0 only when nothing failed.
events.jsonl   the log, one entry a line; of what the holder may not see, only the leaf hash. RFC 8785 canonical
               JSON; leaf = SHA-256(0x00 || salt || entry); the leaves form an RFC 6962 tree with its root in case.json.
case.json      size and root of the tree, signed by the platform.
trust.json     authorities, the platform's certificate, facts of the register: certificates, the trustees' ceremonies,
               code that sealed bids.
               Roots that you keep yourself (--roots) are better evidence than these.
committee.json the trustees' public key; submissions/ statements and receipts; releases/ opening signatures;
draws/         records for the standalone verify_draw.py; sittings/ scores and results; documents/ sealed PDF files;
clarifications/ what bidders sent with their answers to the committee.
register/      ticks: how heads of this log stand under checkpoints that witnesses cosigned (C2SP tlog-checkpoint);
               acts.json is the list of acts of all cases, cosigned, with which those of this case have to agree.
private.jsonl  for the regulator only: where acts came from; SHA-256(salt || facts) stands in the log.
persons.jsonl  for the regulator only: salts that open the draw's commitments ("person") to those who took a seat.
"""

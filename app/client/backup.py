"""The backup sheet of a trustee, `bidbackup/v2`: one page with share and key, both still under the pass phrase.

A sheet is plain text, so that it can be typed in again when nothing else is left: what counts are lines that begin
with a name; each line of a block carries its number and a check of its own, so that a slip is named where it is. The
same lines stand in the QR code of the page for printing. Whoever finds a sheet needs the pass phrase as well.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import segno

from app.client.connection import Refused, refuse
from app.client.holding import COMMITTEE, SHARE, check_room, missing_share, read_holding
from app.client.keyfile import Profile, read_key, write_json, write_private
from app.client.passphrase import open_under
from crypto.canonical import Json, digest
from crypto.committee import Committee, holds_share

FORMAT, FIRST = "bidbackup/v2", "bidbackup/v1"  # sheets of the first version are printed and in safes
FIELDS = ("origin", "login", "committee", "description", "index")
PINNED = "pinned"  # of the second version: what the folder had pinned of the platform, by hash
BLOCKS = ("share", "key")
LINE, GROUP, CHECK = 40, 5, 4  # characters of a line of a block, of a group in it, of its check
_LINE = re.compile(rf"({'|'.join((*FIELDS, PINNED, *BLOCKS, 'sum', FORMAT, FIRST))})\b[ :]*(.*)", re.IGNORECASE)
_MISREAD = str.maketrans("018", "OIB")  # none of them is a digit of base32
PEM = ("-----BEGIN ENCRYPTED PRIVATE KEY-----\n", "-----END ENCRYPTED PRIVATE KEY-----\n")
WORDS = """\
受托人份额备份单 · trustee's backup sheet

打印两份，分别放进封好的信封，存放在两处；口令不要写在上面，另外保管。
电脑或文件夹丢失时：在新电脑上把下面的各行存为文本文件（扫描二维码，或照样输入），运行
    tenderhall trustee restore 文件 --folder 新文件夹 --url 平台网址
份额被他人拿到、口令可能泄露，或者本单遗失：立即停用密钥，并告知交易中心安排换届。换届以后请销毁本单。

Print it twice, seal each in an envelope and keep them in two places; the pass phrase stays off the sheet.
When the machine or the folder is lost: save the lines below as a text file (scan the code, or type them) and run
    tenderhall trustee restore FILE --folder NEW --url https://...
When somebody else may have share or pass phrase, or a sheet is lost: revoke the key at once and have the centre open a
resharing. After a resharing destroy this sheet.
"""


def _check(name: str, number: int, text: str) -> str:
    return base64.b32encode(hashlib.sha256(f"{name}/{number}/{text}".encode()).digest()).decode()[:CHECK]


def _block(name: str, data: bytes) -> Iterable[str]:
    text = base64.b32encode(data).decode().rstrip("=")
    for number, start in enumerate(range(0, len(text), LINE), 1):
        line = text[start : start + LINE]
        groups = " ".join(line[i : i + GROUP] for i in range(0, len(line), GROUP))
        yield f"{name} {number:02} {groups} {_check(name, number, line)}"


def _sum(fields: Mapping[str, str], blocks: Mapping[str, bytes]) -> str:
    named = FIELDS if FIRST in fields else (*FIELDS, PINNED)
    parts = [*(fields[name] for name in named), *(blocks[name].hex() for name in BLOCKS)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def sheet_lines(profile: Profile) -> list[str]:
    """The lines that count. Raises Refused `trustee_without_share`."""
    held = read_holding(profile.folder)
    if held is None:
        raise missing_share(profile)
    facts = profile.facts
    described = digest(held.committee.describe())
    values = (facts.get("origin", ""), facts.get("login", ""), held.committee.id, described, str(held.index))
    fields = {**dict(zip(FIELDS, values, strict=True)), PINNED: pinned_hash(facts)}
    pem = "".join(profile.key_path.read_text().split("-----")[2].split())
    blocks = {"share": (profile.folder / SHARE).read_bytes(), "key": base64.b64decode(pem)}
    lines = [FORMAT, *(f"{name}: {value}" for name, value in fields.items())]
    for name, data in blocks.items():
        lines += _block(name, data)
    return [*lines, f"sum: {_sum(fields, blocks)}"]


def pinned_hash(known: Mapping[str, Json]) -> str:
    """What a folder, or a platform now, names as authorities and witnesses, as a hash."""
    return digest({"roots": known.get("roots", []), "register": known.get("register", {})})


def check_pinned(sheet: Sheet, platform: Mapping[str, Json]) -> None:
    """The platform is the one that the lost folder knew: a new folder must not believe the first that comes.

    Sheets of the first version do not say. Raises Refused `backup_platform_differs`.
    """
    pins = (sheet.fields["origin"], sheet.fields.get(PINNED, found := pinned_hash(platform)))
    if pins != (platform["origin"], found):
        raise refuse(
            "backup_platform_differs",
            "平台现在的名称、根证书或见证方与打印备份单时不同，未写入任何内容。请先当面或电话核对，确认是中心正当更换后，"
            "加 --adopt-witnesses 再恢复。",
            "Name, authorities or witnesses of the platform are not those of when the sheet was printed; nothing was "
            "written. Compare them by telephone first; if the centre has changed them, restore with --adopt-witnesses.",
        )


def sheet_text(profile: Profile) -> str:
    """The whole sheet as plain text. Raises Refused `trustee_without_share`."""
    return WORDS + "\n" + "\n".join(sheet_lines(profile)) + "\n"


def sheet_page(profile: Profile) -> str:
    """The sheet as a page to print, with the same lines as a QR code; it needs nothing from elsewhere."""
    lines = sheet_lines(profile)
    code = segno.make("\n".join(lines), error="l", micro=False).svg_inline(scale=3)
    style = "body{font:12px/1.35 sans-serif;margin:14mm}pre{font:11px/1.4 monospace;white-space:pre-wrap}"
    text = html.escape(WORDS)
    body = html.escape("\n".join(lines))
    head = f'<!doctype html><meta charset="utf-8"><title>{FORMAT}</title><style>{style}</style>'
    return f"{head}<pre>{text}</pre>{code}<pre>{body}</pre>\n"


@dataclass(frozen=True)
class Sheet:
    """What a sheet says, checked against its own sums."""

    fields: Mapping[str, str]
    blocks: Mapping[str, bytes]


def read_sheet(text: str) -> Sheet:
    """A sheet that was scanned or typed in, of either version.

    Raises Refused `backup_line_wrong` (line), `backup_incomplete` (field), `backup_sum_wrong`.
    """
    fields, rows = {}, {name: {} for name in BLOCKS}  # type: dict[str, str], dict[str, dict[int, str]]
    version = FIRST if FIRST in text else FORMAT
    for line in text[text.find(version) :].splitlines():
        found = _LINE.fullmatch(line.strip())
        if found is None:
            continue
        name, rest = found[1].lower(), found[2].strip()
        if name in rows:
            number, row = _read_row(name, rest, line)
            rows[name][number] = row
        else:
            fields[name] = rest
    for name in (version, *FIELDS, *((PINNED,) if version == FORMAT else ()), "sum"):
        if name not in fields:
            raise _incomplete(name)
    blocks = {name: _joined(name, rows[name]) for name in BLOCKS}
    if _sum(fields, blocks) != fields["sum"].replace(" ", "").lower():
        raise refuse(
            "backup_sum_wrong",
            "备份单各行单独无误，但合计校验不符：可能漏了最后几行，或 origin、login、committee、"
            "description、index、pinned 有误。请再核对。",
            "Each line is right by itself, but not all together: the last lines may be missing, or origin, login, "
            "committee, description, index or pinned is wrong. Compare again.",
        )
    return Sheet(fields, blocks)


def _read_row(name: str, rest: str, line: str) -> tuple[int, str]:
    number, _, coded = rest.partition(" ")
    text = re.sub(r"[^A-Z0-9]", "", coded.upper()).translate(_MISREAD)
    row, check = text[:-CHECK], text[-CHECK:]
    if not number.isdecimal() or _check(name, int(number), row) != check:
        raise refuse(
            "backup_line_wrong",
            "备份单这一行有误，请对照纸面重新输入：{line}",
            "This line of the sheet is wrong; type it again from the paper: {line}",
            line=line.strip()[:80],
        )
    return int(number), row


def _incomplete(name: str) -> Refused:
    return refuse(
        "backup_incomplete",
        "备份单缺少“{field}”。请把 bidbackup 到 sum 之间的各行全部输入。",
        "The sheet lacks “{field}”. Enter every line from bidbackup to sum.",
        field=name,
    )


def _joined(name: str, rows: Mapping[int, str]) -> bytes:
    for number in range(1, max(rows, default=1) + 1):
        if number not in rows:
            raise _incomplete(f"{name} {number:02}")
    text = "".join(rows[number] for number in sorted(rows))
    return base64.b32decode(text + "=" * (-len(text) % 8))


def restore(profile: Profile, sheet: Sheet, committees: Iterable[Mapping[str, Json]], passphrase: str) -> Committee:
    """Fill an empty folder from a sheet; `committees` are those of the platform's register, as `GET /committees` has
    them.

    Everything is checked before anything is written: the pass phrase opens key and share, and the share is that of the
    trustee whose key it is. Raises Refused `backup_committee_unknown`, `backup_share_wrong`, `ceremony_folder_taken`;
    CryptoError `envelope_no_identity`, `key_unreadable`.
    """
    committee, index = _described(sheet, committees), int(sheet.fields["index"])
    check_room(profile, committee.id)
    secret = open_under(passphrase, sheet.blocks["share"])
    if not holds_share(committee, index, secret):
        raise _wrong(committee)
    pem = base64.b64encode(sheet.blocks["key"]).decode()
    lines = "\n".join(pem[i : i + 64] for i in range(0, len(pem), 64))
    _write_key(profile.key_path, f"{PEM[0]}{lines}\n{PEM[1]}", passphrase, committee, index)
    key = committee.members[index - 1].key_id
    profile.keep(origin=sheet.fields["origin"], login=sheet.fields["login"], key_id=key)
    write_json(profile.folder / COMMITTEE, {"committee": committee.describe(), "index": index})
    write_private(profile.folder / SHARE, sheet.blocks["share"])
    return committee


def _write_key(path: Path, pem: str, passphrase: str, committee: Committee, index: int) -> None:
    beside = path.with_name(".restored.pem")
    write_private(beside, pem.encode())
    try:
        if read_key(beside, passphrase).key_id != committee.members[index - 1].key_id:
            raise _wrong(committee)
        if not path.exists():
            write_private(path, pem.encode())
    finally:
        beside.unlink()


def _described(sheet: Sheet, committees: Iterable[Mapping[str, Json]]) -> Committee:
    for found in committees:
        for description in (found["description"], *found["earlier"]):
            if digest(description) == sheet.fields["description"]:
                return Committee.from_description(description)
    raise refuse(
        "backup_committee_unknown",
        "平台登记簿中没有备份单所属的委员会 {committee}。请核对平台网址。",
        "The platform's register lacks the committee of this sheet, {committee}. Check the address.",
        committee=sheet.fields["committee"][:16],
    )


def _wrong(committee: Committee) -> Refused:
    return refuse(
        "backup_share_wrong",
        "备份单中的份额或密钥与委员会 {committee} 登记的不符，未写入任何内容。",
        "Share or key of this sheet is not what committee {committee} has on record. Nothing was written.",
        committee=committee.id[:16],
    )

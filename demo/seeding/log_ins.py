"""Who can log in to a seeded site: kept in one private file, shown as a table with codes that are good now."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyotp

from app.client.keyfile import Profile, read_json, write_json, write_private
from demo.narrator import ROLES, table
from demo.stage import PASSPHRASE

HEAD = ("角色 Role", "登录名 Log-in", "密码 Password", "动态码 Code", "密钥文件 Key file")
SEAT_HEAD = ("评审席位 Seat", "编码 Code", "见证人 Witness", "评分 Sheet")
ROLE_OF_SEAT = {"expert": "member", "buyer": "buyer"}
BROWSER_KEY = "browser-key.pem"  # not encrypted: a browser imports no other


def write_people(path: Path, folders: Sequence[Path]) -> None:
    """Keep what everybody needs to log in; each person's folder is named by the role."""
    write_json(path, [_person(folder) for folder in folders])


def _person(folder: Path) -> dict[str, str]:
    """One person's log-in, and the key once more as a file that a browser can import."""
    profile = Profile(folder)
    write_private(folder / BROWSER_KEY, profile.key(PASSPHRASE).to_pem().encode())
    known = {name: profile.facts[name] for name in ("login", "password", "totp_secret")}
    return {"role": folder.name, **known, "key_file": str(folder / BROWSER_KEY)}


def read_people(path: Path) -> list[dict[str, str]]:
    """Everybody in the file; nobody where there is no such file."""
    return list(read_json(path, []))


def code_of(person: dict[str, str], now: float) -> str:
    """A code that was not used by the person's own programs; a platform accepts one step ahead (RFC 6238)."""
    totp = pyotp.TOTP(person["totp_secret"])
    used: dict[str, Any] = Profile(Path(person["key_file"]).parent).facts
    return totp.generate_otp(max(int(now) // totp.interval, int(used.get("totp_last_step", 0)) + 1))


def log_in_table(people: Sequence[dict[str, str]], now: float | None = None) -> str:
    """Everybody with a password and a one-time code; `now` in seconds since 1970."""
    at = time.time() if now is None else now
    rows = [
        [_role(person["role"]), person["login"], person["password"], code_of(person, at), _short(person["key_file"])]
        for person in people
    ]
    return table(HEAD, rows, words=len(HEAD))


def _short(path: str) -> str:
    """A key file below the folder that holds everybody's."""
    return "/".join(Path(path).parts[-2:])


def _role(role: str) -> str:
    return " ".join(ROLES[role.partition("-")[0]])


def seat_table(seats: Sequence[dict[str, Any]]) -> str:
    """The seats of the sitting that is under way: by which code each is entered, and how far its sheet is."""
    rows = [[_seat(one), one["code"], one["witness"], _sheet(one)] for one in seats]
    return table(SEAT_HEAD, rows, words=len(SEAT_HEAD))


def _seat(seat: dict[str, Any]) -> str:
    return f"{seat['seat']} {_role(ROLE_OF_SEAT[seat['role']])}"


def _sheet(seat: dict[str, Any]) -> str:
    if seat["locked"]:
        return "已锁定 locked"
    return f"已存 {seat['saved']}/{seat['of']} saved"

"""Settings of one installation, read once from the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

from crypto.errors import CryptoError
from crypto.notes import COSIGNATURE, VerifierKey
from crypto.timelock import QUICKNET, Chain

T = TypeVar("T")
ORIGIN_FILE = "origin"
LONGEST_CONTACT = 120


class BadSettings(Exception):
    """One or more environment variables cannot be used; the message lists every one of them."""


@dataclass(frozen=True)
class Settings:
    """What an installation may choose. Rule-book numbers are not here: they are in procedure profiles.

    `home` holds keys, files and, in the embedded mode, the database. `origin` names the installation in everything that
    is signed, so that an act of one platform means nothing on another.
    """

    home: Path
    database_url: str
    origin: str
    base_url: str
    blobs_url: str | None = None  # None: the folder `blobs`
    redis_url: str | None = None
    turn_urls: tuple[
        str, ...
    ] = ()  # STUN and TURN servers for pictures between sites; none: the sites reach each other
    turn_secret: str = field(default="", repr=False)
    contact: str = ""  # of the centre: telephone, mail, counter, as pages and mails say it
    smtp_url: str | None = None
    messaging_url: str | None = None  # the gateway for text messages and telephone calls
    messaging_token: str = field(default="", repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    proxies: int = 0
    connections_per_address: int = 600  # at each web process, which takes 2,000; 0: no limit
    live_at_once: int = 300  # of the live channel, by one person at each web process (app.realtime.rates)
    live_per_second: int = 20  # 0: no limit
    web_workers: int = 1
    display_zone: str = "Asia/Shanghai"
    max_upload_bytes: int = 4 * 2**30
    recording_quota_bytes: int = 40 * 2**30  # of the recordings of one sitting
    recording_reserve_bytes: int = 2**30  # left free by recordings, beside what uploads and openings need
    demo: bool = False
    bidders_checked: bool = False  # whether two persons look at a bidder's papers before its key is certified
    tick_seconds: int = 60
    reason_minutes: int = 60  # how long a stated reason lets an inspector read a case
    witnesses: tuple[str, ...] = ()  # vkeys of those whose cosignatures count
    drand_chain: Chain | None = None  # whose rounds tenders may take as their second lock (mode M2)
    drand_urls: tuple[str, ...] = ()  # relays to ask for a round's signature; none: it is carried by hand
    witness_quorum: int = 0  # how many of them a case asks for; 0: more than half

    @property
    def keys(self) -> Path:
        return self.home / "keys"

    @property
    def blobs(self) -> Path:
        return self.home / "blobs"

    @property
    def mail(self) -> Path:
        return self.home / "mail"

    @property
    def messages(self) -> Path:
        return self.home / "messages"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Settings from TENDERHALL_* variables; raises BadSettings naming every variable that cannot be used."""
        env = os.environ if environ is None else environ
        wrong: list[str] = []

        def read(name: str, default: T, convert: Callable[[str], T]) -> T:
            raw = env.get(f"TENDERHALL_{name}", "")
            if not raw:
                return default
            try:
                return convert(raw)
            except ValueError as exc:
                wrong.append(f"TENDERHALL_{name}={raw!r}: {exc}")
                return default

        home = Path(env.get("TENDERHALL_HOME") or "var").resolve()
        port = read("PORT", 8000, _port)
        demo = env.get("TENDERHALL_DEMO") == "1"
        settings = cls(
            home=home,
            database_url=read("DATABASE_URL", f"sqlite:///{home / 'tenderhall.db'}", _database_url),
            origin=env.get("TENDERHALL_ORIGIN") or _founded_origin(home),
            base_url=read("BASE_URL", f"http://127.0.0.1:{port}", _base_url),
            blobs_url=read("BLOBS_URL", None, _bucket_url),
            redis_url=read("REDIS_URL", None, _scheme("redis", "rediss")),
            turn_urls=read("TURN_URLS", (), _relays),
            turn_secret=env.get("TENDERHALL_TURN_SECRET", ""),
            contact=read("CONTACT", "", _line),
            smtp_url=read("SMTP_URL", None, _scheme("smtp", "smtps")),
            messaging_url=read("MESSAGING_URL", None, _base_url),
            messaging_token=env.get("TENDERHALL_MESSAGING_TOKEN", ""),
            host=env.get("TENDERHALL_HOST") or "127.0.0.1",
            port=port,
            proxies=read("PROXIES", 0, _count),
            connections_per_address=read("CONNECTIONS_PER_ADDRESS", 600, _count),
            live_at_once=read("LIVE_AT_ONCE", 300, _positive),
            live_per_second=read("LIVE_PER_SECOND", 20, _count),
            web_workers=read("WEB_WORKERS", 1, _positive),
            max_upload_bytes=read("MAX_UPLOAD_BYTES", 4 * 2**30, _positive),
            recording_quota_bytes=read("RECORDING_QUOTA_BYTES", 40 * 2**30, _positive),
            recording_reserve_bytes=read("RECORDING_RESERVE_BYTES", 2**30, _count),
            tick_seconds=read("TICK_SECONDS", 60, _positive),
            reason_minutes=read("REASON_MINUTES", 60, _positive),
            witnesses=read("WITNESSES", (), _witnesses),
            drand_chain=read("DRAND_CHAIN", None, _chain),
            drand_urls=read("DRAND_URLS", (), _base_urls),
            witness_quorum=read("WITNESS_QUORUM", 0, _positive),
            demo=demo,
            bidders_checked=read("BIDDERS_CHECKED", not demo, _flag),
        )
        if settings.witness_quorum > len(settings.witnesses):
            wrong.append(
                f"TENDERHALL_WITNESS_QUORUM={settings.witness_quorum}: "
                "多于 TENDERHALL_WITNESSES 的见证方数 · more than there are witnesses"
            )
        if not settings.turn_secret and any(not url.startswith("stun:") for url in settings.turn_urls):
            wrong.append("TENDERHALL_TURN_SECRET: TURN 服务器须有共享密钥 · a TURN server needs the shared secret")
        if wrong:
            raise BadSettings("\n".join(wrong))
        return settings


def _founded_origin(home: Path) -> str:
    """The name under which the installation in `home` was founded: what was signed there names it."""
    kept = home / ORIGIN_FILE
    return kept.read_text("utf-8").strip() if kept.exists() else "tenderhall.local"


def _port(raw: str) -> int:
    value = _count(raw)
    if not 0 < value < 65536:
        raise ValueError("端口在 1 至 65535 之间 · a port is between 1 and 65535")
    return value


def _flag(raw: str) -> bool:
    if raw not in ("0", "1"):
        raise ValueError("只能是 0 或 1 · 0 or 1")
    return raw == "1"


def _positive(raw: str) -> int:
    value = _count(raw)
    if value == 0:
        raise ValueError("须大于 0 · must be above 0")
    return value


def _count(raw: str) -> int:
    if not (raw.isascii() and raw.isdigit()):
        raise ValueError("须为不小于 0 的整数 · must be a whole number, 0 or more")
    return int(raw)


def _witnesses(raw: str) -> tuple[str, ...]:
    found = tuple(text.strip() for text in raw.split(",") if text.strip())
    for text in found:
        try:
            VerifierKey.parse(text, COSIGNATURE)
        except CryptoError as exc:
            raise ValueError(f"{text} 不是见证方公钥 · is no witness's vkey ({exc.facts.get('reason')})") from exc
    return found


def _chain(raw: str) -> Chain | None:
    """`quicknet`, or a file with the description of another chain (`drandchain/v1`)."""
    if raw == QUICKNET.beacon_id:
        return QUICKNET
    try:
        return Chain.from_description(json.loads(Path(raw).read_text("utf-8")))
    except CryptoError as exc:
        raise ValueError(f"不是 drandchain/v1 · is no drandchain/v1 ({exc.facts})") from exc
    except OSError as exc:
        raise ValueError(f"须为 quicknet 或可读的文件 · must be quicknet or a file ({exc.strerror})") from exc


def _base_urls(raw: str) -> tuple[str, ...]:
    return tuple(_base_url(text.strip()) for text in raw.split(",") if text.strip())


def _relays(raw: str) -> tuple[str, ...]:
    found = tuple(text.strip() for text in raw.split(",") if text.strip())
    for url in found:
        scheme, _, rest = url.partition(":")
        if scheme not in ("stun", "turn", "turns") or not rest or rest.startswith("/"):
            raise ValueError(
                f"{url} 须为 stun:、turn: 或 turns: 加主机和端口 · must be stun:, turn: or turns: with host and port"
            )
    return found


def _line(raw: str) -> str:
    text = raw.strip()
    if not text.isprintable() or len(text) > LONGEST_CONTACT:
        raise ValueError(
            f"须为一行文字，至多 {LONGEST_CONTACT} 个字 · must be one line of at most {LONGEST_CONTACT} characters"
        )
    return text


def _database_url(raw: str) -> str:
    if not raw.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("须以 sqlite:/// 或 postgresql+psycopg:// 开头 · must begin with one of these")
    return raw


def _bucket_url(raw: str) -> str:
    parts = urlsplit(raw)
    known = {"endpoint", "region"}
    if parts.scheme != "s3" or not parts.netloc or not parse_qs(parts.query).keys() <= known:
        form = "s3://BUCKET[/PREFIX][?endpoint=https://HOST][&region=NAME]"
        raise ValueError(f"须为 {form} · must be {form}")
    return raw


def _base_url(raw: str) -> str:
    parts = urlsplit(raw)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("须为 http://主机 或 https://主机 · must be http://host or https://host")
    return raw.rstrip("/")


def _scheme(*schemes: str) -> Callable[[str], str | None]:
    known = [f"{scheme}://" for scheme in schemes]

    def check(raw: str) -> str | None:
        if urlsplit(raw).scheme not in schemes:
            raise ValueError(f"须以 {' 或 '.join(known)} 开头 · must begin with {' or '.join(known)}")
        return raw

    return check

"""A new installation: folder, keys, schema, register, first two people. And what may be wrong with one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import func, select, text

from app.adapters.keystore import KeysMissing, create_keys, load_keys
from app.config import ORIGIN_FILE, Settings
from app.database import Database
from app.documents.render import FontsMissing, Renderer
from app.models import Job
from app.models.standing import STANDING, Standing
from app.queries.boards import whole_board
from app.queries.clocks import read_clocks
from app.queries.committees import read_committees
from app.queries.register_status import register_status
from app.queries.trustee_agents import short_of_agents
from app.services.accounts import NewOrganisation, found_people
from app.services.database_check import database_differences
from app.services.platform import DIST, Platform, open_platform, read_assets, read_sealing_code
from app.services.register import (
    BROWSER_CLIENT,
    BROWSER_CLIENT_VERSION,
    found_register,
    publish_client_code,
)
from app.services.uploads import DISK_RESERVE_BYTES
from crypto.canonical import digest

ROOT = Path(__file__).parent.parent.parent
MANY_ATTEMPTS = 5


def alembic_config(database: Database) -> Config:
    """Alembic on this database."""
    config = Config(str(ROOT / "alembic.ini"))
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["database"] = database
    return config


def is_founded(settings: Settings) -> bool:
    """Whether the installation has its keys already."""
    return (settings.keys / "secret").exists()


SealingProgram = tuple[str, str, str]  # its name, version and hash, as submissions state them


def prepare_installation(settings: Settings, organisation: str, *programs: SealingProgram) -> Platform:
    """Keys and schema, made where they are missing; the open installation. Safe to repeat.

    The hashes of the page's sealing code and of `programs` are entered in the register, where anybody finds what a
    submission was sealed with.
    """
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.database_url)
    try:
        load_keys(settings.keys)
    except KeysMissing:
        (settings.home / ORIGIN_FILE).write_text(settings.origin + "\n", "utf-8")
        create_keys(settings.keys, settings.origin, organisation, database.now())
    command.upgrade(alembic_config(database), "head")
    database.dispose()
    platform = open_platform(settings)
    found_register(platform, organisation)
    served = read_sealing_code()
    page = [(BROWSER_CLIENT, BROWSER_CLIENT_VERSION, digest(dict(served)))] if served else []
    for program in (*page, *programs):
        publish_client_code(platform, *program)
    return platform


def found_installation(
    settings: Settings,
    organisation: NewOrganisation,
    admin: tuple[str, str],
    operator: tuple[str, str],
    *programs: SealingProgram,
) -> dict[str, str]:
    """`tenderhall init`: prepare, and invite the first administrator and operator; codes by log-in."""
    platform = prepare_installation(settings, organisation.name, *programs)
    return found_people(platform, organisation, admin, operator)


@dataclass(frozen=True)
class Finding:
    """One line of `tenderhall doctor`: a code with its facts, and whether it needs somebody."""

    code: str
    healthy: bool
    facts: dict[str, str]


def _front_end_built() -> bool:
    """Whether pages have their files and documents their fonts."""
    try:
        return bool(read_assets()) and bool(Renderer(DIST / "fonts").faces)
    except FontsMissing:
        return False


def examine(settings: Settings) -> Iterator[Finding]:
    """What is right and wrong with an installation, cheapest questions first."""
    yield Finding("doctor_front_end", _front_end_built(), {"folder": str(DIST)})
    if settings.home.exists() and not settings.home.is_dir():
        yield Finding("doctor_home_folder", False, {"folder": str(settings.home)})
        return
    yield Finding("doctor_home", settings.home.is_dir(), {"folder": str(settings.home)})
    if not settings.home.is_dir():
        return
    yield Finding("doctor_home_private", settings.home.stat().st_mode & 0o077 == 0, {"folder": str(settings.home)})
    free, needed = shutil.disk_usage(settings.home).free, settings.max_upload_bytes + 2 * DISK_RESERVE_BYTES
    yield Finding("doctor_disk", free > needed, {"free": f"{free >> 20} MiB", "needed": f"{needed >> 20} MiB"})
    has_keys = is_founded(settings)
    private = has_keys and settings.keys.stat().st_mode & 0o077 == 0
    yield Finding("doctor_keys", has_keys, {"folder": str(settings.keys)})
    yield Finding("doctor_keys_private", private, {"folder": str(settings.keys)})
    yield from _examine_database(settings)


def _examine_database(settings: Settings) -> Iterator[Finding]:
    database = Database(settings.database_url)
    head = ScriptDirectory.from_config(alembic_config(database)).get_current_head()
    try:
        with database.reading() as db_session:
            version = db_session.scalar(text("SELECT version_num FROM alembic_version"))
            now = database.now(db_session.connection())
            clocks = read_clocks(database, db_session)
            register = register_status(db_session, settings.witnesses, now, settings.tick_seconds)
            stuck = db_session.scalar(
                select(func.count()).select_from(Job).where(Job.done_at.is_(None), Job.attempts >= MANY_ATTEMPTS)
            )
    except Exception as exc:
        yield Finding("doctor_database", False, {"problem": type(exc).__name__})
        return
    yield Finding("doctor_database", True, {"problem": ""})
    yield Finding("doctor_clock", not clocks.wrong, clocks.figures)
    yield Finding("doctor_schema", version == head, {"found": str(version), "head": str(head)})
    yield Finding("doctor_jobs", stuck == 0, {"count": str(stuck)})
    if version == head:
        yield from _examine_agents(database)
        yield from _examine_committees(database, settings)
    if not settings.witnesses:
        yield Finding("doctor_no_witness", True, {})
        return
    late = ", ".join(f"{row.name} ({row.state})" for row in register.behind)
    yield Finding("doctor_witnesses", not late, {"count": str(len(settings.witnesses)), "late": late})


def _examine_agents(database: Database) -> Iterator[Finding]:
    """A hint only, since trustees may sign by hand; a clock that their tools refuse needs somebody."""
    with database.reading() as db_session:
        short = short_of_agents(db_session, whole_board(db_session), database.now(db_session.connection()))
    for row, agents in short:
        facts = {"title": row.title, "lot": row.lot, "there": str(agents.there), "needed": str(agents.needed)}
        if not agents.enough:
            yield Finding("doctor_agents_few", True, facts)
        if agents.clocks_off:
            yield Finding("doctor_agents_clocks", False, {**facts, "count": str(agents.clocks_off)})
    if not short:
        yield Finding("doctor_agents", True, {})


def _examine_committees(database: Database, settings: Settings) -> Iterator[Finding]:
    """Committees whose shares one machine has seen are for demonstrations only."""
    used = [c for c in read_committees(database) if c.in_use and c.description["mode"] == "M0"]
    if used:
        yield Finding("doctor_committee_m0", settings.demo, {"count": str(len(used))})


def examine_tables(settings: Settings) -> Iterator[Finding]:
    """Each row beside the logs that does not say what the logs say; one good line where there is none."""
    platform, healthy = open_platform(settings), True
    try:
        for found in database_differences(platform):
            healthy = False
            yield Finding("doctor_tables", False, {**vars(found), "column": found.column or "*"})
    finally:
        platform.database.dispose()
    if healthy:
        standings = [standing for standing, _why in STANDING.values()]
        events, projections = standings.count(Standing.EVENT), standings.count(Standing.PROJECTION)
        yield Finding("doctor_tables", True, {"events": str(events), "projections": str(projections)})

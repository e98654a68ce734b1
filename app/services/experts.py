"""The expert library and the sites: who is entered, how each stands, and whom a draw may consider."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.codec import encode
from app.models import (
    Account,
    AccountRole,
    Expert,
    ExpertContact,
    ExpertEvent,
    ExpertImport,
    ExpertSpeciality,
    Organisation,
    Site,
)
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.procedure.expert_rows import PROVINCES, likenesses
from app.procedure.names import hidden_character
from app.procedure.roles import Role
from app.services.accounts import LogIn, NewOrganisation
from app.services.actors import load_actor
from app.services.contacts import Contact, contact_key, credential, seal_contact
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction, take_turns
from evaluation import experts as library
from evaluation.standing import Status, Step

LONGEST_ADDRESS = 200

_write_json = json.JSONEncoder(ensure_ascii=False).encode
KEPT = frozenset(library.Expert.__dataclass_fields__) - {"id", "organisation", "status"}


@dataclass(frozen=True)
class NewExpert:
    """An expert as entered by the centre. Employers and interests are named by credit code.

    Without a `number` the library gives one. Phone and identity number go to the sealed contact alone.
    """

    login: str
    name: str
    organisation: NewOrganisation
    mail: str
    site: str
    specialities: tuple[str, ...]
    born: date
    certified_until: date
    past_employments: tuple[library.Employment, ...] = ()
    relatives: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    number: str = ""
    phone: str = ""
    id_number: str = ""
    title: str = ""
    region: str = ""
    practising_since: date | None = None
    qualifications: tuple[library.Qualification, ...] = ()
    absences: tuple[library.Absence, ...] = ()
    service: str = ""
    punished: bool = False


def add_site(platform: Platform, log_in: LogIn, name: str, witness_id: str, region: str = "", address: str = "") -> str:
    """A place of evaluation with its witness, in a division by its code, at an address; its id.

    Raises RuleViolation `witness_unknown`, `region_wrong`, `address_wrong`.
    """
    check_region(region)
    address = checked_address(address)
    with plain_transaction(platform.database) as (db_session, _now):
        actor = load_actor(db_session, log_in.account_id)
        authorize(actor, Action.SITE_MANAGE)
        if not load_actor(db_session, witness_id).is_(Role.SITE_WITNESS):
            raise RuleViolation("witness_unknown")
        site = Site(id=secrets.token_hex(6), organisation_id=actor.organisation_id, name=name, witness_id=witness_id)
        site.region, site.address = region, address
        db_session.add(site)
        return site.id


def set_site_place(platform: Platform, log_in: LogIn, site_id: str, region: str, address: str) -> None:
    """Say in which division a site lies and at which address; fees that are computed already stay. Raises RuleViolation
    `region_wrong`, `address_wrong`, `site_unknown`.
    """
    check_region(region)
    address = checked_address(address)
    with plain_transaction(platform.database) as (db_session, _now):
        actor = load_actor(db_session, log_in.account_id)
        authorize(actor, Action.SITE_MANAGE)
        site = db_session.get(Site, site_id, with_for_update=True)
        if site is None or site.organisation_id != actor.organisation_id:
            raise RuleViolation("site_unknown", site=site_id)
        site.region, site.address = region, address


def check_region(region: str) -> None:
    """Six digits of a province that there is, or nothing. Raises RuleViolation `region_wrong`."""
    if region and not (len(region) == 6 and region.isascii() and region.isdigit() and region[:2] in PROVINCES):
        raise RuleViolation("region_wrong", given=region[:20])


def checked_address(address: str) -> str:
    """An address as one line. Raises RuleViolation `address_wrong`."""
    line = " ".join(address.split())
    if len(line) > LONGEST_ADDRESS or hidden_character(line):
        raise RuleViolation("address_wrong", length=len(line), most=LONGEST_ADDRESS)
    return line


def list_sites(platform: Platform) -> list[dict[str, str]]:
    """Every site: id and name."""
    with platform.database.reading() as db_session:
        return [{"id": row.id, "name": row.name} for row in db_session.scalars(select(Site).order_by(Site.name))]


def add_experts(platform: Platform, log_in: LogIn, entries: Sequence[NewExpert]) -> list[str]:
    """Enter experts, all or none, as reviewed by who enters them; their ids. A second person admits the batch.

    Raises RuleViolation `site_unknown`, `login_taken`, `expert_known`, `organisation_other_name`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        authorize(load_actor(db_session, log_in.account_id), Action.EXPERT_MANAGE)
        batch = ExpertImport(id=secrets.token_hex(8), name="", sha256="", by=log_in.account_id, at=now, stage="taken")
        batch.total = batch.taken = len(entries)
        batch.faulty = batch.known = 0
        db_session.add(batch)
        given = [encode(entry) for entry in entries]
        check_entries(platform, db_session, given)
        return enter_experts(platform, db_session, given, batch.id, log_in.account_id, now)


def check_entries(platform: Platform, db_session: DbSession, entries: Sequence[Mapping[str, Any]]) -> None:
    """Nobody twice, no unknown site. Raises RuleViolation as `add_experts`."""
    sites, logins = set(db_session.scalars(select(Site.id))), set()
    for entry in entries:
        if entry["site"] not in sites:
            raise RuleViolation("site_unknown", site=entry["site"])
        if not entry["login"].strip() or not entry["name"].strip():
            raise RuleViolation("account_incomplete")
        if entry["login"] in logins:
            raise RuleViolation("login_taken", login=entry["login"])
        logins.add(entry["login"])
    for login in sorted(taken_logins(db_session, entries)):
        raise RuleViolation("login_taken", login=login)
    for number in sorted(known_numbers(platform, db_session, entries)):
        raise RuleViolation("expert_known", number=number)


def known_numbers(platform: Platform, db_session: DbSession, entries: Sequence[Mapping[str, Any]]) -> set[str]:
    """Library numbers of those entries whose person is in the library: by number, or by identity number."""
    by_credential = {credential(platform, e.get("id_number", "")): e.get("number", "") for e in entries}
    by_credential.pop(None, None)
    numbers = _however_spelt(e["number"] for e in entries if e.get("number"))
    found = db_session.execute(
        select(Expert.number, Expert.credential).where(
            or_(Expert.number.in_(numbers), Expert.credential.in_([c for c in by_credential if c]))
        )
    )
    return {numbers[number] if number in numbers else by_credential[hashed] for number, hashed in found}


def _however_spelt(texts: Iterable[str]) -> dict[str, str]:
    """Numbers of a time when small letters were kept are found by today's capitals."""
    kept = set(texts)
    return {text.lower(): text for text in kept} | {text: text for text in kept}


def taken_logins(db_session: DbSession, entries: Sequence[Mapping[str, Any]]) -> set[str]:
    """The log-in names of these entries that somebody has already."""
    wanted = _however_spelt(entry["login"] for entry in entries)
    found = db_session.scalars(select(Account.login).where(Account.login.in_(wanted)))
    return {wanted[login] for login in found}


KEY_DIGITS = 16
LIKENESSES = {"mail": Expert.mail_key, "phone": Expert.phone_key, "name": Expert.name_key}


def likeness_keys(platform: Platform, entry: Mapping[str, Any]) -> dict[str, str | None]:
    """The columns by which a second entry of a person is noticed, and by which an expert's first mail address is
    recognised (`mail_likeness`). Short ones: 64 keyed bits, which chance makes alike among billions of people alone.
    """
    if "keys" in entry:  # made when its file was examined
        return dict(entry["keys"])
    alike, found = likenesses(entry), dict[str, str | None]()
    for name, column in LIKENESSES.items():
        found[column.key] = _likeness(platform, name, alike.get(name, ""))
    return found


def contact_likenesses(platform: Platform, mail: str, phone: str) -> tuple[str | None, str | None]:
    """What `Expert.mail_key` and `Expert.phone_key` hold of these."""
    return mail_likeness(platform, mail), _likeness(platform, "phone", phone)


def mail_likeness(platform: Platform, mail: str) -> str | None:
    """What `Expert.mail_key` holds of an address, however it is spelt; None of nothing. Who states the address of an
    entry is sent its invitation, at that address alone: so nothing is given to who merely hits the key.
    """
    return _likeness(platform, "mail", mail.strip().casefold())


def _likeness(platform: Platform, kind: str, text: str) -> str | None:
    key = contact_key(platform, kind, text)
    return key[:KEY_DIGITS] if key else None


def known_alike(
    platform: Platform, db_session: DbSession, entries: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any], str, str]]:
    """Entries that have something in common with somebody in the library: the entry, in which column, with whom."""
    keys = [likeness_keys(platform, entry) for entry in entries]
    wanted = [column.in_({one[column.key] for one in keys if one[column.key]}) for column in LIKENESSES.values()]
    found = db_session.execute(select(Expert.number, *LIKENESSES.values()).where(or_(*wanted)))
    by_key = {(name, key): number for number, *row in found for name, key in zip(LIKENESSES, row, strict=True) if key}
    for entry, own in zip(entries, keys, strict=True):
        for name, column in LIKENESSES.items():
            if number := by_key.get((name, own[column.key] or "")):
                yield entry, name, number


def enter_experts(
    platform: Platform,
    db_session: DbSession,
    entries: Sequence[Mapping[str, Any]],
    batch: str,
    by: str,
    now: datetime,
    status: Status = Status.REVIEWED,
) -> list[str]:
    """Rows of checked entries (the JSON of NewExpert), many at a time; their ids."""
    take_turns(db_session, "accounts")
    employers = employers_of(db_session, [entry["organisation"] for entry in entries], now)
    ids, rows = [], _Rows()
    for entry in entries:
        ids.append(secrets.token_hex(8))
        rows.add(platform, ids[-1], entry, employers[entry["organisation"]["credit_code"]], by, now)
    for row in rows.experts:
        row |= {"batch": batch, "status": status.value, "status_by": by}
    step = Step.ADMIT if status is Status.ADMITTED else Step.REVIEW
    line = {"at": now, "step": step.value, "by": by, "reason": "", "facts": "{}"}
    rows.events += [{"expert_id": expert_id, **line} for expert_id in ids]
    rows.write(db_session)
    return ids


class _Rows:
    """What is written for a number of experts, table by table."""

    def __init__(self) -> None:
        self.accounts: list[dict[str, Any]] = []
        self.roles: list[dict[str, Any]] = []
        self.experts: list[dict[str, Any]] = []
        self.specialities: list[dict[str, Any]] = []
        self.contacts: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []

    def add(
        self, platform: Platform, expert_id: str, entry: Mapping[str, Any], employer: str, by: str, now: datetime
    ) -> None:
        account = secrets.token_hex(16)
        self.accounts.append(
            {
                "id": account,
                "organisation_id": employer,
                "login": entry["login"],
                "name": entry["name"],
                "mail": "",
                "language": "zh",
                "totp_last_step": 0,
                "failures": 0,
                "prepared_by": by[:32],
                "approved_by": by[:32],
                "approved_at": now,
                "created_at": now,
            }
        )
        self.roles.append({"account_id": account, "role": Role.EXPERT.value})
        facts = {name: value for name, value in entry.items() if name in KEPT and value not in ("", [])}
        facts |= {"id": expert_id, "organisation": entry["organisation"]["credit_code"]}
        identity = entry.get("id_number", "")
        self.experts.append(
            {
                "id": expert_id,
                "number": entry.get("number") or f"ZJ{expert_id}",
                "credential": credential(platform, identity),
                **likeness_keys(platform, entry),
                "account_id": account,
                "site_id": entry["site"],
                "facts": _write_json(facts),
            }
        )
        held = dict.fromkeys(entry["specialities"])
        self.specialities += [{"expert_id": expert_id, "speciality": code} for code in held]
        sealed = seal_contact(platform, Contact(entry["mail"], entry.get("phone", ""), identity))
        self.contacts.append({"expert_id": expert_id, "sealed": sealed})

    def write(self, db_session: DbSession) -> None:
        for table, rows in (
            (Account, self.accounts),
            (AccountRole, self.roles),
            (Expert, self.experts),
            (ExpertSpeciality, self.specialities),
            (ExpertContact, self.contacts),
            (ExpertEvent, self.events),
        ):
            if rows:
                db_session.connection().execute(insert(table.__table__), rows)


def employers_of(db_session: DbSession, wanted: Sequence[Mapping[str, str]], now: datetime) -> dict[str, str]:
    """Ids by credit code; those that nobody named before are added. Raises RuleViolation `organisation_other_name`."""
    names = {}
    for employer in wanted:
        if names.setdefault(employer["credit_code"], employer["name"]) != employer["name"]:
            raise RuleViolation("organisation_other_name", credit_code=employer["credit_code"])
    ids = {}
    for row in db_session.scalars(select(Organisation).where(Organisation.credit_code.in_(names))):
        if row.name != names[row.credit_code]:
            raise RuleViolation("organisation_other_name", credit_code=row.credit_code)
        ids[row.credit_code] = row.id
    fresh = [
        {"id": secrets.token_hex(16), "name": name, "kind": "employer", "credit_code": code, "created_at": now}
        for code, name in names.items()
        if code not in ids
    ]
    if fresh:
        db_session.execute(insert(Organisation), fresh)
    return ids | {row["credit_code"]: row["id"] for row in fresh}


def account_of_expert(db_session: DbSession, expert_id: str) -> Account:
    """The account of an expert: for the notifier and the site witness alone."""
    return db_session.get_one(Account, db_session.get_one(Expert, expert_id).account_id)

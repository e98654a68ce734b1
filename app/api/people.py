"""Platform, log-in, accounts, keys, committees, sites and experts."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, request

from app.adapters.profiles import profile_names
from app.casefile.codec import decode, encode
from app.extensions import access, current_actor, platform, request_token, required_log_in
from app.permissions.actions import Action
from app.procedure.errors import RuleViolation
from app.procedure.roles import Role
from app.queries.committees import described, read_committees
from app.queries.experts import waiting_imports
from app.queries.people import find_organisations, waiting_accounts
from app.services import accounts, experts, register, standings, trustees
from app.services.accounts import NewOrganisation
from crypto.canonical import Json
from crypto.instants import format_instant

routes = Blueprint("api_people", __name__)


def body() -> dict[str, Any]:
    """The JSON object of a request. Raises RuleViolation `malformed`."""
    try:
        found = request.get_json(silent=True)
        sent = request.get_data()
        if b"\\" in sent or not sent.isascii():  # plain ASCII holds no lone surrogate, which no database takes
            json.dumps(found, ensure_ascii=False).encode()
    except (RecursionError, UnicodeEncodeError) as exc:
        raise RuleViolation("malformed", path="$", expected="object") from exc
    if not isinstance(found, dict):
        raise RuleViolation("malformed", path="$", expected="object")
    return found


def text(source: dict[str, Any], name: str, default: str | None = None) -> str:
    """A string field. Raises RuleViolation `malformed`."""
    found = source.get(name, default)
    if not isinstance(found, str):
        raise RuleViolation("malformed", path=f"$.{name}", expected="text")
    return found


@routes.get("/platform")
@access(Action.SITE_READ)
def read_platform() -> Json:
    here = platform()
    return {
        "origin": here.origin,
        "authority": here.keys.authority.certificate_pem,
        "platform_certificate": here.keys.platform.certificate,
        "roots": list(here.keys.roots),
        "register": encode(here.register_terms),
        "server_time": format_instant(here.database.now()),
        "demo": here.settings.demo,
        "profiles": list(profile_names()),
    }


@routes.post("/web-sessions")
@access(Action.WEB_SESSION_BEGIN)
def begin() -> Json:
    sent = body()
    given = (text(sent, "login"), text(sent, "password"), text(sent, "code"))
    token = accounts.begin_web_session(platform(), *given, request.remote_addr or "")
    return {"token": token}


@routes.delete("/web-sessions")
@access(Action.OWN_ACCOUNT)
def end() -> Json:
    accounts.end_web_session(platform(), request_token())
    return {}


@routes.get("/me")
@access(Action.OWN_ACCOUNT)
def me() -> Json:
    actor = current_actor()
    return {
        "id": actor.id,
        "name": actor.name,
        "roles": sorted(actor.roles),
        "organisation": {"id": actor.organisation_id, "name": actor.organisation_name},
        "keys": sorted(actor.keys),
        "seat": actor.seat,
    }


@routes.post("/bidders")
@access(Action.ACCOUNT_REGISTER)
def register_bidder() -> Json:
    sent = body()
    organisation = NewOrganisation(text(sent, "organisation"), "bidder", text(sent, "credit_code").upper())
    names = [text(sent, name) for name in ("login", "name", "password")]
    return {"totp_secret": accounts.register_bidder(platform(), organisation, *names, mail=text(sent, "mail", ""))}


@routes.post("/accounts")
@access(Action.ACCOUNT_PREPARE)
def prepare() -> Json:
    sent = body()
    organisation = decode(NewOrganisation, sent.get("organisation"), "$.organisation")
    roles = decode(tuple[Role, ...], sent.get("roles"), "$.roles")
    account = accounts.prepare_account(
        platform(),
        required_log_in().account_id,
        organisation,
        text(sent, "login"),
        text(sent, "name"),
        frozenset(roles),
        text(sent, "mail", ""),
    )
    return {"account": account}


@routes.get("/accounts/waiting")
@access(Action.ACCOUNT_APPROVE)
def waiting() -> Json:
    return waiting_accounts(platform().database, current_actor())


@routes.post("/accounts/<account>/approval")
@access(Action.ACCOUNT_APPROVE)
def approve(account: str) -> Json:
    return {"invitation": accounts.approve_account(platform(), required_log_in().account_id, account)}


@routes.post("/invitations")
@access(Action.INVITATION_ACCEPT)
def accept() -> Json:
    sent = body()
    login, secret = accounts.accept_invitation(platform(), text(sent, "code"), text(sent, "password"))
    return {"login": login, "totp_secret": secret}


@routes.post("/keys")
@access(Action.CERTIFICATE_REQUEST)
def certify() -> Json:
    sent = body()
    proof = decode(dict[str, str], sent.get("proof"), "$.proof")
    return {"certificate": register.certify_key(platform(), required_log_in(), text(sent, "spki"), proof)}


@routes.delete("/keys/<key>")
@access(Action.CERTIFICATE_REVOKE)
def revoke(key: str) -> Json:
    register.revoke_certificate(platform(), required_log_in(), key, text(body(), "reason"))
    return {}


@routes.get("/committees")
@access(Action.SITE_READ)
def list_committees() -> Json:
    return [described(committee) for committee in read_committees(platform().database)]


@routes.delete("/committees/<committee>")
@access(Action.COMMITTEE_REGISTER)
def retire(committee: str) -> Json:
    """No further tender is sealed to it."""
    trustees.retire_committee(platform(), required_log_in(), committee, text(body(), "reason"))
    return {}


@routes.post("/committees")
@access(Action.COMMITTEE_REGISTER)
def add_committee() -> Json:
    return {"id": register.register_committee(platform(), required_log_in(), body().get("description"))}


@routes.get("/organisations")
@access(Action.SITE_READ)
def list_organisations() -> Json:
    """Agencies, centres and regulators; bidders and employers of experts are nobody's list."""
    return find_organisations(platform().database, request.args.get("kind", ""))


@routes.get("/sites")
@access(Action.SITE_LIST)
def list_sites() -> Json:
    return experts.list_sites(platform())


@routes.post("/sites")
@access(Action.SITE_MANAGE)
def add_site() -> Json:
    sent = body()
    given = (text(sent, "name"), text(sent, "witness"), text(sent, "region", ""), text(sent, "address", ""))
    return {"id": experts.add_site(platform(), required_log_in(), *given)}


@routes.post("/experts")
@access(Action.EXPERT_MANAGE)
def add_experts() -> Json:
    entries = decode(tuple[experts.NewExpert, ...], body().get("experts"), "$.experts")
    return {"ids": experts.add_experts(platform(), required_log_in(), entries)}


@routes.get("/experts/waiting")
@access(Action.EXPERT_ADMIT)
def waiting_experts() -> Json:
    """Batches of experts that wait for a second person: id, who entered them, how many."""
    with platform().database.reading() as db_session:
        return [{"id": row.id, "by": row.by, "waiting": row.waiting} for row in waiting_imports(db_session)]


@routes.post("/experts/admissions")
@access(Action.EXPERT_ADMIT)
def admit_experts() -> Json:
    sent = body()
    admitted = standings.admit_batch(platform(), required_log_in(), text(sent, "batch"), text(sent, "reason"))
    return {"admitted": admitted}

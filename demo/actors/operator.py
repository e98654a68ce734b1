"""The centre's operator: second person for accounts; sites, experts, trustees; the centre's part in a draw."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from app.casefile.codec import decode, encode
from demo.actors.parties import confirm_opening, take_part_in_draw
from demo.case import LOT
from demo.experts import pool
from demo.stage import Actor, patiently

SEATS = {"host": 3, "sub": 2}  # two experts at each site, and the buyer's member at the host
BOOKED_FOR = timedelta(hours=4)


def play(actor: Actor) -> None:
    actor.join()
    open_centre(actor)
    register_committee(actor)
    book_booths(actor)
    actor.event("BidsReadOut")
    confirm_opening(actor)
    take_part_in_draw(actor, "centre", state_draw)


def open_centre(actor: Actor) -> None:
    """Accounts, sites and experts; what is there already stays."""
    sites = _open_sites(actor, _approve_accounts(actor))
    experts = pool(actor.case, sites, datetime.now(UTC).date())
    actor.post("/experts", {"experts": experts}, done="login_taken")
    actor.tell("experts_entered", count=2 * actor.case.facts["experts_per_site"], sites=len(sites))


def register_committee(actor: Actor) -> None:
    """Enter the trustees' public description in the platform's register, once."""
    description = actor.paper("committee")
    if not actor.note("committee-id"):
        actor.leave("committee-id", actor.post("/committees", {"description": description}))
    actor.tell("committee_registered", k=description["k"], n=description["n"], mode=description["mode"])


def _approve_accounts(actor: Actor) -> dict[str, str]:
    """Approve everybody who was prepared, and hand out the slips; account ids by log-in."""
    noted = {login: actor.note(f"account-{login}") for login in actor.case.people}
    accounts = {login: note["account"] for login, note in noted.items() if note}
    while missing := actor.case.people.keys() - accounts.keys():
        waiting = actor.until(lambda: actor.connection.get("/accounts/waiting"), f"accounts of {sorted(missing)}")
        for entry in waiting:
            answer = actor.connection.post(f"/accounts/{entry['id']}/approval")
            actor.leave(f"slip-{entry['login']}", answer)
            actor.leave(f"account-{entry['login']}", {"account": entry["id"]})
            accounts[entry["login"]] = entry["id"]
    actor.tell("accounts_approved", count=len(accounts))
    return accounts


def _open_sites(actor: Actor, accounts: dict[str, str]) -> dict[str, str]:
    if booked := actor.note("rooms"):
        return dict(booked)
    sites = {}
    for site in actor.case.facts["sites"]:
        where = {"region": site["region"], "address": site["address"]}
        body = {"name": site["name"], "witness": accounts[site["witness"]], **where}
        sites[site["id"]] = actor.post("/sites", body)["id"]
        room = {"name": site["room"], "booths": site["booths"], "alone": False, "equipment": {"line": site["line"]}}
        actor.post(f"/sites/{sites[site['id']]}/rooms", room, done="room_name_taken")
    actor.leave("rooms", sites)
    return sites


def book_booths(actor: Actor) -> None:
    """From the deadline on, at both sites, as many booths as the evaluation has seats and one in reserve."""
    actor.event("TenderPublished")
    terms, booked = actor.feed.payload("TenderSubmitted")["terms"], {}
    begins = decode(datetime, terms["lots"][0]["deadline_at"])
    for place, site in actor.note("rooms").items():
        (room, *_) = actor.connection.get(f"/sites/{site}/rooms")
        booked[room["id"]] = SEATS[place] + 1
    times = {"begins_at": encode(begins), "ends_at": encode(begins + BOOKED_FOR)}
    actor.connection.put(f"/cases/{actor.case_id}/lots/{LOT}/booking", {**times, "rooms": booked})
    actor.tell("booths_booked", sites=len(booked), booths=sum(booked.values()))


def state_draw(actor: Actor, round_: int) -> None:
    """Once every party has committed, the centre logs the statement over the frozen pool."""
    parties = len(actor.event("DrawConditionsProposed")["conditions"]["parties"])

    def all_committed(feed) -> bool:
        return sum(e["payload"]["round"] == round_ for e in feed.of("DrawCommitted")) == parties

    actor.on_record(all_committed, "commitments")

    def stated() -> Any:
        """Anew where somebody has declined meanwhile: one seat more is open."""
        payload = actor.post(f"/cases/{actor.case_id}/lots/{LOT}/draw/pool")
        actor.act("DrawStated", payload)
        return payload

    payload = patiently(stated, frozenset({"draw_pool_differs"}), actor)
    actor.tell("draw_stated", round=round_, pool=len(payload["candidates"]))

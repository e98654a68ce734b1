"""The system administrator: prepares accounts, and never sees anything of a case."""

from __future__ import annotations

from demo.stage import Actor


def play(actor: Actor) -> None:
    actor.join()
    for person in actor.case.people.values():
        body = {name: person[name] for name in ("organisation", "login", "name", "roles")}
        actor.post("/accounts", {**body, "mail": person.get("mail", "")}, done="login_taken")
    actor.tell("accounts_prepared", count=len(actor.case.people))

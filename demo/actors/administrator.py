"""The system administrator: prepares accounts, and never sees anything of a case."""

from __future__ import annotations

from demo.stage import Actor


def play(actor: Actor) -> None:
    actor.join()
    for login, person in actor.case.people.items():
        body = {name: person[name] for name in ("organisation", "login", "name", "roles")}
        answer = actor.connection.post("/accounts", {**body, "mail": person.get("mail", "")})
        actor.leave(f"account-{login}", answer)
    actor.tell("accounts_prepared", count=len(actor.case.people))

"""Who is let in where: each route and each act, by everybody, in every phase, on one's own case and on another's.

What the matrix (`granted.py`) does not grant must be refused, by a route in the bytes of what is not there at all. What
it grants is read only, and must be no fault. Whether a page shows too much is for other tests.
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

import flask
from werkzeug.routing import Rule

from app.casefile.case import Case, Phase
from app.casefile.facts import FACTS
from app.casefile.sealing import committee_of
from app.extensions import COOKIE, socketio
from app.permissions.policy import NotAllowed
from app.procedure.convening import PURPOSE
from app.procedure.errors import RuleViolation
from app.procedure.roles import Role
from app.realtime import live
from app.services import tenders
from app.services.accounts import LogIn, NewOrganisation, approve_account, prepare_account
from crypto.instants import format_instant
from evaluation import draw as drawing
from tests.app.granted import GRANTED, granted
from tests.app.services.people import START, Person, credit_code
from tests.app.services.whole_case import LOT, WholeCase
from tests.app.web.site import Site, seated

ABSENT = "0" * 16
OTHER_SEAT = f"{'f' * 16}/{LOT}#1"
EXPLAINED = frozenset(
    {
        "deadline_passed",
        "withdrawal_too_late",
        "nothing_to_withdraw",
        "opening_concluded",
        "reason_needed",
        "lot_unknown",
    }
)
ACTS = sorted(name for name, kind in FACTS.items() if kind.action)  # of persons; the others are the system's own
EXAMPLES: dict[Any, Any] = {str: "x", int: 1, bool: True, Decimal: "1", datetime: format_instant(START)}
COURSES = {  # as far as they can, they are those of other tests, played once
    Phase.DRAFT: "found neighbours draft",
    Phase.BIDDING: "found publish bid neighbours",
    Phase.SEALED: "found publish bid neighbours close",
    Phase.OPENING: "found publish bid read_out neighbours",
    Phase.DRAW: "found publish bid open delegate neighbours propose_draw",
    Phase.SCORING: "found publish bid open draw seat_all elect review neighbours",
    Phase.CONSENSUS: "found publish bid open draw sit neighbours",
    Phase.RESULT: "found publish bid open draw sit report neighbours",
    Phase.FAILED: "found publish neighbours close",
}
OWN = {
    Role.AGENCY_OFFICER: "officer", Role.AGENCY_SUPERVISOR: "releaser", Role.CENTRE_OPERATOR: "centre",
    Role.TRUSTEE: "trustee-1", Role.BIDDER: "bidder-a", Role.SITE_WITNESS: "witness-host", Role.REGULATOR: "regulator",
    Role.SYSTEM_ADMIN: "admin",
}  # fmt: skip
_RANDOM = (
    re.compile(rb'(?<=name="csrf-token" content=")[^"]+'),
    re.compile(rb'(?<=name="csrf_token" value=")[^"]+'),
    re.compile(rb'(?<=nonce=")[^"]+'),
    re.compile(rb'(?<=name="server-time" content=")[^"]+|datetime="[^"]+">\d\d:\d\d:\d\d'),
    re.compile(rb"[0-9a-f]{16}"),  # the case that was asked for, in the links to another language
)


class Stages(WholeCase):
    """The whole case with everybody of other organisations beside it, left where a phase has begun."""

    def neighbours(self) -> None:
        """Each role once more, in an organisation that has nothing to do with the case."""
        admin, centre = self.people["admin"].id, self.people["centre"].id
        for role, own in OWN.items():
            kind = f"{own.partition('-')[0]}-elsewhere"
            owner = NewOrganisation(f"外地{kind}", kind, credit_code(kind))
            login = f"other-{own}"
            account = prepare_account(self.platform, admin, owner, login, login, frozenset({role}), f"{login}@e.org")
            approve_account(self.platform, centre, account)
            self._certify(login)

    def draft(self) -> None:
        officer, regulator = self.people["officer"], self.people["regulator"]
        self.case_id = tenders.open_case(self.platform, officer.log_in, "设备采购", regulator.organisation, {})

    def close(self) -> None:
        self.work_off(80)

    def propose_draw(self) -> None:
        strata = tuple(drawing.Stratum(f"goods/{site}", 2, 1) for site in self.sites)
        profile, committee = self.case.tender.published.profile, committee_of(self.case)
        conditions = drawing.DrawConditions(
            self.case_id, LOT, PURPOSE, strata, profile.drawn_per_unit, ("agency", "centre", "supervisor"),
            profile.pool_factor, committee.id, committee.k,
        )  # fmt: skip
        self.act("officer", drawing.DrawConditionsProposed(conditions))


@dataclass(frozen=True)
class Looker:
    """Somebody who asks: a role, whether the case is its own, whether it has stated why it reads."""

    role: Role
    own: bool
    stated: bool
    token: str
    person: Person | None

    def __str__(self) -> str:
        return f"{self.role.value}{'' if self.own else ' elsewhere'}{' with a reason' if self.stated else ''}"


class Stage:
    """One phase: its case, its site, and everybody who may ask."""

    def __init__(self, folder: Path, phase: Phase) -> None:
        self.phase = phase
        self.world = Stages(folder).through(COURSES[phase])
        assert self.case.phase(LOT if phase is not Phase.DRAFT else "") is phase
        self.site = Site(self.world)
        self.client = self.site.app.test_client()

    @cached_property
    def case(self) -> Case:
        return self.world.case

    @cached_property
    def lookers(self) -> list[Looker]:
        found = [Looker(Role.PUBLIC, False, False, "", None), *self._at_a_booth()]
        for role, own in OWN.items():
            found += [self._looker(role, own, True), self._looker(role, f"other-{own}", False)]
        if self.phase is not Phase.DRAFT:
            stating = self._looker(Role.REGULATOR, "regulator", True)
            headers = {"Authorization": f"Bearer {stating.token}"}
            path = f"/api/v1/cases/{self.world.case_id}/reason"
            assert self.client.post(path, json={"reason": "核查投诉"}, headers=headers).status_code < 300
            found.append(Looker(Role.REGULATOR, True, True, stating.token, stating.person))
        return found

    def _looker(self, role: Role, login: str, own: bool) -> Looker:
        return Looker(role, own, False, self.site.token(login), self.world.people[login])

    def _at_a_booth(self) -> Iterator[Looker]:
        for own, person in ((True, self.world.members.get(1)), (False, self._elsewhere())):
            if person is not None:
                yield Looker(Role.EXPERT, own, False, seated(self.site, person), person)

    def _elsewhere(self) -> Person:
        """An expert who sits in another evaluation."""
        other = self.world.people["other-officer"]
        return Person(LogIn(other.id, OTHER_SEAT), other.key, "")

    def cells(self, looker: Looker) -> Iterator[tuple[str, Callable[[], str]]]:
        """Everything that this one may try here, by name, each with what finds out what is wrong with it."""
        for rule, method, action in self.routes():
            yield f"{method} {rule.rule}", partial(self.try_route, rule, method, action, looker)
        for event, handler, action in self.events():
            yield event, partial(self.try_event, handler, action, looker)
        for name in ACTS:
            yield name, partial(self.try_act, name, looker)

    # routes

    @cached_property
    def fill(self) -> dict[str, str]:
        """What stands in addresses, as far as it is there; anything else is made up."""
        receipts = self.world.receipts
        return {"case": self.world.case_id, "lot": LOT, "receipt": receipts.get("bidder-a", "x")}

    def routes(self) -> Iterator[tuple[Rule, str, str]]:
        """Every address of the site with a method, and the action it declares."""
        for rule in sorted(self.site.app.url_map.iter_rules(), key=lambda rule: rule.rule):
            action = self.site.app.view_functions[rule.endpoint].access  # type: ignore[attr-defined]
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                if rule.endpoint != "static":
                    yield rule, method, action.value

    def try_route(self, rule: Rule, method: str, action: str, looker: Looker) -> str:
        """What is wrong with how this address answers; "" where nothing is."""
        may = self._granted(action, looker, of_case="case" in rule.arguments)
        if may and method != "GET":
            return ""  # would change what the next one finds
        status, body = self._answer(rule, method, looker, self.fill)
        if status >= 500:
            return f"{status}"
        if may or status == 401 or (status in (301, 302) and body.startswith(b"/log-in")):
            return ""
        if self._granted(action, looker, stated=True):  # only the reason is missing
            return (
                "" if status == 403 or body.startswith(b"/regulator/cases/") else f"{status}, no question for a reason"
            )
        if "case" not in rule.arguments:
            return "" if status == 404 else f"{status} instead of a refusal"
        absent = self._answer(rule, method, looker, {**self.fill, "case": ABSENT})
        return "" if absent == (status, body) else f"{status}, and {absent[0]} for a case that is not there"

    def _granted(self, action: str, looker: Looker, *, of_case: bool = True, stated: bool = False) -> bool:
        """What is about no single case is open to whom it is ever granted, and shows what is granted of each."""
        concerned = any(phases != "-" for _roles, phases, _whose in GRANTED[action])
        phases = [self.phase] if concerned and of_case else [*Phase, None]
        own = looker.own or not of_case
        said = looker.stated or stated or not of_case
        return any(granted(action, looker.role, phase, own, said) for phase in phases)

    def _answer(self, rule: Rule, method: str, looker: Looker, fill: dict[str, str]) -> tuple[int, bytes]:
        path = re.sub(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>", lambda found: _filled(fill, *found.groups()), rule.rule)
        if looker.token:
            self.client.set_cookie(COOKIE, looker.token)
        headers = {"Authorization": f"Bearer {looker.token}"} if looker.token else {}
        answer = self.client.open(path, method=method, headers=headers)
        self.client.delete_cookie(COOKIE)
        body = answer.headers.get("Location", "").encode() or answer.get_data()
        for random in _RANDOM:
            body = random.sub(b"", body)
        return answer.status_code, body

    # acts and events

    def try_act(self, name: str, looker: Looker) -> str:
        """What is wrong with how this act is taken; "" where nothing is. What is granted is not tried."""
        kind = FACTS[name]
        if looker.person is None or self._granted(kind.action or "", looker):
            return ""
        try:
            self.world.act(looker.person, example(kind.kind), LOT if kind.per_lot else "", name)
        except NotAllowed:
            return ""
        except RuleViolation as refusal:
            return "" if refusal.code in EXPLAINED else f"{refusal.code} instead of a refusal"
        return "it was taken"

    def events(self) -> Iterator[tuple[str, Any, str]]:
        """Every event that a socket can send, with its handler and the action it declares."""
        for event, handler, _namespace in socketio.handlers:
            if event not in ("connect", "disconnect"):
                heard = getattr(handler, "__wrapped__", handler)
                yield event, heard, heard.access.value

    def try_event(self, handler: Any, action: str, looker: Looker) -> str:
        """What is wrong with how this event is answered; "" where nothing is. What is granted is not tried."""
        if self._granted(action, looker):
            return ""
        found, absent = (self._heard(handler, looker, case) for case in (self.world.case_id, ABSENT))
        if found.get("error", {}).get("code") == "reason_needed" and self._granted(action, looker, stated=True):
            return ""  # only the reason is missing
        return "" if "error" in found and found == absent else f"{found}, and {absent} for a case that is not there"

    def _heard(self, handler: Any, looker: Looker, case: str) -> dict[str, Any]:
        with self.site.app.test_request_context("/live"):
            flask.request.sid = "socket"  # type: ignore[attr-defined]
            live.audience().tokens["socket"] = looker.token
            answer: dict[str, Any] = handler({"case": case, "lot": LOT})
            live.leave()
        return answer


def _filled(fill: dict[str, str], converter: str | None, name: str) -> str:
    return fill.get(name, "1" if converter == "int" else "x")


@cache
def example(kind: Any) -> Any:
    """Something of that type as JSON, for an act of which only the form has to be right."""
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return {field.name: example(hints[field.name]) for field in dataclasses.fields(kind)}
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return example(next(one for one in arguments if one is not type(None)))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind)).value
    if origin is tuple and Ellipsis not in arguments:
        return [example(one) for one in arguments]
    if origin in (tuple, list, frozenset):
        return []
    if origin is not None or kind in (dict, Any):
        return {}
    return EXAMPLES[kind]

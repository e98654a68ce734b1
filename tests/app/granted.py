"""The matrix of roles, phases and actions a second time, by hand: what policy, routes and acts are held to.

`GRANTED` states role, phases, and whether the case must be one's own ("own") or any ("any"), or one's own and read for
a stated reason ("reason", code L). Whatever is not stated must be denied.
"""

from __future__ import annotations

from app.casefile.case import Phase
from app.procedure.roles import Role

ALL = "P0 P1 P2 P3 P4 P5 P6 P7 P9"
PUBLISHED = "P1 P2 P3 P4 P5 P6 P7 P9"
OPENED = "P3 P4 P5 P6 P7"
EVERYBODY = "AO AS TC TR BD EX SW RG SA PB"
LOGGED_IN = "AO AS TC TR BD EX SW RG SA"
STAFF = "AO AS TC SW RG TR"

# action: [(roles, phases, own | any)]; phases "-" for actions that concern no case
GRANTED: dict[str, list[tuple[str, str, str]]] = {
    "site:read": [(EVERYBODY, "-", "any")],
    "record:verify": [(EVERYBODY, "-", "any")],
    "account:register": [("PB", "-", "any")],
    "web_session:begin": [(EVERYBODY, "-", "any")],
    "invitation:accept": [("PB", "-", "any")],
    "call_up:answer": [("PB EX", "-", "any")],
    "seat:request": [("PB EX", "-", "any")],
    "account:own": [(LOGGED_IN, "-", "any")],
    "certificate:request": [(LOGGED_IN, "-", "any")],
    "certificate:revoke": [(LOGGED_IN, "-", "any")],
    "account:prepare": [("SA", "-", "any")],
    "account:approve": [("TC AS", "-", "any")],
    "account:suspend": [("SA", "-", "any")],
    "expert:manage": [("TC", "-", "any")],
    "expert:admit": [("TC RG", "-", "any")],
    "fairness:read": [("RG", "-", "any")],
    "expert:apply": [("PB", "-", "any")],
    "expert:enter": [("PB", "-", "any")],
    "expert:own": [],  # to an expert at a booth, as all experts here are
    "fee:list": [("TC", "-", "any")],
    "fee:keep": [("TC", "P7 P9", "own")],
    "appraisal:list": [("AO AS TC RG", "-", "any")],
    "appraisal:give": [("AO TC", "P7 P9", "own")],
    "appraisal:confirm": [("AS TC", "P7 P9", "own")],
    "appraisal:decide": [("TC RG", "P7 P9", "own")],
    "serving:read": [("RG", "P7 P9", "reason")],
    "name:ask": [("RG", "P4 P5 P6", "own")],
    "name:see": [("RG", "P4 P5 P6", "own")],
    "name:alarm": [("TC RG SA", "-", "any")],
    "site:list": [("TC AO AS", "-", "any")],
    "site:manage": [("TC", "-", "any")],
    "calendar:read": [("TC SW", "-", "any")],
    "booking:arrange": [("TC", "P1 P2 P3 P4 P5 P6", "own")],
    "booking:answer": [("TC", "-", "any")],
    "photo:read": [("RG", "P5 P6 P7 P9", "reason")],
    "committee:register": [("TC", "-", "any")],
    "ceremony:open": [("TC", "-", "any")],
    "ceremony:take_part": [("TR", "-", "any")],
    "agent:report": [("TR", "-", "any")],
    "ceremony:read": [("TR TC RG", "-", "any")],
    "rehearsal:open": [("TC", "-", "any")],
    "rehearsal:list": [("TC TR", "-", "any")],
    "rehearsal:watch": [("TC TR", "P0", "own")],
    "rehearsal:sign": [("TR", "P0", "own")],
    "inspection:open": [("RG", "-", "any")],
    "inspection:desk": [("RG TC TR", "-", "any")],
    "inspection:register": [("RG", "-", "any")],
    "inspection:file": [("RG", "-", "any")],
    "inspection:read": [(EVERYBODY, "P0", "any")],
    "inspection:prepare": [("RG", "P0", "own")],
    "inspection:approve": [("RG", "P0", "own")],
    "inspectors:list": [("RG", "P0", "own")],
    "inspection:visit": [("RG", "P0", "own")],
    "case:open": [("AO", "-", "any")],
    "next_round:open": [("AO", PUBLISHED, "own")],
    "draft:edit": [("AO", "P0", "own")],
    "draft:read": [("AO AS", "P0", "own")],
    "tender:submit": [("AO", "P0", "own")],
    "tender:release": [("AS", "P0", "own")],
    "notice:read": [(f"{STAFF} BD SA PB", PUBLISHED, "any"), ("EX", PUBLISHED, "own")],
    "documents:download": [("AO AS", "P0", "own"), (f"{STAFF} BD PB", PUBLISHED, "any"), ("EX", PUBLISHED, "own")],
    "downloads:list": [("AO AS", OPENED, "own"), ("RG", OPENED, "reason")],
    "question:ask": [("BD", "P1", "any")],
    "answer:propose": [("AO", "P1", "own")],
    "answer:release": [("AS", "P1", "own")],
    "amendment:propose": [("AO", "P1", "own")],
    "amendment:release": [("AS", "P1", "own")],
    "postponement:propose": [("AO", "P1", "own")],
    "postponement:release": [("AS", "P1", "own")],
    "outage_extension:propose": [("TC", "P1", "own")],
    "outage_extension:release": [("AS", "P1", "own")],
    "pause:propose": [("RG", "P1", "own")],
    "pause:order": [("RG", "P1", "own")],
    "bid:upload": [("BD", "-", "any")],
    "bid:submit": [("BD", "P1", "any")],
    "bid:withdraw": [("BD", "P1", "own")],
    "receipt:read": [("BD", PUBLISHED, "any")],
    "share:release": [("TR", "P2 P3", "own")],
    "key:commit": [("BD", "P2 P3 P9", "own")],
    "key:reveal": [("BD", "P2 P3 P9", "own")],
    "bid:restore": [("BD", "P3 P9", "own")],
    "signers:read": [("TR", ALL, "own"), ("BD", PUBLISHED, "any")],
    "opening:watch": [(f"{STAFF} BD PB", PUBLISHED, "any")],
    "round:carry": [(f"{STAFF} BD PB", "P3", "any")],
    "objection:raise": [("BD", "P3", "own")],
    "objection:answer": [("AO", "P3", "own")],
    "opening:confirm": [("AO TC BD", "P3", "own")],
    "qualification:check": [("AO", "P3 P4", "own")],
    "draw_conditions:propose": [("AO", "P3 P4 P5", "own")],
    "draw_conditions:approve": [("AS", "P3 P4 P5", "own")],
    "draw:commit": [("AS TC RG", "P4 P5", "own"), ("TC RG", "P0", "own")],
    "draw:state": [("TC", "P0 P4 P5", "own")],
    "draw:share": [("TR", "P0 P4 P5", "own")],
    "draw:reveal": [("AS TC RG", "P4 P5", "own"), ("TC RG", "P0", "own")],
    "draw:watch": [("AO AS TC RG TR", OPENED, "own"), (f"{STAFF} BD PB", "P7", "any"), (EVERYBODY, "P0", "any")],
    "seat:certify": [("SW", "P4 P5 P6", "own")],
    "site_channel:join": [("SW TC", OPENED, "own")],
    "room:join": [("EX", "P5 P6 P7 P9", "own"), ("RG", "P5 P6 P7", "reason")],
    "standstill:watch": [("AO AS TC SW RG", "P5 P6", "own")],
    "sitting:halt": [("EX", "P5 P6", "own")],
    "fault:report": [("SW TC", "P5 P6", "own")],
    "sitting:warn": [("RG", "P5 P6", "own")],
    "sitting_order:propose": [("RG", "P5 P6", "own")],
    "sitting_order:give": [("RG", "P5 P6", "own")],
    "sitting_decision:propose": [("AO", "P5 P6", "own")],
    "sitting_decision:release": [("AS", "P5 P6", "own")],
    "replacement:propose": [("AO", "P5 P6", "own")],
    "replacement:order": [("AS", "P5 P6", "own")],
    "statement:make": [("EX", "P5", "own")],
    "conflict:declare": [("EX", "P5 P6", "own")],
    "chair:vote": [("EX", "P5", "own")],
    "bids:read": [("EX", "P5 P6", "own"), ("RG", "P5 P6 P7", "reason")],
    "qualification:read": [("EX", "P5 P6", "own"), ("RG", "P5 P6 P7", "reason"), ("AO", "P3 P4", "own")],
    "bids:review": [("EX", "P5", "own")],
    "findings:read": [
        ("EX", "P5 P6", "own"),
        ("RG", "P3 P4 P5 P6", "reason"),
        ("RG", "P7 P9", "own"),
        ("AO AS", "P7", "own"),
    ],
    "finding:put": [("EX", "P5 P6", "own")],
    "finding:vote": [("EX", "P5 P6", "own")],
    "score:save": [("EX", "P5", "own")],
    "scores:lock": [("EX", "P5", "own")],
    "correction:request": [("EX", "P6", "own")],
    "sheet:reopen": [("EX", "P6", "own")],
    "report:sign": [("EX", "P6", "own")],
    "dissent:record": [("EX", "P6", "own")],
    "refusal:record": [("EX", "P6", "own")],
    "report:read": [("AO AS EX", "P6 P7", "own"), ("RG", "P6", "reason"), ("RG", "P7", "own")],
    "failure:read": [("AO AS EX RG", "P9", "own")],
    "reason:state": [("RG", PUBLISHED, "own")],
    "events:read": [(EVERYBODY, ALL, "any")],
    "evidence:request": [("AO", "P7 P9", "own")],
    "evidence:release": [("AS", "P7 P9", "own")],
    "evidence:export": [("RG AO AS", "P7 P9", "own"), ("RG", "P0", "own")],
}


def granted(action: str, role: Role, phase: Phase | None, own: bool, stated: bool) -> bool:
    """Whether the matrix grants it; `stated`: the reason to read has been stated."""
    return any(
        role in roles.split()
        and (phases == "-" or (phase is not None and phase.value in phases.split()))
        and {"any": True, "own": own, "reason": own and stated}[whose]
        for roles, phases, whose in GRANTED[action]
    )

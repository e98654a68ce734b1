"""The page of figures about draws, over a library and cases as an authority has them after some years.

One case is played to its sealed report; the others are its log again, under ids of their own, with other people in a
larger pool and other bidders. What is timed is computing (of this process), not waiting: the first look after a start,
the looks after it, and the look after something has happened in one of the cases.
"""

from __future__ import annotations

import json
import random
import secrets
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from app.casefile.bid_ids import receipt_of
from app.models import Account, CaseEvent, CaseFile, Expert, Organisation, Pseudonym, Tender
from app.queries.cases import load_case
from app.services.unit_of_work import plain_transaction
from tests.app.web.site import LOT, Browser, Site, played

EXPERTS, CASES, POOL = 5000, 200, 1000
EMPLOYERS, BIDDERS = 400, 60
LOOKS = 5
TARGET_MS = 300  # computing of a look, once this process has looked before
PAGE = "/regulator/fairness"


def look_at_draws_of_years(experts: int = EXPERTS, cases: int = CASES, pool: int = POOL) -> str:
    with tempfile.TemporaryDirectory() as folder:
        site = played(Path(folder), "found publish bid open draw sit report")
        ids = _filled(site, random.Random(12), experts, cases, pool)
        found = {"without names": _timed(site, site.browser("regulator"), ids)}
        browser = site.browser("regulator")
        browser.post(f"{PAGE}/reason", reason="年度分析")
        found["with names"] = _timed(site, browser, ids)
    words = [
        f"{how}: first look {first:.0f} ms, further ones {next_:.0f} ms, after a change {changed:.0f} ms"
        for how, (first, next_, changed) in found.items()
    ]
    library = f"{experts:,} experts, {cases} cases, pools of {pool:,}"
    return f"{library}; {'; '.join(words)} (target of further ones {TARGET_MS} ms)"


def _timed(site: Site, browser: Browser, cases: list[str]) -> tuple[float, float, float]:
    """Milliseconds of computing: the first look, the mean of the next ones, the one after one more record."""
    with site.case.platform.database.reading() as db_session:
        db_session.info["memory"].clear()

    def look() -> float:
        began = time.process_time()
        browser.get(PAGE)
        return (time.process_time() - began) * 1000

    first, further = look(), [look() for _look in range(LOOKS)]
    _grow(site, cases[len(cases) // 2])
    return first, sum(further) / LOOKS, look()


def _grow(site: Site, case_id: str) -> None:
    """The agency asks for the evidence of a case: nothing for these figures."""
    asked = json.dumps({"request": "e1", "reason": "归档"}, ensure_ascii=False)
    with plain_transaction(site.case.platform.database) as (db_session, now):
        file = db_session.get_one(CaseFile, case_id)
        row = CaseEvent(case_id=case_id, seq=file.size, type="EvidenceExportRequested", at=now, actor="x", role="AO")
        row.payload, row.salt, row.leaf_hash = asked, bytes(32), bytes(32)
        db_session.add(row)
        file.size += 1


def _filled(site: Site, chance: random.Random, library: int, cases: int, pool: int) -> list[str]:
    """Experts and cases of the authority; the ids of the cases."""
    database = site.case.platform.database
    with database.reading() as db_session:
        case = load_case(db_session, site.case.case_id)
        events = [dict(row._mapping) for row in db_session.execute(_rows_of(CaseEvent, case.id))]
        tender = dict(db_session.execute(_rows_of(Tender, case.id)).one()._mapping)
        drawn = [dict(row._mapping) for row in db_session.execute(_rows_of(Pseudonym, case.id))]
        site_id = db_session.scalars(select(Expert.site_id)).first()
    lot = case.lots[LOT]
    bidders = [lot.opening.opened[receipt_of(lot, bid.bid)].bidder for bid in lot.sitting.bids]
    assert site_id
    experts, ids = _library(site, site_id, library), []
    for number in range(cases):
        new, replaced = secrets.token_hex(16), chance.sample(range(BIDDERS), len(bidders))
        names = {case.id: new} | {old: f"{n:032x}" for old, n in zip(bidders, replaced, strict=True)}
        people = chance.sample(experts, pool)
        further = [secrets.token_hex(16) for _n in range(pool - len(drawn))]
        with plain_transaction(database) as (db_session, now):
            size = max(row["seq"] for row in events) + 1
            row = {"id": new, "kind": "tender", "size": size, "frontier": "", "created_at": now}
            db_session.execute(insert(CaseFile), [row])
            db_session.execute(insert(CaseEvent), [_cloned(event, names, further) for event in events])
            db_session.execute(insert(Tender), [tender | {"case_id": new, "code": f"B-{number}"}])
            numbers = [(row, row["number"]) for row in drawn] + [(drawn[0], new_number) for new_number in further]
            pseudonyms = [
                row | {"case_id": new, "number": known, "expert_id": person}
                for (row, known), person in zip(numbers, people, strict=True)
            ]
            db_session.execute(insert(Pseudonym), pseudonyms)
        ids.append(new)
    return ids


def _rows_of(table: Any, case_id: str) -> Any:
    return select(table.__table__).where(table.case_id == case_id)


def _library(site: Site, site_id: str, size: int) -> list[str]:
    experts = [secrets.token_hex(16) for _n in range(size)]
    with plain_transaction(site.case.platform.database) as (db_session, now):
        employers = [
            {"id": f"e{n}", "name": f"工作单位{n}", "kind": "employer", "credit_code": f"BENCH{n}", "created_at": now}
            for n in range(EMPLOYERS)
        ]
        db_session.execute(insert(Organisation), employers)
        accounts = [
            {
                "id": f"a{n}",
                "organisation_id": f"e{n % EMPLOYERS}",
                "login": f"bench-{n}",
                "name": f"专家甲{n}",
                "created_at": now,
            }
            for n in range(size)
        ]
        db_session.execute(insert(Account), accounts)
        common = {"site_id": site_id, "status": "admitted", "status_by": "x", "facts": "{}", "batch": ""}
        rows = [common | {"id": id_, "number": f"ZJ{n:06}", "account_id": f"a{n}"} for n, id_ in enumerate(experts)]
        db_session.execute(insert(Expert), rows)
    return experts


def _cloned(event: dict[str, Any], names: dict[str, str], further: list[str]) -> dict[str, Any]:
    text = event["payload"]
    for old, new in names.items():
        text = text.replace(old, new)
    if event["type"] == "DrawStated":
        told = json.loads(text)
        like = told["candidates"][0]
        told["candidates"] += [like | {"id": number, "unit": f"u{n}"} for n, number in enumerate(further)]
        text = json.dumps(told, ensure_ascii=False)
    return event | {"case_id": names[next(iter(names))], "payload": text}

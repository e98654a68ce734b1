"""Experts by themselves after an evaluation, and how their seats are appraised."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import select

from app.models import Expert, Pseudonym
from app.services.accounts import LogIn
from evaluation.committee import MemberRole
from tests.app.services.people import Person
from tests.app.services.whole_case import LOT
from tests.app.web.site import Site, played


def after_an_evaluation(folder: Path) -> Site:
    """An evaluation is over; `member` is the expert of one of its seats, `other` one who was not there."""
    site = played(folder, "found publish bid open draw sit report")
    site.case.second_operator()
    seat = next(seat for seat in site.case.state.seats.values() if seat.role is MemberRole.EXPERT)
    with site.case.platform.database.reading() as db_session:
        here = select(Pseudonym.expert_id).where(Pseudonym.number == seat.person)
        member = db_session.get_one(Expert, db_session.scalars(here).one())
        seated = select(Pseudonym.expert_id).where(Pseudonym.number.in_(site.case.case.lots[LOT].draw.seats))
        other = db_session.scalars(select(Expert).where(Expert.id.not_in(seated)).limit(1)).one()
        rows = {"member": member.account_id, "other": other.account_id}
    key = site.case.people["centre"].key
    site.case.people |= {who: Person(LogIn(account, ""), key, "") for who, account in rows.items()}
    return site


def entry(site: Site, who: str) -> Expert:
    with site.case.platform.database.reading() as db_session:
        return db_session.scalars(select(Expert).where(Expert.account_id == site.case.people[who].id)).one()


def marked(site: Site, who: str, grounds: list[str], note: str) -> str:
    """The appraisal of the member's seat, by somebody."""
    expert = entry(site, "member")
    with site.case.platform.database.reading() as db_session:
        person = db_session.scalars(select(Pseudonym.number).where(Pseudonym.expert_id == expert.id)).one()
    base = f"/cases/{site.case.case_id}/lots/{LOT}/appraisals"
    page = site.browser(who).get(base)
    (path,) = [link for link in re.findall(rf"{base}/\d+/\w+", page) if link.endswith(person)]
    answer = site.browser(who).post(path, grounds=grounds, note=note)
    return base if answer.status_code == 302 else answer.get_data(as_text=True)

"""A tender under the goods profile, for tests of the bidding rules."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from pathlib import Path

import app.procedure.profiles as profiles
from app.casefile.codec import decode
from app.procedure.profiles import Profile
from app.procedure.tender import Tender, TenderPublished, TenderSubmitted, apply, decide
from app.procedure.terms import CaseOpened, LotTerms, Party, TenderTerms
from evaluation.sitting import ReviewItem
from tests.evaluation.sittings import EVALUATION

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MILLISECOND = timedelta(milliseconds=1)


def profile_of(name: str) -> Profile:
    text = (Path(profiles.__file__).parent / "data" / f"{name}.json").read_text("utf-8")
    return decode(Profile, json.loads(text))


GOODS, WORKS = profile_of("cn-goods"), profile_of("cn-works")
LOT = LotTerms("1", "设备", D("1751000"), D("1598400"), AT + 30 * DAY, EVALUATION, (ReviewItem("f", "形式", "Formal"),))
PARTIES = CaseOpened(Party("agency", "代理"), Party("centre", "中心"), Party("regulator", "监督"))
TERMS = TenderTerms(
    PARTIES,
    "T-1",
    "设备采购",
    "某学院",
    "510000",
    "公开招标",
    "公告",
    GOODS,
    (),
    {},
    (LOT,),
    buyer_code="12510000MB1234567B",
)
DIGEST = "d" * 64


def terms(**changes: object) -> TenderTerms:
    return replace(TERMS, **changes)


def lot(**changes: object) -> LotTerms:
    return replace(LOT, **changes)


def act(tender: Tender, fact: object, by: str, at: datetime = AT) -> Tender:
    """The state after a fact that the rules accept."""
    for accepted in decide(tender, fact, by, at):
        tender = apply(tender, accepted, by, at, DIGEST)
    return tender


def submitted(found: TenderTerms = TERMS) -> Tender:
    opened = act(Tender(), PARTIES, "officer")
    return act(opened, TenderSubmitted(found), "officer")


def published(found: TenderTerms = TERMS) -> Tender:
    return act(submitted(found), TenderPublished(DIGEST), "releaser")

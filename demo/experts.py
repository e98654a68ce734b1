"""A generated library of experts: enough of them, of many units and two sites, a few with a conflict."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from demo.case import DemoCase

# Where experts live, in turns: in the division of their own site, in another one of the city, in another city.
REGIONS = {"host": ("510121", "510104", "510703"), "sub": ("510131", "510104", "511402")}
UNITS_PER_SITE = 15  # fewer units than experts: one of a unit at most may be drawn
VALID_FOR = timedelta(days=365)


def pool(case: DemoCase, sites: dict[str, str], today: date) -> list[dict[str, Any]]:
    """The entries of POST /experts; `sites` maps host and sub to the platform's ids.

    The first expert of each site worked for a bidder until a year ago, the second holds shares of one: the platform
    must recuse them by itself.
    """
    return [
        _expert(case, place, site, number, today)
        for place, site in sorted(sites.items())
        for number in range(1, case.facts["experts_per_site"] + 1)
    ]


def mail_address(place: str, number: int) -> str:
    """Where the expert's call-up arrives; the place stands in it for the director, not for the platform."""
    return f"expert-{number:02d}@{place}.demo.example"


def _expert(case: DemoCase, place: str, site: str, number: int, today: date) -> dict[str, Any]:
    unit = number % UNITS_PER_SITE + 1
    first, second = case.bidders[0]["credit_code"], case.bidders[1]["credit_code"]
    return {
        "login": f"expert-{place}-{number:02d}",
        "name": f"生成专家{'主' if place == 'host' else '副'}{number:02d}",
        "organisation": {
            "name": f"生成单位{'主' if place == 'host' else '副'}{unit:02d}（演示）",
            "kind": "employer",
            "credit_code": f"91510000DEMO{(500 if place == 'host' else 600) + unit:06d}",
        },
        "mail": mail_address(place, number),
        "site": site,
        "region": REGIONS[place][number % len(REGIONS[place])],
        "specialities": [case.facts["speciality"]],
        "born": f"{1962 + number}-05-01",
        "certified_until": (today + VALID_FOR).isoformat(),
        "past_employments": [{"organisation": first, "until": (today - VALID_FOR).isoformat()}] if number == 1 else [],
        "relatives": [],
        "interests": [second] if number == 2 else [],
    }

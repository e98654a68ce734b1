"""Where an expert works and what one is drawn for, as cells of a table: read as a change, and written to be changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from app.procedure.expert_rows import COLUMNS, PROVINCES, Fault, Known, Row, once_each, qualification_of, site_of
from evaluation.experts import Particulars

COLUMNS_OF = frozenset(
    {"credit_code", "organisation", "site", "specialities", "certified_until", "title", "region", "practising_since"}
) | {"qualifications"}


def read_particulars(
    cells: Mapping[str, str], known: Known, now: Particulars, registered: Collection[str] = ()
) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """The JSON of changed Particulars, and faults. What stands in the entry `now` is no fault, though a later list of
    specialities does not know it; nor is the credit code of an organisation that is `registered`.
    """
    cells = {column.key: cells.get(column.key, "").replace("\r", "").strip() for column in COLUMNS}
    row = Row(0, cells, known, {now.organisation, *registered})
    for column in COLUMNS:
        if column.key in COLUMNS_OF:
            row.check(column)
    code = row.cells["credit_code"].upper()
    if code:
        row.code("credit_code", code)
    specialities = list(dict.fromkeys(row.parts("specialities")))
    for held in specialities:
        if held not in known.tree.by_code and held not in now.specialities:
            row.wrong("specialities", "row_speciality", held)
    region = row.cells["region"]
    if region and region != now.region and region[:2] not in PROVINCES:
        row.wrong("region", "row_region", region)
    since = row.day("practising_since")
    if since > known.today.isoformat():
        row.wrong("practising_since", "row_future", since)
    read: dict[str, Any] = {"organisation": code, "site": site_of(row), "specialities": specialities}
    read |= {"certified_until": row.day("certified_until"), "title": row.cells["title"], "region": region}
    read |= {"qualifications": row.pairs("qualifications", ":", qualification_of(row))}
    return read | ({"practising_since": since} if since else {}), once_each(row.faults)


def particulars_cells(now: Particulars, employer: str) -> dict[str, str]:
    """The same the other way; `employer` is the name behind the credit code."""
    return {
        "organisation": employer,
        "credit_code": now.organisation,
        "site": now.site,
        "specialities": "\n".join(now.specialities),
        "certified_until": now.certified_until.isoformat(),
        "title": now.title,
        "region": now.region,
        "practising_since": now.practising_since.isoformat() if now.practising_since else "",
        "qualifications": "\n".join(f"{one.name}:{one.until or ''}".rstrip(":") for one in now.qualifications),
    }

"""A list of experts as a file: JSON as the API takes it, or a CSV that any spreadsheet writes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping

from app.casefile.codec import decode
from app.procedure.errors import RuleViolation
from app.services.experts import NewExpert
from crypto.canonical import Json

COLUMNS = ("login", "name", "organisation", "credit_code", "mail", "site", "specialities", "born", "certified_until")
SEPARATORS = str.maketrans("；、|", ";;;")


def read_experts(data: bytes, sites: Mapping[str, str]) -> tuple[NewExpert, ...]:
    """The entries of a file. `sites` are ids by name, so that a CSV may name a site in words.

    Raises RuleViolation `malformed` with the place of what cannot be read.
    """
    try:
        text = data.decode("utf-8-sig")
        entries: Json = json.loads(text) if text.lstrip().startswith(("[", "{")) else _rows(text, sites)
    except (UnicodeDecodeError, ValueError) as exc:
        raise RuleViolation("malformed", path="$", expected="UTF-8, JSON / CSV") from exc
    entries = entries.get("experts") if isinstance(entries, dict) else entries
    return decode(tuple[NewExpert, ...], entries, "$.experts")


def _rows(text: str, sites: Mapping[str, str]) -> list[Json]:
    reader = csv.DictReader(io.StringIO(text))
    if missing := set(COLUMNS) - set(reader.fieldnames or ()):
        raise RuleViolation("malformed", path=min(missing), expected=", ".join(COLUMNS))
    return [_entry(row, sites) for row in reader]


def _entry(row: Mapping[str, str | None], sites: Mapping[str, str]) -> Json:
    found = {name: (row.get(name) or "").strip() for name in COLUMNS}
    specialities = [part.strip() for part in found["specialities"].translate(SEPARATORS).split(";")]
    return {
        **{name: found[name] for name in ("login", "name", "mail", "born", "certified_until")},
        "organisation": {"name": found["organisation"], "kind": "employer", "credit_code": found["credit_code"]},
        "site": sites.get(found["site"], found["site"]),
        "specialities": [part for part in specialities if part],
        "past_employments": [],
        "relatives": [],
        "interests": [],
    }

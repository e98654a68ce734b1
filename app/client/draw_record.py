"""The form of a draw's record, and reading one strictly: no field too many, none missing, none twice."""

import hashlib
import json
import re
from pathlib import Path

RECORD_VERSION, FURTHER_RECORD_VERSION = "biddraw-record/v2", "biddraw-record/v3"
BLS_SUITE = {"dst": "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_", "scheme": "bls12381-g1-rfc9380-ibe"}
_DIGEST = re.compile("[0-9a-f]{64}")
_NAME = re.compile("[\x01-\ud7ff]+")  # sorts alike by character and by UTF-16 unit, and cannot run into the next one


def jcs(value):
    """RFC 8785 bytes of texts, whole numbers, lists, and objects with such names."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def tagged(label, data):
    return hashlib.sha256(label.encode() + b"\0" + data).digest()


def committee_id(committee):
    """The id under which signed terms name a committee: of its public key and scheme, whoever its members are."""
    return tagged("bidcommittee/v1/id", jcs(BLS_SUITE | {"public_key": committee["public_key"]})).hex()


def committees(text):
    """The ids of `--committee`: itself, or those in a file; of a description (bidcommittee/v1) its id. ValueError."""
    if not re.fullmatch("[0-9a-fA-F]{64}", text):
        text = Path(text).read_text("utf-8-sig")
        if text.lstrip().startswith("{"):
            text = committee_id({"public_key": json.loads(text)["commitments"][0]})
    found = set(re.findall(r"\b[0-9a-f]{64}\b", text.lower()))
    if not found:
        raise ValueError(text)
    return found


def shown(text):
    """What stands in a record, without characters that would write elsewhere on a screen."""
    return "".join(c if c.isprintable() else "?" for c in text)


def name(value):
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def text(value):
    return isinstance(value, str) and value != "" and "\0" not in value


def whole(value):
    return type(value) is int and 0 <= value < 2**53


def positive(value):
    return whole(value) and value > 0


def hexes(size):
    digits = re.compile(f"[0-9a-f]{{{2 * size}}}")
    return lambda value: isinstance(value, str) and digits.fullmatch(value) is not None


def pool(value):
    """The candidates, field by field: there may be 100,000. Of all of them the person is committed to, or of none."""
    fields = {"id", "unit", "strata"} | ({"person"} & value[0].keys())
    if any(type(entry) is not dict or entry.keys() != fields or type(entry["strata"]) is not list for entry in value):
        return False
    names = [said for entry in value for said in (entry["id"], *entry["strata"])]
    people = [entry["person"] for entry in value] if "person" in fields else []
    units = all(map(text, {entry["unit"] for entry in value}))
    return units and all(map(_NAME.fullmatch, names)) and all(map(_DIGEST.fullmatch, people))


def by_party(form):
    return lambda value: (
        isinstance(value, dict) and len(value) > 1 and all(map(name, value)) and all(map(form, value.values()))
    )


STATEMENT = {
    "v": "biddraw/v1",
    "draw_id": hexes(32),
    "round": positive,
    "committee": hexes(32),
    "candidates_sha256": hexes(32),
    "candidates_count": positive,
    "strata": [{"name": name, "quota": positive, "reserve": whole}],
    "recused": [{"id": name, "reason_sha256": hexes(32)}],
    "max_per_unit": positive,
    "commitments": by_party(hexes(32)),
}
FURTHER = {
    "earlier_record_sha256": hexes(32),
    "reason": lambda value: value in ("refused", "expired", "dismissed", "unfilled", "ordered"),
    "second_signature": lambda value: isinstance(value, str),
}
STRATA = STATEMENT["strata"]
WIDER = {
    "conditions": {
        "tender": text,
        "lot": text,
        "purpose": text,
        "strata": STRATA,
        "max_per_unit": positive,
        "parties": [name],
        "pool_factor": positive,
        "committee": hexes(32),
        "trustees_needed": positive,
    },
    "widening": {
        "round": lambda value: positive(value) and value > 1,
        "reason": text,
        "recused": lambda value: (
            isinstance(value, dict) and all(map(name, value)) and all(map(hexes(32), value.values()))
        ),
    },
}
RECORD = {
    "v": RECORD_VERSION,
    "tender": text,
    "lot": text,
    "purpose": text,
    "statement": STATEMENT,
    "candidates": pool,
    "committee": {"dst": BLS_SUITE["dst"], "scheme": BLS_SUITE["scheme"], "public_key": hexes(96)},
    "signature": hexes(48),
    "reveals": by_party(hexes(32)),
}


def misfit(value, form, at):
    """Where a value departs from its form, "" if nowhere. A form: a test, a text, [form of each], {field: form}."""
    if callable(form):
        return "" if form(value) else at
    if isinstance(form, str) or type(value) is not type(form):
        return "" if value == form else at
    if isinstance(form, dict) and value.keys() != form.keys():
        return f"{at}: {', '.join(sorted(value.keys() ^ form.keys()))}"
    for place, item in value.items() if isinstance(form, dict) else enumerate(value):
        of = form[place] if isinstance(form, dict) else form[0]
        if not (callable(of) and of(item)) and (wrong := misfit(item, of, place)):
            return f"{at}.{wrong}"
    return ""


def _each_once(pairs):
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError(f"a field stands twice among {', '.join(fields)}")
    return fields


def read_record(data):
    """The record of untrusted bytes. Raises ValueError, TypeError or KeyError with what is no part of a record."""
    record = json.loads(data, object_pairs_hook=_each_once)
    if "v" not in record and "statement" in record:
        raise ValueError("a record of the first form names no tender: download it again")
    stated = record["statement"]
    strata = {stratum["name"]: [name] for stratum in stated["strata"]}
    if len(strata) != len(stated["strata"]):
        raise ValueError("two strata of one name")
    said = STATEMENT | (FURTHER if stated["round"] != 1 else {})
    form = RECORD | {"result": {"selected": strata, "reserve": strata}}
    if "wider_sha256" in stated:
        said, form = said | FURTHER | {"wider_sha256": hexes(32)}, form | {"wider": WIDER}
    if "passed_over" in stated:
        said = said | {"passed_over": [name]}
    if not stated.keys().isdisjoint(("wider_sha256", "passed_over")):
        said, form = said | {"v": "biddraw/v2"}, form | {"v": FURTHER_RECORD_VERSION}
    form["statement"] = said
    if wrong := misfit(record, form, "record"):
        raise ValueError(wrong)
    return record

"""Ways to falsify an evidence bundle: by whoever holds the file, and by the platform itself, which can sign anew."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from app.casefile.bundle import CASE, EVENTS, HEAD, derived_files, json_lines
from app.casefile.record import Record
from crypto import merkle
from crypto.canonical import canonical, parse
from crypto.signing import SigningKey, sign_object

Lines = list[dict[str, Any]]
Path = tuple[str | int, ...]
REMEMBERED = 4096


@dataclass(frozen=True)
class _Fitting:
    """A line with the leaf that fits its entry, as it stands in the file, and its record if it is one."""

    line: dict[str, Any]
    as_it_was: dict[str, Any]
    leaf: bytes
    written: bytes
    record: Record | None


_known: dict[int, _Fitting] = {}  # by the line itself: of a bundle that is falsified time and again most are as before


def lines_of(files: dict[str, bytes]) -> Lines:
    return [parse(line) for line in files[EVENTS].splitlines()]


# Words that nobody signs and from which nothing follows: why somebody who was called up cannot come. What stands for
# them are heads that witnesses cosigned (test_witnessed.py, ADR 0106).
UNSIGNED = {("CallUpAnswered", "reason")}


def telling(entry):
    """Where payload and act of an entry say something that anything hangs on."""
    found = [path for path in paths(entry) if path[0] in ("payload", "act")]
    return [path for path in found if (entry["type"], path[-1]) not in UNSIGNED]


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every single value in a JSON object."""
    if isinstance(value, dict):
        for key in value:
            yield from paths(value[key], (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from paths(item, (*path, index))
    else:
        yield path


def other(value: Any) -> Any:
    """A value of the same kind that is another one; digits stay digits, so that numbers and hashes keep their form."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if not value:
        return "x"
    middle = len(value) // 2
    found = value[middle]
    replacement = next(c for c in ("01" if found in "0123456789abcdef" else "yz") if c != found)
    return value[:middle] + replacement + value[middle + 1 :]


def changed(lines: Lines, seq: int, path: Path, change: Callable[[Any], Any] = other) -> Lines:
    """The lines with one value of one entry changed."""
    found = list(lines)
    found[seq] = copy.deepcopy(lines[seq])
    at = found[seq]["entry"]
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = change(at[path[-1]])
    return found


def without(lines: Lines, *gone: int) -> Lines:
    """The lines without some, numbered anew."""
    kept = [copy.deepcopy(line) for seq, line in enumerate(lines) if seq not in gone]
    for seq, line in enumerate(kept):
        line["entry"]["seq"] = seq
    return kept


def _fitting(line: dict[str, Any]) -> _Fitting:
    """Made once for a line, as long as nobody changes anything in it."""
    known = _known.get(id(line))
    if known is not None and known.line is line and known.as_it_was == line:
        return known
    leaf = merkle.leaf_hash(bytes.fromhex(line["salt"]) + canonical(line["entry"]))
    try:
        record = Record.from_json(copy.deepcopy(line["entry"]))
    except Exception:
        record = None
    if len(_known) >= REMEMBERED:
        _known.clear()
    written = json_lines([{**line, "leaf": leaf.hex()}])
    made = _known[id(line)] = _Fitting(line, copy.deepcopy(line), leaf, written, record)
    return made


def by_holder(files: dict[str, bytes], lines: Lines) -> dict[str, bytes]:
    """What somebody without the platform's key can make of it."""
    return {**files, EVENTS: json_lines(lines)}


def by_platform(files: dict[str, bytes], lines: Lines, key: SigningKey) -> dict[str, bytes]:
    """The same by the platform: leaves, root, head and every copy fit again."""
    fitting = [_fitting(line) for line in lines]
    root = merkle.root([one.leaf for one in fitting])
    head = {**parse(files[CASE])["head"], "size": len(lines), "root": root.hex()}
    signed = canonical({"head": head, **sign_object(key, HEAD, head)})
    copies = [name for name in files if name.startswith(("submissions/", "releases/", "draws/", "sittings/"))]
    kept = {name: data for name, data in files.items() if name not in copies or name.endswith(".age")}
    try:
        kept |= derived_files([one.record or Record.from_json(one.line["entry"]) for one in fitting], head["origin"])
    except Exception:
        kept = dict(files)  # what cannot be derived any more stays as it was
    return {**kept, EVENTS: b"".join(one.written for one in fitting), CASE: signed}

"""The limits that the codebase sets itself, checked on every file that is or may become part of it."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
# Kept in pieces so that this file does not find itself.
FOREIGN_HOSTS = ("pypi" + ".org", "files.python" + "hosted.org", "registry.npm" + "js.org", "deb.debian" + ".org")
MACHINE_PATHS = ("/work" + "/", "/tmp" + "/brief", "/opt" + "/wheels", "/opt" + "/pypi", "/root" + "/")
THIRD_PARTY_ASSETS = (".woff", ".woff2", ".ttf", ".otf", ".min.js", ".min.css", ".wasm", ".whl", ".jar", ".exe", ".so")

N = TypeVar("N", bound=ast.AST)


def tracked() -> list[Path]:
    """Files under version control, and new ones that are not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = (ROOT / name for name in set(listed.stdout.split("\0")) if name)
    return sorted(path for path in paths if path.is_file())


FILES = tracked()
PYTHON = [path for path in FILES if path.suffix == ".py"] + [ROOT / "tenderhall"]
OURS = [path for path in PYTHON if path.relative_to(ROOT).parts[0] not in {"tests", "bench"}]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def place(path: Path, node: ast.AST | None = None) -> str:
    return f"{path.relative_to(ROOT)}" + (f":{getattr(node, 'lineno', 0)}" if node else "")


def text_of(path: Path) -> str:
    return path.read_bytes().decode(errors="replace")


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text(), str(path))))


def nodes(paths: list[Path], kind: type[N]) -> Iterator[tuple[Path, N]]:
    for path in paths:
        yield from ((path, node) for node in nodes_of(path) if isinstance(node, kind))


def is_call_of(node: ast.Call, owner: str, name: str) -> bool:
    """Whether the call reads `owner.name(...)`, whatever stands before `owner`."""
    function = node.func
    if not isinstance(function, ast.Attribute) or function.attr != name:
        return False
    value = function.value
    return getattr(value, "id", getattr(value, "attr", None)) == owner


def test_no_file_is_longer_than_the_limit():
    sources = [*PYTHON, *(path for path in FILES if path.suffix in {".js", ".mjs", ".html", ".xml"})]
    lengths = {place(path): len(text_of(path).splitlines()) for path in sources}
    assert {where: lines for where, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_longer_than_the_limit():
    too_long = {
        f"{place(path, node)} {node.name}": length
        for kind in (ast.FunctionDef, ast.AsyncFunctionDef)
        for path, node in nodes(PYTHON, kind)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert too_long == {}


def test_session_is_never_a_bare_name():
    """A database session, a web session and a sitting are three things; the name must say which."""
    arguments = [place(path, node) for path, node in nodes(PYTHON, ast.arg) if node.arg == "session"]
    variables = [
        place(path, node)
        for path, node in nodes(PYTHON, ast.Name)
        if node.id == "session" and isinstance(node.ctx, ast.Store)
    ]
    imports = [place(path, node) for path, node in nodes(PYTHON, ast.alias) if (node.asname or node.name) == "session"]
    assert arguments + variables + imports == []


def test_no_file_is_named_for_nothing():
    vague = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common)(\.|_|$)")
    assert [place(path) for path in FILES if vague.search(path.name) or vague.search(path.parent.name)] == []


def test_no_class_is_a_manager():
    assert [place(path, node) for path, node in nodes(OURS, ast.ClassDef) if node.name.endswith("Manager")] == []


def test_only_the_unit_of_work_commits():
    allowed = ROOT / "app" / "services" / "unit_of_work.py"
    commits = [
        place(path, node)
        for path, node in nodes(OURS, ast.Call)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "commit" and path != allowed
    ]
    assert commits == []


def test_no_instant_is_naive():
    naive = [
        place(path, node)
        for path, node in nodes(OURS, ast.Call)
        if is_call_of(node, "datetime", "utcnow")
        or (is_call_of(node, "datetime", "now") and not node.args and not node.keywords)
    ]
    assert naive == []


def test_random_is_imported_nowhere():
    imports = [
        place(path, node)
        for path in OURS
        for node in nodes_of(path)
        if (isinstance(node, ast.Import) and any(name.name == "random" for name in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "random")
    ]
    assert imports == []


def test_rules_know_no_binary_fractions():
    """Money and scores are Decimal: the rules neither call float() nor write a number like 0.5."""
    rules = [path for path in OURS if {"evaluation", "procedure"} & set(path.relative_to(ROOT).parts)]
    calls = [place(path, node) for path, node in nodes(rules, ast.Call) if getattr(node.func, "id", "") == "float"]
    literals = [place(path, node) for path, node in nodes(rules, ast.Constant) if isinstance(node.value, float)]
    assert calls + literals == []


@pytest.mark.parametrize("needle", [*FOREIGN_HOSTS, *MACHINE_PATHS])
def test_no_file_names_a_machine_or_a_registry(needle: str):
    assert [place(path) for path in FILES if needle in text_of(path)] == []


def test_nothing_of_others_is_committed():
    assert [place(path) for path in FILES if path.name.endswith(THIRD_PARTY_ASSETS)] == []


def test_locks_hold_no_address():
    for lock in ROOT.glob("requirements*.lock"):
        assert "://" not in lock.read_text(), lock.name
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("requirements.lock", PROJECT["dependencies"]),
        ("requirements-test.lock", PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]),
        ("requirements-token.lock", PROJECT["optional-dependencies"]["token"]),
        ("requirements-fuzz.lock", PROJECT["optional-dependencies"]["fuzz"]),
        ("requirements-setup.lock", ["uv"]),
    ],
)
def test_locks_satisfy_the_project(lock: str, wanted: list[str]):
    pinned = dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", (ROOT / lock).read_text(), re.M))
    for requirement in map(Requirement, wanted):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version, f"{lock} lacks {requirement.name}"
        assert requirement.specifier.contains(Version(version)), f"{lock}: {requirement} but {version}"


def test_both_locks_agree():
    pins = re.compile(r"^([a-z0-9-]+==[^ ;\\]+)", re.M)
    run_time, test = (
        set(pins.findall((ROOT / name).read_text())) for name in ("requirements.lock", "requirements-test.lock")
    )
    assert run_time - test == set()


def test_every_dependency_is_explained():
    explained = set(re.findall(r"^\| `([^`]+)`", (ROOT / "docs" / "dependencies.md").read_text(), re.M))
    npm = json.loads((ROOT / "package.json").read_text())
    extras = PROJECT["optional-dependencies"]
    python = PROJECT["dependencies"] + extras["test"] + extras["fuzz"]
    direct = {Requirement(line).name for line in python} | {*npm["dependencies"], *npm.get("devDependencies", {})}
    assert direct - explained == set()
    assert explained - direct == {"uv", "setuptools"}, "explained, but no longer a dependency"


def test_glossary_names_what_exists():
    defined = {node.name for _, node in nodes(OURS, ast.ClassDef)}
    rows = [
        line.split("|") for line in (ROOT / "docs" / "glossary.md").read_text().splitlines() if line.startswith("| ")
    ]
    named = {name for row in rows for name in re.findall(r"`(\w+)(?:\.\w+)?`", row[3])}
    assert len(named) > 40
    assert named - defined == set()

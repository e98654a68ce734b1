"""What Jinja, Werkzeug and SQLAlchemy compile for the first application is there for all others.

That of Jinja is, where the programme of tests names a folder, there for its other processes as well.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from tempfile import TemporaryDirectory
from types import FunctionType
from typing import Any

from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from app import database
from tests.app.services.kept import SHARED

_compile_builder: Callable[..., FunctionType] = Rule._compile_builder
_builders: dict[tuple[Any, ...], FunctionType] = {}
_own = TemporaryDirectory(prefix="tenderhall-templates-")
_create_engine: Callable[..., Engine] = database.create_engine
_statements: dict[type[Dialect], LRUCache[Any, Any]] = {}  # a dialect here is one that `Database` made
STATEMENTS = 2000  # of all modules of a process


def _builder(rule: Rule, append_unknown: bool = True) -> FunctionType:
    """The function that builds addresses of a rule: it depends on nothing else of the rule than this."""
    key = (rule.rule, rule.subdomain, rule.host, repr(rule.defaults), append_unknown)
    if key not in _builders:
        _builders[key] = _compile_builder(rule, append_unknown)
    return _builders[key]


def _engine(*given: Any, **options: Any) -> Engine:
    """An engine that remembers the statements of all others of its kind: what is compiled for one fits each."""
    made = _create_engine(*given, **options)
    made._compiled_cache = _statements.setdefault(type(made.dialect), LRUCache(STATEMENTS))
    return made


def _same_kind(one: Dialect, other: object) -> bool:
    """A dialect is part of what a statement is remembered by; ours are made alike and talk to one server."""
    return type(one) is type(other)


def compile_once() -> None:
    """From now on, in this process."""
    folder = os.environ.get(SHARED, _own.name)
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": FileSystemBytecodeCache(folder)}
    Rule._compile_builder = _builder
    database.create_engine = _engine  # type: ignore[assignment]
    for kind in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        kind.__eq__, kind.__hash__ = _same_kind, lambda dialect: hash(type(dialect))  # type: ignore[method-assign,assignment]

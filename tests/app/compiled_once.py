"""What Jinja and Werkzeug compile for the first application is there for all others.

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
from werkzeug.routing import Rule

from tests.app.services.kept import SHARED

_compile_builder: Callable[..., FunctionType] = Rule._compile_builder
_builders: dict[tuple[Any, ...], FunctionType] = {}
_own = TemporaryDirectory(prefix="tenderhall-templates-")


def _builder(rule: Rule, append_unknown: bool = True) -> FunctionType:
    """The function that builds addresses of a rule: it depends on nothing else of the rule than this."""
    key = (rule.rule, rule.subdomain, rule.host, repr(rule.defaults), append_unknown)
    if key not in _builders:
        _builders[key] = _compile_builder(rule, append_unknown)
    return _builders[key]


def compile_once() -> None:
    """From now on, in this process."""
    folder = os.environ.get(SHARED, _own.name)
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": FileSystemBytecodeCache(folder)}
    Rule._compile_builder = _builder

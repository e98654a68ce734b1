"""What every transaction sends, straight to the driver: on PostgreSQL all rows in one exchange, so that locks are held
for one journey to the server and not for ten.

SQLAlchemy makes the text of a statement and knows its types, once; what it does around each single execution takes
longer than the database does.
"""

from __future__ import annotations

import sqlite3
import typing
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, Insert
from sqlalchemy.exc import DBAPIError

Row = dict[str, Any]


@dataclass(frozen=True)
class Form:
    """A statement in the words of one database: its text, the values that no row names, and what the driver takes for
    values of some names.
    """

    text: str
    defaults: Row
    adapted: tuple[tuple[str, Callable[[Any], Any]], ...]

    def values(self, row: Row) -> Row:
        return {**self.defaults, **row, **{name: adapt(row[name]) for name, adapt in self.adapted}}


@lru_cache(maxsize=256)  # statements are made once, when their module is read
def _form(statement: Executable, dialect: Any, names: tuple[str, ...]) -> Form:
    words: Dialect = dialect(paramstyle="named") if dialect.name == "sqlite" else dialect()
    defaults: Row = {}
    if isinstance(statement, Insert):
        columns = [c for c in statement.table.columns if c.default is not None and c.name not in names]
        defaults = {column.name: typing.cast(Any, column.default).arg for column in columns}
        statement = statement.inline()  # nobody asks for the number that a new row gets
    compiled: Any = typing.cast(Any, statement).compile(dialect=words, column_keys=[*names, *defaults])
    adapted = {name: compiled.binds[name].type.dialect_impl(words).bind_processor(words) for name in names}
    return Form(compiled.string, defaults, tuple((name, adapt) for name, adapt in adapted.items() if adapt))


def ask(connection: Connection, statement: Executable, **values: Any) -> Any:
    """The only row that the statement finds, as plain values; None where it finds none."""
    try:
        return execute(_driver(connection), _form_of(connection, statement, values), [values])[0].fetchone()
    except _faults(connection) as fault:
        raise _in_terms_of_sqlalchemy(connection, fault) from fault


def send(connection: Connection, rows: Mapping[Executable, Sequence[Row]]) -> list[int]:
    """Execute each statement with each of its rows, in this order; how many rows each statement found or made."""
    driver = _driver(connection)
    batch = [(_form_of(connection, statement, many[0]), many) for statement, many in rows.items()]
    try:
        with nullcontext() if isinstance(driver, sqlite3.Connection) else driver.pipeline():
            found = [execute(driver, form, many) for form, many in batch]
    except _faults(connection) as fault:
        raise _in_terms_of_sqlalchemy(connection, fault) from fault
    return [sum(cursor.rowcount for cursor in cursors) for cursors in found]


def execute(driver: Any, form: Form, rows: Sequence[Row]) -> list[Any]:
    """The driver's cursors, of which a pipeline tells only at its end what they found."""
    if isinstance(driver, sqlite3.Connection) and len(rows) > 1:
        return [driver.executemany(form.text, [form.values(row) for row in rows])]
    return [driver.execute(form.text, form.values(row)) for row in rows]


def _form_of(connection: Connection, statement: Executable, row: Row) -> Form:
    return _form(statement, type(connection.dialect), tuple(row))


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _faults(connection: Connection) -> type[Exception]:
    return typing.cast(type[Exception], typing.cast(Any, connection.dialect).loaded_dbapi.Error)


def _in_terms_of_sqlalchemy(connection: Connection, fault: Exception) -> BaseException:
    """As everybody catches it; neither text nor values are named."""
    base = _faults(connection)
    return DBAPIError.instance(None, None, fault, base, hide_parameters=True, dialect=connection.dialect)

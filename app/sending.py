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

from sqlalchemy import CompoundSelect, Connection, Dialect, Executable, Insert, Select
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
    found: tuple[tuple[int, Callable[[Any], Any]], ...] = ()  # by column: what the value in it is made to

    def values(self, row: Row) -> Row:
        return {**self.defaults, **row, **{name: adapt(row[name]) for name, adapt in self.adapted}}

    def made(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """The values of a row that was found, as the columns' types give them."""
        values = list(row)
        for column, make in self.found:
            values[column] = make(values[column])
        return tuple(values)


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


@lru_cache(maxsize=64)
def _compiled(statement: Any, dialect: Any) -> Any:
    return statement.compile(dialect=dialect(paramstyle="named") if dialect.name == "sqlite" else dialect())


@lru_cache(maxsize=1024)
def _question(statement: Any, dialect: Any, names: tuple[str, ...], lists: tuple[tuple[str, int], ...]) -> Form:
    """A question in which some names stand for so many values each (`expanding`)."""
    compiled = _compiled(statement, dialect)
    words: Dialect = compiled.dialect
    spread = compiled.construct_expanded_state(dict.fromkeys(names) | {name: [None] * size for name, size in lists})
    adapted = {name: compiled.binds[name].type.dialect_impl(words).bind_processor(words) for name in names}
    kinds = [column.type.dialect_impl(words) for column in statement.selected_columns]
    made = [(place, kind.result_processor(words, None)) for place, kind in enumerate(kinds)]
    return Form(
        spread.statement,
        {name: value for name, value in spread.parameters.items() if value is not None},  # the statement's own
        tuple((name, adapt) for name, adapt in adapted.items() if adapt),
        tuple((place, make) for place, make in made if make),
    )


def find(connection: Connection, statement: Select[Any] | CompoundSelect[Any], **values: Any) -> list[tuple[Any, ...]]:
    """All rows that the statement finds, their values as the columns' types give them. A value that is a list stands
    for a name that is `expanding`; for lists, see `padded`."""
    lists = {name: value for name, value in values.items() if type(value) is list}
    names = tuple(name for name in values if name not in lists)
    sizes = tuple((name, len(value)) for name, value in lists.items())
    form = _question(statement, type(connection.dialect), names, sizes)
    spread = {f"{name}_{place}": one for name, many in lists.items() for place, one in enumerate(many, 1)}
    row = {name: values[name] for name in names} | spread
    try:
        rows = execute(_driver(connection), form, [row])[0].fetchall()
    except _faults(connection) as fault:
        raise _in_terms_of_sqlalchemy(connection, fault) from fault
    return [form.made(row) for row in rows] if form.found else rows


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

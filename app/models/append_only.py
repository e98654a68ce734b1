"""Triggers that refuse to change or delete what was written, in both databases.

They stop slips and careless tools; against somebody with the rights to drop a trigger stand signed acts, leaf hashes
and checkpoints held outside.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import DDL, Connection, event

from app.models.base import Base

APPEND_ONLY = (
    "case_event",
    "case_private",
    "denied_attempt",
    "register_tick",
    "tick_change",
    "cosignature",
    "listed_act",
    "list_cosignature",
    "witness_word",
    "access_log",
    "expert_event",
    "contact_look_up",
    "speciality_list",
    "inspection_entry",
    "booking_event",
    "expert_training",
)

_SQLITE = """
CREATE TRIGGER {table}_no_{verb} BEFORE {VERB} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME; END $$
"""
_POSTGRES = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def statements(dialect: str, table: str) -> list[str]:
    """The SQL that makes one table append-only."""
    if dialect == "sqlite":
        return [_SQLITE.format(table=table, verb=verb, VERB=verb.upper()) for verb in ("update", "delete")]
    return [_POSTGRES_FUNCTION, _POSTGRES.format(table=table)]


def guard_tables(connection: Connection, tables: Iterable[str]) -> None:
    """Make these tables append-only, in the migration that makes them."""
    for table in tables:
        for statement in statements(connection.dialect.name, table):
            connection.exec_driver_sql(statement)


for _name in APPEND_ONLY:
    for _dialect in ("sqlite", "postgresql"):
        for _statement in statements(_dialect, _name):
            event.listen(Base.metadata.tables[_name], "after_create", DDL(_statement).execute_if(dialect=_dialect))

"""Alembic's entry: one history for SQLite and PostgreSQL."""

from __future__ import annotations

from alembic import context

from app.config import Settings
from app.database import Database
from app.models import Base


def run() -> None:
    database = context.config.attributes.get("database") or Database(Settings.from_env().database_url)
    with database.migrating() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
        context.run_migrations()


run()

"""The JSON API, for programs and for the pages' own scripts. Shape is checked here, everything else in services."""

from __future__ import annotations

from flask import Flask

from app.api import (
    cases,
    ceremonies,
    files,
    inspections,
    lots,
    people,
    recordings,
    register,
    rehearsals,
    seats,
    uploads,
    venues,
)
from app.api.errors import attach_errors


def attach(app: Flask) -> None:
    """Register every route of the API under /api/v1."""
    for blueprint in (
        people.routes,
        ceremonies.routes,
        rehearsals.routes,
        inspections.routes,
        cases.routes,
        lots.routes,
        recordings.routes,
        seats.routes,
        venues.routes,
        register.routes,
        files.routes,
        uploads.routes,
    ):
        app.register_blueprint(blueprint, url_prefix="/api/v1")
    attach_errors(app)

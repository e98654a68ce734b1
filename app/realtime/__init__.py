"""The live channel: one namespace, whose events are authorised one by one, with the actor reloaded each time."""

from flask import Flask

from app.realtime import lines, live, pictures, room

__all__ = ["attach"]


def attach(app: Flask) -> None:
    """Bind every event; nobody is there yet."""
    app.extensions["tenderhall.audience"] = live.Audience()
    app.extensions["tenderhall.presence"] = lines.Presence()
    app.extensions["tenderhall.pictures"] = pictures.Pictures()
    live.attach()
    room.attach()

"""The live channel: one namespace, whose events are authorised one by one, with the actor reloaded each time."""

from app.realtime import live, room

__all__ = ["attach"]


def attach() -> None:
    """Bind every event."""
    live.attach()
    room.attach()

"""The live channel: one namespace, whose events are authorised one by one, with the actor reloaded each time."""

from app.realtime.live import attach

__all__ = ["attach"]

"""Timed and deferred work. A task takes a job's id and delegates to one service; a message is only a hint.

The same functions run in the embedded worker's own process and as Celery tasks on Redis.
"""

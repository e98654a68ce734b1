"""The WSGI application: `gunicorn -k gevent wsgi:app`."""

from app.factory import create_app

app = create_app()

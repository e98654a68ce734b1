"""The site on a co-operative server, with little patience: `python cooperative_site.py PORT SILENCE BODY` (seconds).

Settings come from the environment, as ever.
"""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402

from gevent.pywsgi import WSGIServer  # noqa: E402

from app import request_bodies  # noqa: E402
from app.api import uploads  # noqa: E402
from app.factory import create_app  # noqa: E402

uploads.SILENCE, request_bodies.PATIENCE = map(float, sys.argv[2:4])
WSGIServer(("127.0.0.1", int(sys.argv[1])), create_app(), log=None).serve_forever()

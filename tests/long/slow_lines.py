"""A thousand slow lines for a minute, with the product's own patience: `python -m tests.long.slow_lines` (T11).

The web server is the product's; the limit for one address is off, since all lines come from this one. Prints one line:
how many requests of a normal client were answered within two seconds.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import requests

from app.cli.up import web_command
from app.client.connection import Connection
from demo.site import ROOT, free_port
from tests.app.api.slow_lines import SlowLines, served
from tests.app.workbench import Bench, RealClock


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as held:
        bench, port = Bench(Path(name), clock=RealClock()).found(), free_port()
        settings = bench.platform.settings
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TENDERHALL_")}
        named = {"HOME": settings.home, "DATABASE_URL": settings.database_url, "ORIGIN": settings.origin}
        named |= {"PORT": port, "CONNECTIONS_PER_ADDRESS": 0, "BASE_URL": f"http://127.0.0.1:{port}"}
        environment |= {f"TENDERHALL_{name}": str(value) for name, value in named.items()}
        os.environ.update(environment)
        command = web_command(type(settings).from_env(), None)
        server = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
        held.callback(os.killpg, server.pid, signal.SIGKILL)
        url = f"http://127.0.0.1:{port}"
        Connection(url, patience=60).get("/platform")
        line = requests.Session()
        lines = held.enter_context(SlowLines(url, arguments.lines // 3, 1.0))
        ask = lambda: line.get(f"{url}/", timeout=10).status_code == 200  # noqa: E731
        good, tried = served(ask, arguments.seconds, 2.0)
        print(
            f"slow lines: {arguments.lines} begun, {lines.open} left after {arguments.seconds:.0f} s, {good} of "
            f"{tried} requests answered in 2 s, {100 * good / tried:.1f} % (≥ 99 %)"
        )
        return 0 if good >= 0.99 * tried else 1


if __name__ == "__main__":
    sys.exit(main())

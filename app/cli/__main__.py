"""`python -m app.cli`."""

import gc
import sys

from app.cli import RARELY

gc.set_threshold(*RARELY)  # a start would spend a sixth of its time on looking for garbage

from app.cli.commands import main  # noqa: E402  after the threshold, which is for it

sys.exit(main())

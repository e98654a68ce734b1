"""How actors play on a site that dies now and then.

Every actor's process imports this module, so it needs nothing that they do not have already.
"""

from __future__ import annotations

from typing import Any

import app.client.passphrase
import demo.stage
from demo import company

GIVE_UP_AFTER = 240.0  # seconds that an actor waits
perform_as_ever, hold_ceremony_as_ever = company._perform, company._hold_ceremony


def perform(*engagement: Any) -> None:
    """With more patience."""
    demo.stage.GIVE_UP_AFTER = GIVE_UP_AFTER
    perform_as_ever(*engagement)


def hold_ceremony(*papers: Any) -> None:
    """With a cheap pass phrase for the shares: how keys are derived is tested elsewhere."""
    app.client.passphrase.WORK_FACTOR = 4
    hold_ceremony_as_ever(*papers)

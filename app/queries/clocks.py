"""Whether the clock that dates everything can be believed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session as DbSession

from app.database import CLOCK_TOLERANCE, Database
from app.queries.ticks import latest_tick


@dataclass(frozen=True)
class Clocks:
    """In seconds: `apart` is how far this machine's clock is before (+) or behind (−) the database's, which is its own
    on SQLite; `behind` how far the database's is behind the register's latest tick, 0 where it is not.
    """

    apart: float
    behind: float

    @property
    def wrong(self) -> bool:
        """Whether somebody should look at them."""
        return max(abs(self.apart), self.behind) > CLOCK_TOLERANCE.total_seconds()

    @property
    def figures(self) -> dict[str, str]:
        """As messages say them."""
        allowed = f"{CLOCK_TOLERANCE.total_seconds():.0f}"
        return {"apart": f"{self.apart:+.1f}", "behind": f"{self.behind:.1f}", "allowed": allowed}


def read_clocks(database: Database, db_session: DbSession) -> Clocks:
    """How they stand now."""
    now, last = database.now(db_session.connection()), latest_tick(db_session)
    apart = (database.machine_now() - now).total_seconds()
    return Clocks(apart, max(0.0, (last.at - now).total_seconds()) if last else 0.0)

"""How the register and its witnesses stand: what the monitor page, the centre's desk, programs and `doctor` say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.models import Cosignature, RegisterTick
from app.queries.act_list import cosigned_list, list_size
from app.queries.ticks import latest_tick
from crypto.notes import COSIGNATURE, VerifierKey

LATE_AFTER = timedelta(minutes=2)  # a tick that nobody of a witness has cosigned by then
ALARM_AFTER = timedelta(minutes=15)  # from then on verification names the entries that waited


class WitnessState(StrEnum):
    IN_STEP = "in_step"
    LATE = "late"
    ALARM = "alarm"


@dataclass(frozen=True)
class WitnessRow:
    """A witness: how many ticks its latest cosignature covers (0: none), when it gave it, since when it is behind.

    It is behind with a tick or with an entry of the list of acts, of which it has cosigned `listed`.
    """

    name: str
    vkey: str
    size: int
    listed: int
    cosigned_at: datetime | None
    behind_since: datetime | None
    state: WitnessState


@dataclass(frozen=True)
class RegisterStatus:
    """The register's last tick (None before the first) and its witnesses."""

    size: int
    listed: int
    ticked_at: datetime | None
    stands_still: bool
    witnesses: tuple[WitnessRow, ...]

    @property
    def behind(self) -> tuple[WitnessRow, ...]:
        """The witnesses that somebody should look after."""
        return tuple(row for row in self.witnesses if row.state is not WitnessState.IN_STEP)


def register_status(
    db_session: DbSession, witnesses: Iterable[str], now: datetime, tick_seconds: int
) -> RegisterStatus:
    """How it stands now. `witnesses` are the vkeys that the installation names."""
    last = latest_tick(db_session)
    ticked_at = last.at if last else None
    rows = tuple(_witness(db_session, vkey, now) for vkey in witnesses)
    still = ticked_at is not None and now - ticked_at > timedelta(seconds=tick_seconds) + LATE_AFTER
    return RegisterStatus(last.index + 1 if last else 0, list_size(db_session), ticked_at, still, rows)


def _witness(db_session: DbSession, vkey: str, now: datetime) -> WitnessRow:
    latest = select(Cosignature).where(Cosignature.witness == vkey).order_by(Cosignature.tick.desc()).limit(1)
    line = db_session.scalar(latest)
    size = line.tick + 1 if line else 0
    missing = select(RegisterTick.at).where(RegisterTick.index >= size).order_by(RegisterTick.index).limit(1)
    listed, owed_since = cosigned_list(db_session, vkey)
    since = min((at for at in (db_session.scalar(missing), owed_since) if at is not None), default=None)
    behind = now - since if since else timedelta(0)
    state = WitnessState.LATE if behind > LATE_AFTER else WitnessState.IN_STEP
    state = WitnessState.ALARM if behind > ALARM_AFTER else state
    name, at = VerifierKey.parse(vkey, COSIGNATURE).name, line.at if line else None
    return WitnessRow(name, vkey, size, listed, at, since, state)

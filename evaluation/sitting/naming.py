"""The tenderer names the chair instead of an election (招标人指定组长; O12 art. 9)."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.sitting.events import SittingEvent


@dataclass(frozen=True)
class ChairNamed(SittingEvent):
    """Who sits in `seat` is to chair, as the tenderer says, who knows seats and no names. Once for each committee,
    before anybody has voted; where that member leaves, the committee elects."""

    seat: int

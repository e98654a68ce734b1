"""What the tenderer tells the committee before it begins (介绍项目和采购文件; O87 art. 45, O12 art. 16)."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.sitting.events import SittingEvent


@dataclass(frozen=True)
class BriefingGiven(SittingEvent):
    """The tenderer introduces background, need, documents and method in writing: nothing beyond the documents, nothing
    for or against a bidder. Once for each committee; every member reads it, and nobody has to wait for it."""

    text: str

"""Why a sheet is opened again, why a sitting stands still, and how a chair was found."""

from __future__ import annotations

from enum import StrEnum


class CorrectionGround(StrEnum):
    """The only grounds on which a locked sheet is opened again (O87 art. 64)."""

    WRONG_SUM = "wrong_sum"
    OUT_OF_RANGE = "out_of_range"
    UNEQUAL_OBJECTIVE = "unequal_objective"
    ABNORMAL_SCORE = "abnormal_score"


class SuspensionGround(StrEnum):
    """Why a sitting stands still: a line or room fails, an authority orders it, documents are defective, a recess."""

    FAULT = "fault"
    ORDER = "order"
    DEFECTIVE_DOCUMENTS = "defective_documents"
    RECESS = "recess"


class ElectedBy(StrEnum):
    """How the chair was found: by votes, by the rule after the last round without a majority of its own, or by the word
    of the tenderer, without an election."""

    VOTES = "votes"
    LOWEST_SEAT = "lowest_seat"
    TENDERER = "tenderer"

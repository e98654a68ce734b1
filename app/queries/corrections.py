"""What a case's supervision authority is told of corrections, as rows of a page."""

from __future__ import annotations

from sqlalchemy.orm import Session as DbSession

from app.casefile.answered_corrections import AnsweredCorrection, answered_corrections
from app.queries.cases import load_besides_bids


def corrections_told(db_session: DbSession, case_id: str) -> tuple[AnsweredCorrection, ...]:
    """Every answered request of the case, the latest first: also where its facts are not the reader's to see."""
    return answered_corrections(load_besides_bids(db_session, case_id))[::-1]

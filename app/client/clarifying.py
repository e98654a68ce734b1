"""What the committee asks a bidder about its bid, and the one answer, from the bidder's own machine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.client.acting import Person
from app.client.bidder import status
from app.client.connection import Refused
from app.client.sending import send_file
from app.messages import LANGUAGES, sentence
from app.procedure.clarifying import check_files
from app.procedure.errors import RuleViolation
from evaluation.sitting import AnswerFile, ClarificationAnswered


def questions(person: Person, case: str, lot: str) -> list[dict[str, Any]]:
    """Everything that was asked of one's own organisation, with its time and whether it is still to be answered."""
    return list(status(person.connection, case, lot)["asked"] or ())


def answer(
    person: Person, case: str, lot: str, id: str, text: str, paths: Sequence[Path], confirms: bool | None = None
) -> None:
    """Sign the answer to one question; its files are sent before. `confirms`: whether a corrected price is.

    Raises Refused `question_unknown`, also for files that no answer may have.
    """
    found = next((one for one in questions(person, case, lot) if one["id"] == id), None)
    if found is None:
        raise Refused(
            "question_unknown",
            "平台上没有向贵方提出的这项询问，请用 questions 核对编号。",
            "There is no such question to your organisation: compare the id with what `questions` lists.",
        )
    files = [_measured(path) for path in paths]
    try:
        check_files(tuple(files))
    except RuleViolation as refusal:
        zh, en = (sentence(refusal.code, refusal.facts, language) for language in LANGUAGES)
        raise Refused(refusal.code, zh, en) from refusal
    sent = tuple(
        AnswerFile(send_file(person.connection, path), file.name, file.size, file.sha256)
        for path, file in zip(paths, files, strict=True)
    )
    person.act(case, lot, "ClarificationAnswered", ClarificationAnswered(id, found["bid"], text, sent, confirms))


def _measured(path: Path) -> AnswerFile:
    data = path.read_bytes()
    return AnswerFile(str(path), path.name, len(data), hashlib.sha256(data).hexdigest())

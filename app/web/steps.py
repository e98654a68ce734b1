"""Next steps as pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask_babel import gettext as _

from app.extensions import could_ever, current_actor
from app.queries.desks import CaseRow
from app.queries.next_steps import IDLE, NextStep
from app.web.step_words import STEPS
from app.web.wording import failure_words, in_regime, signing_words

TELL_WHY = {
    **dict.fromkeys(("open_next_round", "phase_P9"), failure_words),
    **dict.fromkeys(("phase_P7", "no_majority", "no_award"), signing_words),
}


@dataclass(frozen=True)
class ShownStep:
    """A step as a page shows it."""

    title: str
    text: str
    tone: str
    due_at: datetime | None
    url: str
    label: str
    lot: str
    code: str = ""
    reason: str = ""  # why a lot failed, or how many members stand behind its report


def shown_step(case: str, step: NextStep) -> ShownStep:
    wording = STEPS[step.code]
    text = str(wording.text)
    reason = TELL_WHY[step.code](step.facts) if step.code in TELL_WHY else ""
    if step.code == "finish_draft" and step.facts.get("reason"):
        text = _("审核人退回：%(reason)s", reason=step.facts["reason"])
    text = " ".join(filter(None, (reason, text)))
    open_to = wording.asks is None or could_ever(current_actor(), wording.asks)
    url = wording.url(case, step) if wording.url and open_to else ""
    title = in_regime(str(wording.title), step.facts)
    return ShownStep(title, text, step.tone, step.due_at, url, str(wording.label), step.lot, step.code, reason)


def foremost(rows: Sequence[tuple[CaseRow, ShownStep]]) -> ShownStep | None:
    """The first step of a desk that is the looker's to do, with the case it is about; else what he or she waits for
    with a deadline."""
    for row, step in [*(r for r in rows if r[1].tone not in IDLE), *(r for r in rows if r[1].due_at)]:
        return replace(step, text=" · ".join(filter(None, (row.title, row.lot_title, step.text))))
    return None


def first_shown(case: str, steps: tuple[NextStep, ...]) -> ShownStep | None:
    return shown_step(case, steps[0]) if steps else None


def to_do(case: str, steps: tuple[NextStep, ...]) -> list[ShownStep]:
    """What is the asker's to do, all of it."""
    return [shown_step(case, step) for step in steps if step.tone not in IDLE]

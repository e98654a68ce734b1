"""Every form that anybody can reach, at every stage of a case, sent in every wrong way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.web.site import played
from tests.app.web.test_forms_sent_wrongly import DRAWN, HOMES, faults

STAGES = (
    "found",
    "found publish",
    "found publish bid",
    "found publish bid open",
    DRAWN,
    f"{DRAWN} sit",
    f"{DRAWN} sit report",
)
PAGES = 400


@pytest.mark.parametrize("course", STAGES, ids=lambda course: course.split()[-1])
@pytest.mark.parametrize("login", HOMES, ids=lambda login: login or "public")
def test_no_form_is_a_fault_however_it_is_sent(login: str, course: str, tmp_path: Path):
    sent, found = faults(played(tmp_path, course), login, PAGES)
    assert sent
    assert not found, "\n".join(found)

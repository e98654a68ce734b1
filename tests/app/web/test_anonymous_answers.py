"""Where technical bids are anonymous the room reads an answer under a number; none that names its bidder is taken."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import quote

import pytest

from app.procedure.errors import RuleViolation
from tests.app.services.questions import QUESTION, TEXT, Asking
from tests.app.services.whole_case import LOT
from tests.app.web.papers import pdf
from tests.app.web.site import Site, booth, stored
from tests.app.web.test_anonymous_bids import NAMES, AnonymousCase, shown

OWN = "投标人a"


@dataclass
class AnonymousAsking(AnonymousCase, Asking):
    """The same, with questions."""


@pytest.fixture
def site(tmp_path) -> Site:
    return Site(AnonymousAsking(tmp_path).until_review())


def test_an_answer_is_read_under_a_number_and_its_files_under_names_that_nobody_typed(site: Site):
    case = site.case
    case.ask("a1")
    case.answer("a1", files=(case.paper(data=pdf("交货期说明"), name=f"{OWN}的说明.pdf"),))
    found = shown(site)
    room = found[f"/room/{case.case_id}/{LOT}"]
    assert TEXT in room
    assert re.search(r"<strong>匿名投标 \d</strong>", room)
    assert "澄清答复-a1-1.pdf" in found[f"/room/{case.case_id}/{LOT}/papers?bid={case.sitting_bid('bidder-a')}"]
    for path, text in found.items():
        assert not NAMES.search(text), (path, NAMES.search(text))
        assert quote(OWN) not in text, path
    (file,) = [row for row in stored(site) if row.kind == "clarification"]
    assert found[file.name][:3] == "206"
    events = booth(site, case.members[1]).get(f"/api/v1/cases/{case.case_id}/events")
    types = [event["type"] for event in json.loads(events)["events"]]
    assert "ClarificationAsked" in types
    assert "ClarificationAnswered" not in types  # whose act it is would tell


def test_an_answer_that_names_its_bidder_is_refused_while_it_can_still_be_put_right(site: Site):
    case = site.case
    case.ask("a1")
    page = site.browser("bidder-a").get(f"/bidder/cases/{case.case_id}/lots/{LOT}/clarifications/a1")
    assert "不要写出本单位" in page
    assert QUESTION in page
    named = case.paper(data=pdf("交货期说明") + f"\n% {OWN}".encode())
    for text, files, code in (
        (f"{OWN}：60 日", (), "clarification_text_names_bidder"),
        ("投 标人 a 承诺 60 日", (), "clarification_text_names_bidder"),
        ("由 经理 A 负责，60 日", (), "clarification_text_names_manager"),
        (TEXT, (named,), "clarification_file_names_bidder"),
    ):
        with pytest.raises(RuleViolation, match=code):
            case.answer("a1", text=text, files=files)
    typed = site.browser("bidder-a").post(
        f"/bidder/cases/{case.case_id}/lots/{LOT}/clarifications/a1", text=f"{OWN}：60 日"
    )
    assert "答复的文字中出现您单位的名称" in typed.get_data(as_text=True)
    case.answer("a1")

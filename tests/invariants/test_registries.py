"""What is named in one place exists in the other: codes have sentences, jobs have tasks, acts have their features."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from app.casefile.facts import FACTS, FACTS_OF_ALL
from app.messages import LANGUAGES, catalogue
from app.permissions.actions import Action
from app.permissions.policy import POLICY
from app.services import acts
from app.services.case_acts import FEATURES
from app.tasks.jobs import TASKS

ROOT = Path(__file__).parents[2]
SOURCES = {
    path: path.read_text("utf-8")
    for folder in ("app", "crypto", "evaluation")
    for path in (ROOT / folder).rglob("*.py")
    if "client" not in path.parts
}
RAISED = re.compile(
    r"(?:RuleViolation|CryptoError|_require)\(\s*(?:[^\"()]*(?:\([^()]*\))?[^\"()]*,\s*)?\"([a-z][a-z0-9_]+)\""
)
SCHEDULED = re.compile(r"schedule(?:_job)?\(\s*(?:\w+(?:\.\w+)*,\s*)?\"([a-z_]+)\"")


def _found(pattern: re.Pattern[str]) -> set[str]:
    return {code for text in SOURCES.values() for code in pattern.findall(text)}


def test_every_refusal_has_a_sentence_in_each_language() -> None:
    missing = {
        (code, language)
        for code in _found(RAISED)
        for language in LANGUAGES
        if not catalogue().get(code, {}).get(language)
    }
    assert not missing


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_both_languages_of_a_sentence_tell_the_same_facts(code: str) -> None:
    names = [
        {name for _, name, _, _ in string.Formatter().parse(catalogue()[code][language]) if name}
        for language in LANGUAGES
    ]
    assert names[0] == names[1]


def test_every_scheduled_job_has_a_task() -> None:
    assert _found(SCHEDULED) <= set(TASKS)


def test_every_task_is_scheduled_somewhere() -> None:
    assert set(TASKS) <= _found(SCHEDULED)


def test_every_action_stands_in_the_policy() -> None:
    assert set(POLICY) == set(Action)


def test_every_act_with_a_preparation_or_completion_is_an_act_of_a_person() -> None:
    assert FEATURES
    registered = set(acts._preparations) | set(acts._completions)
    assert registered <= {name for name, fact in FACTS.items() if fact.action}


def test_acts_that_need_more_than_their_rule_have_their_feature() -> None:
    """Without these the act would be taken on record and nothing would come of it."""
    assert {"BidSubmitted", "ShareReleased", "DrawShareReleased", "ReportSigned"} <= set(acts._preparations)
    assert {"TenderSubmitted", "TenderPublished", "AmendmentReleased", "MemberIdentified"} <= set(acts._completions)


def test_no_two_kinds_of_fact_have_one_name() -> None:
    """The later one would be read as the other, without a word."""
    assert len(FACTS) == len(FACTS_OF_ALL)

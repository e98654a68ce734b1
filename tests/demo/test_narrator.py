"""The demonstration's words: every step has a sentence in both languages, every table stands straight."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from demo.actors.regulator import SEEN
from demo.narrator import ROLES, SENTENCES, Narrator, in_words, table, width
from demo.play import CAST

DEMO = Path(__file__).parents[2] / "demo"


def told() -> set[str]:
    """Every step that is named anywhere in the demonstration's code."""
    found = {f"event:{name}" for name in SEEN}
    trees = [ast.parse(path.read_text("utf-8")) for path in DEMO.rglob("*.py")]
    for call in (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "attr", "")
        if name in ("tell", "step"):
            first = call.args[name == "step"]
            words = [] if isinstance(first, ast.JoinedStr) else ast.walk(first)
            found |= {word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str)}
    return found


def test_every_step_has_its_sentences():
    assert told() == SENTENCES.keys()
    assert all(set(sentences) == {"zh", "en"} for sentences in SENTENCES.values())


@pytest.mark.parametrize("step", sorted(SENTENCES))
def test_both_languages_state_facts_that_the_other_knows(step):
    named = {language: set(re.findall(r"{(\w+)}", text)) - {"zh", "en"} for language, text in SENTENCES[step].items()}
    assert named["zh"] == named["en"]


def test_every_actor_has_a_name():
    assert {role.partition("-")[0] for role in CAST} <= ROLES.keys()


def test_columns_stand_straight_whatever_the_characters():
    lines = table(["投标人 Bidder", "价格 Price"], [["演示投标人A", "1.00"], ["X", "1,566,000.00"]]).splitlines()
    assert len({width(line) for line in lines}) == 1
    assert width("评标") == 4
    assert width("a\u0301b") == 2


def test_a_step_is_shown_in_the_language_asked_for():
    shown: list[str] = []
    Narrator("zh", shown.append).step("seat-3", "line_cut", {"seat": 3, "acknowledged": 7})
    assert "席位 3 线路中断" in shown[0]
    assert "lost" not in shown[0]
    shown.clear()
    Narrator("en", shown.append).step("seat-3", "line_cut", {"seat": 3, "acknowledged": 7})
    assert "seat 3 lost its line (7 scores acknowledged)" in shown[0]


@pytest.mark.parametrize(
    ("fact", "zh", "en"),
    [
        ("1598400.00", "1,598,400.00", "1,598,400.00"),
        ("2026-11-22T07:18:44.496Z", "2026-11-22 15:18:44（北京时间）", "2026-11-22 15:18:44 (Beijing time)"),
        (True, "是", "yes"),
        ("DrawShareReleased", "用于抽取", "for the draw"),
        (3, "3", "3"),
        ("技术参数第3.20条", "技术参数第3.20条", "技术参数第3.20条"),
    ],
)
def test_facts_are_told_as_people_read_them(fact, zh, en):
    assert [in_words(fact, language) for language in ("zh", "en")] == [zh, en]


@pytest.mark.parametrize(("language", "said"), [("zh", "得分"), ("en", "Total"), ("both", "得分 Total")])
def test_heads_of_tables_are_in_the_narrators_language(language, said):
    assert Narrator(language).words("得分", "Total") == said

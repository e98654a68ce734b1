"""Every sentence of code and templates has its English, with the same facts in it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from app.adapters.profiles import profile_names, read_profile
from app.web.languages import CATALOGUE, compile_catalogue
from app.web.wording import METHODS, citation_words, method_words
from tests.app.web.site import LOT, Site

ROOT = Path(__file__).parents[3]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None}
SAMPLES = "styleguide.html"  # shows the components to their makers, in the source language
FACT = re.compile(r"%\((\w+)\)s")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def sentences() -> set[str]:
    """Every text given to gettext anywhere."""
    python = extract_from_dir(ROOT / "app", [("**.py", "python")], keywords=KEYWORDS)
    jinja = extract_from_dir(ROOT / "templates" / "html", [("**.html", "jinja2")], keywords=KEYWORDS)
    return {found[2] for found in (*python, *jinja) if found[0] != SAMPLES and isinstance(found[2], str)}


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def test_no_sentence_lacks_its_english(catalogue: Catalog):
    missing = {text for text in sentences() if not (catalogue.get(text) and catalogue.get(text).string)}
    assert missing == set()


def test_the_english_holds_the_same_facts_and_no_chinese(catalogue: Catalog):
    wrong = [m.id for m in catalogue if m.id and set(FACT.findall(m.id)) != set(FACT.findall(m.string))]
    assert wrong == []
    examples = ("形式评审 | Form", "优/Excellent")
    left = [m.string for m in catalogue if m.id and CHINESE.search(m.string) and not any(e in m.id for e in examples)]
    assert left == []


def test_the_catalogue_is_compiled_once_and_again_when_it_changes(tmp_path: Path):
    source = tmp_path / "messages.po"
    source.write_bytes(CATALOGUE.read_bytes())
    first = compile_catalogue(source).stat().st_mtime_ns
    inode = compile_catalogue(source).stat().st_ino
    assert compile_catalogue(source).stat().st_mtime_ns == first
    os.utime(source, ns=(first + 10**9, first + 10**9))
    assert compile_catalogue(source).stat().st_mtime_ns >= first
    assert (tmp_path / "messages.mo").stat().st_ino != inode


def test_every_citation_and_method_has_its_english(founded: Site):
    cited = {
        text
        for name in profile_names()
        for text in (*read_profile(name).articles.values(), *read_profile(name).recusal_articles.values())
    }
    with founded.app.test_request_context("/?lang=en"):
        founded.app.preprocess_request()
        words = [citation_words(text) for text in cited] + [method_words(method) for method in METHODS]
    assert [text for text in words if re.search(r"[\u3000-\u9fff\uff00-\uffef]", text)] == []
    assert "Tendering and Bidding Law, art. 23; Implementing Regulation" in " ".join(words)
    with founded.app.test_request_context("/"):  # of an older notice, whose article nobody compared
        founded.app.preprocess_request()
        assert citation_words("政府采购法 12；政府采购法实施条例 9（待核）") == "政府采购法第 12 条；平台规则"


def test_the_notice_in_english_has_no_chinese_but_what_people_wrote(bidding: Site):
    page = bidding.browser("", lang="en").get(f"/cases/{bidding.case.case_id}")
    assert "Open tendering" in page
    assert "Ministry of Finance order 87, art. 47" in page
    assert "not yet compared" not in page


def test_a_page_in_english_has_no_chinese_of_ours(bidding: Site):
    browser = bidding.browser("bidder-a", lang="en")
    for path in ("/bidder", "/account/keys", f"/bidder/cases/{bidding.case.case_id}/lots/{LOT}"):
        page = re.sub(r"<script.*?</script>", "", browser.get(path), flags=re.S)
        words = {word for word in re.findall(r"[\u4e00-\u9fff]+", page)}
        assert words <= {"中文", "设备采购", "设备", "员工", "投标人", "增加培训"}, path

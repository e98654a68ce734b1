"""The rule books that come with the platform: whose numbers they are, and by which law."""

from __future__ import annotations

from dataclasses import fields

import pytest

from app.adapters.profiles import profile_names, read_profile
from app.procedure.profiles import Profile, Regime
from evaluation.prices import FORMULAS
from evaluation.recusal import ConflictGround

LAWS_OF = {
    Regime.WORKS: {
        "招标投标法",
        "实施条例",
        "电子招标投标办法",
        "评标委员会和评标方法暂行规定",
        "发改办法规〔2025〕807号",
    },
    Regime.GOODS: {
        "政府采购法",
        "政府采购法实施条例",
        "财政部令第87号",
        "政府采购评审专家管理办法",
        "财库〔2022〕19号",
    },
}
OF_BOTH = {"平台规则"}


@pytest.mark.parametrize("name", profile_names())
def test_a_regime_cites_its_own_laws_alone(name: str):
    profile = read_profile(name)
    of_experts = [profile.fees.article, *(ground.article for ground in profile.appraisal.grounds)]
    texts = (*profile.articles.values(), *profile.recusal_articles.values(), *of_experts)
    citations = [one for text in texts for one in text.split("；")]
    cited = {one.removesuffix("（待核）").split(" ")[0] for one in citations}
    deciding = (*profile.articles.values(), *profile.recusal_articles.values())
    assert not [one for one in deciding if "待核" in one]  # what was not compared with its law cites none
    assert cited <= LAWS_OF[profile.regime] | OF_BOTH


@pytest.mark.parametrize("name", profile_names())
def test_an_article_stands_behind_a_number_that_exists(name: str):
    assert read_profile(name).articles.keys() <= {field.name for field in fields(Profile)}


@pytest.mark.parametrize("name", profile_names())
def test_every_ground_of_recusal_has_its_article(name: str):
    assert read_profile(name).recusal_articles.keys() == set(ConflictGround)


@pytest.mark.parametrize("name", profile_names())
def test_a_hidden_conflict_is_not_charged_under_the_article_on_published_criteria(name: str):
    articles = {ground.code: ground.article for ground in read_profile(name).appraisal.grounds}
    assert "49" not in articles["conflict"] + articles["disclosed"], "实施条例 49 is on criteria alone"
    assert "平台规则" not in {articles[code] for code in ("criteria", "conflict", "disclosed")}


@pytest.mark.parametrize("kind", [regime.value for regime in Regime])
def test_the_demonstration_cites_what_the_real_rule_book_cites(kind: str):
    real, demo = read_profile(f"cn-{kind}"), read_profile(f"demo-{kind}")
    assert (demo.articles, demo.version, demo.regime) == (real.articles, real.version, real.regime)
    assert demo.recusal_articles == real.recusal_articles
    assert (demo.fees, demo.appraisal) == (real.fees, real.appraisal)
    assert demo.price_formulas == real.price_formulas


@pytest.mark.parametrize("name", profile_names())
def test_the_formulas_of_a_rule_book_exist(name: str):
    assert set(read_profile(name).price_formulas) <= FORMULAS.keys()
    assert read_profile(name).price_formulas

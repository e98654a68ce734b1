"""How the room says that the tenderer has named the chair: whom, by whom and under which article."""

from __future__ import annotations

from flask_babel import gettext as _

from app.casefile.case import Case
from app.web.wording import article_words


def naming_words(found: Case, lot: str) -> str:
    """ "" where the chair is elected as usual."""
    state, terms = found.lot(lot).sitting, found.tender.published
    if state.chair_named is None:
        return ""
    facts = {
        "n": state.chair_named,
        "who": terms.buyer,
        "source": article_words(terms.profile, "tenderer_may_name_chair"),
    }
    if state.named_left:
        return _("招标人（%(who)s）指定的席位 %(n)s 的成员已经退出，组长由评标委员会推选（%(source)s）。", **facts)
    return _("组长由招标人（%(who)s）指定，为席位 %(n)s，不经推选（%(source)s）。", **facts)

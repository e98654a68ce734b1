"""A case for those who may have it now, and where on the site it is."""

from __future__ import annotations

from typing import Any

from flask import g, request, url_for
from flask_babel import gettext as _

from app.casefile.case import Case
from app.casefile.sealing import committee_of
from app.extensions import current_actor, platform
from app.messages import regime_words, sentence
from app.permissions.actions import Action
from app.procedure.errors import RuleViolation
from app.queries.cases import load_case
from app.services.actors import authorize_or_record
from app.web.names import phase_name
from crypto.errors import CryptoError


def entitled_case(case_id: str, lot: str, action: Action) -> Case:
    """The case, if the asker may do this with it now. Raises NotAllowed, RuleViolation `lot_unknown`."""
    with platform().database.reading() as db_session:
        found = load_case(db_session, case_id)
    check_entitled(found, lot, action)
    return found


def check_entitled(case: Case, lot: str, action: Action) -> None:
    """That the asker may do this with a case now. Raises NotAllowed, RuleViolation `lot_unknown`."""
    authorize_or_record(platform().database, current_actor(), action, case, lot, request.remote_addr or "")
    if lot:
        case.lot(lot)


def place(case: Case, lot: str, page: str, *, public: bool = True) -> dict[str, Any]:
    """What the header and the breadcrumbs of a page about a lot need."""
    terms = case.tender.published
    title = next((t.title for t in terms.lots if t.number == lot), "")
    trail = [(_("公告"), url_for("public.notices")), (terms.title, f"/cases/{case.id}")] if public else []
    return {
        "case": {"title": terms.title, "code": terms.code, "stage": phase_name(case, lot)},
        "case_id": case.id,
        "lot": lot,
        "lot_title": title,
        "breadcrumbs": [*trail, (page, "")],
        "case_notice": demo_notice(case),
    }


def demo_notice(case: Case) -> str | None:
    """Every page of a case says that its periods are no lawful ones, and that its trustees cannot be relied on."""
    if not case.tender.published_at:
        return None
    terms, notices = case.tender.published, []
    if terms.profile.demo:
        notices.append(_("演示项目：期限以秒计，数据不具有法律效力。"))
    if committee_of(case).mode == "M0":
        notices.append(_("投标的解密密钥由同一台机器生成（M0），不能证明截止以前没有人打开过投标。"))
    if not terms.register.witnesses:
        notices.append(_("无见证机构：没有平台以外的一方证明案卷未被改写。"))
    return " ".join(notices) or None


def words_of(case: Case) -> dict[str, str]:
    """What the regime of a published case calls that which is raised at its opening."""
    return regime_words(case.tender.published.profile.regime, g.get("lang", "zh"))


def account_key() -> str:
    """The name under which this browser keeps the actor's own signing key."""
    return f"account-{current_actor().id}"


def in_words(refusal: RuleViolation | CryptoError) -> str:
    """A refusal as a sentence in the language of the page."""
    return sentence(refusal.code, refusal.facts, g.get("lang", "zh"), platform().settings.display_zone)

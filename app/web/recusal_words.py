"""Whom a draw considers, and on which grounds people step back, in words with the article of each."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.procedure.profiles import LibraryDay, Profile
from app.web.wording import citation_words
from evaluation.recusal import ConflictGround

RECUSALS: dict[ConflictGround, LazyString] = {
    ConflictGround.EMPLOYER: _l("在投标人处任职"),
    ConflictGround.PAST_EMPLOYER: _l("曾在投标人处任职，离职未满规定年限"),
    ConflictGround.RELATIVE: _l("与投标人的负责人或者经办人有近亲属关系"),
    ConflictGround.INTEREST: _l("持有投标人股份或者有其他经济利益"),
    ConflictGround.BUYER_STAFF: _l("采购人的工作人员"),
    ConflictGround.AGENCY_STAFF: _l("代理机构的工作人员"),
    ConflictGround.AUTHORITY_STAFF: _l("行政监督部门或者项目主管部门的人员"),
    ConflictGround.CENTRE_STAFF: _l("交易中心的工作人员"),
    ConflictGround.TRUSTEE_STAFF: _l("受托人的工作人员"),
    ConflictGround.PUNISHED: _l("曾因招标采购活动中的违法行为受过处罚"),
    ConflictGround.EARLIER_COMMITTEE: _l("参加过本项目此前的评审委员会"),
    ConflictGround.FREQUENCY: _l("近期参加评审的次数达到上限"),
    ConflictGround.REMOVED: _l("名单固定后已由两人核准清退"),
}


def library_words(profile: Profile) -> str:
    """As of when the library counts for a draw; "" where the rule book says nothing of it."""
    if profile.library_as_of is None:
        return ""
    day = {LibraryDay.PUBLICATION: _("公告发布时"), LibraryDay.DEADLINE: _("投标截止时")}[profile.library_as_of]
    return _("专家库以%(day)s为准：此后入库、恢复的不抽取，此后由一人暂停的仍可抽取", day=day)


def recusal_words(profile: Profile) -> list[tuple[str, str]]:
    """Every ground on which the system recuses, with its article."""
    found = []
    for ground, article in profile.recusal_articles.items():
        name = str(RECUSALS[ConflictGround(ground)])
        if ground == ConflictGround.PAST_EMPLOYER:
            name = _("%(ground)s（%(years)s 年）", ground=name, years=profile.past_employer_years)
        if ground == ConflictGround.FREQUENCY:
            if profile.seats_at_most is None:
                continue
            most = profile.seats_at_most
            name = _("%(ground)s（%(days)s 日内 %(n)s 次）", ground=name, days=most.days, n=most.seats)
        found.append((name, citation_words(article)))
    return found

"""Where a person goes: the links in the head of each page, and the first page after log-in."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.procedure.roles import Actor, Role

DESKS = {
    Role.AGENCY_OFFICER: (_l("代理机构工作台"), "/agency"),
    Role.AGENCY_SUPERVISOR: (_l("代理机构工作台"), "/agency"),
    Role.BIDDER: (_l("我的投标"), "/bidder"),
    Role.CENTRE_OPERATOR: (_l("交易中心工作台"), "/centre"),
    Role.TRUSTEE: (_l("受托人工作台"), "/trustee"),
    Role.SITE_WITNESS: (_l("现场见证"), "/witness"),
    Role.REGULATOR: (_l("监督工作台"), "/regulator"),
    Role.SYSTEM_ADMIN: (_l("账户管理"), "/accounts"),
}


def room_of_booth(actor: Actor) -> str:
    """The one place of a booth."""
    return f"/room/{actor.seat.rpartition('#')[0]}"


def first_page(actor: Actor) -> str:
    """The desk of the actor's role; an expert's own page."""
    if actor.seat:
        return room_of_booth(actor)
    own = "/expert" if actor.is_(Role.EXPERT) else "/account"
    return next((url for role, (_label, url) in DESKS.items() if actor.is_(role)), own)


def has_desk(actor: Actor) -> bool:
    """Whether some role of the actor has a desk; experts and the buyer's members have their seat on the day."""
    return actor.is_(*DESKS)


def nav_links(actor: Actor) -> list[tuple[str, str]]:
    """Notices for everybody; then one's desks, account and keys. A booth has its room and nothing else."""
    if actor.seat:
        return [(_("返回评审室"), room_of_booth(actor))]
    links = [(_("公告"), "/")]
    links += dict.fromkeys((str(label), url) for role, (label, url) in DESKS.items() if actor.is_(role))
    if actor.is_(Role.EXPERT):
        links.append((_("专家个人页面"), "/expert"))
    if actor.id:
        links += [(_("我的账户"), "/account"), (_("我的密钥"), "/account/keys")]
    return links


def footer_links(actor: Actor) -> list[tuple[str, str]]:
    """None at a booth: each would lead out of its room."""
    if actor.seat:
        return []
    pages = [
        (_("双随机抽查公示"), "/inspections"),
        (_("抽取公示"), "/draws"),
        (_("核验"), "/verify"),
        (_("信任与登记"), "/trust"),
        (_("登记簿与见证"), "/register"),
    ]
    return [*pages, (_("个人信息"), "/privacy"), (_("关于本平台"), "/about")]

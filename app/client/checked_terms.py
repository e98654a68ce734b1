"""What a bid is sealed to, checked against what people signed: the platform alone is not believed."""

from __future__ import annotations

from app.client.acting import Person
from app.client.bidder import SealParameters, fetch_parameters
from app.client.connection import refuse
from app.client.feed import CaseFeed
from app.client.verified_case import PlatformSource, verified_case
from crypto.committee import Committee


def checked_parameters(person: Person, case: str, lot: str) -> SealParameters:
    """What a bid on this lot is bound to, once the trustees' key is the one in the terms that two people of the agency
    signed, under authorities that this folder keeps from its first use.

    Who has the web server could else name a key of its own and open what is sent to it. Raises Refused
    `committee_not_in_terms`, `trustee_act_unverified`, and as `fetch_parameters` does.
    """
    parameters = fetch_parameters(person.connection, case, lot)
    person.check_origin(str(parameters.context["origin"]))
    feed, source = CaseFeed(person.connection, case), PlatformSource(person.connection, case)
    feed.refresh()
    verified = verified_case(person.origin, case, feed.events, tuple(person.profile.facts.get("roots", ())), source)
    signed = Committee.from_description(verified.signed.terms["committee"]).id if verified else "—"
    named = (str(parameters.context["tender"]), str(parameters.context["lot"]), parameters.committee.id)
    if named != (case, lot, signed):
        raise refuse(
            "committee_not_in_terms",
            "平台要求加密给受托方公钥 {found}，而招标文件中两人签发的是 {signed}。"
            "未加密任何文件；请勿提交，立即联系监督部门。",
            "The platform asks to seal to the trustees' key {found}; the terms that two people signed name {signed}. "
            "Nothing was sealed. Hand nothing in, and call the supervision authority at once.",
            found="/".join(named),
            signed="/".join((case, lot, signed)),
        )
    return parameters

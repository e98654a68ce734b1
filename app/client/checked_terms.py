"""What a bid is sealed to, checked against what people signed: the platform alone is not believed."""

from __future__ import annotations

import time
from dataclasses import replace

from app.client.acting import Person
from app.client.bidder import SealParameters, fetch_parameters
from app.client.connection import Refused, refuse
from app.client.feed import CaseFeed
from app.client.verified_case import PlatformSource, VerifiedCase, Vouchers, verified_case
from crypto.committee import Committee

PATIENCE, PAUSE = 20.0, 1.0  # seconds for which a fresh publication may wait for its witnesses


def checked_parameters(person: Person, case: str, lot: str, *, unwitnessed: bool = False) -> SealParameters:
    """What a bid on this lot is bound to, once the trustees' key is the one in the terms that two people of the agency
    signed, under authorities that this folder keeps from its first use.

    Who has the web server could else name a key of its own and open what is sent to it. Where there are witnesses, they
    must have cosigned that these terms are the only ones of the case, unless `unwitnessed`. Raises Refused
    `committee_not_in_terms`, `trustee_act_unverified`, `trustee_unvouched`, `history_not_listed`, and as
    `fetch_parameters` does.
    """
    parameters = fetch_parameters(person.connection, case, lot)
    person.check_origin(str(parameters.context["origin"]))
    feed, source = CaseFeed(person.connection, case), PlatformSource(person.connection, case)
    feed.refresh()
    roots, vouchers = person.roots, Vouchers(person.register)
    verified = verified_case(person.origin, case, feed.events, roots, source, vouchers)
    signed = Committee.from_description(verified.signed.terms["committee"]).id if verified else "—"
    named = (str(parameters.context["tender"]), str(parameters.context["lot"]), parameters.committee.id)
    if named != (case, lot, signed):
        raise refuse(
            "committee_not_in_terms",
            "平台要求加密给受托人公钥 {found}，而招标文件中两人签发的是 {signed}。"
            "未加密任何文件；请勿提交，立即联系监督部门。",
            "The platform asks to seal to the trustees' key {found}; the terms that two people signed name {signed}. "
            "Nothing was sealed. Hand nothing in, and call the supervision authority at once.",
            found="/".join(named),
            signed="/".join((case, lot, signed)),
        )
    if verified is not None and not unwitnessed:
        _await_witnesses(verified)
    return parameters if verified is None else replace(parameters, core_product=_core_product(verified, lot))


def _core_product(verified: VerifiedCase, number: str) -> str:
    """Of which product the signed terms ask the brand, whatever the platform says: a bid without it would be void."""
    lots = verified.signed.terms["lots"]
    return next((str(lot.get("core_product", "")) for lot in lots if lot["number"] == number), "")


def _await_witnesses(verified: VerifiedCase) -> None:
    """The terms stand in the list of acts, and the witnesses cosigned it: seconds after they were published."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            verified.vouched_by()
            return
        except Refused as refusal:
            if refusal.code != "trustee_unvouched" or time.monotonic() >= until:
                raise
        time.sleep(PAUSE)

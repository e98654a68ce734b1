"""Who and what surrounds a case, as recusal asks for it: its bidders, the organisations whose staff may not judge, who
sat on an earlier committee of the matter, and who has sat too often lately.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.models import Account, AccountRole, CallUp, Certificate, Expert, Organisation, Pseudonym
from app.procedure.profiles import Profile
from app.procedure.roles import Role
from app.queries.cases import load_case
from evaluation.recusal import BidderParties, ConflictGround, RecusalRules, Surroundings, same_name


def recusal_rules(profile: Profile) -> RecusalRules:
    """The profile's figures as the rule takes them."""
    most = profile.seats_at_most.seats if profile.seats_at_most else None
    return RecusalRules(profile.past_employer_years, most, profile.recusal_articles)


def bidders_of(db_session: DbSession, case: Case, lot: str) -> list[BidderParties]:
    """Whoever's bid stood at the deadline, those included whose bid could not be opened or was void: by credit code,
    with the project manager where one was read out, and the people who act for the bidder here.
    """
    state = case.lots[lot]
    managers = {bid.bidder: bid.project_manager for bid in state.opening.opened.values()}
    bidders = {one.bidder for one in (*state.bidding.live, *state.opening.voided.values())} | managers.keys()
    found = []
    for bidder in sorted(bidders):
        people = select(Account.name).join(AccountRole).where(AccountRole.role == Role.BIDDER)
        names = db_session.scalars(people.where(Account.organisation_id == bidder).order_by(Account.name))
        code = db_session.get_one(Organisation, bidder).credit_code
        found.append(BidderParties(bidder, (code,), tuple(filter(None, (managers.get(bidder, ""), *names)))))
    return found


def surroundings(db_session: DbSession, case: Case, lot: str, on: date) -> Surroundings:
    """What counts on the day of a draw, whoever bids."""
    profile = case.tender.published.profile
    earlier = _earlier_members(db_session, case) if profile.earlier_committee_recused else frozenset[str]()
    limit = profile.seats_at_most
    seats = _seats_since(db_session, on - timedelta(days=limit.days)) if limit else {}
    return Surroundings(_offices(db_session, case, lot), earlier, seats)


def _offices(db_session: DbSession, case: Case, lot: str) -> dict[str, ConflictGround]:
    """The credit codes of the organisations whose staff step back; the buyer counts first, by its code, by its name in
    the library and by who was named to sit for it.
    """
    terms, parties = case.tender.published, case.tender.parties
    assert parties is not None
    keys = [str(member["key_id"]) for member in case.tender.committee.get("members", ())]
    holders = select(Account.organisation_id).join(Certificate).where(Certificate.key_id.in_(keys))
    named = [member.account for member in case.lots[lot].buyers.named]
    seated = select(Account.organisation_id).where(Account.id.in_(named))
    found = dict.fromkeys(_codes(db_session, db_session.scalars(holders)), ConflictGround.TRUSTEE_STAFF)
    for party, ground in (
        (parties.centre, ConflictGround.CENTRE_STAFF),
        (parties.regulator, ConflictGround.AUTHORITY_STAFF),
        (parties.agency, ConflictGround.AGENCY_STAFF),
    ):
        found |= dict.fromkeys(_codes(db_session, [party.id]), ground)
    buyer = same_name(terms.buyer)
    named_so = (code for code, name in _registered(db_session) if same_name(name) == buyer)
    codes = {terms.buyer_code, *named_so, *_codes(db_session, db_session.scalars(seated))} - {""}
    return found | dict.fromkeys(codes, ConflictGround.BUYER_STAFF)


def _registered(db_session: DbSession) -> Iterable[tuple[str, str]]:
    return ((code, name) for code, name in db_session.execute(select(Organisation.credit_code, Organisation.name)))


def _codes(db_session: DbSession, organisations: Iterable[str]) -> list[str]:
    query = select(Organisation.credit_code).where(Organisation.id.in_(set(organisations)))
    return list(db_session.scalars(query))


def _earlier_members(db_session: DbSession, case: Case) -> frozenset[str]:
    """The experts who accepted a seat on a committee of a case that this one follows."""
    found: set[str] = set()
    parties = case.tender.parties
    while parties is not None and parties.follows:
        before = load_case(db_session, parties.follows)
        for lot, state in before.lots.items():
            query = select(Pseudonym.expert_id).where(Pseudonym.case_id == before.id, Pseudonym.lot == lot)
            found |= set(db_session.scalars(query.where(Pseudonym.number.in_(state.draw.seated))))
        parties = before.tender.parties
    return frozenset(found)


def _seats_since(db_session: DbSession, day: date) -> dict[str, int]:
    """On how many committees each expert has accepted a seat from a day on, those that ended early included."""
    query = select(Expert.id, CallUp.answered_at).join(Expert, Expert.account_id == CallUp.account_id)
    answered = db_session.execute(query.where(CallUp.accepted, CallUp.answered_at.is_not(None)))
    return Counter(expert for expert, at in answered if at.date() >= day)

"""What the evaluation report says (O87 art. 58), taken from the case as it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case, LotCase
from app.casefile.record import Record
from app.casefile.report_data import report_data, sheets_digest
from app.casefile.rounds_of_evaluation import latest_evaluation
from app.documents.content import (
    Criterion,
    DissentStatement,
    EarlierStatement,
    EvaluationReport,
    InvalidBid,
    Member,
    QualificationResult,
    Signatory,
    Signed,
    SigningStatement,
)
from app.documents.method_wording import adjustment_words, method_standard, price_words
from app.documents.wording import Lang, instant, listed
from app.messages import regime_words, sentence, void_sentence
from app.models import Site
from app.procedure.signing import EarlierDissent, tally
from app.queries.cases import load_records
from app.queries.findings import report_words
from app.queries.results import tied_bidders
from app.services.documents import document_check, heading, named_address, opened_bids
from app.services.platform import Platform
from app.services.report_course import (
    changes_of,
    clarifications_of,
    contract_points_of,
    corrections_of,
    interruptions_of,
    low_prices,
    naming_of,
    price_corrections_of,
    rechecks_of,
)
from app.services.report_recordings import recordings_of
from app.services.report_review import review_of, rollbacks_of
from app.services.report_tables import bid_sheets, name_of, recommended, scored_bids
from app.services.sittings import member_account
from crypto.canonical import digest
from evaluation import criteria
from evaluation.committee import MemberRole
from evaluation.evaluate import EvaluationRules, left_out
from evaluation.sitting import ARITHMETIC_CONFIRMED, GROUND_ITEMS, PRICE_PROVEN, WITHIN_CEILING, Rejection, SittingState


def capacity(case: Case, role: MemberRole, lang: Lang) -> str:
    """As what a member sits."""
    return sentence(f"capacity_{role}", {"regime": case.tender.published.profile.regime}, lang)


def signs_as(case: Case, lot: str, seat: int, lang: Lang) -> str:
    """Seat and capacity, as they stand beside a member's signature."""
    sitting = case.lots[lot].sitting
    code = "signs_as_chair" if seat == sitting.chair else "signs_as"
    return sentence(code, {"seat": seat, "capacity": capacity(case, sitting.seats[seat].role, lang)}, lang)


def field_name(seat: int) -> str:
    """The signature field of a seat."""
    return f"Member{seat}"


def report_content(platform: Platform, case: Case, lot: str, told: Sequence[Record], lang: Lang) -> EvaluationReport:
    """Every part of O87 art. 58 or O12 art. 42, from the lot's records before it and the case as they left it."""
    state, terms, published = case.lots[lot], case.tender.published, case.tender.published.lot(lot)
    sitting, opened_at = state.sitting, state.opening.closed_at
    assert opened_at is not None
    assert case.tender.published_at is not None
    records = latest_evaluation(told)
    with platform.database.reading() as db_session:
        members = members_of(db_session, case, lot, lang)
        named_sites = site_names(db_session, sitting)
    started_at, sitting_digest, draw_digest = sources_of(records, case, lot)
    names = {bid.bid: bid.bidder_name for bid in sitting.bids}
    rules, profile = sitting.rules.evaluation, terms.profile
    price = price_words(rules, lang)
    return EvaluationReport(
        heading=heading(case, lot, "sitting", sitting_digest, lang),
        regime=profile.regime,
        check=document_check(platform, case.id, lot, digest(report_data(told, profile.recording))),
        media=named_address(platform),
        published_at=case.tender.published_at,
        opened_at=opened_at,
        opening_place=named_address(platform),
        evaluation_started_at=started_at,
        evaluation_ended_at=told[-1].at,
        evaluation_place=("、" if lang == "zh" else ", ").join(sorted(named_sites.values())),
        budget=published.budget,
        ceiling=published.ceiling,
        method=terms.method,
        standard=method_standard(rules, profile.regime, lang),
        price_formula=price,
        averaging=sentence(f"averaging_{rules.scoring.aggregation}", {"places": rules.scoring.places}, lang),
        members=members,
        criteria=tuple(_criterion(one, price, lang) for one in rules.criteria.criteria),
        opened_bids=opened_bids(case, lot, lang),
        qualification=qualification_of(case, lot),
        invalid_bids=invalid_bids(case, lot, lang),
        scored_bids=scored_bids(sitting, names, lang),
        sheets=bid_sheets(case, lot, records, lang),
        candidates=recommended(sitting, names),
        agreement=_agreement(sitting, lang),
        clarifications=clarifications_of(state.asked_here, names, lang),
        corrections=corrections_of(records, names, rules.criteria, lang),
        dissents=_dissents(case, lot, lang),
        earlier_dissents=tuple(_earlier_dissent(one, case, lot, lang) for one in state.signing.earlier),
        **_of_members(records, lang),
        notes=(*interruptions_of(records, named_sites, lang), *_ties(sitting, lang), *_always(case, lot, lang)),
        draw_digest=draw_digest,
        sitting_digest=sitting_digest,
        signatories=tuple(
            Signatory(field_name(int(m.seat)), m.name, signs_as(case, lot, int(m.seat), lang)) for m in members
        ),
        **_about_prices(state, names, lang),
        findings=report_words(case, lot, records, lang),
        contract_points=contract_points_of(records, profile.regime, lang),
        review=review_of(state, records, names, lang),
        rechecks=rechecks_of(records, lang),
        recordings=recordings_of(told, profile.recording, named_sites, lang),
        **comparing(rules, lang),
        rollbacks=rollbacks_of(case, lot, records, lang),
    )


def _of_members(records: Sequence[Record], lang: Lang) -> dict[str, Any]:
    """Who left and came, and whom the tenderer named as the chair."""
    return {"member_changes": changes_of(records, lang), "naming": naming_of(records, lang)}


def _about_prices(state: LotCase, names: Mapping[str, str], lang: Lang) -> dict[str, Any]:
    """The prices that were to be explained, and those that count as they were corrected."""
    corrected = price_corrections_of(state.asked_here, state.sitting.result, names, lang)
    return {"low_prices": low_prices(state.sitting.marked, names, lang), "price_corrections": corrected}


def comparing(rules: EvaluationRules, lang: Lang) -> dict[str, Any]:
    """Which tables of comparison there are, and what stands in them."""
    return {
        "by": rules.by,
        "full_total": rules.criteria.total,
        "scored_names": tuple(name_of(one, lang) for one in rules.criteria.scored),
    }


def _criterion(one: criteria.Criterion, price_formula: str, lang: Lang) -> Criterion:
    kind = sentence(f"criterion_{one.kind}", {}, lang)
    return Criterion(name_of(one, lang), one.full, kind, _standard(one, price_formula, lang))


def _always(case: Case, lot: str, lang: Lang) -> tuple[str, ...]:
    """What silence about the report means, and how the experts were drawn."""
    silence = sentence("note_silence_is_consent", {"regime": case.tender.published.profile.regime}, lang)
    return (silence, *_sharing(case.lots[lot].sitting, lang), *draw_rounds(case, lot, lang))


def _sharing(sitting: SittingState, lang: Lang) -> tuple[str, ...]:
    """That bids share a rank of which only some could be recommended, and therefore none is."""
    most = sitting.rules.evaluation.most_candidates
    rows = left_out(sitting.result, most) if sitting.result else ()
    if not rows:
        return ()
    names = {bid.bid: bid.bidder_name for bid in sitting.bids}
    facts = {"rank": rows[0].rank, "bidders": listed([names[row.bid] for row in rows], lang), "most": most}
    return (sentence("note_rank_shared", facts, lang),)


def signing_statement(
    platform: Platform, case: Case, lot: str, now: datetime, lang: Lang, report_sha256: str
) -> SigningStatement:
    """What each member did about the report, in the order of the seats."""
    state = case.lots[lot]
    found = state.signing
    with platform.database.reading() as db_session:
        members = members_of(db_session, case, lot, lang)
    rows = []
    for member in members:
        seat = int(member.seat)
        dissent, refusal = found.dissents.get(seat), found.refusals.get(seat)
        earlier = found.own_earlier(seat) if refusal else ()
        rows.append(
            Signed(
                f"{signs_as(case, lot, seat, lang)} {member.name}",
                found.signed.get(seat),
                dissent.text if dissent else "",
                dissent.at if dissent else None,
                refusal.at if refusal else None,
                refusal.by if refusal else 0,
                tuple(_earlier_dissent(one, case, lot, lang) for one in earlier),
            )
        )
    words = regime_words(case.tender.published.profile.regime, lang)
    return SigningStatement(
        heading=heading(case, lot, "report", report_sha256, lang),
        report_sha256=report_sha256,
        stated_at=now,
        members=tuple(rows),
        tally=sentence("signing_tally", vars(tally(state.sitting)), lang),
        dissented_before=dissented_before(state.sitting, lang),
        no_majority=no_majority(state.sitting, lang),
        words=words,
    )


def no_majority(sitting: SittingState, lang: Lang) -> str:
    """That the conclusion has no majority, in words; "" where it has one."""
    return sentence("no_majority", {}, lang) if tally(sitting).without_majority else ""


def dissented_before(sitting: SittingState, lang: Lang) -> str:
    """How many members dissented from earlier results, in words; "" where nobody did."""
    counts = tally(sitting)
    return sentence("dissented_before", vars(counts), lang) if counts.earlier else ""


def _agreement(sitting: SittingState, lang: Lang) -> tuple[str, ...]:
    """What stood when the report was prepared, and where it stands how the members signed."""
    stands = sentence("report_agreement", vars(tally(sitting)), lang)
    return tuple(part for part in (stands, dissented_before(sitting, lang), no_majority(sitting, lang)) if part)


def qualification_of(case: Case, lot: str) -> tuple[QualificationResult, ...]:
    """The agency's check, by price (Order 87, article 44)."""
    state, opened, parties = case.lots[lot], case.lots[lot].opening.opened, case.tender.parties
    assert parties is not None
    return tuple(
        QualificationResult(opened[key].bidder_name, one.qualified, parties.agency.name, one.reason)
        for key, one in sorted(state.qualification.items(), key=lambda item: opened[item[0]].price)
    )


def invalid_bids(case: Case, lot: str, lang: Lang) -> tuple[InvalidBid, ...]:
    """Every bid that does not count, with its ground and who found so (Order 87, article 58).

    Void at the opening, then not qualified by the agency's check, then rejected by the committee.
    """
    state = case.lots[lot]
    at_opening = sentence("invalid_at_opening", {}, lang)
    voided = sorted(state.opening.voided.values(), key=lambda bid: bid.receipt_id)
    names = {bid.bid: bid.bidder_name for bid in state.sitting.bids}
    return (
        *(InvalidBid(bid.bidder_name, void_sentence(bid.reason, lang), at_opening) for bid in voided),
        *(InvalidBid(q.bidder, q.ground, q.checked_by) for q in qualification_of(case, lot) if not q.passed),
        *(_invalid(case, names[found.bid], found, lang) for found in state.sitting.rejected),
    )


def _invalid(case: Case, bidder: str, found: Rejection, lang: Lang) -> InvalidBid:
    if found.item == WITHIN_CEILING.id:
        return InvalidBid(bidder, sentence("price_above_ceiling", {}, lang), sentence("review_by_system", {}, lang))
    if found.item == ARITHMETIC_CONFIRMED.id:
        unconfirmed = sentence("correction_not_confirmed", {}, lang)
        return InvalidBid(bidder, unconfirmed, sentence("review_by_system", {}, lang))
    if found.item == PRICE_PROVEN.id:
        return _unproven(case, bidder, found, lang)
    grounds, by_law = listed(found.grounds, lang), {item.id: ground for ground, item in GROUND_ITEMS.items()}
    if found.item in by_law:
        regime = case.tender.published.profile.regime
        grounds = listed([sentence(f"{regime}_ground_{by_law[found.item]}", {}, lang), *found.grounds], lang)
    return InvalidBid(bidder, grounds, sentence("review_votes", {"votes": found.votes}, lang))


def _unproven(case: Case, bidder: str, found: Rejection, lang: Lang) -> InvalidBid:
    """Whose price is not proven: by the members who found so, or since it explained nothing."""
    law = sentence(f"{case.tender.published.profile.regime}_ground_price_not_proven", {}, lang)
    if not found.votes:
        why = listed([law, sentence("price_unexplained", {}, lang)], lang)
        return InvalidBid(bidder, why, sentence("review_by_system", {}, lang))
    return InvalidBid(
        bidder, listed([law, *found.grounds], lang), sentence("review_votes", {"votes": found.votes}, lang)
    )


def _dissents(case: Case, lot: str, lang: Lang) -> tuple[DissentStatement, ...]:
    """What members have written about the results that stand, in the order of the seats."""
    found = sorted(case.lots[lot].signing.dissents.items())
    return tuple(DissentStatement(signs_as(case, lot, seat, lang), one.text, one.at) for seat, one in found)


def _earlier_dissent(one: EarlierDissent, case: Case, lot: str, lang: Lang) -> EarlierStatement:
    """By seat and capacity alone: who chairs now need not have chaired then."""
    role = case.lots[lot].sitting.seats[one.seat].role
    seat = {"seat": one.seat, "capacity": capacity(case, role, lang)}
    facts = {"computation": one.computation, "computed_at": instant(one.computed_at)}
    about = [sentence("dissent_from_earlier", facts, lang)]
    if one.left_at is not None:
        about.append(sentence("dissenter_has_left", {"at": instant(one.left_at)}, lang))
    words = (" " if lang == "en" else "").join(about)
    return EarlierStatement(sentence("signs_as", seat, lang), one.text, one.at, words)


def _standard(criterion: criteria.Criterion, price_formula: str, lang: Lang) -> str:
    """How a criterion is scored as published: the price by its formula, others by the tender's words, within their
    bands, by steps.
    """
    if criterion.kind == "price":
        return price_formula
    if adjustment := adjustment_words(criterion, lang):
        return listed([adjustment, criterion.standard_en if lang == "en" else criterion.standard_zh], lang)
    bands = [f"{b.name_en if lang == 'en' else b.name_zh} {b.low:f}–{b.high:f}" for b in criterion.bands]
    figures = listed([*bands, sentence("criterion_step", {"step": criterion.step}, lang)], lang)
    words = criterion.standard_en if lang == "en" else criterion.standard_zh
    return " ".join(filter(None, (words, figures)))


def members_of(db_session: DbSession, case: Case, lot: str, lang: Lang) -> tuple[Member, ...]:
    sitting, found = case.lots[lot].sitting, []
    for seat in sorted(sitting.seats.values(), key=lambda s: s.number):
        account = member_account(db_session, case, lot, seat)
        site = db_session.get_one(Site, seat.site).name
        chair = seat.number == sitting.chair
        found.append(
            Member(
                str(seat.number), account.name, capacity(case, seat.role, lang), account.organisation.name, site, chair
            )
        )
    return tuple(found)


def site_names(db_session: DbSession, sitting: SittingState) -> dict[str, str]:
    ids = sorted({seat.site for seat in sitting.seats.values()})
    return {site.id: site.name for site in db_session.scalars(select(Site).where(Site.id.in_(ids)))}


def records_of(db_session: DbSession, case: Case, lot: str, now: datetime) -> list[Record]:
    """The lot's records as they stood at the report, of its latest evaluation."""
    found = (record for record in load_records(db_session, case.id) if record.lot == lot and record.at <= now)
    return latest_evaluation(found)


def sources_of(records: list[Record], case: Case, lot: str) -> tuple[datetime, str, str]:
    """When the sitting opened; digests of its locked sheets and of the draw's last record."""
    opened_at = next(record.at for record in records if record.type == "SittingOpened")
    current = case.lots[lot].draw.current
    return opened_at, sheets_digest(records), current.record_sha256 if current else ""


def _ties(sitting: SittingState, lang: Lang) -> tuple[str, ...]:
    """Which bids a draw has parted, in which order, and by what record."""
    facts = {"record": sitting.drawn_record}
    joined = " → "
    return tuple(
        sentence("note_ties_drawn", {"order": joined.join(group), **facts}, lang) for group in tied_bidders(sitting)
    )


def draw_rounds(case: Case, lot: str, lang: Lang) -> tuple[str, ...]:
    """Further rounds of the draw. Who is drawn for somebody that never sat replaces no member of a committee."""
    return tuple(
        sentence("substitute_round", {"round": r.number, "reason": sentence(f"round_{r.reason}", {}, lang)}, lang)
        for r in case.lots[lot].draw.rounds
        if r.number > 1
    )

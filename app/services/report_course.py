"""How a sitting went, as sentences of its report: corrected sheets, changed members and booths, standstills."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from app.casefile import clarification_data
from app.casefile.codec import encode
from app.casefile.course_data import contract_points
from app.casefile.interruptions import Interruption, interruptions
from app.casefile.named_chair import named_chair
from app.casefile.record import Record
from app.casefile.report_data import RECHECKS, recheck_data
from app.documents.clarification_content import BidClarification
from app.documents.wording import Lang, hundredths, instant, listed
from app.messages import sentence
from app.procedure.clarifying import Clarifying, Course
from app.procedure.money import format_yuan
from app.procedure.picture_ends import MemberPictureAllowed, MemberPictureEnded
from app.procedure.roles import Role
from app.queries.low_prices import low_prices_of
from crypto.canonical import digest
from crypto.instants import parse_instant
from evaluation.criteria import CriteriaSet
from evaluation.evaluate import EvaluationResult
from evaluation.low_prices import MarkedPrice
from evaluation.scoring import Cells, ScorePlace
from evaluation.sitting import (
    AnnouncementMade,
    BoothChanged,
    BriefingGiven,
    ClarificationAsked,
    CorrectionRefused,
    CorrectionRequested,
    CorrectionWithdrawn,
    MemberRecused,
    MemberReplaced,
    MoreTimeDue,
    ResultsComputed,
    ReviewConcluded,
    ReviewRolledBack,
    ScoreSheetLocked,
    SheetReopened,
    SittingAbandoned,
    TimeExtended,
    WarningGiven,
)


def corrections_of(
    records: Sequence[Record], names: Mapping[str, str], criteria: CriteriaSet, lang: Lang
) -> tuple[str, ...]:
    """Every correction that was asked for: by whom, which scores, on which ground, and what became of it and when."""
    found = []
    for place, record in enumerate(records):
        if not isinstance(record.fact, CorrectionRequested):
            continue
        asked, before, after = record.fact, records[:place], records[place + 1 :]
        answer = next((at for at, later in enumerate(after) if _answers(later.fact, asked.seat)), len(after))
        sheets = [_first_lock(reversed(before), asked.seat)]
        if answer < len(after) and isinstance(after[answer].fact, SheetReopened):
            sheets.append(_first_lock(after[answer:], asked.seat))
        scores = [_score(at, sheets, names, criteria, lang) for at in asked.places]
        facts = {
            "seat": asked.seat,
            "asked_at": instant(record.at),
            "ground": sentence(f"correction_{asked.ground}", {}, lang),
            "explanation": asked.explanation,
            "scores": listed(scores, lang),
        }
        totals = {
            "before": _totals(_latest_results(before), asked.seat, names, lang),
            "after": _totals(
                [r for r in after[answer:] if isinstance(r.fact, ResultsComputed)], asked.seat, names, lang
            ),
        }
        answered = [_answered(one, totals, lang) for one in after[answer : answer + 1]]
        found.append((" " if lang == "en" else "").join([sentence("note_correction", facts, lang), *answered]))
    return tuple(found)


def _answers(fact: object, seat: int) -> bool:
    """Whether a seat's request stands no more from here on: with the results that it is about it lapses."""
    match fact:
        case SheetReopened():
            return fact.reopened == seat
        case CorrectionRefused():
            return fact.refused == seat
        case CorrectionWithdrawn():
            return fact.seat == seat
    return isinstance(fact, MemberRecused | ReviewConcluded | ReviewRolledBack)


def _answered(answer: Record, totals: Mapping[str, str], lang: Lang) -> str:
    facts: dict[str, object] = {"at": instant(answer.at), "by": getattr(answer.fact, "seat", 0)}
    match answer.fact:
        case SheetReopened():
            return sentence("note_correction_permitted", facts | totals, lang)
        case CorrectionRefused():
            return sentence("note_correction_refused", facts | {"reason": answer.fact.reason}, lang)
        case CorrectionWithdrawn():
            return sentence("note_correction_withdrawn", facts, lang)
        case MemberRecused():
            return sentence("note_correction_lapsed", facts, lang)
    return sentence("note_correction_void", facts, lang)


def _first_lock(records: Iterable[Record], seat: int) -> Cells:
    """The first sheet that a seat locks in these records; none where its member leaves before."""
    for record in records:
        if isinstance(record.fact, MemberRecused) and record.fact.seat == seat:
            break
        if isinstance(record.fact, ScoreSheetLocked) and record.fact.seat == seat:
            return record.fact.scores
    return {}


def _score(at: ScorePlace, sheets: Sequence[Cells], names: Mapping[str, str], criteria: CriteriaSet, lang: Lang) -> str:
    """A place with what stood there on each of these sheets."""
    stood = [cells.get(at.bid, {}).get(at.criterion) for cells in sheets]
    scores = " → ".join("—" if score is None else hundredths(score) for score in stood)
    criterion = criteria[at.criterion]
    facts = {"bidder": names[at.bid], "criterion": criterion.name_en if lang == "en" else criterion.name_zh}
    return sentence("note_correction_score", facts | {"scores": scores}, lang)


def _latest_results(records: Sequence[Record]) -> list[Record]:
    """The results among the records, the latest first."""
    return [record for record in reversed(records) if isinstance(record.fact, ResultsComputed)]


def _totals(results: Sequence[Record], seat: int, names: Mapping[str, str], lang: Lang) -> str:
    """What a seat gave each bid in the first of these results."""
    if not results:
        return "—"
    rows = results[0].fact.result.bids
    totals: dict[str, Decimal] = {row.bid: row.member_totals[str(seat)] for row in rows if row.member_totals}
    if not totals:  # prices are compared: what counts is the evaluated one
        totals = {row.bid: row.evaluated_price for row in rows}
    return listed([f"{names[bid]} {hundredths(total)}" for bid, total in sorted(totals.items())], lang)


def clarifications_of(found: Clarifying, names: Mapping[str, str], lang: Lang) -> tuple[BidClarification, ...]:
    """Everything that bidders were asked, in the order in which it was, and what they answered in time."""
    return tuple(_clarification(course, names, lang) for course in clarification_data.asked(found).values())


def _clarification(course: Course, names: Mapping[str, str], lang: Lang) -> BidClarification:
    what, answered = course.asked, course.answered
    assert what is not None
    assert course.asked_at is not None
    votes = {"agreed": course.decided.agreed, "opposed": course.decided.opposed} if course.decided else {}
    by_rule = course.decided is not None and course.decided.by_rule
    return BidClarification(
        bidder=names[what.bid],
        subject=listed([sentence(f"clarification_{what.subject}", {}, lang), _to_confirm(what, lang)], lang),
        place=what.place,
        question=what.question,
        votes=sentence("asked_by_rule" if by_rule else "clarification_votes", votes, lang),
        asked_at=course.asked_at,
        until=course.until,
        answer=answered.text if answered else "",
        answered_at=course.answered_at,
        digest=digest(encode(answered)) if answered else "",
        files=tuple((file.name, file.sha256) for file in answered.files) if answered else (),
        decided=_confirmed(course, lang) if course.of_arithmetic else _explained(course, lang),
    )


def _explained(course: Course, lang: Lang) -> str:
    """What the committee found of the reasons of a low price; "" where nothing was to be decided."""
    if not course.of_price:
        return ""
    if course.explained is None:
        return sentence("price_unexplained", {}, lang) if course.lapsed_at else ""
    code = "price_proven" if course.explained.proven else "price_not_proven"
    return sentence(code, {"agreed": course.explained.agreed, "opposed": course.explained.opposed}, lang)


def _to_confirm(asked: ClarificationAsked, lang: Lang) -> str:
    """To which price by which rule; "" in a question about something else."""
    to = asked.correction
    if to is None:
        return ""
    ground = sentence(f"arithmetic_{to.ground}", {}, lang)
    return sentence("correction_asked", {"ground": ground, "price": format_yuan(to.price)}, lang)


def _confirmed(course: Course, lang: Lang) -> str:
    """What the bidder said to a corrected price, and what follows; "" while it is waited for."""
    if course.answered is None:
        return sentence("correction_unconfirmed", {}, lang) if course.lapsed_at else ""
    return sentence("correction_confirmed" if course.answered.confirms else "correction_not_confirmed", {}, lang)


def price_corrections_of(
    found: Clarifying, result: EvaluationResult | None, names: Mapping[str, str], lang: Lang
) -> tuple[str, ...]:
    """Each price that counts as it was corrected: the one read out, the rule, and when the bidder confirmed."""
    lines = []
    answers = [(one.answered, one.answered_at) for one in found.values() if one.answered and one.answered.confirms]
    for row in result.bids if result else ():
        if row.corrected is not None:
            facts = {
                "bidder": names[row.bid],
                "read_out": format_yuan(row.corrected.read_out),
                "price": format_yuan(row.price),
                "ground": sentence(f"arithmetic_{row.corrected.ground}", {}, lang),
                "at": instant(next(at for answered, at in reversed(answers) if at and answered.bid == row.bid)),
            }
            lines.append(sentence("note_price_corrected", facts, lang))
    return tuple(lines)


def low_prices(marked: Iterable[MarkedPrice], names: Mapping[str, str], lang: Lang) -> tuple[str, ...]:
    """Each price that the rules mark, with every limit that it lies below."""
    found = []
    for one in low_prices_of(marked, names, lang):
        facts = {"bidder": one.bidder, "price": one.price, "marks": listed(one.marks, lang)}
        found.append(sentence("note_low_price", facts, lang))
    return tuple(found)


def rechecks_of(records: Sequence[Record], lang: Lang) -> tuple[str, ...]:
    """Why sealed versions of this report were checked again, and what the committee answered."""
    found = []
    for one in recheck_data(records).get(RECHECKS, ()):
        at, answered = parse_instant(one["asked_at"]), "answer" in one
        found.append(sentence("note_recheck_asked", {"at": instant(at), "reason": one["reason"]}, lang))
        if answered:
            code = "note_recheck_corrected" if one["corrected"] else "note_recheck_stands"
            facts = {"at": instant(parse_instant(one["answered_at"])), "answer": one["answer"]}
            found.append(sentence(code, facts, lang))
    return tuple(found)


def changes_of(records: Sequence[Record], lang: Lang) -> tuple[str, ...]:
    """Who left, and who came instead."""
    found = []
    for record in records:
        facts = {"at": instant(record.at), "seat": getattr(record.fact, "seat", 0)}
        match record.fact:
            case MemberRecused():
                found.append(sentence("note_member_left", facts | {"reason": record.fact.reason}, lang))
            case MemberReplaced():
                found.append(sentence("note_member_came", facts, lang))
    return tuple(found)


def naming_of(records: Sequence[Record], lang: Lang) -> str:
    """That the tenderer named the chair, and what became of it; "" where the committee elected one as usual."""
    found = named_chair(records)
    if found is None:
        return ""
    facts = {"at": instant(found.at), "seat": found.seat}
    if found.left_at is None:
        return sentence("note_chair_named", facts, lang)
    return sentence("note_chair_named_left", facts | {"left_at": instant(found.left_at)}, lang)


def contract_points_of(records: Sequence[Record], regime: str, lang: Lang) -> str:
    """What is left to the talks before the contract, which a report about works says (O12 42 no. 9)."""
    none = sentence("report_no_contract_points", {}, lang) if regime == "works" else ""
    return contract_points(records) or none


def interruptions_of(records: Sequence[Record], sites: Mapping[str, str], lang: Lang) -> tuple[str, ...]:
    """Every standstill with times, ground, place and reason, in the order in which they began among the changes of
    booths, sheets that were signed without a line, more time, the authority's warnings and what was announced. One that
    lasts is told only where the evaluation was given up: else it is no matter of a report."""
    given_up = next((record for record in records if isinstance(record.fact, SittingAbandoned)), None)
    found = [(one.began.seq, _standstill(one, given_up, sites, lang)) for one in interruptions(records)]
    for record in records:
        if isinstance(record.fact, BoothChanged):
            facts = {"at": instant(record.at), "seat": record.fact.seat, "reason": record.fact.reason}
            found.append((record.seq, sentence("note_booth_changed", facts, lang)))
        elif isinstance(record.fact, ScoreSheetLocked) and record.fact.offline is not None:
            signed_at, received_at = instant(record.fact.offline.signed_at), instant(record.at)
            facts = {"seat": record.fact.seat, "signed_at": signed_at, "received_at": received_at}
            found.append((record.seq, sentence("note_sheet_offline", facts, lang)))
        elif isinstance(record.fact, MemberPictureEnded | MemberPictureAllowed):
            ended = isinstance(record.fact, MemberPictureEnded)
            by = sentence("by_authority" if record.role == Role.REGULATOR else "by_centre", {}, lang)
            facts = {"at": instant(record.at), "by": by, **vars(record.fact)}
            found.append((record.seq, sentence(f"note_picture_{'ended' if ended else 'allowed'}", facts, lang)))
        elif isinstance(record.fact, MoreTimeDue | TimeExtended):
            code = "note_time_extended" if isinstance(record.fact, TimeExtended) else "note_more_time_due"
            found.append((record.seq, sentence(code, {"at": instant(record.at), **vars(record.fact)}, lang)))
        elif isinstance(record.fact, BriefingGiven):
            facts = {"at": instant(record.at), "text": record.fact.text}
            found.append((record.seq, sentence("note_briefing", facts, lang)))
        elif isinstance(record.fact, WarningGiven | AnnouncementMade):
            found.append((record.seq, _said(record, sites, lang)))
    return tuple(words for _seq, words in sorted(found) if words)


def _said(record: Record, sites: Mapping[str, str], lang: Lang) -> str:
    """What was warned of, or announced, and where."""
    fact = record.fact
    where = sites.get(fact.site, fact.site) or sentence("note_everywhere", {}, lang)
    facts = {"at": instant(record.at), "where": where}
    if isinstance(fact, AnnouncementMade):
        return sentence("note_announcement", facts | {"text": fact.text}, lang)
    ground = sentence(f"warning_of_{fact.ground}", {}, lang) if fact.ground else ""
    return sentence("note_warning", facts | {"why": listed([ground, fact.note], lang)}, lang)


def _standstill(one: Interruption, given_up: Record | None, sites: Mapping[str, str], lang: Lang) -> str:
    fact, until = one.began.fact, one.ended or given_up
    if until is None:
        return ""
    facts = {
        "since": instant(one.began.at),
        "until": instant(until.at),
        "ground": sentence(f"standstill_{fact.ground}", {}, lang),
        "why": listed([sites.get(fact.site, ""), fact.note], lang),
    }
    if one.ended is None:
        return sentence("note_standstill_not_ended", facts, lang)
    note = getattr(one.ended.fact, "note", "") or "—"  # who ends a recess says nothing
    return sentence("note_standstill", facts | {"ended": note}, lang)

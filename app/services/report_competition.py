"""What a report, or the record of a failed evaluation, says of the votes about competition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.casefile.competition import Decision, decisions
from app.casefile.record import Record
from app.documents.wording import Lang, instant, listed
from app.messages import sentence


def competition_of(
    records: Iterable[Record], names: Mapping[str, str], below: int | None, lang: Lang, *, by_seat: bool = False
) -> tuple[str, ...]:
    """Each decision: of which bids, how many voted how, and the reasons given; `by_seat`: whose each vote was."""
    return tuple(_decision(one, names, below or 0, lang, by_seat) for one in decisions(records))


def _decision(one: Decision, names: Mapping[str, str], below: int, lang: Lang, by_seat: bool) -> str:
    facts = {
        "at": instant(one.at),
        "valid": len(one.counted.valid),
        "below": below,
        "bids": listed([names[bid] for bid in one.counted.valid], lang),
        "lacking": one.counted.lacking,
        "against": one.counted.against,
        "votes": listed([words for vote in one.votes if (words := _vote(vote, lang, by_seat))], lang)
        or sentence("competition_no_reasons", {}, lang),
    }
    told = sentence("note_competition_lacking" if one.counted.adopted else "note_competition_goes_on", facts, lang)
    lapsed = sentence("note_competition_lapsed", {}, lang) if one.lapsed else ""
    return told + (" " if lang == "en" and lapsed else "") + lapsed


def _vote(vote: object, lang: Lang, by_seat: bool) -> str:
    """The words of a vote; by seat also one without words."""
    reason = vote.reason.strip().rstrip("。.")
    if not by_seat and not reason:
        return ""
    code = "competition_vote_lacking" if vote.lacking else "competition_vote_against"
    words = sentence(f"{code}_reason" if reason else code, {"reason": reason}, lang)
    return sentence("competition_vote_by_seat", {"seat": vote.seat, "vote": words}, lang) if by_seat else words

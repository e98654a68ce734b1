"""The room after a step in sentences, by heading: what a terminal prints and a page lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.casefile.playback_scene import BidAt, QuestionAt, ResultAt, Scene, SeatAt
from app.casefile.playback_words import PREFIX, Names, Said, word_of
from evaluation.sitting import ClarificationSubject, Disposal, SuspensionGround

Lines = tuple[Said, ...]
UNKNOWN = Said(f"{PREFIX}unknown")


def stage_name(stage: str) -> Said:
    """A stage of a sitting."""
    return Said(f"{PREFIX}stage_{stage}")


def heading(part: str) -> Said:
    """What a part of `told_of` is called."""
    return Said(f"{PREFIX}head_{part}")


def told_of(scene: Scene, names: Names) -> Mapping[str, Lines]:
    """The parts of a scene that say anything, each with its lines."""
    parts = {
        "still": _still(scene, names),
        "seats": (_seat_line(seat, names) for seat in scene.seats),
        "bids": (_bid_line(bid, names) for bid in scene.bids),
        "sheets": _sheets(scene, names),
        "results": (_result_line(row) for row in scene.results),
        "questions": (line for row in scene.questions for line in _question_lines(row)),
        "findings": _findings(scene),
        "told": _told(scene, names),
        "recordings": _recordings(scene, names),
        "documents": _documents(scene),
    }
    said = {name: tuple(lines) for name, lines in parts.items()}
    return {name: lines for name, lines in said.items() if lines}


def _still(scene: Scene, names: Names) -> Iterator[Said]:
    for one in scene.stands_still:
        facts = {"ground": word_of(SuspensionGround(one.ground)), "site": names.site(one.site), "note": one.note or "—"}
        yield Said(f"{PREFIX}still_line", facts)


def marks_of(seat: SeatAt) -> Lines:
    """What is known of a seat, in the order of a sitting."""
    first = "left" if seat.left and not seat.key else "identified" if seat.key else "absent"
    rest = ("stated", "named", "chair", "reviewed", "locked", "signed", "dissented", "refused")
    marks = [Said(f"{PREFIX}mark_{name}") for name in (first, *(name for name in rest if getattr(seat, name)))]
    if seat.votes_for:
        marks.insert(2, Said(f"{PREFIX}mark_vote", {"seat": seat.votes_for}))
    return tuple(marks)


def role_of(seat: SeatAt) -> Said:
    """Whether an expert or the buyer's representative sits there; not every record tells the regime of the case."""
    return Said(f"{PREFIX}member_{seat.role}") if seat.role else UNKNOWN


def site_of(seat: SeatAt, names: Names) -> str | Said:
    """The site of a seat."""
    return names.site(seat.site) if seat.site else UNKNOWN


def _seat_line(seat: SeatAt, names: Names) -> Said:
    facts = {"seat": seat.number, "role": role_of(seat), "site": site_of(seat, names), "marks": marks_of(seat)}
    return Said(f"{PREFIX}seat_line", facts)


def _bid_line(bid: BidAt, names: Names) -> Said:
    if bid.passed is None:
        return Said(f"{PREFIX}{'bid_awaited' if bid.awaited else 'bid_unknown'}", {"name": bid.name})
    if bid.passed:
        return Said(f"{PREFIX}bid_passed", {"name": bid.name})
    return Said(f"{PREFIX}bid_rejected", {"name": bid.name, "items": tuple(names.item(one) for one in bid.items)})


def _sheets(scene: Scene, names: Names) -> Iterator[Said]:
    for sheet in scene.sheets:
        sums = tuple(f"{names.bid(bid)} {total}" for bid, total in sheet.sums.items())
        yield Said(f"{PREFIX}sheet_line", {"seat": sheet.seat, "sums": sums})


def _result_line(row: ResultAt) -> Said:
    """By what the method ranks."""
    facts = {name: getattr(row, name) for name in ("rank", "name", "price", "price_score", "total", "evaluated_price")}
    if row.passed is False:
        return Said(f"{PREFIX}result_stopped", facts)
    if not row.rank:
        return Said(f"{PREFIX}result_behind", facts)
    code = "result_gone_on" if row.passed else "result_line" if row.evaluated_price is None else "result_compared"
    return Said(
        f"{PREFIX}{'result_candidate' if row.candidate else 'result_other'}", {"row": Said(PREFIX + code, facts)}
    )


def _question_lines(row: QuestionAt) -> Iterator[Said]:
    facts = {name: getattr(row, name) for name in ("name", "question", "agreed", "opposed")}
    facts |= {"subject": word_of(ClarificationSubject(row.subject))}
    yield Said(f"{PREFIX}question_line", facts | {"standing": Said(f"{PREFIX}question_{row.standing}")})
    if row.answer:
        yield Said(f"{PREFIX}answer_line", {"name": row.name, "answer": row.answer})


def _findings(scene: Scene) -> Iterator[Said]:
    for one in scene.findings:
        facts = {"finding": one.finding, "disposal": word_of(Disposal(one.disposal))}
        code = "finding_adopted" if one.adopted else "finding_rejected"
        yield Said(f"{PREFIX}{code}", facts | {"agreeing": one.agreeing, "against": one.against})
    if scene.voted_on:
        yield Said(f"{PREFIX}finding_put", {"finding": scene.voted_on})


def _told(scene: Scene, names: Names) -> Iterator[Said]:
    for one in scene.told:
        code = "warned_line" if one.warning else "announced_line"
        yield Said(f"{PREFIX}{code}", {"at": one.at, "site": names.site(one.site), "text": one.text or "—"})


def _recordings(scene: Scene, names: Names) -> Iterator[Said]:
    for one in scene.recordings:
        facts = {"site": names.site(one.site), "run": one.run, "since": one.since, "pieces": one.pieces}
        yield Said(f"{PREFIX}{'film_ended' if one.ended else 'film_running'}", facts)


def _documents(scene: Scene) -> Iterator[Said]:
    digests = {"report": scene.report_sha256, "sealed": scene.sealed_sha256, "failure": scene.failure_sha256}
    for name, found in digests.items():
        if found:
            yield Said(f"{PREFIX}document_{name}", {"digest": f"{found[:16]}…"})

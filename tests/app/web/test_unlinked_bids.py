"""Anonymous bids have ids of their own in the sitting: nothing that a seat gets leads to a receipt; none is forged."""

from __future__ import annotations

import re
from collections import deque
from urllib.parse import quote

import pytest

from app.casefile.bid_ids import bid_of, receipt_of
from app.casefile.bundle import unpack
from app.casefile.codec import encode
from app.casefile.convened import sitting_of
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.procedure.errors import RuleViolation
from app.queries.fairness import fairness_figures
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.platform import DIST
from evaluation import sitting
from tests.app.services import tampering
from tests.app.services.questions import Asking
from tests.app.services.whole_case import DRAWN, LOT
from tests.app.web.site import Browser, Site, booth, stored
from tests.app.web.test_anonymous_bids import NAMES, AnonymousCase

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
LINK = re.compile(r'(?:href|data-live-url|data-url|action|src)="(/[^"#]*)')
OUT_OF_THE_ROOM = ("/static/", "/logout", "/lang")
MOST_PAGES = 250


class AnonymousAsking(AnonymousCase, Asking):
    """Technical bids without names, about which the committee asks."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(AnonymousAsking(tmp_path_factory.mktemp("unlinked")).through(f"{DRAWN} seat_all elect"))


def everything(site: Site, seat: Browser) -> dict[str, str]:
    """Whatever is linked from the room, page after page, and every answer of the API about the case."""
    case, api = site.case, f"/api/v1/cases/{site.case.case_id}"
    bids = [bid.bid for bid in case.state.bids]
    room = f"/room/{case.case_id}/{LOT}"
    waiting = deque([room, f"{room}/status", f"{room}/sheet", *(f"{room}/papers?bid={bid}" for bid in bids), api])
    waiting += [f"{api}/events", f"{api}/lots/{LOT}", f"{api}/lots/{LOT}/room", f"{api}/lots/{LOT}/files"]
    waiting += [f"{api}/lots/{LOT}/{part}" for part in ("opening", "evaluation", "draw", "clarifications", "findings")]
    waiting += [f"/cases/{case.case_id}/lots/{LOT}/opening{part}" for part in ("", "/board")]
    found: dict[str, str] = {}
    while waiting and len(found) < MOST_PAGES:
        path = waiting.popleft()
        if path in found or path.startswith(OUT_OF_THE_ROOM):
            continue
        answer = seat.client.get(path, headers={"Range": "bytes=0-3"} if "/files/" in path else {})
        found[path] = f"{answer.headers}\n{answer.get_data(as_text=True)}"
        if answer.mimetype == "text/html":
            waiting += [one.replace("&amp;", "&") for one in LINK.findall(found[path]) if case.case_id in one]
    return found


def assert_unlinked(site: Site) -> dict[str, str]:
    case = site.case
    found = everything(site, booth(site, case.members[2]))
    secret = {*case.receipts.values(), *(receipt[:8] for receipt in case.receipts.values())}
    for path, text in found.items():
        assert not [receipt for receipt in secret if receipt in path + text], path
        assert not NAMES.search(text), (path, NAMES.search(text))
        assert quote("投标人") not in path + text, path
    return found


def test_no_receipt_and_no_name_is_in_anything_that_a_seat_gets(site: Site):
    case = site.case
    found = assert_unlinked(site)  # in the review
    case.ask("a1")
    case.answer("a1")
    assert_unlinked(site)
    case.review()
    scoring = assert_unlinked(site)
    assert len(scoring) > 25
    assert all(any(bid.bid in path for path in scoring) for bid in case.state.bids)
    assert any("ClarificationAsked" in text for text in scoring.values())
    assert set(found) & set(scoring)


def test_ids_are_as_long_as_receipts_and_in_an_order_of_their_own(site: Site):
    state = site.case.case.lots[LOT]
    ids = [bid.bid for bid in state.sitting.bids]
    assert ids == sorted(ids)
    assert {len(bid) for bid in ids} == {20}
    assert {receipt_of(state, bid) for bid in ids} == set(state.opening.opened)
    assert not set(ids) & set(state.opening.opened)
    assert [bid_of(state, receipt_of(state, bid)) for bid in ids] == ids


def test_an_act_that_names_a_receipt_is_about_no_bid_of_the_room(site: Site):
    case = site.case
    sheet = case.sheet(1, sorted(case.receipts.values()))
    with pytest.raises(RuleViolation, match="score_missing"):
        case.act(case.members[1], sitting.ScoreSheetLocked(1, sheet, {}))


def test_the_bidder_the_authority_and_the_record_know_whose_bid_it_is(site: Site):
    case = site.case
    bidder = site.browser("bidder-a").get(f"/bidder/cases/{case.case_id}/lots/{LOT}/clarifications/a1")
    assert "已答复" in bidder
    case._score([bid.bid for bid in case.state.bids])
    case.report()
    sealed = case.case.lots[LOT].sitting
    assert sealed.stage == "closed"
    with case.platform.database.reading() as db_session:
        figures = fairness_figures(db_session, load_actor(db_session, case.people["regulator"].id))
    assert len(figures.experts) >= 5
    files = unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])
    assert failing(files) == set()
    for forge in (raw_receipts, exchanged):
        lines = tampering.lines_of(files)
        forge(case, next(line["entry"]["payload"] for line in lines if line["entry"]["type"] == "SittingConvened"))
        assert failing(tampering.by_platform(files, lines, case.platform.keys.platform.key)) != set(), forge.__name__
    assert {row.kind for row in stored(site)} >= {"opened", "report"}


def failing(files: dict[str, bytes]) -> set[str]:
    steps = {name: STEPS[name] for name in ("replay", "sittings", "openings")}
    return {check.code for check in verify_bundle(files, steps=steps) if check.verdict is Verdict.FAIL}


def raw_receipts(case: AnonymousAsking, payload: dict) -> None:
    """The receipts themselves, which would have named every bidder to the room."""
    state = case.case.lots[LOT]
    for bid in payload["bids"]:
        bid["bid"] = receipt_of(state, bid["bid"])


def exchanged(case: AnonymousAsking, payload: dict) -> None:
    """One bidder's bid under another's id."""
    first, second = payload["bids"][:2]
    first["bid"], second["bid"] = second["bid"], first["bid"]


def test_where_bidders_are_named_bids_have_the_ids_of_their_receipts(tmp_path):
    plain = Asking(tmp_path).through(DRAWN)
    state = plain.case.lots[LOT]
    assert dict(state.receipts) == {receipt: receipt for receipt in sorted(state.opening.opened)}
    assert encode(state.sitting.convened.bids) == encode(sitting_of(plain.case, LOT).bids)

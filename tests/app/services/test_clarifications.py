"""The committee asks, a bidder answers: in time, signed, with files; told to whom it concerns, and checked offline."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.sight import sees
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.models import Account, Notice, StoredFile
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.queries.cases import load_records
from app.queries.events import seen_events
from app.services import clarifications, files
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.database_check import database_differences
from app.services.platform import DIST
from crypto.pdf import attached_file
from evaluation import sitting
from evaluation.sitting import ClarificationStanding as S
from evaluation.sitting import SuspensionGround
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.questions import IN_TIME, PAPER, PLACE, QUESTION, TEXT, Asking
from tests.choices import sampled

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
JUDGING = {name: STEPS[name] for name in ("acts", "replay")}
ASKING = "ClarificationProposed ClarificationVoted ClarificationWithdrawn ClarificationDecided ClarificationSent"
ASKING += " ClarificationAsked ClarificationAnswered ClarificationLapsed"


@pytest.fixture
def case(tmp_path) -> Asking:
    return Asking(tmp_path).until_review()


@pytest.fixture(scope="module")
def both(tmp_path_factory, database_url) -> Asking:
    """On both databases, one after the other."""
    return Asking(tmp_path_factory.mktemp("both"), database_url=database_url).until_review()


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Asking:
    """From the first question to the sealed report."""
    played = Asking(tmp_path_factory.mktemp("asked"))
    return played.through("found publish bid open draw seat_all elect ask_around review score_all report")


@pytest.fixture(scope="module")
def bundle(whole) -> dict[str, bytes]:
    return unpack(export_evidence(whole.platform, whole.people["regulator"].log_in, whole.case_id)[1])


def notices(case, login: str) -> list[tuple[str, dict]]:
    with case.platform.database.reading() as db_session:
        query = select(Notice).where(Notice.account_id == case.people[login].id).order_by(Notice.created_at)
        return [(n.code, json.loads(n.facts)) for n in db_session.scalars(query) if "clarification" in n.code]


def code(act, *args, **kwargs) -> str:
    with pytest.raises(RuleViolation) as refusal:
        act(*args, **kwargs)
    return refusal.value.code


def standing(case, id: str) -> S:
    return case.state.clarifications[id].standing


def test_a_bidder_is_told_that_it_is_asked_answers_with_a_file_and_nobody_else_hears_of_it(both):
    case = both
    case.ask("a1")
    asked = case.case.lots[LOT].clarifying["a1"]
    ((code_, facts),) = notices(case, "bidder-a")
    assert (code_, facts["lot"]) == ("clarification_asked", LOT)
    assert QUESTION not in json.dumps(facts, ensure_ascii=False)
    assert [notices(case, who) for who in ("bidder-b", "officer", "regulator", "centre")] == [[]] * 4
    case.answer("a1", files=(case.paper(),))
    assert standing(case, "a1") is S.ANSWERED
    assert case.pending_uploads() == 0
    with case.platform.database.reading() as db_session:
        (row,) = db_session.scalars(select(StoredFile).where(StoredFile.kind == "clarification"))
        reader = load_actor(db_session, case.members[1].id, case.members[1].log_in.seat)
        rival = load_actor(db_session, case.people["bidder-b"].id)
    assert (row.owner, row.name) == (case.receipts["bidder-a"], "澄清答复-a1-1.pdf")
    view, chunks = files.read_file(case.platform, reader, row.id)
    assert (view.name, b"".join(chunks)) == (row.name, PAPER)
    assert files.read_range(case.platform, reader, row.id, 5, 9)[1:] == (9, PAPER[5:10])
    assert code(files.read_file, case.platform, rival, row.id) == "file_unknown"
    case.work_off(IN_TIME)
    assert (standing(case, "a1"), case.case.lots[LOT].clarifying["a1"].asked_at) == (S.ANSWERED, asked.asked_at)
    assert list(database_differences(case.platform)) == []


def test_what_nobody_answers_in_time_lapses_is_told_and_late_words_are_refused_with_the_times(both):
    case = both
    case.ask("b1", "bidder-b")
    until = case.case.lots[LOT].clarifying["b1"].until
    review = tuple(sitting.ReviewFinding(bid.bid, "formal", True, "") for bid in case.state.bids)
    assert code(case.member, sitting.BidsReviewed(1, review)) == "clarification_unanswered"
    clarifications.end_clarification(case.platform, case.case_id, LOT, "b1")  # too early: nothing happens
    assert standing(case, "b1") is S.SENT
    paper = case.paper("bidder-b")
    case.clock.advance(IN_TIME)
    with pytest.raises(RuleViolation) as late:
        case.answer("b1", "bidder-b", files=(paper,))
    assert (late.value.code, late.value.facts["until"]) == ("clarification_late", until)
    case.work_off()
    assert standing(case, "b1") is S.LAPSED
    assert [found[0] for found in notices(case, "bidder-b")] == ["clarification_asked", "clarification_lapsed"]
    case.member(sitting.BidsReviewed(1, review))
    assert case.pending_uploads() == 1  # it goes by itself, as every upload does that no act names


def test_a_standstill_stops_the_time_which_goes_on_afterwards(case):
    case.ask("a1")
    case.clock.advance(IN_TIME - 5)
    case.member(sitting.RecessCalled(case.chair, "午餐"))
    assert case.state.suspended.ground is SuspensionGround.RECESS
    with pytest.raises(RuleViolation) as rests:
        case.answer("a1")
    assert (rests.value.code, rests.value.facts) == ("clarification_rests", {}), "why is for the room alone"
    case.work_off(IN_TIME)
    assert standing(case, "a1") is S.SENT
    case.member(sitting.RecessEnded(case.chair))
    assert [found[0] for found in notices(case, "bidder-a")] == ["clarification_asked", "clarification_anew"]
    assert standing(case, "a1") is S.SENT
    case.work_off(10)  # of what was left, not of the whole time again
    assert standing(case, "a1") is S.LAPSED


def test_an_answer_of_another_bidder_or_person_is_refused_alike_whether_somebody_was_asked(case):
    before = [code(case.answer, "a1", who) for who in ("bidder-b", "bidder-c", "bidder-e")]
    case.ask("a1")
    foreign = sitting.ClarificationAnswered("a1", case.receipts["bidder-a"], TEXT, ())
    after = [code(case.answer, "a1", who) for who in ("bidder-b", "bidder-c", "bidder-e")]
    assert {*before, *after, code(case.act, "bidder-b", foreign, LOT)} == {"clarification_not_asked"}
    for who in ("officer", "regulator", "centre", "bidder-d"):
        with pytest.raises(NotAllowed):
            case.act(who, foreign, LOT)


def test_the_files_of_an_answer_are_ones_own_uploads_as_they_were_and_pdf(case):
    case.ask("a1")
    assert code(case.paper, data=b"PK\x03\x04") == "clarification_file_not_pdf"
    assert code(case.paper, name="说明.docx") == "clarification_file_not_pdf"
    mine, theirs = case.paper(), case.paper("bidder-b")
    changed = sitting.AnswerFile(mine.id, mine.name, mine.size, "0" * 64)
    assert code(case.answer, "a1", files=(changed,)) == "file_changed"
    assert code(case.answer, "a1", files=(mine, mine)) == "file_repeated"
    assert code(case.answer, "a1", files=(theirs,)) == "upload_unknown"
    case.answer("a1", files=(mine,))


def sight(case, who: str, type: str) -> bool:
    """Whether somebody sees the first fact of a kind."""
    with case.platform.database.reading() as db_session:
        seat = case.members[who].log_in.seat if isinstance(who, int) else ""
        account = case.members[who].id if isinstance(who, int) else case.people[who].id
        actor = load_actor(db_session, account, seat)
        record = next(r for r in load_records(db_session, case.case_id) if r.type == type)
        return sees(actor, case.case, record)


def test_who_sees_what_is_asked_and_how_members_voted(case):
    case.propose("a1")
    case.vote("a1", True)
    voter = next(n for n in case.members if n != case.others[0])
    bystander = next(n for n in case.members if n not in (voter, case.others[0]))
    assert (sight(case, voter, "ClarificationVoted"), sight(case, bystander, "ClarificationVoted")) == (True, False)
    case.member(sitting.ClarificationVoted(bystander, "a1", True))
    assert sight(case, bystander, "ClarificationVoted")
    case.send("a1")
    for type in [*ASKING.split()[:2], "ClarificationDecided", "ClarificationSent"]:
        assert not any(sight(case, who, type) for who in ("bidder-a", "bidder-b", "officer", "regulator", "centre"))
    shown = {who: sight(case, who, "ClarificationAsked") for who in (1, "bidder-a", "bidder-b", "officer", "regulator")}
    assert shown == {1: True, "bidder-a": True, "bidder-b": False, "officer": False, "regulator": False}
    case.answer("a1")
    shown = {who: sight(case, who, "ClarificationAnswered") for who in (1, "bidder-a", "bidder-b", "officer")}
    assert shown == {1: True, "bidder-a": True, "bidder-b": False, "officer": False}


def test_no_frame_and_no_event_of_it_reaches_anybody_else(case):
    """Frames are made of what `seen_events` gives each listener."""

    def heard(who: str) -> list:
        with case.platform.database.reading() as db_session:
            actor = load_actor(db_session, case.people[who].id)
            return [row.type for row in seen_events(db_session, actor, case.case_id).records]

    others = ("bidder-b", "bidder-c", "bidder-d", "officer", "releaser", "centre", "regulator", "witness-host", "buyer")
    before = {who: heard(who) for who in others}
    case.ask("a1")
    case.answer("a1", files=(case.paper(),))
    case.ask("a2")
    case.work_off(IN_TIME)
    assert {who: heard(who) for who in others} == before
    told = ["ClarificationAsked", "ClarificationAnswered", "ClarificationAsked", "ClarificationLapsed"]
    assert heard("bidder-a")[-4:] == told


# the whole of it, on record and offline


def test_report_and_data_tell_of_every_question_that_was_asked(whole, bundle):
    name = f"documents/evaluation-report-{LOT}.pdf"
    told = json.loads(attached_file(bundle[name], "report.json"))["clarifications"]
    assert [row["id"] for row in told] == ["a1", "b2"]
    first, second = told
    assert (first["question"], first["place"], first["answer"]) == (QUESTION, PLACE, TEXT)
    assert (first["agreed"], first["opposed"], len(first["files"])) == (3, 1, 1)
    assert ("answer" in second, "lapsed_at" in second) == (False, True)
    assert bundle[f"clarifications/{LOT}-a1-1.pdf"] == PAPER
    assert {standing(whole, id) for id in ("c3", "d4")} == {S.REFUSED, S.WITHDRAWN}


@pytest.mark.parametrize("who", ["regulator", "officer"])
def test_the_evidence_holds_for_who_may_have_it(whole, who):
    if who == "officer":
        whole.release_export()
    files_ = unpack(export_evidence(whole.platform, whole.people[who].log_in, whole.case_id)[1])
    root = whole.platform.keys.authority.certificate_pem
    found = verify_bundle(files_, [root], [read_profile("demo-goods")])
    assert [check for check in found if check.verdict is Verdict.FAIL] == []
    shown = {line["entry"]["type"] for line in tampering.lines_of(files_) if "entry" in line}
    asked = {"ClarificationDecided", "ClarificationAsked", "ClarificationAnswered", "ClarificationLapsed"}
    assert asked <= shown
    assert shown & (set(ASKING.split()) - asked) == (set(ASKING.split()) - asked if who == "regulator" else set())


def failing(whole, bundle, lines, steps) -> list:
    forged = tampering.by_platform(bundle, lines, whole.platform.keys.platform.key)
    return [check for check in verify_bundle(forged, steps=steps) if check.verdict is Verdict.FAIL]


@pytest.mark.parametrize("type", ASKING.split())
def test_the_platform_can_change_no_field_of_it(whole, bundle, type):
    lines = tampering.lines_of(bundle)
    tried = 0
    places = [seq for seq, line in enumerate(lines) if line["entry"]["type"] == type]
    for seq in sampled(places, 3) or places[:1]:
        line = lines[seq]
        for path in tampering.paths(line["entry"]):
            if path[0] in ("payload", "at", "actor"):
                assert failing(whole, bundle, tampering.changed(lines, seq, path), JUDGING), (seq, path)
                tried += 1
    assert tried >= 3


def seq_of(lines, type: str, nth: int = 0) -> int:
    return [seq for seq, line in enumerate(lines) if line["entry"]["type"] == type][nth]


@pytest.mark.parametrize(
    ("gone", "reason"),
    [
        ("ClarificationAnswered", "clarification_unanswered"),
        ("ClarificationLapsed", "clarification_unanswered"),
        ("ClarificationDecided", ""),
        ("ClarificationAsked", ""),
        ("ClarificationVoted", ""),
    ],
)
def test_no_step_can_be_left_out(whole, bundle, gone, reason):
    lines = tampering.lines_of(bundle)
    found = failing(whole, bundle, tampering.without(lines, seq_of(lines, gone)), {"replay": STEPS["replay"]})
    assert found
    if reason:
        assert reason in {check.facts.get("reason") for check in found}


def test_late_early_and_foreign_answers_are_named_by_the_verifier(whole, bundle):
    lines, replay = tampering.lines_of(bundle), {"replay": STEPS["replay"]}
    answered, asked = seq_of(lines, "ClarificationAnswered"), seq_of(lines, "ClarificationAsked", 1)
    late = tampering.changed(lines, answered, ("at",), lambda _: lines[-1]["entry"]["at"])
    assert failing(whole, bundle, late, replay)[0].facts["reason"] == "clarification_late"
    lapsed = seq_of(lines, "ClarificationLapsed")
    early = tampering.changed(lines, lapsed, ("at",), lambda _: lines[asked]["entry"]["at"])
    assert failing(whole, bundle, early, replay)[0].facts["reason"] == "clarification_not_due"
    rival = next(seq for seq in range(len(lines)) if lines[seq]["entry"]["type"] == "BidSubmitted"
                 and lines[seq]["entry"]["actor"] == whole.people["bidder-b"].id)  # fmt: skip
    foreign = lines
    for path in (("actor",), ("act", "key_id")):
        value = lines[rival]["entry"]
        for step in path:
            value = value[step]
        foreign = tampering.changed(foreign, answered, path, lambda _, value=value: value)
    assert failing(whole, bundle, foreign, replay)[0].facts["reason"] == "clarification_not_asked"


def test_a_changed_or_missing_file_of_an_answer_is_named(whole, bundle):
    name = f"clarifications/{LOT}-a1-1.pdf"
    found = verify_bundle({**bundle, name: PAPER + b"x"}, steps={"documents": STEPS["documents"]})
    assert [(c.code, c.facts["name"]) for c in found if c.verdict is Verdict.FAIL] == [("evidence_file_differs", name)]
    without = {other: data for other, data in bundle.items() if other != name}
    found = verify_bundle(without, steps={"documents": STEPS["documents"]})
    assert ("evidence_document_absent", name) in {(c.code, c.facts.get("name")) for c in found}


def test_no_member_is_named_to_a_bidder(whole):
    with whole.platform.database.reading() as db_session:
        actor = load_actor(db_session, whole.people["bidder-a"].id)
        seen = [r for r in load_records(db_session, whole.case_id) if sees(actor, whole.case, r)]
        names = [account.name for account in db_session.scalars(select(Account)) if account.name.startswith("专家")]
    mine = [record for record in seen if record.type in ASKING.split()]
    assert [record.type for record in mine] == ["ClarificationAsked", "ClarificationAnswered"]
    assert all("seat" not in record.payload and "#" not in record.actor for record in mine)
    assert names
    assert not any(name in json.dumps(record.to_json(), ensure_ascii=False) for record in mine for name in names)


def test_the_record_of_a_failed_evaluation_tells_of_it_to_authority_and_agency(case):
    case.ask_around()
    fails = [bid.bid for bid in case.state.bids][:2]
    found = tuple(
        sitting.ReviewFinding(bid.bid, "formal", bid.bid not in fails, "未签章" if bid.bid in fails else "")
        for bid in case.state.bids
    )
    for number in sorted(case.members):
        case.member(sitting.BidsReviewed(number, found))
    case.work_off()
    case.release_export()
    root = case.platform.keys.authority.certificate_pem
    for who in ("regulator", "officer"):
        files_ = unpack(export_evidence(case.platform, case.people[who].log_in, case.case_id)[1])
        record = attached_file(files_[f"documents/failed-evaluation-{LOT}.pdf"], "failed-evaluation.json")
        assert [row["id"] for row in json.loads(record)["clarifications"]] == ["a1", "b2"]
        checks = verify_bundle(files_, [root], [read_profile("demo-goods")])
        assert [check for check in checks if check.verdict is Verdict.FAIL] == [], who


def test_an_evaluation_that_is_given_up_ends_what_was_asked_and_its_record_says_nothing_of_it(case):
    case.ask("a1")
    for step in (sitting.Disposition.SUSPEND, sitting.Disposition.ABANDON):
        case.act("regulator", sitting.SittingOrderProposed(step, "核查"))
        case.act("inspector", sitting.SittingOrdered(step, "核查"))
    case.work_off(IN_TIME)
    assert standing(case, "a1") is S.DROPPED
    with pytest.raises(NotAllowed):
        case.answer("a1")
    case.release_export()
    for who in ("regulator", "officer"):
        files_ = unpack(export_evidence(case.platform, case.people[who].log_in, case.case_id)[1])
        record = attached_file(files_[f"documents/failed-evaluation-{LOT}.pdf"], "failed-evaluation.json")
        assert "clarifications" not in json.loads(record)
        shown = {line["entry"]["type"] for line in tampering.lines_of(files_) if "entry" in line}
        assert ("ClarificationAsked" in shown) is (who == "regulator")
        root = case.platform.keys.authority.certificate_pem
        checks = verify_bundle(files_, [root], [read_profile("demo-goods")])
        assert [check for check in checks if check.verdict is Verdict.FAIL] == [], who

"""Acts that exclude each other, sent in the same moment (T19): one wins, and what is on record is a legal history.

A race is run on a case that was played up to there. Its threads wait at a barrier; what each was told is held against
the record: what was accepted stands there once, what was refused nowhere, and the race's own rule says which histories
there can be. `python -m tests.long.races` runs ten thousand.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, ClassVar

from sqlalchemy import Select, select

from app.casefile.codec import encode
from app.casefile.record import Record, case_reference
from app.models import Account, Certificate, ScoreDraft, StoredFile, Tender, TenderDraft
from app.permissions.policy import NotAllowed
from app.procedure.bid import BidWithdrawn
from app.procedure.errors import RuleViolation
from app.procedure.tender import QuestionAsked, TenderPublished, TenderReturned
from app.queries.cases import load_records
from app.services import call_ups, draws, openings, score_drafts, tenders
from app.services.account_changes import suspend_account
from app.services.acts import Proposal, act_head, record_act
from app.services.register import revoke_certificate
from app.services.score_drafts import TypedScore
from crypto.canonical import digest
from crypto.errors import CryptoError
from crypto.signing import sign_act
from evaluation import draw as drawing
from evaluation import sitting
from tests.app.services.people import BIDDERS, LOT, Person
from tests.app.services.rounds_of_draws import PARTIES
from tests.app.services.whole_case import WholeCase

THREADS = 32
MOMENTS = timedelta(milliseconds=40)  # each look at the clock takes one: the deadline falls into the race
REFUSED = (RuleViolation, CryptoError, NotAllowed)


@dataclass
class Sent:
    """What one thread asks for; `answer` is None when it was refused."""

    ask: Callable[[], Any]
    case_id: str = ""
    signature: str = ""  # of an act in that case
    answer: Any = None
    refusal: str = ""
    fault: Exception | None = None

    def run(self, barrier: threading.Barrier) -> None:
        barrier.wait()
        try:
            self.answer = self.ask() or True
        except REFUSED as exc:
            self.refusal = getattr(exc, "code", "not_allowed")
        except Exception as exc:
            self.fault = exc


def at_once(sent: Sequence[Sent]) -> None:
    """All of them in the same moment, each in a thread of its own."""
    barrier = threading.Barrier(len(sent))
    threads = [threading.Thread(target=one.run, args=(barrier,)) for one in sent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in sent:
        if one.fault is not None:
            raise one.fault


@dataclass
class Race:
    """One of them, on a case; `sent` are the threads of its last run."""

    case: WholeCase
    sent: list[Sent] = field(default_factory=list, init=False)
    COURSE: ClassVar[str]  # how far the case is played before

    def prepare(self) -> list[Sent]:
        """The threads of one run."""
        raise NotImplementedError

    def check(self, new: list[Record]) -> None:
        """AssertionError where no order of these acts leaves what is on record now."""
        raise NotImplementedError

    def run(self) -> None:
        """Once, with everything that is to hold afterwards."""
        self.sent = self.prepare()
        before = len(self.records)
        at_once(self.sent)
        records = self.records
        assert [record.at for record in records] == sorted(record.at for record in records)
        for case_id in {one.case_id for one in self.sent if one.case_id}:
            signatures = Counter(record.act.get("signature") for record in self.records_of(case_id))
            for one in self.sent:
                assert one.case_id != case_id or signatures[one.signature] == (one.answer is not None), one
        try:
            self.check(records[before:])
        except BaseException as wrong:
            wrong.add_note(str(Counter(one.refusal or "done" for one in self.sent)))
            raise

    @property
    def records(self) -> list[Record]:
        return self.records_of(self.case.case_id)

    def records_of(self, case_id: str) -> list[Record]:
        with self.case.platform.database.reading() as db_session:
            return list(load_records(db_session, case_id))

    def act(self, who: str | Person, fact: Any, lot: str = LOT, type: str = "") -> Sent:
        """An act that is signed and not sent yet, linked to its signer's last one."""
        case, person = self.case, self.case.people[who] if isinstance(who, str) else who
        payload, name = (fact, type) if type else (encode(fact), fact.__class__.__name__)
        signed = sign_act(
            person.key,
            origin=case.platform.origin,
            case=case_reference(case.case_id, lot),
            type=name,
            payload=payload,
            prev_act=act_head(case.platform, case.case_id, person.log_in),
            command_id=secrets.token_hex(8),
            at=case.clock(),
        )
        proposal = Proposal(case.case_id, lot, name, payload, signed)
        return Sent(lambda: record_act(case.platform, person.log_in, proposal), case.case_id, signed.signature)


def of_type(records: Sequence[Record], *types: str) -> list[Record]:
    return [record for record in records if record.type in types]


def documents_of(case_id: str) -> Select[tuple[StoredFile]]:
    return select(StoredFile).where(StoredFile.case_id == case_id, StoredFile.kind == "document")


def form_of(case: WholeCase) -> dict[str, Any]:
    """What was typed for its tender, under another code."""
    with case.platform.database.reading() as db_session:
        row = db_session.scalars(select(TenderDraft).order_by(TenderDraft.case_id)).first()
        assert row is not None
        return {**json.loads(row.terms), "code": f"T-{secrets.token_hex(4)}"}


class ApproveAndEdit(Race):
    """One publishes or returns what another hands in again and edits meanwhile."""

    COURSE = "found publish"

    def prepare(self) -> list[Sent]:
        case, officer, regulator = self.case, self.case.people["officer"].log_in, self.case.people["regulator"]
        form = form_of(case)
        case.case_id = tenders.open_case(case.platform, officer, "设备采购", regulator.organisation, form)
        tenders.add_document(case.platform, officer, case.case_id, "招标文件.txt", b"terms")
        first = tenders.draft_terms(case.platform, officer, case.case_id)
        case.act("officer", first, "", "TenderSubmitted")
        second = {**first, "notice": "更正后的公告"}
        acts = [
            *(self.act("releaser", TenderPublished(digest(terms)), "") for terms in (first, second) for _ in range(6)),
            *(self.act("releaser", TenderReturned("请核对"), "") for _ in range(6)),
            *(self.act("officer", terms, "", "TenderSubmitted") for terms in (first, second) for _ in range(4)),
        ]
        edits = [
            lambda: tenders.save_draft(case.platform, officer, case.case_id, {**form, "notice": "更正后的公告"}),
            lambda: tenders.add_document(case.platform, officer, case.case_id, "补充.txt", b"more"),
        ]
        return acts + [Sent(edit) for edit in edits for _ in range((THREADS - len(acts)) // 2)]

    def check(self, new: list[Record]) -> None:
        steps = of_type(self.records, "TenderSubmitted", "TenderReturned", "TenderPublished")
        for before, after in pairwise(steps):
            assert before.type != "TenderPublished", "nothing comes after it"
            assert (before.type == "TenderSubmitted") == (after.type != "TenderSubmitted")
            if after.type == "TenderPublished":
                assert after.payload["terms_sha256"] == digest(before.payload)
        with self.case.platform.database.reading() as db_session:
            kept = {row.sha256 for row in db_session.scalars(documents_of(self.case.case_id))}
        if of_type(steps, "TenderPublished"):
            assert kept == {document.sha256 for document in self.case.case.tender.published.documents}


class LockAndRescore(Race):
    """Each member locks its sheet, in two versions, while its desk goes on saving scores."""

    COURSE = "found publish bid open draw seat_all elect review"

    def prepare(self) -> list[Sent]:
        case, bids = self.case, [bid.bid for bid in self.case.state.bids]
        sent: list[Sent] = []
        for number, person in case.members.items():
            sheets = case.sheet(number, bids), case.sheet(number + 2, bids)
            sent += [self.act(person, sitting.ScoreSheetLocked(number, sheet, {})) for sheet in sheets]
            sent += [Sent(self._save(person, bids[turn % len(bids)], Decimal(turn))) for turn in range(4)]
        return sent

    def _save(self, person: Person, bid: str, value: Decimal) -> Callable[[], Any]:
        typed = TypedScore(bid, "plan", value, "")
        return lambda: score_drafts.save_score(self.case.platform, person.log_in, self.case.case_id, LOT, typed)

    def check(self, new: list[Record]) -> None:
        locks = of_type(new, "ScoreSheetLocked")
        assert [record.fact.seat for record in locks] == list(dict.fromkeys(record.fact.seat for record in locks))
        assert {record.fact.seat for record in locks} == set(self.case.members)
        locked_at = {record.fact.seat: record.at for record in locks}
        with self.case.platform.database.reading() as db_session:
            for draft in db_session.scalars(select(ScoreDraft)):
                assert draft.saved_at < locked_at[draft.seat], "a score was taken after the lock"


class WithdrawAndClose(Race):
    """Bidders take their bids back while the lot is closed, at its very deadline."""

    COURSE = "found publish bid"

    def prepare(self) -> list[Sent]:
        case = self.case
        sent = [self.act(login, BidWithdrawn(receipt)) for login, receipt in case.receipts.items() for _ in range(4)]
        sent += [Sent(lambda: openings.close_lot(case.platform, case.case_id, LOT)) for _ in range(THREADS - len(sent))]
        case.clock.at = case.case.tender.deadlines[LOT] - MOMENTS
        return sent

    def check(self, new: list[Record]) -> None:
        self.case.clock.at += MOMENTS
        openings.close_lot(self.case.platform, self.case.case_id, LOT)
        records, deadline_at = self.records, self.case.case.tender.deadlines[LOT]
        (closed,) = of_type(records, "LotClosed")
        withdrawn = [record for record in of_type(records, "BidWithdrawn") if record in new]
        assert all(record.at < deadline_at and record.seq < closed.seq for record in withdrawn)
        assert closed.at >= deadline_at
        gone = {record.fact.receipt_id for record in withdrawn}
        assert len(gone) == len(withdrawn)
        standing = {bid.receipt_id for bid in self.case.case.lots[LOT].bidding.standing}
        assert standing == set(self.case.receipts.values()) - gone


class TwoDraws(Race):
    """The pool of a round is stated twice, and its conditions proposed again, while trustees and parties go ahead."""

    COURSE = "found publish bid open delegate agree_on_draw promise"

    def prepare(self) -> list[Sent]:
        case, centre = self.case, self.case.people["centre"].log_in
        payload = draws.freeze_pool(case.platform, centre, case.case_id, LOT)
        again = drawing.DrawConditionsProposed(case.case.lots[LOT].draw.conditions)
        sent = [self.act("centre", payload, LOT, "DrawStated") for _ in range(16)]
        sent += [self.act("officer", again) for _ in range(4)]
        for party, who in PARTIES.items():
            sent += [self.act(who, drawing.DrawRevealed(1, party, case.values[party, 1].hex())) for _ in range(4)]
        return sent

    def check(self, new: list[Record]) -> None:
        found = of_type(self.records, "DrawStated")
        if of_type(new, "DrawConditionsProposed"):
            assert not found, "what is proposed anew waits for another approval, what is stated stays"
            return
        (stated,) = found
        shown = of_type(new, "DrawRevealed")
        assert len({record.fact.party for record in shown}) == len(shown)
        assert all(record.seq > stated.seq for record in shown)
        self.case.work_off()
        shares = [self.act(f"trustee-{index}", self.case.draw_share(index)) for index in (1, 2, 3) for _ in range(6)]
        at_once(shares)
        signed = of_type(self.records, "DrawShareReleased", "DrawSignatureRecorded")
        assert len(of_type(signed, "DrawSignatureRecorded")) == 1
        assert len({record.payload["index"] for record in of_type(signed, "DrawShareReleased")}) == len(signed) - 1


class AnswerTwice(Race):
    """Everybody who is called accepts and declines in the same moment."""

    COURSE = "found publish bid open delegate agree_on_draw promise state_pool sign_round show_values"

    def prepare(self) -> list[Sent]:
        case, drawn = self.case, sorted(self.case.case.lots[LOT].draw.seats)
        self.codes = {number: call_ups.call_up_code(case.platform, case.case_id, LOT, number) for number in drawn}
        return [
            Sent(lambda code=code, yes=yes: call_ups.answer_call_up(case.platform, code, yes, "" if yes else "出差"))
            for code in self.codes.values()
            for yes in (True, False)
            for _ in range(THREADS // (2 * len(drawn)))
        ]

    def check(self, new: list[Record]) -> None:
        for number in self.codes:
            said = [
                record.fact.accepted for record in of_type(new, "CallUpAnswered") if record.fact.candidate == number
            ]
            assert said in ([True], [False], [True, False]), "who has declined is asked no more"


class SuspendAndAct(Race):
    """Accounts are suspended, and keys taken out of use, while their owners ask questions."""

    COURSE = "found publish"

    def prepare(self) -> list[Sent]:
        case, admin = self.case, self.case.people["admin"].id
        asked = [(login, QuestionAsked(secrets.token_hex(4), "交货地点？")) for login in BIDDERS for _ in range(4)]
        sent = [self.act(login, question, "") for login, question in asked]
        for login in BIDDERS[::2]:
            sent.append(Sent(lambda login=login: suspend_account(case.platform, admin, login, "已离职")))
        for login in BIDDERS[1::2]:
            person = case.people[login]
            sent.append(Sent(lambda one=person: revoke_certificate(case.platform, one.log_in, one.key.key_id, "遗失")))
        return sent

    def check(self, new: list[Record]) -> None:
        with self.case.platform.database.reading() as db_session:
            ended = {row.id: row.suspended_at for row in db_session.scalars(select(Account)) if row.suspended_at}
            rows = db_session.scalars(select(Certificate).where(Certificate.revoked_at.is_not(None)))
            ended |= {row.account_id: row.revoked_at for row in rows}
        assert ended.keys() == {self.case.people[login].id for login in BIDDERS}
        for record in of_type(new, "QuestionAsked"):
            assert record.at < ended[record.actor], "who may act no more is on record afterwards"


class OneCode(Race):
    """Two tenders are published under the same code."""

    COURSE = "found publish"

    def prepare(self) -> list[Sent]:
        case, officer, regulator = self.case, self.case.people["officer"].log_in, self.case.people["regulator"]
        form, sent = form_of(case), []
        for _ in range(4):
            case.case_id = tenders.open_case(case.platform, officer, "设备采购", regulator.organisation, form)
            tenders.add_document(case.platform, officer, case.case_id, "招标文件.txt", b"terms")
            terms = tenders.draft_terms(case.platform, officer, case.case_id)
            case.act("officer", terms, "", "TenderSubmitted")
            sent += [self.act("releaser", TenderPublished(digest(terms)), "") for _ in range(8)]
        self.code = form["code"]
        return sent

    def check(self, new: list[Record]) -> None:
        with self.case.platform.database.reading() as db_session:
            codes = list(db_session.scalars(select(Tender.code)))
        assert codes.count(self.code) == 1


RACES = (ApproveAndEdit, LockAndRescore, WithdrawAndClose, TwoDraws, AnswerTwice, SuspendAndAct, OneCode)

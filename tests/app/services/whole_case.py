"""One procurement from the empty installation to the sealed report, through the services, on a clock of its own.

Every fact that a real case has stands in it: a returned draft, a question, a deadline that moved and stood still, a
replaced and a withdrawn bid, a void one, an objection, a declined call-up with its substitute round, a tied vote, a
corrected sheet, a dissent.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any, ClassVar, Self

from app.casefile.board import board_digest
from app.casefile.codec import encode
from app.casefile.sealing import committee_of, context_of, open_identity
from app.client.bidder import SealParameters, seal_bid
from app.models import SeatRequest
from app.procedure.attribution import AttributionDisputed, Fault, FaultAttributed
from app.procedure.bid import BidWithdrawn
from app.procedure.buyers import BuyerMemberNamed
from app.procedure.convening import PURPOSE
from app.procedure.deadlines import (
    RELEASED_BY,
    OutageExtensionReleased,
    PauseOrdered,
    PostponementReleased,
    ResumptionOrdered,
)
from app.procedure.exports import EvidenceExportReleased, EvidenceExportRequested
from app.procedure.opening import ObjectionAnswered, ObjectionRaised, OpeningConfirmed, ShareReleased
from app.procedure.qualification import Qualification, QualificationChecked
from app.procedure.tender import (
    AmendmentProposed,
    AmendmentReleased,
    AnswerProposed,
    AnswerReleased,
    QuestionAsked,
    TenderPublished,
    TenderReturned,
)
from app.procedure.venues import Window
from app.queries.venues import booking_of
from app.services import bookings, booths, call_ups, register, reports, tenders, uploads
from app.services.accounts import LogIn
from crypto.canonical import digest
from crypto.committee import make_capsule, sign_share
from crypto.signing import SigningKey, sign_object
from evaluation import draw as drawing
from evaluation import sitting
from evaluation.criteria import CriteriaSet, Criterion, CriterionKind, CriterionStage
from evaluation.evaluate import EvaluationRules
from evaluation.prices import PriceRule
from evaluation.scoring import Aggregation, ScorePlace, ScoringRules
from evaluation.sitting import CorrectionGround
from tests.app.services.marks import Marks
from tests.app.services.people import BUYER_CODE, LOT, Person
from tests.app.services.rounds_of_draws import Rounds

CRITERIA = CriteriaSet(
    (
        Criterion("plan", "方案", "Plan", CriterionKind.SUBJECTIVE, CriterionStage.TECHNICAL, D(60), D("0.5")),
        Criterion("record", "业绩", "Track record", CriterionKind.OBJECTIVE, CriterionStage.CREDIT, D(10), D(2)),
        Criterion("price", "价格", "Price", CriterionKind.PRICE, CriterionStage.PRICE, D(30), D("0.01")),
    ),
    D(100),
)
EVALUATION = EvaluationRules(
    CRITERIA,
    PriceRule("lowest_price_ratio", {"full": D(30), "places": D(2)}),
    ScoringRules(Aggregation.SIMPLE_MEAN, 2, 5, D("0.3")),
    ("price_score", "lower_price"),
    False,
    3,
)
REVIEW = (sitting.ReviewItem("formal", "形式评审", "Formal"),)
DRAWN = "found publish bid open draw"
PRICES = {"bidder-a": "156600000", "bidder-b": "157402200", "bidder-c": "158500000"}


@dataclass
class WholeCase(Marks, Rounds):
    """One case of that installation; each step can be played once, in order."""

    profile: str = "demo-goods"
    evaluation: EvaluationRules = EVALUATION
    project_code: str = field(default="T-2026-1", init=False)

    identities: dict[str, str] = field(default_factory=dict)  # what each bidder kept, by the bid's recipient
    receipts: dict[str, str] = field(default_factory=dict)  # of the bids that stand
    members: dict[int, Person] = field(default_factory=dict)  # by their seats
    brands: ClassVar[dict[str, str]] = {}  # of the core product, by bidder

    @property
    def more_terms(self) -> dict[str, Any]:
        """What the lot's terms hold beside those of every case."""
        return {}

    def publish(self) -> WholeCase:
        officer, regulator = self.people["officer"], self.people["regulator"]
        form = {
            "code": self.project_code, "buyer": "某学院", "buyer_code": BUYER_CODE, "region": "510000",
            "method": "公开招标", "notice": "采购公告",
            "profile": self.profile,
            "lots": encode([{
                "number": LOT, "title": "设备", "budget": D("1751000.00"), "ceiling": D("1598400.00"),
                "deadline_at": self.clock.at + timedelta(seconds=60), "evaluation": self.evaluation,
                "review_items": REVIEW, **self.more_terms,
            }]),
        }  # fmt: skip
        self.case_id = tenders.open_case(self.platform, officer.log_in, "设备采购", regulator.organisation, form)
        tenders.add_document(self.platform, officer.log_in, self.case_id, "招标文件.pdf", b"%PDF-1.7 terms")
        payload = tenders.draft_terms(self.platform, officer.log_in, self.case_id)
        self.act("officer", payload, "", "TenderSubmitted")
        self.act("releaser", TenderReturned("请核对预算"), "")
        self.act("officer", payload, "", "TenderSubmitted")
        self.act("releaser", TenderPublished(digest(payload)), "")
        self._ask_and_amend()
        return self

    def _ask_and_amend(self) -> None:
        self.act("bidder-a", QuestionAsked("q1", "交货地点？"), "")
        self.act("officer", AnswerProposed("q1", "校内"), "")
        self.act("releaser", AnswerReleased("q1", "校内"), "")
        later = {LOT: self.case.tender.deadlines[LOT] + timedelta(seconds=10)}
        self.act("officer", AmendmentProposed("a1", "增加培训", later), "")
        self.act("releaser", AmendmentReleased("a1", "增加培训", later), "")

    # deadlines

    def change_deadlines(self) -> WholeCase:
        """Postponed, extended after an outage, paused and resumed."""
        self._in_two_hands("officer", "releaser", lambda later: PostponementReleased("开标场地调整", later), 2)
        began_at = self.clock()
        self.clock.advance(2.5)
        outage = (began_at, self.clock())
        self._in_two_hands("centre", "releaser", lambda later: OutageExtensionReleased("机房断电", *outage, later), 3)
        self._in_two_hands("regulator", "inspector", lambda later: PauseOrdered("核查投诉", tuple(later)), 0)
        self.clock.advance(1)
        self._in_two_hands("inspector", "regulator", lambda later: ResumptionOrdered("核查完毕", later), 2)
        return self

    def _in_two_hands(self, first: str, second: str, fact_of: Callable[[dict[str, datetime]], Any], by: float) -> None:
        """What the second person puts into force, `by` seconds later than now, is proposed by the first before."""
        fact = fact_of({LOT: self.case.tender.deadlines[LOT] + timedelta(seconds=by)})
        proposed = next(kind for kind, released in RELEASED_BY.items() if released is type(fact))
        self.act(first, proposed(**vars(fact)), "")
        self.act(second, fact, "")

    # bids

    def papers(self, login: str) -> list[Path]:
        """The files of a bid."""
        source, licence = self.folder / f"{login}.txt", self.folder / f"资格文件-{login}.txt"
        source.write_text(f"技术方案 {login}")
        licence.write_text(f"营业执照 {login}")
        return [source, licence]

    def submit(self, login: str, price_fen: str, *, spoil: bool = False) -> str:
        """Seal, upload and submit; the receipt id. A spoiled capsule opens to another key than the declared one."""
        person, case, origin = self.people[login], self.case, self.platform.origin
        context = context_of(origin, case, LOT, person.organisation, "age1pq1later")
        parameters = {name: value for name, value in context.items() if name not in ("v", "recipient")}
        out = self.folder / "bids" / secrets.token_hex(4)
        items = {"price_fen": price_fen, "duration_days": "60", "project_manager": f"经理{login[-1]}"}
        product = case.tender.published.lot(LOT).core_product or ""
        items |= {"core_brand": self.brands[login]} if product else {}
        sealing = SealParameters(parameters, committee_of(case), core_product=product)
        submission = seal_bid(self.papers(login), items, sealing, person.key, out)
        self.identities[submission["recipient"]] = (out / "identity.txt").read_text().strip()
        capsule = (out / "capsule.age").read_bytes()
        if spoil:
            other = b"AGE-SECRET-KEY-PQ-1NOTAKEY"
            capsule = make_capsule(committee_of(case), open_identity(origin, self.case_id, LOT), other)
            submission["capsule_sha256"] = hashlib.sha256(capsule).hexdigest()
        sealed = (out / "bid.age").read_bytes()
        upload = uploads.begin_upload(self.platform, person.log_in, len(sealed))
        uploads.continue_upload(self.platform, person.log_in, upload.id, 0, [sealed])
        files = {"capsule": capsule, "upload": upload.id.encode()}
        answer = self.act(person, submission, LOT, "BidSubmitted", files)
        return str(answer["receipt"]["receipt"]["receipt_id"])

    def bid(self) -> WholeCase:
        self.submit("bidder-a", "158000000")
        self.receipts = {login: self.submit(login, price) for login, price in PRICES.items()}
        gone = self.submit("bidder-d", "150000000")
        self.act("bidder-d", BidWithdrawn(gone))
        self.receipts["bidder-e"] = self.submit("bidder-e", "150000000", spoil=True)
        return self

    # opening

    def open(self) -> WholeCase:
        return self.read_out().name_fault().conclude().qualify()

    def read_out(self) -> WholeCase:
        self.work_off(80)
        ident = open_identity(self.platform.origin, self.case_id, LOT)
        for index in (1, 3):
            share = sign_share(self.shares[index], ident)
            self.act(f"trustee-{index}", ShareReleased(index, share.hex()))
        self.work_off()
        self.act("bidder-a", ObjectionRaised("o1", "唱标价格是否含税？"))
        self.act("officer", ObjectionAnswered("o1", "含税"))
        self.act("bidder-a", OpeningConfirmed(board_digest(self.case.lots[LOT].opening)))
        return self

    def name_fault(self) -> WholeCase:
        """Whose fault it is that a bid did not open; its bidder objects, and is answered."""
        void = self.receipts.get("bidder-e", "")
        if void not in self.case.lots[LOT].opening.voided:
            return self
        self.act("officer", FaultAttributed(void, Fault.BIDDER, "密钥包由投标人的程序生成，平台收到的与回执一致"))
        self.act("bidder-e", AttributionDisputed(void, "程序由平台提供"))
        self.act("officer", FaultAttributed(void, Fault.OTHER, "复核认定不属于投标人原因"))
        return self

    def conclude(self) -> WholeCase:
        """The time for objections passes."""
        self.work_off(10)
        return self

    def qualify(self) -> WholeCase:
        opened = self.case.lots[LOT].opening.opened
        self.act("officer", QualificationChecked({receipt: Qualification(True, "") for receipt in opened}))
        self.work_off()
        return self.book()

    @property
    def booked(self) -> bool:
        with self.platform.database.reading() as db_session:
            return booking_of(db_session, self.case_id, LOT) is not None

    def book(self) -> WholeCase:
        """Booths at both sites, for longer than any test lasts."""
        now = self.clock()
        window = Window(now, now + timedelta(days=4))
        booths_ = dict.fromkeys(self.rooms, 6)
        bookings.arrange_booking(self.platform, self.people["centre"].log_in, self.case_id, LOT, window, booths_)
        return self

    # draw

    def draw(self) -> WholeCase:
        return self.delegate().draw_experts()

    def delegate(self) -> WholeCase:
        self.act("officer", BuyerMemberNamed(self.people["buyer"].id, self.sites[0], "a" * 64))
        self.work_off()
        return self

    def draw_experts(self) -> WholeCase:
        self.agree_on_draw()
        self._round(1)
        drawn = sorted(self.case.lots[LOT].draw.seats)
        self._answer(drawn[0], False)
        for number in drawn[1:]:
            self._answer(number, True)
        self._round(2, silent="agency")
        for number, seat in self.case.lots[LOT].draw.seats.items():
            if seat is drawing.SeatState.CALLED:
                self._answer(number, True)
        self.work_off()
        return self

    def agree_on_draw(self) -> None:
        """Its conditions, approved."""
        if not self.booked:  # whoever opened in a way of its own
            self.book()
        profile, committee = self.case.tender.published.profile, committee_of(self.case)
        conditions = drawing.DrawConditions(
            tender=self.case_id,
            lot=LOT,
            purpose=PURPOSE,
            strata=tuple(drawing.Stratum(f"goods/{site}", 2, 1) for site in self.sites),
            max_per_unit=profile.drawn_per_unit,
            parties=("agency", "centre", "supervisor"),
            pool_factor=profile.pool_factor,
            committee=committee.id,
            trustees_needed=committee.k,
        )
        self.act("officer", drawing.DrawConditionsProposed(conditions))
        self.approve_draw()

    # sitting

    @property
    def state(self) -> sitting.SittingState:
        return self.case.lots[LOT].sitting

    @property
    def chair(self) -> int:
        assert self.state.chair is not None, "none is elected yet"
        return self.state.chair

    def seat_all(self) -> None:
        """Everybody is at a booth and has made the statement."""
        self.members = {number: self._seat(number) for number in sorted(self.state.seats)}
        self._each(lambda n: sitting.StatementMade(n, True, ""))

    def elect(self) -> None:
        """The first expert, with every vote."""
        first = next(number for number, seat in self.state.seats.items() if seat.role == "expert")
        self._each(lambda n: sitting.ChairVoted(n, first, 1))

    def review(self) -> None:
        """Every bid passes."""
        found = tuple(sitting.ReviewFinding(bid.bid, "formal", True, "") for bid in self.state.bids)
        self._each(lambda n: sitting.BidsReviewed(n, found))

    def go_on(self) -> Self:
        """Where too few bids are valid: the members find that competition is not lacking."""
        for number, person in self.members.items():
            if self.state.stage is sitting.Stage.COMPETITION:
                self.act(person, sitting.CompetitionVoted(number, self.state.valid, False, ""))
        return self

    def until_scoring(self) -> Self:
        return self.through(f"{DRAWN} seat_all elect review")

    def sit(self) -> WholeCase:
        self.seat_all()
        experts_ = [n for n, s in self.case.lots[LOT].sitting.seats.items() if s.role == "expert"]
        tied = dict(zip(self.members, (*experts_[:2], *experts_[:2], experts_[2]), strict=True))
        self._each(lambda n: sitting.ChairVoted(n, tied[n], 1))
        self._each(lambda n: sitting.ChairVoted(n, experts_[0], 2))
        self.review()
        self._score([bid.bid for bid in self.state.bids])
        return self

    def _seat(self, number: int) -> Person:
        """A person at a booth with its own fresh key, certified by the witness of the site."""
        seat = self.state.seats[number]
        code = call_ups.call_up_code(self.platform, self.case_id, LOT, seat.person)
        key = SigningKey.generate()
        said = {"code_sha256": call_ups.code_hash(code), "origin": self.platform.origin}
        proof = sign_object(key, register.PROOF_LABEL, said)
        offer = booths.request_seat(self.platform, code, base64.b64encode(key.spki).decode(), proof)
        witness = "witness-host" if seat.site == self.sites[0] else "witness-sub"
        rows = booths.waiting_seats(self.platform, self.people[witness].log_in)
        booth = next(row.booth for row in rows if row.request == offer.request)
        fact = sitting.MemberIdentified(number, key.key_id, self.people[witness].id, booth)
        self.act(witness, fact, LOT, attachments={"request": offer.request.encode()})
        with self.platform.database.reading() as db_session:
            account = db_session.get_one(SeatRequest, offer.request).account_id
        return Person(LogIn(account, f"{self.case_id}/{LOT}#{number}"), key, "")

    def _each(self, fact_of: Any) -> None:
        for number, person in self.members.items():
            self.act(person, fact_of(number))

    def _score(self, bids: list[str]) -> None:
        seat = next(n for n in self.members if n != self.chair)
        self._each(lambda n: sitting.ScoreSheetLocked(n, (self.far if n == seat else self.sheet)(n, bids), {}))
        places, ground = tuple(ScorePlace(bid, "plan") for bid in bids), CorrectionGround.ABNORMAL_SCORE
        self.act(self.members[seat], sitting.CorrectionRequested(seat, ground, "方案分数有误", places))
        self.act(self.members[self.chair], sitting.SheetReopened(self.chair, seat))
        self.act(self.members[seat], sitting.ScoreSheetLocked(seat, self.sheet(seat + 2, bids), {}))
        self.work_off()

    def report(self) -> WholeCase:
        last = max(n for n in self.members if n != self.chair)
        for number in sorted(self.members.keys() - {last}):
            self._sign(number, self.members[number])
        self.act(self.members[last], sitting.DissentRecorded(last, "对业绩评分有不同意见"))
        self.work_off()
        return self

    def _sign(self, number: int, person: Person) -> None:
        request = reports.request_signature(self.platform, person.log_in, self.case_id, LOT)
        raw = person.key.sign(base64.b64decode(request.to_sign))
        fact = sitting.ReportSigned(number, request.report_sha256, hashlib.sha256(raw).hexdigest())
        self.act(person, fact, attachments={"pdf_signature": raw})

    def release_export(self) -> WholeCase:
        """Officer and supervisor release the evidence to the agency."""
        self.act("officer", EvidenceExportRequested("e1", "答复投诉"), "")
        self.act("releaser", EvidenceExportReleased("e1", "答复投诉"), "")
        return self

    def played(self) -> WholeCase:
        return self.through("found publish change_deadlines bid open draw sit report")

"""CN-01 as the facts of its three documents: the figures are published, names and texts are made up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

from app.documents.content import (
    CaseHeading,
    Criterion,
    EvaluationReport,
    FailedEvaluation,
    InvalidBid,
    Member,
    OpenedBid,
    OpeningConfirmation,
    OpeningObjection,
    OpeningRecord,
    QualificationResult,
    Receipt,
    ReleaseProof,
    Signatory,
    Signed,
    SigningStatement,
    TrusteeShare,
)
from app.documents.course_content import DocumentCheck
from app.documents.review_content import SignedReview
from app.documents.table_content import BidScores, CriterionScores, RecommendedCandidate, ScoredBid
from app.messages import regime_words

AT = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
HEADING = CaseHeading(
    case_code="N5100012025000628",
    project="2024年多功能急救实训室建设项目",
    lot="采购包1",
    buyer="四川某职业学院",
    agency="示范招标代理有限公司",
    centre="示范县公共资源交易中心",
    marking="演示 · 受托人模式 M0",
    digest="本件摘要 sha256 " + "5c" * 32,
)
BIDDERS = ("甲医疗科技有限公司", "乙教学设备有限公司", "丙健康产业集团有限公司")
PRICES = (D("1566000"), D("1574022"), D("1585000"))
CHECKED_AT = "https://jyzx.example/check/0123456789abcdef/1"
SEATS = ("E1", "E2", "E3", "E4", "E5")
SCORED = (
    ("30.00", ("93.50", "93.50", "92.50", "93.50", "93.50"), "93.30"),
    ("29.85", ("69.18", "69.18", "67.18", "69.18", "69.18"), "68.78"),
    ("29.64", ("65.97", "65.97", "63.97", "65.97", "65.97"), "65.57"),
)
NAMES = ("张建国", "李秀英", "王㛃", "赵𬭎", "陈喆")


def minutes(number: int) -> datetime:
    return AT + timedelta(minutes=number)


BIDS = tuple(
    OpenedBid(
        order=index + 1,
        bidder=bidder,
        received_at=minutes(index - 40),
        price=price,
        duration="合同签订后 60 日",
        manager=("周䶮", "吴昇", "郑𠮷")[index],
        bid_root=f"{index + 10:x}" * 64,
    )
    for index, (bidder, price) in enumerate(zip(BIDDERS, PRICES, strict=True))
)

OPENING = OpeningRecord(
    heading=HEADING,
    method="公开招标",
    place="示范县公共资源交易中心 网上开标大厅",
    chair="示范招标代理有限公司 孙敏",
    supervisor="示范县财政局 何涛",
    budget=D("1751000"),
    ceiling=D("1598400"),
    published_at=minutes(-60 * 24 * 21),
    deadline_at=AT,
    opened_at=minutes(0),
    finished_at=minutes(24),
    bids=BIDS,
    coefficients=(),
    words={"objection": "疑义"},
    faults=(),
    objections=(
        OpeningObjection(
            BIDDERS[1], minutes(9), "第一名的交付期未宣读。", "孙敏", minutes(12), "已补充宣读：合同签订后 60 日。"
        ),
    ),
    confirmations=(
        OpeningConfirmation(BIDDERS[0], minutes(15)),
        OpeningConfirmation(BIDDERS[1], minutes(16)),
        OpeningConfirmation(BIDDERS[2], None),
    ),
    release=ReleaseProof(
        mode="M0",
        committee_id="1f" * 32,
        identity="2e" * 32,
        signature="a3" * 48,
        needed=3,
        shares=tuple(
            TrusteeShare(index, name, minutes(0) + timedelta(seconds=index) if index != 4 else None, valid=True)
            for index, name in enumerate(("采购人", "代理机构", "财政局", "审计局", "交易中心"), start=1)
        ),
    ),
    signatories=(Signatory("Chair", "孙敏", "主持人"), Signatory("Supervisor", "何涛", "监督人")),
)

RECEIPT = Receipt(
    heading=HEADING,
    receipt_id="R-7Q4M-2KXD-91",
    bidder=BIDDERS[0],
    received_at=minutes(-40),
    deadline_at=AT,
    submission_sha256="7b" * 32,
    bid_root="0a" * 32,
    bid_size=2_097_152,
    platform_key_id="c4" * 32,
    signed_receipt='{"v":"bidreceipt/v1","lot":"1","receipt_id":"R-7Q4M-2KXD-91","bid_root":"' + "0a" * 32 + '"}',
)


def _working(price: D, score: str) -> str:
    return f"30 × 1,566,000.00 ÷ {price:,.2f} = {score}"


CRITERIA = (
    Criterion("价格", D("30"), "客观", "以满足招标文件要求且投标价格最低的投标报价为评标基准价，其价格分为满分。"),
    Criterion("技术", D("45"), "主观", "对技术参数逐条评审，完全满足得满分，每负偏离一项扣 3 分。"),
    Criterion("演示", D("12"), "主观", "现场演示四项功能，每项 3 分。"),
    Criterion("服务", D("10"), "主观", "售后方案、培训方案各 5 分。"),
    Criterion("业绩", D("2"), "客观", "近三年同类业绩每个 1 分，最多 2 分。"),
    Criterion("环保", D("1"), "客观", "列入节能或环境标志产品清单得 1 分。"),
)


def _sheet(bidder: str, scored: tuple[str, tuple[str, ...], str]) -> BidScores:
    """A split of each member's published total: the same share of the smaller criteria, the rest to 技术."""
    price, totals, _ = scored
    share = D("1") if bidder == BIDDERS[0] else D("0.5")
    small = [CriterionScores(one.name, (one.full_marks * share,) * len(SEATS)) for one in CRITERIA[2:]]
    rest = D(price) + 25 * share
    technical = CriterionScores("技术", tuple(D(total) - rest for total in totals))
    return BidScores(bidder, (CriterionScores("价格", (D(price),) * len(SEATS)), technical, *small))


REPORT = EvaluationReport(
    heading=replace(HEADING, digest="评标过程记录 sha256 " + "9d" * 32),
    regime="goods",
    check=DocumentCheck(CHECKED_AT + "?sha256=" + "6e" * 32, CHECKED_AT, "6e" * 32),
    media="四川政府采购网",
    published_at=minutes(-60 * 24 * 21),
    opened_at=AT,
    opening_place="示范县公共资源交易中心 网上开标大厅",
    evaluation_started_at=minutes(90),
    evaluation_ended_at=minutes(260),
    evaluation_place="主场：示范县 评标室 3；副场：邻县 评标室 1",
    budget=D("1751000"),
    ceiling=D("1598400"),
    method="综合评分法",
    standard="评审因素、分值和标准均以招标文件为准，未采用其他标准。",
    price_formula="价格分 = 评标基准价 ÷ 评审价 × 30，保留两位小数，四舍五入；评标基准价为有效投标中的最低评审价。",
    averaging="最终得分为全体成员评分的算术平均值，保留两位小数，四舍五入。",
    members=tuple(
        Member(
            seat,
            name,
            "采购人代表" if seat == "E2" else "评审专家",
            "四川某职业学院" if seat == "E2" else "医学教育装备",
            "副场" if seat in ("E4", "E5") else "主场",
            seat == "E1",
        )
        for seat, name in zip(SEATS, NAMES, strict=True)
    ),
    criteria=CRITERIA,
    opened_bids=BIDS,
    qualification=tuple(QualificationResult(bidder, True, "示范招标代理有限公司 孙敏", "") for bidder in BIDDERS),
    invalid_bids=(),
    scored_bids=tuple(
        ScoredBid(bidder, price, price, D(score), _working(price, score), tuple(map(D, totals)), D(mean), rank)
        for rank, (bidder, price, (score, totals, mean)) in enumerate(
            zip(BIDDERS, PRICES, SCORED, strict=True), start=1
        )
    ),
    sheets=tuple(map(_sheet, BIDDERS, SCORED)),
    candidates=tuple(
        RecommendedCandidate(rank, bidder, price, D(mean))
        for rank, (bidder, price, (_, _, mean)) in enumerate(zip(BIDDERS, PRICES, SCORED, strict=True), start=1)
    ),
    clarifications=(),
    corrections=(),
    agreement=("本报告生成时，评标委员会 5 名成员中有 0 名书面提出不同意见。",),
    dissents=(),
    earlier_dissents=(),
    member_changes=("第一轮抽取的一名专家未能到场，经第二轮抽取由 E5 递补，其此前未作出任何评审意见。",),
    notes=("评标期间副场通信中断一次，恢复后继续，数据无丢失。",),
    draw_digest="3d" * 32,
    sitting_digest="9d" * 32,
    signatories=tuple(
        Signatory(f"Member{index}", name, f"{seat} {'采购人代表' if seat == 'E2' else '评审专家'}")
        for index, (seat, name) in enumerate(zip(SEATS, NAMES, strict=True), start=1)
    ),
)

STATEMENT = SigningStatement(
    heading=HEADING,
    report_sha256="5c" * 32,
    stated_at=minutes(300),
    members=(
        Signed("席位 1 · 评审专家（组长） 王㛃", minutes(250), "", None, None, 0),
        Signed("席位 2 · 评审专家 赵𬭎", minutes(252), "演示评分偏高。\n应当复核。", minutes(251), None, 0),
        Signed("席位 3 · 评审专家 陈喆", None, "", None, minutes(270), 1),
    ),
    tally="评标委员会 3 名成员：签字且没有不同意见 1 名，书面提出不同意见 1 名，记录为拒绝签字 1 名。",
    dissented_before="",
    no_majority="",
    words=regime_words("goods", "zh"),
)

FAILURE = FailedEvaluation(
    heading=HEADING,
    opened_at=AT,
    evaluation_started_at=minutes(60),
    failed_at=minutes(90),
    stated_at=minutes(91),
    evaluation_place="县主场、市副场",
    reason="初步评审后有效投标 1 家，少于规定的 3 家，评审终止，本标包流标。",
    words=regime_words("goods", "zh"),
    members=REPORT.members,
    opened_bids=BIDS,
    qualification=(
        QualificationResult(BIDDERS[0], True, HEADING.agency, ""),
        QualificationResult(BIDDERS[1], False, HEADING.agency, "营业执照已过期"),
    ),
    invalid_bids=(
        InvalidBid(BIDDERS[1], "营业执照已过期", HEADING.agency),
        InvalidBid(BIDDERS[2], "投标函未签章", "评标委员会 3 票"),
    ),
    valid_bids=BIDDERS[:1],
    clarifications=(),
    reviews=tuple(SignedReview(seat, f"{seat}" * 64, minutes(80 + seat)) for seat in range(1, 6)),
    member_changes=(),
    notes=(),
    draw_digest="7d" * 32,
)

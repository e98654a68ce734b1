"""What the pages say, and that no text of a user can do anything but be read."""

import io
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from reportlab.lib.rl_accel import fp_str

from app.documents.clarification_content import BidClarification
from app.documents.content import DissentStatement, EarlierStatement, InvalidBid, OpeningObjection
from app.documents.render import FontsMissing, Renderer, fonts, line_breaks, stream_numbers
from app.documents.wording import ZONE
from app.messages import regime_words
from app.procedure.clarifying import LONGEST_ANSWER, LONGEST_NAME, LONGEST_PLACE, MOST_FILES
from tests.app.documents.conftest import FONTS
from tests.app.documents.examples import BIDDERS, BIDS, FAILURE, OPENING, RECEIPT, REPORT, STATEMENT, minutes

needs_poppler = pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext (poppler-utils) is not installed")
DOCUMENTS = {"opening": OPENING, "report": REPORT, "statement": STATEMENT, "failure": FAILURE, "receipt": RECEIPT}


def text_of(pdf: bytes, order: str = "-layout") -> str:
    """The text that a reader copies out: lines as on the page."""
    return subprocess.run(["pdftotext", order, "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()


def squeezed(pdf: bytes) -> str:
    """The text cell by cell, without any space."""
    return "".join(text_of(pdf, "-raw").split())


def test_a_document_is_dated_by_what_it_records(renderer):
    """Not by when it was drawn: made again from the case it is the same bytes."""
    made = {name: PdfFileReader(io.BytesIO(renderer.render(DOCUMENTS[name]))).trailer["/Info"] for name in DOCUMENTS}
    for name, at in (
        ("opening", OPENING.finished_at),
        ("report", REPORT.evaluation_ended_at),
        ("statement", STATEMENT.stated_at),
        ("failure", FAILURE.stated_at),
        ("receipt", RECEIPT.received_at),
    ):
        local = at.astimezone(ZONE)
        assert made[name]["/CreationDate"] == made[name]["/ModDate"] == f"D:{local:%Y%m%d%H%M%S}+08'00'"


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_document_in_both_languages(renderer, name, lang):
    pdf = renderer.render(DOCUMENTS[name], lang=lang)
    reader = PdfFileReader(io.BytesIO(pdf))
    assert reader.root["/Lang"] == ("zh-CN" if lang == "zh" else "en")
    assert "Seal" in [field for field, _, _ in enumerate_sig_fields(reader)]


@needs_poppler
def test_the_opening_record_states_prices_in_figures_and_capitals(renderer):
    shown = squeezed(renderer.render(OPENING))
    for words in (
        "开标记录",
        "开标一览表",
        "1,566,000.00",
        "壹佰伍拾陆万陆仟元整",
        "第1页",
        "共2页",
        "演示·受托人模式M0",
    ):
        assert words in shown
    assert "未参加或未表示" in shown


@needs_poppler
def test_the_opening_record_states_what_the_opening_drew(renderer):
    shown = squeezed(renderer.render(replace(OPENING, coefficients=("下浮率 0.015",))))
    assert "开标时抽取的评标系数：下浮率0.015" in shown


@needs_poppler
def test_a_long_table_breaks_between_rows_and_says_its_head_once_on_each_page(renderer):
    """No heading is left alone above a page break, no page stays empty, no row is cut."""
    long_name = "某某省某某市某某建设工程集团有限责任公司第{}分公司"
    bids = tuple(replace(BIDS[0], order=n, bidder=long_name.format(n)) for n in range(1, 31))
    pages = text_of(renderer.render(replace(OPENING, bids=bids)), "-raw").split("\f")
    board = [page for page in pages if "投标报价" in page]
    assert "投标报价" in pages[0]
    assert [page.count("投标报价") for page in board] == [1] * len(board)
    assert len(board) > 2
    read_out = "".join("".join(board).split())
    assert all(long_name.format(n) in read_out for n in range(1, 31))


@needs_poppler
def test_the_report_has_the_published_score_summary(renderer):
    rows = [line.split() for line in text_of(renderer.render(REPORT)).splitlines()]
    assert [BIDDERS[0], "93.50", "93.50", "92.50", "93.50", "93.50", "93.30", "1"] in rows
    assert [BIDDERS[1], "69.18", "69.18", "67.18", "69.18", "69.18", "68.78", "2"] in rows
    assert [BIDDERS[2], "65.97", "65.97", "63.97", "65.97", "65.97", "65.57", "3"] in rows


CLARIFIED = BidClarification(
    BIDDERS[1],
    "含义不明确",
    "技术文件第 12 页",
    "请说明质保期。",
    "同意 4 票，不同意 1 票",
    minutes(100),
    minutes(130),
    "三年。",
    minutes(110),
    "ab" * 32,
    (("质保承诺.pdf", "cd" * 32),),
)


def test_the_longest_question_and_answer_have_their_place_on_a_page(renderer):
    """A row of a table cannot be parted; nobody's words may keep a report from being made."""
    short = {"place": "处" * LONGEST_PLACE, "files": (("文" * LONGEST_NAME, "cd" * 32),) * MOST_FILES}
    for text in ("字" * LONGEST_ANSWER, "字\n" * (LONGEST_ANSWER // 2), "\n" * (LONGEST_ANSWER - 1) + "字"):
        longest = replace(CLARIFIED, question=text, answer=text, **short)
        for document in (replace(REPORT, clarifications=(longest,)), replace(FAILURE, clarifications=(longest,))):
            assert renderer.render(document)


@needs_poppler
def test_rejections_clarifications_and_dissent_are_told(renderer):
    report = replace(
        REPORT,
        invalid_bids=(InvalidBid(BIDDERS[2], "未按要求签章", "评标委员会 5:0"),),
        clarifications=(CLARIFIED,),
        dissents=(DissentStatement("陈喆", "演示评分偏高。", minutes(255)),),
        earlier_dissents=(EarlierStatement("席位 2", "汇总有误。", minutes(245), "针对第 1 次汇总结果。"),),
    )
    shown = squeezed(renderer.render(report))
    for words in (
        "未按要求签章",
        "评标委员会5:0",
        "含义不明确；技术文件第12页",
        "请说明质保期。",
        "同意4票，不同意1票",
        "三年。",
        "ab" * 32,
        "质保承诺.pdf" + "cd" * 32,
        "演示评分偏高。",
        "对先前汇总结果的不同意见",
        "汇总有误。",
        "针对第1次汇总结果。",
    ):
        assert words in shown
    void = replace(BIDS[2], price=None, void_reason="胶囊未能给出声明的密钥")
    opening = replace(OPENING, bids=(*BIDS[:2], void), objections=())
    assert "无效：胶囊未能给出声明的密钥" in squeezed(renderer.render(opening))


@needs_poppler
def test_the_statement_on_signing_says_of_each_member_what_it_did(renderer):
    shown = squeezed(renderer.render(STATEMENT))
    for words in (
        "签署情况说明",
        "王㛃：已签字",
        "演示评分偏高。应当复核。",
        "陈喆：经席位1记录为拒绝签字",
        "视为同意评标报告",
        "财政部令第87号）第六十一条",
    ):
        assert words in shown
    assert "招标投标法" not in shown
    assert "recordedbyseat1asnotsigning" in squeezed(renderer.render(STATEMENT, lang="en"))
    works = squeezed(renderer.render(replace(STATEMENT, words=regime_words("works", "zh"))))
    assert "依法视为同意评标结果" in works
    assert "《招标投标法实施条例》第五十三条" in works
    assert "87号" not in works


@needs_poppler
def test_works_do_not_speak_of_a_check_by_the_agency(renderer):
    """Order 87, article 44, is for goods; where nobody checked there is no empty table."""
    assert "第四十四条" in squeezed(renderer.render(REPORT))
    assert "第四十四条" not in squeezed(renderer.render(replace(REPORT, qualification=())))


@needs_poppler
def test_the_record_of_a_failed_evaluation_says_why_and_that_nobody_signs_it(renderer):
    shown = squeezed(renderer.render(FAILURE))
    for words in (
        "评审情况记录（流标）",
        "有效投标1家，少于规定的3家",
        "财政部令第87号）第四十三条",
        "营业执照已过期",
        "评标委员会3票",
        "不在本记录上逐一签字",
        "1" * 64,
    ):
        assert words in shown, words
    assert "《招标投标法》第四十二条" in squeezed(
        renderer.render(replace(FAILURE, words=regime_words("works", "zh"), qualification=()))
    )


@needs_poppler
def test_rare_names_copy_out_as_themselves(renderer):
    shown = squeezed(renderer.render(REPORT))
    for name in ("王㛃", "赵𬭎", "陈喆", "周䶮", "吴昇"):
        assert name in shown


@needs_poppler
def test_a_character_without_a_glyph_is_named_never_a_blank(renderer):
    assert "郑〔U+20BB7〕" in squeezed(renderer.render(REPORT))
    spoofed = replace(OPENING, method="公开\u202e招标\x00\ud800😀")
    shown = squeezed(renderer.render(spoofed))
    assert "公开〔U+202E〕招标〔U+0000〕〔U+D800〕〔U+1F600〕" in shown


@needs_poppler
def test_another_font_of_the_folder_helps_out(renderer, tmp_path):
    extra = sorted(FONTS.parents[3].glob("node_modules/@expo-google-fonts/noto-sans-jp/400Regular/*.ttf"))
    if not extra:
        pytest.skip("no second font is installed")
    for path in (FONTS / "NotoSansSC-Regular.ttf", FONTS / "NotoSansSC-Bold.ttf", extra[0]):
        (tmp_path / path.name).symlink_to(path)
    assert "郑𠮷" in squeezed(Renderer(tmp_path).render(REPORT))


@needs_poppler
def test_a_font_of_the_machine_helps_out_with_rare_characters(renderer, tmp_path, monkeypatch):
    (liberation,) = FONTS.parent.glob("pdf-*/standard_fonts/LiberationSans-Regular.ttf")
    monkeypatch.setattr(fonts, "RARE", (liberation, tmp_path / "not-installed.ttf"))
    for name in ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"):
        (tmp_path / name).symlink_to(FONTS / name)
    named = replace(RECEIPT, heading=replace(RECEIPT.heading, project="项目ǿ"))
    assert "项目〔U+01FF〕" in squeezed(renderer.render(named))
    assert "项目ǿ" in squeezed(Renderer(tmp_path).render(named))


HOSTILE = (
    '<img src="/etc/hostname" width="40" height="40"/>',
    "<font size=90>大</font><b>x",
    "&lt;img&gt; &amp; &#65; &unknown; ]]> <!-- -->",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    '" title="x" <row/>',
)


@needs_poppler
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(renderer, text):
    objection = OpeningObjection(text, minutes(9), text, text, minutes(12), text)
    heading = replace(OPENING.heading, project=text, lot=text, centre=text, case_code=text, marking=text, digest=text)
    bids = tuple(replace(bid, bidder=text, manager=text, duration=text, void_reason=text) for bid in BIDS)
    pdf = renderer.render(replace(OPENING, heading=heading, bids=bids, objections=(objection,), chair=text))
    assert "".join(text.split()) in squeezed(pdf)
    assert b"/Subtype /Image" not in pdf
    assert b"Helvetica" not in pdf


def test_very_long_text_still_fits_on_paper(renderer):
    long = "测" * 4000 + "x" * 4000
    objection = replace(OPENING.objections[0], text=long)
    bids = tuple(replace(bid, bidder=long[:600], manager=long[-400:]) for bid in BIDS)
    heading = replace(OPENING.heading, project=long[:900])
    for lang in ("zh", "en"):
        content = replace(OPENING, heading=heading, bids=bids, objections=(objection,))
        assert renderer.render(content, lang=lang).startswith(b"%PDF-")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(), max_size=60))
def test_any_text_prints(renderer, text):
    heading = replace(RECEIPT.heading, project=text, marking=text)
    assert renderer.render(replace(RECEIPT, bidder=text, heading=heading)).startswith(b"%PDF-")


def test_line_ends_of_users_are_kept(renderer):
    objection = replace(OPENING.objections[0], text="第一行\r\n第二行\n第三行")
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) is not installed")
    lines = text_of(renderer.render(replace(OPENING, objections=(objection,)))).splitlines()
    assert [line.strip() for line in lines if line.strip() in ("第二行", "第三行")] == ["第二行", "第三行"]


PRINT_DIGESTS = """
import hashlib, pathlib, sys
from app.documents.render import Renderer
from tests.app.documents.examples import OPENING, RECEIPT, REPORT, STATEMENT
renderer = Renderer(pathlib.Path(sys.argv[1]))
for one in (OPENING, REPORT, STATEMENT, RECEIPT):
    print(hashlib.sha256(renderer.render(one, attachments={"report.json": b"{}"})).hexdigest())
"""


def test_the_same_facts_give_the_same_bytes_in_every_process(renderer):
    def digests(seed):
        command = [sys.executable, "-c", PRINT_DIGESTS, str(FONTS)]
        env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo" if seed == "1" else "UTC"}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True, cwd=FONTS.parents[3]).stdout

    assert digests("0") == digests("1")


def test_the_attachment_is_found_by_name_and_relationship(renderer):
    data = '{"v":"report/v1","总分":"93.30"}'.encode()
    reader = PdfFileReader(io.BytesIO(renderer.render(REPORT, attachments={"report.json": data})))
    spec = reader.root["/AF"][0].get_object()
    assert spec["/AFRelationship"] == "/Data"
    assert spec["/EF"]["/F"].data == data
    name, listed = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
    assert (name, listed.get_object()["/UF"]) == ("report.json", "report.json")


def test_a_folder_without_fonts_is_refused(tmp_path):
    with pytest.raises(FontsMissing):
        Renderer(tmp_path)
    (tmp_path / "NotoSansSC-Regular.ttf").write_bytes(b"not a font")
    (tmp_path / "NotoSansSC-Bold.ttf").write_bytes(b"not a font")
    with pytest.raises(FontsMissing):
        _ = Renderer(tmp_path / ".").faces


def broken(text: str, room: int) -> list[str]:
    """Lines of text, each character as wide as one, those of Latin script half as wide."""
    sizes = [0.5 if c < "\u2000" else 1.0 for c in text]
    return [text[start:end] for start, end, _room in line_breaks.lines(text, sizes, [float(room)])]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("过半数认定不符的，该投标被否决，理由", ["过半数认定不符", "的，该投标被否", "决，理由"]),
        ("理由：两份方案。（说明：分数有误）。席位", ["理由：两份方", "案。（说明：分", "数有误）。席位"]),
        ("报价为人民币1,566,000.00元整。", ["报价为人民币", "1,566,000.00元", "整。"]),
        ("a" * 30, ["a" * 14, "a" * 14, "aa"]),
        ("，，，，，，，，，", ["，，，，，，，", "，，"]),
        ("第一行内容七字 第二行", ["第一行内容七字 ", "第二行"]),
    ],
)
def test_no_line_begins_with_a_closing_mark_or_cuts_a_figure(text, lines):
    assert broken(text, 7) == lines


@given(st.text("甲乙a1，。）（“” -", max_size=60), st.integers(1, 9))
def test_lines_hold_every_character_once_and_have_room(text, room):
    found = broken(text, room)
    assert "".join(found) == text
    assert all(sum(0.5 if c < "\u2000" else 1 for c in line.rstrip(" ")) <= max(room, 1) for line in found)


@needs_poppler
def test_no_line_of_the_report_begins_with_a_closing_mark(renderer):
    reasons = ("两份方案文字相近，且没有合理解释，", "分数有误（第三项）。")
    invalid = tuple(InvalidBid(BIDDERS[2], "甲" * n + reasons[n % 2] * 3, "评标委员会") for n in range(30))
    read = text_of(renderer.render(replace(REPORT, invalid_bids=invalid)), "-raw")
    assert [line for line in read.splitlines() if line[:1] and line[0] in "，。、；：）”"] == []


@given(st.lists(st.floats(-1e6, 1e6) | st.integers(-9999, 9999) | st.floats(-2, 2), max_size=6))
def test_numbers_stand_in_a_page_as_reportlab_writes_them(numbers):
    assert stream_numbers.in_a_stream(*numbers) == stream_numbers.in_a_stream(numbers) == fp_str(*numbers)

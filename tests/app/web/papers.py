"""A case whose bidders handed in PDFs and the pages that answer each criterion."""

from __future__ import annotations

from pathlib import Path

from app.procedure.page_links import FILE_NAME, PageLink, write_page_links
from tests.app.services.whole_case import WholeCase
from tests.pictures import png

SCRIPT = b"app.alert\\(1\\); fetch\\('/evil'\\)"


def pdf(*pages: str, padding: int = 0) -> bytes:
    """A PDF of some pages: each one's text in a Chinese font that is not in the file. It wants a script to run as it is
    opened, as a page is shown, and on a link; it holds `padding` bytes that nothing draws."""
    kids = " ".join(f"{10 + 3 * n} 0 R" for n in range(len(pages)))
    objects = {
        1: f"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS({SCRIPT.decode()})>>>>".encode(),
        2: f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
        3: b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[4 0 R]>>",
        4: b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)"
        b"/Supplement 4>>/FontDescriptor 5 0 R/DW 1000>>",
        5: b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[0 -120 1000 880]/ItalicAngle 0/Ascent 880"
        b"/Descent -120/CapHeight 880/StemV 93>>",
        6: b"<</Type/Annot/Subtype/Link/Rect[0 0 595 842]/A<</S/JavaScript/JS(" + SCRIPT + b")>>>>",
        7: b"<</Length %d>>\nstream\n" % padding + b"x" * padding + b"\nendstream",
    }
    for n, text in enumerate(pages):
        drawn = f"BT /F1 20 Tf 60 700 Td <{text.encode('utf-16-be').hex()}> Tj ET".encode()
        first = 10 + 3 * n
        objects[first] = (
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents {first + 1} 0 R"
            f"/Annots[6 0 R]/AA<</O<</S/JavaScript/JS({SCRIPT.decode()})>>>>>>"
        ).encode()
        objects[first + 1] = b"<</Length %d>>\nstream\n" % len(drawn) + drawn + b"\nendstream"
    out, places = b"%PDF-1.7\n", {}
    for number, body in sorted(objects.items()):
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    size = max(objects) + 1
    table = b"".join(b"%010d 00000 n \n" % places[n] if n in places else b"0000000000 65535 f \n" for n in range(size))
    tail = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    return out + b"xref\n0 %d\n" % size + table + tail


class PaperCase(WholeCase):
    """Each bid holds a plan of three pages, larger than one range, and says where each criterion is answered."""

    def papers(self, login: str) -> list[Path]:
        folder = self.folder / f"papers-{login}"
        folder.mkdir(exist_ok=True)
        pages = (f"施工方案 {login}", "质量保证措施", "类似项目业绩一览")
        (folder / "技术方案.pdf").write_bytes(pdf(*pages, padding=3 << 20))
        links = [PageLink("plan", "技术方案.pdf", 2, 2), PageLink("record", "技术方案.pdf", 3, 3)]
        if login == "bidder-b":
            links.append(PageLink("record", "没有的文件.pdf", 1, 4))
        data = b"not json" if login == "bidder-c" else write_page_links(links)
        (folder / FILE_NAME).write_bytes(data)
        (folder / "营业执照.png").write_bytes(png(120, 80))
        return [*super().papers(login), folder]

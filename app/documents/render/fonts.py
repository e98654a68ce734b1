"""The two faces that documents are set in, and what happens to a character that they lack.

A missing glyph prints as nothing at all, without an error, so every text is cut into runs here: the main face, else
another font of the same folder, else the code point in words, 〔U+20BB7〕. A name is never printed as a blank box.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from reportlab.pdfbase import pdfmetrics, ttfonts

from app.documents.render.font_files import BOLD, RARE, REGULAR, FontsMissing


def _utf16(code: int | str) -> str:
    return (code if isinstance(code, str) else chr(code)).encode("utf-16-be", "surrogatepass").hex().upper()


def to_unicode_cmap(name: str, subset: list[int]) -> str:
    """The /ToUnicode map of a subset, in UTF-16BE as ISO 32000-2 §9.10.3 demands, in blocks of at most 100.

    ReportLab's own writes code points beyond the BMP as five digits, so that 𬭎 copies out as another character.
    """
    lines = [f"<{index:02X}> <{_utf16(code)}>" for index, code in enumerate(subset)]
    blocks = [lines[start : start + 100] for start in range(0, len(lines), 100)]
    mapped = [row for block in blocks for row in (f"{len(block)} beginbfchar", *block, "endbfchar")]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin",
            "12 dict begin",
            "begincmap",
            f"/CIDSystemInfo << /Registry ({name}) /Ordering ({name}) /Supplement 0 >> def",
            f"/CMapName /{name} def",
            "/CMapType 2 def",
            "1 begincodespacerange",
            f"<00> <{len(subset) - 1:02X}>",
            "endcodespacerange",
            *mapped,
            "endcmap",
            "CMapName currentdict /CMap defineresource pop",
            "end",
            "end",
        ]
    )


ttfonts.makeToUnicodeCMap = to_unicode_cmap


@dataclass(frozen=True)
class Faces:
    """Registered names of the regular and the bold face, and of the fonts that help out, in order."""

    regular: str
    bold: str
    others: tuple[str, ...]

    def runs(self, text: str, *, bold: bool = False) -> Iterator[tuple[str, str]]:
        """`text` in pieces of (font name, characters that it has)."""
        first = self.bold if bold else self.regular
        marked = [(_font_of(character, (first, *self.others)), character) for character in text]
        settled = [(name or first, character if name else f"〔U+{ord(character):04X}〕") for name, character in marked]
        for name, pieces in groupby(settled, key=lambda piece: piece[0]):
            yield name, "".join(piece for _, piece in pieces)

    def width(self, text: str, size: float, *, bold: bool = False) -> float:
        """The width of `text` in points."""
        return float(sum(pdfmetrics.stringWidth(piece, name, size) for name, piece in self.runs(text, bold=bold)))

    def fitting(self, text: str, size: float, width: float, *, bold: bool = False) -> float:
        """The size, `size` at most, at which `text` is no wider than `width` points."""
        return min(size, size * width / max(self.width(text, size, bold=bold), 1))


@lru_cache(1 << 14)
def _font_of(character: str, names: tuple[str, ...]) -> str | None:
    """The first of these fonts that has a character; what a font has stays as it is once it is registered."""
    return next((name for name in names if ord(character) in _glyphs(name)), None)


def _glyphs(name: str) -> dict[int, int]:
    glyphs: dict[int, int] = pdfmetrics.getFont(name).face.charToGlyph
    return glyphs


def _register(path: Path) -> str:
    """Registers a TrueType file under its PostScript name, once per process; ReportLab's register is global."""
    font = ttfonts.TTFont(path.stem, str(path))
    name: str = font.face.name.decode("ascii")
    if name not in pdfmetrics.getRegisteredFontNames():
        font.fontName = name
        pdfmetrics.registerFont(font)
    return name


@cache
def load_faces(font_dir: Path) -> Faces:
    """The faces of a folder that holds NotoSansSC-Regular.ttf, NotoSansSC-Bold.ttf and perhaps more `.ttf` files; after
    them those of the machine for rare characters.

    Raises FontsMissing when one is not there, is not TrueType, or both tell the same PostScript name (then a viewer
    would print bold as regular).
    """
    try:
        regular, bold = _register(font_dir / REGULAR), _register(font_dir / BOLD)
        more = sorted(path for path in font_dir.glob("*.ttf") if path.name not in (REGULAR, BOLD))
        more += [path for path in RARE if path.is_file()]
        others = tuple(_register(path) for path in more)
    except (OSError, ttfonts.TTFError) as exc:
        raise FontsMissing(f"no usable {REGULAR} and {BOLD} in {font_dir}: build the front end") from exc
    if regular == bold:
        raise FontsMissing(f"{REGULAR} and {BOLD} in {font_dir} have the same PostScript name {regular}")
    return Faces(regular, bold, others)

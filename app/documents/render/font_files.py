"""The files that the faces of documents are read from."""

from __future__ import annotations

from pathlib import Path

REGULAR = "NotoSansSC-Regular.ttf"
BOLD = "NotoSansSC-Bold.ttf"
# For rare characters of names (CJK extension B and later, GB 18030-2022), where the machine has them: fonts-hanazono of
# Debian. A document that is made again is the same bytes with the same fonts only.
HANAZONO = Path("/usr/share/fonts/truetype/hanazono")
RARE = (HANAZONO / "HanaMinB.ttf", HANAZONO / "HanaMinA.ttf")


class FontsMissing(Exception):
    """The folder holds no usable pair of faces: an installation that was not built, not a user's mistake."""


def check_fonts(font_dir: Path) -> None:
    """Raises FontsMissing unless both faces that `load_faces` needs are in the folder."""
    for name in (REGULAR, BOLD):
        if not (font_dir / name).is_file():
            raise FontsMissing(f"no {name} in {font_dir}: build the front end")

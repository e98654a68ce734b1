from pathlib import Path

import pytest

from app.documents.render import Renderer, fonts

FONTS = Path(__file__).resolve().parents[3] / "app" / "static" / "dist" / "fonts"


@pytest.fixture(scope="session")
def renderer():
    if not (FONTS / "NotoSansSC-Regular.ttf").is_file():
        pytest.skip(f"no fonts in {FONTS}: build the front end first")
    fonts.RARE = ()  # whatever this machine has
    return Renderer(FONTS)

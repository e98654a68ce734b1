from pathlib import Path

import pytest

from app.documents.render import Renderer

FONTS = Path(__file__).resolve().parents[3] / "app" / "static" / "dist" / "fonts"


@pytest.fixture(scope="session")
def renderer():
    if not (FONTS / "NotoSansSC-Regular.ttf").is_file():
        pytest.skip(f"no fonts in {FONTS}: build the front end first")
    return Renderer(FONTS)

"""What a booth can show, by the end of a name and, of pictures, by size."""

import pytest

from app.procedure.booth_files import MOST_IMAGE_BYTES, ending_of, shown_as


@pytest.mark.parametrize(
    ("name", "size", "kind"),
    [
        ("技术/方案.PDF", 1 << 40, "application/pdf"),
        ("扫描.jpg", MOST_IMAGE_BYTES, "image/jpeg"),
        ("扫描.JPEG", 1, "image/jpeg"),
        ("图.png", MOST_IMAGE_BYTES + 1, ""),
        ("图.png", 9, "image/png"),
        ("方案.docx", 9, ""),
        ("pdf", 9, ""),
        ("方案.svg", 9, ""),
    ],
)
def test_pdf_of_any_size_and_pictures_of_some_are_shown(name: str, size: int, kind: str):
    assert shown_as(name, size) == kind


def test_a_file_keeps_the_end_of_its_name_and_nothing_else():
    assert [ending_of(name) for name in ("甲.PDF", "乙.exe", "丙.tar.png")] == [".pdf", "", ".png"]

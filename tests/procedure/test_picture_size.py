"""The size of a picture is read from its head, and of no bytes whatever is there more than a refusal."""

from hypothesis import given
from hypothesis import strategies as st

from app.procedure.picture_size import picture_size
from tests.pictures import jpeg, png


@given(st.integers(1, 65535), st.integers(1, 65535))
def test_both_kinds_say_how_large_they_are(width: int, height: int):
    assert picture_size(jpeg(width, height)) == (width, height)


def test_a_png_says_so_too():
    assert picture_size(png(30, 40)) == (30, 40)


@given(st.sampled_from([b"", b"\xff\xd8", b"\xff\xd8\xff\xff", b"\x89PNG\r\n\x1a\n"]), st.binary(max_size=40))
def test_any_bytes_end(head: bytes, rest: bytes):
    picture_size(head + rest)
    assert picture_size(b"GIF89a" + rest) is None

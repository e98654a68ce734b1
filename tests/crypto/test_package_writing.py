import io
from dataclasses import replace

import pytest
from hypothesis import strategies as st

from crypto.errors import CryptoError
from crypto.package import (
    PackageFile,
    bid_manifest,
    write_package,
)

MIB = 1024 * 1024
SIGNATURE = {"key_id": "a" * 64, "signature": "c2ln"}
FACTS = {
    "context_hash": bytes(32),
    "bidder": "91510000MA0000001X",
    "tender": "T-2025-000628",
    "lot": "1",
    "opening": {"price_fen": "156600000", "duration_days": "30", "project_manager": "张𬭎"},
}
CONTENTS = {"商务/投标函.pdf": b"%PDF-1.7 offer", "a" * 101: b"", "技术/图纸 1.dwg": bytes(3000)}
NAMES = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\/:"), min_size=1, max_size=120).filter(
        lambda part: part not in (".", "..")
    ),
    min_size=1,
    max_size=3,
).map("/".join)


def package_file(path, content):
    return PackageFile(path, len(content), lambda: io.BytesIO(content))


def files_of(contents):
    return [package_file(path, content) for path, content in contents.items()]


def manifest_of(contents, **facts):
    return bid_manifest(**{**FACTS, **facts}, files=[file.measure() for file in files_of(contents)])


def write_refusal(manifest, files):
    with pytest.raises(CryptoError) as refusal:
        write_package(io.BytesIO(), manifest, SIGNATURE, files)
    return refusal.value.code, refusal.value.facts


def test_files_must_be_those_of_the_manifest():
    manifest, files = manifest_of(CONTENTS), files_of(CONTENTS)
    assert write_refusal(manifest, files[1:]) == ("package_file_missing", {"path": "商务/投标函.pdf"})
    extra = package_file("extra", b"")
    assert write_refusal(manifest, [*files, extra]) == ("package_file_unlisted", {"path": "extra"})
    assert write_refusal(manifest, [*files, files[0]]) == ("package_file_unlisted", {"path": "商务/投标函.pdf"})


@pytest.mark.parametrize("content", [b"%PDF-1.7 offes", b"short", b"%PDF-1.7 offer that grew"])
def test_a_file_that_changed_since_it_was_measured_is_refused(content):
    files = files_of(CONTENTS)
    files[0] = replace(files[0], open=lambda: io.BytesIO(content))
    assert write_refusal(manifest_of(CONTENTS), files) == ("package_file_changed", {"path": "商务/投标函.pdf"})

import hashlib
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.canonical import canonical
from crypto.errors import CryptoError
from crypto.merkle import leaf_hash, root
from crypto.package import (
    PackageEntry,
    PackageFile,
    bid_manifest,
    manifest_entries,
    read_package,
    write_package,
)
from tests.choices import choices, pieces
from tests.examples import at_least

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
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\/:"), min_size=24, max_size=250)


def package_file(path, content):
    return PackageFile(path, len(content), lambda: io.BytesIO(content))


def files_of(contents):
    return [package_file(path, content) for path, content in contents.items()]


def manifest_of(contents, **facts):
    return bid_manifest(**{**FACTS, **facts}, files=[file.measure() for file in files_of(contents)])


def packed(contents=CONTENTS, manifest=None):
    dst = io.BytesIO()
    write_package(dst, manifest or manifest_of(contents), SIGNATURE, files_of(contents))
    return dst.getvalue()


PACKED = packed()


def unpacked(data):
    package = read_package(io.BytesIO(data))
    return package, {file.entry.path: b"".join(file.chunks) for file in package.files}


@given(st.dictionaries(st.sampled_from(["a", "b/c", "长" * 60, "d.pdf"]), st.binary(max_size=3000), max_size=4))
@at_least(30)
def test_a_files_content_stands_where_the_reader_says(contents):
    for file in read_package(io.BytesIO(data := packed(contents))).files:
        assert data[file.start : file.start + file.entry.size] == contents[file.entry.path]


def skimmed(data):
    """Reads a package and leaves every file's chunks."""
    return list(read_package(io.BytesIO(data)).files)


def read_refusal(data):
    """The refusal of `data`, which comes whether the caller reads the chunks or leaves them."""
    refused = []
    for reading in (unpacked, skimmed):
        with pytest.raises(CryptoError) as caught:
            reading(data)
        refused.append((caught.value.code, caught.value.facts))
    assert refused[0] == refused[1]
    return refused[0]


def path_of(chosen, words):
    """Up to three folders deep, with names of up to 120 characters."""
    lengths = [chosen.one(range(1, 16)) for _ in range(chosen.one((1, 2, 3)))]
    parts = ["".join(chosen.one(words) for _ in range(length)) for length in lengths]
    return "/".join("dots" if part in (".", "..") else part for part in parts)


@given(choices(150), WORDS.map(pieces))
@at_least(60)
def test_what_is_packed_is_read(chosen, words):
    contents = {path_of(chosen, words): b"\x05" * chosen.one(range(1501)) for _ in range(chosen.one(range(5)))}
    package, read = unpacked(packed(contents))
    assert package.manifest == manifest_of(contents)
    assert package.signature == SIGNATURE
    assert (read, list(read)) == (contents, list(contents))


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 65535, 65536, 65537, MIB - 4096, MIB - 1, MIB, MIB + 1])
def test_packages_are_whole_mebibytes_whatever_their_content(size):
    contents = {"a.bin": b"\x05" * size}
    data = packed(contents)
    assert unpacked(data)[1] == contents
    assert len(data) % MIB == 0
    assert len(data) <= MIB * (1 + (size + 4096) // MIB)
    assert not any(data[-1024:])


def test_the_same_input_gives_the_same_bytes():
    assert packed() == packed()


def test_other_software_reads_a_package():
    with tarfile.open(fileobj=io.BytesIO(packed())) as tar:
        members = tar.getmembers()
        assert [m.name for m in members] == ["manifest.json", "manifest.sig", *CONTENTS]
        assert all(m.isreg() and (m.mtime, m.uid, m.gid, m.uname) == (0, 0, 0, "") for m in members)
        assert tar.extractfile("manifest.json").read() == canonical(manifest_of(CONTENTS))
        assert tar.extractfile("技术/图纸 1.dwg").read() == CONTENTS["技术/图纸 1.dwg"]


def made_elsewhere(members, tar_format=tarfile.PAX_FORMAT, fill=MIB):
    """A tar of (name or TarInfo, content) as the standard library writes it, filled to a whole mebibyte."""
    dst = io.BytesIO()
    with tarfile.open(fileobj=dst, mode="w", format=tar_format) as tar:
        for name, content in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        end = tar.offset
    data = dst.getvalue()[:end]
    return data + bytes(1024 + -(len(data) + 1024) % fill)


def members_of(contents=CONTENTS, manifest=None):
    manifest = manifest or manifest_of(contents)
    return [("manifest.json", canonical(manifest)), ("manifest.sig", canonical(SIGNATURE)), *contents.items()]


@pytest.mark.parametrize("tar_format", [tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_packages_of_other_software_are_read(tar_format):
    contents = {"商务/投标函.pdf": b"offer", "d" * 60 + "/" + "e" * 60: b"in a prefix"}
    assert unpacked(made_elsewhere(members_of(contents), tar_format))[1] == contents


def test_a_small_source_is_enough():
    """Files arrive in chunks of at most 64 KiB from a source that gives 1,000 bytes at a time."""

    class Drip(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 1000))

    package = read_package(Drip(packed({"a": bytes(200_000)})))
    sizes = [len(chunk) for file in package.files for chunk in file.chunks]
    assert (sum(sizes), max(sizes)) == (200_000, 65536)


# Members that are no plain files


def test_every_kind_of_member_but_a_regular_file_is_refused():
    kinds = [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
    for kind in [*kinds, tarfile.CONTTYPE, tarfile.GNUTYPE_SPARSE, tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE, b"\x00"]:
        info = tarfile.TarInfo("a")
        info.type, info.linkname = kind, "/etc/passwd" if kind in kinds[:2] else ""
        code, facts = read_refusal(made_elsewhere([*members_of({}), (info, b"")]))
        assert (code, facts["path"].rstrip("/")) == ("package_member_type", "a")


def test_a_regular_file_with_a_link_is_refused():
    info = tarfile.TarInfo("a")
    info.linkname = "b"
    assert read_refusal(made_elsewhere([*members_of({}), (info, b"")]))[0] == "package_member_type"


HOSTILE = [
    "/etc/passwd",
    "../a",
    "a/../b",
    "a/..",
    "./a",
    "a//b",
    "a/",
    "",
    "a\x00b",
    "a\nb",
    "a\x7fb",
    "..\\a",
    "C:a",
    "x" * 1025,
    "\ud800",
]


@pytest.mark.parametrize("path", HOSTILE, ids=ascii)
def test_a_hostile_name_is_refused_when_written_and_when_read(path):
    with pytest.raises(CryptoError) as refusal:
        manifest_of({path: b""})
    assert refusal.value.code == "package_path"
    assert not any(ord(c) < 32 for c in refusal.value.facts["path"])
    if path.isprintable():
        manifest = {**manifest_of({}), "files": [{"path": path, "size": 0, "root": "0" * 64}]}
        assert read_refusal(made_elsewhere(members_of({path or "a": b""}, manifest)))[0] == "package_path"


# Content that is not the manifest's


def test_a_file_that_the_manifest_does_not_list_is_refused():
    assert read_refusal(made_elsewhere([*members_of(), ("extra", b"")])) == ("package_file_unlisted", {"path": "extra"})


def test_a_file_that_is_there_twice_is_refused():
    twice = [*members_of({"a": b"x"}), ("a", b"x")]
    assert read_refusal(made_elsewhere(twice)) == ("package_duplicate", {"path": "a"})


@pytest.mark.parametrize("name", ["a", "manifest.json", "manifest.sig"])
def test_a_name_that_is_listed_twice_or_taken_is_refused(name):
    entry = package_file(name, b"").measure()
    with pytest.raises(CryptoError) as refusal:
        bid_manifest(**FACTS, files=[entry, entry])
    assert (refusal.value.code, refusal.value.facts) == ("package_duplicate", {"path": name})


def test_a_missing_file_is_refused():
    assert read_refusal(made_elsewhere(members_of()[:-1])) == ("package_file_missing", {"path": "技术/图纸 1.dwg"})


@pytest.mark.parametrize("content", [b"other  offer!!", b"%PDF-1.7 offe", b"%PDF-1.7 offer ", b""])
def test_other_content_than_listed_is_refused(content):
    changed = {**CONTENTS, "商务/投标函.pdf": content}
    data = made_elsewhere(members_of(changed, manifest_of(CONTENTS)))
    assert read_refusal(data) == ("package_file_changed", {"path": "商务/投标函.pdf"})


def test_manifest_and_signature_come_first():
    manifest, signature, *files = members_of()
    for members in ([], [signature], [signature, manifest, *files], files):
        assert read_refusal(made_elsewhere(members)) == ("package_file_missing", {"path": "manifest.json"})
    for members in ([manifest], [manifest, *files, signature]):
        assert read_refusal(made_elsewhere(members)) == ("package_file_missing", {"path": "manifest.sig"})


@pytest.mark.parametrize(("place", "limit"), [(0, 4 * MIB), (1, 64 * 1024)])
def test_an_oversize_manifest_or_signature_is_not_read(place, limit):
    members = members_of()
    members[place] = (members[place][0], bytes(limit + 1))
    code, facts = read_refusal(made_elsewhere(members))
    assert (code, facts["size"], facts["limit"]) == ("package_oversize", limit + 1, limit)


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(
    ("data", "code"), [(b"{ }", "not_canonical"), (b"", "not_canonical"), (b"[]", "package_manifest_malformed")]
)
def test_a_manifest_or_signature_in_another_form_is_refused(place, data, code):
    members = members_of()
    members[place] = (members[place][0], data)
    assert read_refusal(made_elsewhere(members))[0] == code


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("v", "bidpkg/v1"),
        ("ctx", "00"),
        ("ctx", "G" * 64),
        ("bidder", ""),
        ("lot", 1),
        ("opening", []),
        ("opening", {"price_fen": 1}),
        ("files", {}),
        ("files", [1]),
        ("files", [{"path": "a", "size": 0}]),
        ("files", [{"path": "a", "size": 0, "root": "0" * 64, "mode": 1}]),
        ("files", [{"path": "a", "size": -1, "root": "0" * 64}]),
        ("files", [{"path": "a", "size": True, "root": "0" * 64}]),
        ("files", [{"path": "a", "size": 0, "root": "0"}]),
        ("files", [{"path": 1, "size": 0, "root": "0" * 64}]),
        ("more", 1),
    ],
)
def test_a_malformed_manifest_is_refused_with_its_field(name, value):
    with pytest.raises(CryptoError) as refusal:
        manifest_entries({**manifest_of({}), name: value})
    assert (refusal.value.code, refusal.value.facts) == ("package_manifest_malformed", {"field": name})


def test_the_entries_of_a_manifest_are_in_its_order():
    entries = manifest_entries(manifest_of(CONTENTS))
    assert list(entries) == list(CONTENTS)
    assert entries["a" * 101] == PackageEntry("a" * 101, 0, hashlib.sha256(b"").hexdigest())


def test_a_file_is_named_by_the_head_of_its_leaves_of_a_mebibyte():
    first, second = bytes(1 << 20), b"x"
    expected = root([leaf_hash(first), leaf_hash(second)]).hex()
    assert package_file("a", first + second).measure() == PackageEntry("a", (1 << 20) + 1, expected)


# Bytes that are no whole archive


@given(st.integers(0, MIB - 1))
@at_least(60)
def test_every_cut_is_refused(size):
    assert read_refusal(PACKED[:size])[0] == "package_truncated"


@pytest.mark.parametrize("more", [b"\x00", b"x", bytes(MIB)])
def test_anything_after_the_end_is_refused(more):
    assert read_refusal(packed() + more)[0] == "package_malformed"


def test_an_end_at_another_size_is_refused():
    assert read_refusal(made_elsewhere(members_of(), fill=512))[0] == "package_truncated"


def altered(place, value):
    data = bytearray(packed())
    data[place] = value
    return bytes(data)


CONTENT_END = len(packed().rstrip(b"\x00"))


@pytest.mark.parametrize("place", [0, 100, 124, 148, 156, 157, 257, 263, 345, 511, 512, -1, -1024, CONTENT_END])
def test_altered_bytes_are_refused(place):
    assert read_refusal(altered(place, 0x7E))[0] in ("package_malformed", "not_canonical")


@given(st.binary(max_size=600))
def test_garbage_is_refused(data):
    assert read_refusal(data)[0] in ("package_malformed", "package_truncated")


def with_checksum(header):
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


@pytest.mark.parametrize(
    "size", [b"\x80" + bytes(10) + b"\x01", b"0000000000 1", b" " * 12, b"0x000000001\x00", b"-1\x00" * 4]
)
def test_a_size_in_another_spelling_is_refused(size):
    header = bytearray(tarfile.TarInfo("manifest.json").tobuf(tarfile.USTAR_FORMAT))
    header[124:136] = size
    assert read_refusal(with_checksum(header) + bytes(MIB - 512))[0] == "package_malformed"


@pytest.mark.parametrize(
    "records",
    [
        b"",
        b"6 a=b\n",
        b"11 path=a\n",
        b"9 path=a\n9 path=b\n",
        b"9 path=a ",
        b"x path=a\n",
        b"99999999 path=a\n",
        b"8 pathaa\n",
        b"10 path=\xff\n",
        b"9 size=-\n",
        b"11 size=1_\n",
        b"18 mtime=1.500000\n",
        b"21 GNU.sparse.size=1\n",
        b"16400 path=" + b"a" * 16388 + b"\n",
    ],
)
def test_an_extended_header_in_another_form_is_refused(records):
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, len(records)
    extended = info.tobuf(tarfile.USTAR_FORMAT) + records + bytes(-len(records) % 512)
    data = extended + made_elsewhere(members_of({}))
    assert read_refusal(data)[0] == "package_malformed"


def test_a_name_that_is_not_utf_8_is_refused():
    info = tarfile.TarInfo("manifest.json").tobuf(tarfile.USTAR_FORMAT)
    header = bytearray(info)
    header[:1] = b"\xff"
    assert read_refusal(with_checksum(header) + bytes(MIB - 512))[0] == "package_malformed"


def test_a_reader_who_closes_a_file_early_is_stopped():
    """The rest of a file could otherwise be taken for members: a tar inside a tar."""
    inner = made_elsewhere([("b", b"spoof")])
    files = read_package(io.BytesIO(packed({"a": inner, "b": b"real!"}))).files
    chunks = next(files).chunks
    next(chunks)
    chunks.close()
    with pytest.raises(CryptoError, match="package_malformed"):
        next(files)

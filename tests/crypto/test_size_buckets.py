"""The size of a sealed bid tells whole MiB and nothing else (T25)."""

from __future__ import annotations

import io
import random
from functools import cache

import pytest

from crypto.envelope import new_bid_identity, seal
from crypto.package import PackageFile, bid_manifest, write_package
from crypto.package.tar import encode_member, ending, filling
from crypto.signing import SigningKey, sign_object

MIB = 1 << 20
IDENTITY, CONTEXT, KEY = new_bid_identity(), b"c" * 32, SigningKey.generate()
REAL, COMPUTED = 36, 10_000
PATHS = ("a", "报价/投标函（盖章）.pdf", "x" * 200)
PRICES = ("1", "158000000", "9" * 18)


def members(*sizes: tuple[str, int]) -> int:
    return sum(header(path, size) + size + len(filling(size)) for path, size in sizes)


@cache
def header(path: str, size: int) -> int:
    return len(encode_member(path, size))


def padded(size: int, path: str, manifest: int, signature: int) -> int:
    """What `write_package` makes of one file of so many bytes."""
    written = members(("manifest.json", manifest), ("manifest.sig", signature), (path, size))
    return written + ending_after(written % MIB)


@cache
def ending_after(rest: int) -> int:
    """Bytes of the zeros at the end, which hang on what the last MiB holds alone."""
    return len(ending(rest))


def sealed_sizes(size: int, path: str, price: str) -> tuple[int, int]:
    """Bytes of the package, and of the sealed bid."""
    file = PackageFile(path, size, lambda: io.BytesIO(bytes(size)))
    opening = {"price_fen": price, "duration_days": "60", "project_manager": "经理" * len(price)}
    named = {"context_hash": CONTEXT, "bidder": "b", "tender": "t", "lot": "1"}
    manifest = bid_manifest(**named, opening=opening, files=[file.measure()])
    package, bid = io.BytesIO(), io.BytesIO()
    write_package(package, manifest, sign_object(KEY, "bidpkg/v2", manifest), [file])
    return len(package.getvalue()), seal(io.BytesIO(package.getvalue()), bid, IDENTITY.recipient, CONTEXT).size


def test_bids_of_any_content_have_the_size_of_their_bucket():
    """Sizes around every edge and between them, names and opening items of any length: one size for each MiB."""
    chance = random.Random(25)
    edges = [0, 1, 511, 512, 513, MIB - 4096, MIB - 1024, MIB - 1, MIB, MIB + 1, 2 * MIB - 3072]
    sizes = edges + [chance.randrange(4 * MIB) for _ in range(REAL - len(edges))]
    by_bucket: dict[int, set[int]] = {}
    for number, size in enumerate(sizes):
        package, sealed = sealed_sizes(size, PATHS[number % 3], PRICES[number // 3 % 3])
        assert package % MIB == 0
        by_bucket.setdefault(package // MIB, set()).add(sealed)
    assert {len(found) for found in by_bucket.values()} == {1}, by_bucket
    (first,), (second,) = by_bucket[1], by_bucket[2]
    assert [next(iter(by_bucket[n])) - first for n in sorted(by_bucket)] == [
        (n - 1) * (second - first) for n in sorted(by_bucket)
    ]


def test_ten_thousand_sizes_have_as_many_as_there_are_mebibytes():
    chance = random.Random(25)
    drawn = [int(2 ** chance.uniform(10, 27.6)) for _ in range(COMPUTED)]
    sizes = [padded(size, PATHS[size % 3], 600 + size % 400, 300) for size in drawn]
    buckets = {size // MIB for size in sizes}
    assert {size % MIB for size in sizes} == {0}
    assert len(set(drawn)) > 9_500
    assert len(buckets) == len(set(sizes)) <= max(drawn) // MIB + 2
    print(f"\nsize leak: {COMPUTED} bids of {len(set(drawn))} sizes have {len(buckets)} when sealed (bucket only)")


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, 3 * MIB + 5])
def test_the_computed_size_is_the_written_one(size):
    for path in PATHS:
        package, _sealed = sealed_sizes(size, path, PRICES[1])
        assert package in {padded(size, path, manifest, 300) for manifest in (500, 1000)}

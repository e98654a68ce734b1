"""`bid.age`: the age file of one sealed bid, for one fresh post-quantum recipient and bound to one context.

The header holds exactly one `mlkem768x25519` stanza and exactly one `tenderhall/bidctx-v1` stanza with the hash of the
context and an empty body. Other age tools pass over the second; age's header MAC covers it all the same.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from crypto.canonical import Json, canonical, tagged_hash
from crypto.envelope.age import encrypt, unlock
from crypto.envelope.header import Header, Stanza, read_header
from crypto.envelope.keys import HYBRID_TYPE, HybridIdentity, HybridRecipient, hybrid_share
from crypto.envelope.payload import (
    ByteSink,
    ByteSource,
    OpenedStream,
    SeekableSource,
    open_payload,
    opened_range,
)
from crypto.errors import CryptoError
from crypto.merkle import TreeDigest
from crypto.signing import is_digest

CONTEXT_VERSION = "bidctx/v1"
CONTEXT_TYPE = "tenderhall/bidctx-v1"
BID_HEADER_LIMIT = 4096  # bytes
_HASHES = ("documents_root", "committee", "open_ident")
_CONTEXT_FIELDS = {"origin", "tender", "lot", "envelope", "bidder", "recipient", *_HASHES}


@dataclass(frozen=True)
class BidIdentity:
    """The key pair of one bid. `identity` opens it; it leaves the bidder's machine only inside the capsule."""

    identity: str = field(repr=False)
    recipient: str


@dataclass(frozen=True)
class Sealed:
    """What a submission says of its ciphertext: `size` in bytes and `root`, its tree head in hex."""

    size: int
    root: str


def new_bid_identity() -> BidIdentity:
    """A fresh X-Wing key pair from the system's randomness."""
    made = HybridIdentity.generate()
    return BidIdentity(made.identity, made.recipient)


def recipient_of(identity: str) -> str:
    """The recipient (`age1pq1…`) of a bid's identity. Raises CryptoError `envelope_identity_malformed`."""
    return HybridIdentity(identity).recipient


def bid_context(
    *,
    origin: str,
    tender: str,
    lot: str,
    envelope: str,
    epoch: int,
    bidder: str,
    documents_root: str,
    committee: str,
    open_ident: str,
    recipient: str,
) -> dict[str, Json]:
    """`bidctx/v1`: what a bid is bound to. Roots and ids are hex SHA-256; there is no deadline in it, because a
    postponement must not void a bid.

    Raises CryptoError `bid_context_malformed` with the name of the field.
    """
    context: dict[str, Json] = {
        "v": CONTEXT_VERSION,
        "origin": origin,
        "tender": tender,
        "lot": lot,
        "envelope": envelope,
        "epoch": epoch,
        "bidder": bidder,
        "documents_root": documents_root,
        "committee": committee,
        "open_ident": open_ident,
        "recipient": recipient,
    }
    _check_context(context)
    return context


def _check_context(context: Mapping[str, Json]) -> None:
    unexpected = context.keys() ^ (_CONTEXT_FIELDS | {"v", "epoch"})
    wrong = {name for name in _CONTEXT_FIELDS & context.keys() if not _is_text(context[name])}
    wrong |= {name for name in _HASHES if not is_digest(context.get(name))}
    if context.get("v") != CONTEXT_VERSION:
        wrong.add("v")
    if not str(context.get("recipient")).startswith(HybridRecipient.PREFIX + "1"):
        wrong.add("recipient")
    epoch = context.get("epoch")
    if type(epoch) is not int or epoch < 0:
        wrong.add("epoch")
    if problems := unexpected | wrong:
        raise CryptoError("bid_context_malformed", field=min(problems))


def _is_text(value: Json) -> bool:
    return isinstance(value, str) and value != ""


def context_hash(context: Mapping[str, Json]) -> bytes:
    """The 32 bytes that bind a bid to `context`: H_{"bidctx/v1"}(JCS).

    Raises CryptoError `bid_context_malformed` when it is not exactly a `bidctx/v1`.
    """
    _check_context(context)
    return tagged_hash(CONTEXT_VERSION, canonical(context))


@dataclass(frozen=True)
class ContextStanza:
    """A public stanza that only binds: nobody gets the file key from it."""

    context_hash: bytes

    def wrap(self, file_key: bytes) -> list[Stanza]:
        return [Stanza((CONTEXT_TYPE, self.context_hash.hex()))]


class _Measured:
    """A sink that takes the tree digest of what passes through, while other threads seal what comes next."""

    def __init__(self, dst: ByteSink) -> None:
        self.dst, self._digest = dst, TreeDigest()

    def write(self, data: bytes | memoryview, /) -> None:
        self.dst.write(data)
        self._digest.update(data)

    def finish(self) -> Sealed:
        """What was written."""
        return Sealed(self._digest.size, self._digest.hexdigest())


def seal(src: ByteSource, dst: ByteSink, recipient: str, context_hash: bytes) -> Sealed:
    """Seals the package `src` to `recipient` under the context and measures the ciphertext as it is written.

    Raises CryptoError `envelope_recipient_malformed`.
    """
    measured = _Measured(dst)
    encrypt(src, measured, [HybridRecipient(recipient), ContextStanza(context_hash)])
    return measured.finish()


def open_bid(src: ByteSource, dst: ByteSink, identity: str, context_hash: bytes) -> None:
    """Opens `bid.age`. Only authenticated plaintext is written; after a refusal discard what `dst` holds.

    Raises CryptoError: those of `check_sealed_header`, `envelope_identity_malformed`, and `envelope_no_identity`,
    `envelope_header_forged`, `envelope_truncated`, `envelope_trailing_data`, `envelope_corrupted`.
    """
    open_payload(src, dst, _file_key(src, identity, context_hash))


def opened_bid(src: ByteSource, identity: str, context_hash: bytes) -> OpenedStream:
    """`bid.age` to be read as it is opened. Raises CryptoError as `open_bid` does, of the payload while it is read."""
    return OpenedStream(src, _file_key(src, identity, context_hash))


def opened_part(src: SeekableSource, identity: str, context_hash: bytes, start: int, size: int) -> Iterator[bytes]:
    """`size` bytes of what `bid.age` holds from byte `start` on. Raises CryptoError as `open_bid` does."""
    return opened_range(src, _file_key(src, identity, context_hash), start, size)


def _file_key(src: ByteSource, identity: str, context_hash: bytes) -> bytes:
    return unlock(_read_bid_header(src, context_hash), [HybridIdentity(identity)])


def check_sealed_header(head: bytes, context_hash: bytes) -> None:
    """Checks, without a key, that a file beginning with `head` (its first 4 KiB, or all of it) is a sealed bid.

    Raises CryptoError `bid_not_encrypted` for what is no age v1 file, `bid_header_too_large`, `bid_header_malformed`
    with the part, `bid_unexpected_stanzas` for any but the two stanzas, `bid_foreign_context`.
    """
    _read_bid_header(io.BytesIO(head), context_hash)


def _read_bid_header(src: ByteSource, context_hash: bytes) -> Header:
    try:
        header = read_header(src, BID_HEADER_LIMIT)
        _check_stanzas(header, context_hash)
    except CryptoError as exc:
        raise _in_bid_words(exc) from exc
    return header


def _check_stanzas(header: Header, context_hash: bytes) -> None:
    counts = Counter(stanza.type for stanza in header.stanzas)
    if counts != {HYBRID_TYPE: 1, CONTEXT_TYPE: 1}:
        known = {"recipients": counts[HYBRID_TYPE], "contexts": counts[CONTEXT_TYPE]}
        raise CryptoError("bid_unexpected_stanzas", **known, others=len(header.stanzas) - sum(known.values()))
    by_type = {stanza.type: stanza for stanza in header.stanzas}
    hybrid_share(by_type[HYBRID_TYPE])
    context = by_type[CONTEXT_TYPE]
    if len(context.args) != 2 or context.body or not is_digest(context.args[1]):
        raise CryptoError("envelope_stanza_malformed", stanza=CONTEXT_TYPE)
    if context.args[1] != context_hash.hex():
        raise CryptoError("bid_foreign_context", expected=context_hash.hex(), found=context.args[1])


def _in_bid_words(refusal: CryptoError) -> CryptoError:
    """What a bidder is told instead of age's own terms."""
    match refusal.code:
        case "envelope_not_age":
            return CryptoError("bid_not_encrypted")
        case "envelope_header_too_large":
            return CryptoError("bid_header_too_large", **refusal.facts)
        case "envelope_header_malformed":
            return CryptoError("bid_header_malformed", part=f"header:{refusal.facts['line']}")
        case "envelope_stanza_malformed":
            return CryptoError("bid_header_malformed", part=refusal.facts["stanza"])
    return refusal

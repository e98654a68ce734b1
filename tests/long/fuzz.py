"""Coverage-guided fuzzing of the parsers that strangers reach: `python -m tests.long.fuzz [--runs N] [TARGET …]` (T16).

Needs Atheris: `.venv/bin/python -m pip install --require-hashes -r requirements-fuzz.lock`. Each target has a process
of its own and begins with genuine examples. Of any bytes comes a value or a declared refusal, within 2 seconds and
256 MiB; anything else is a crash, whose input is kept in the folder `fuzz`. Prints a line for each target.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "fuzz"
SECONDS, MEMORY_MIB, MIB = 2, 256, 1 << 20
AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Target:
    """`read` takes any bytes, up to `longest`; `examples` are some that it takes gladly."""

    read: Callable[[bytes], object]
    examples: Sequence[bytes]
    longest: int = 8 << 10


# Modules are imported where they are used: only what is imported under Atheris tells it which way it went.


def envelope() -> Target:
    """A sealed bid, as the gate looks at its head and the opening opens it."""
    from crypto.envelope.bid import check_sealed_header, new_bid_identity, open_bid, seal

    made, context = new_bid_identity(), bytes(32)
    examples = []
    for size in (0, 100, 70_000):
        seal(io.BytesIO(bytes(size)), sealed := io.BytesIO(), made.recipient, context)
        examples.append(sealed.getvalue())

    def read(data: bytes) -> None:
        check_sealed_header(data[:4096], context)
        open_bid(io.BytesIO(data), io.BytesIO(), made.identity, context)

    return Target(read, examples, 80_000)


def _committee() -> tuple[Any, dict[int, bytes]]:
    from crypto.committee import Member, run_ceremony

    members = [Member(index, f"机构{index}", f"{index:064x}") for index in (1, 2, 3)]
    return run_ceremony(members, 2, lambda size: bytes(range(1, size + 1)))


def capsule() -> Target:
    """The locked key of a bid, as a server sees it before the deadline."""
    from crypto.committee import check_capsule_header, make_capsule

    committee, _ = _committee()
    examples = [make_capsule(committee, bytes(32), bytes(size)) for size in (32, 80)]
    return Target(lambda data: check_capsule_header(data, committee, bytes(32)), examples, 5_000)


def share() -> Target:
    """A trustee's share."""
    from crypto.canonical import canonical, parse
    from crypto.committee import identity, read_share, share_object, sign_share

    (committee, secrets), statement = _committee(), {"v": "opening/v1", "lot": "1"}
    signed = {index: sign_share(secrets[index], identity("open", statement)) for index in (1, 2)}
    examples = [canonical(share_object(committee, "open", statement, *one)) for one in signed.items()]
    return Target(lambda data: read_share(committee, parse(data)), examples)


def release() -> Target:
    """What shares were combined to."""
    from crypto.canonical import canonical, parse
    from crypto.committee import combine, identity, read_release, release_object, sign_share

    (committee, secrets), statement = _committee(), {"v": "opening/v1", "lot": "1"}
    named = identity("open", statement)
    combined = combine(committee, named, {index: sign_share(secrets[index], named) for index in (1, 2)})
    example = canonical(release_object(committee, "open", statement, combined))
    return Target(lambda data: read_release(committee, parse(data)), [example])


def receipt() -> Target:
    """A receipt, as anybody checks one."""
    from crypto.canonical import canonical, parse
    from crypto.receipts import SignedReceipt, make_receipt, sign_receipt, verify_receipt
    from crypto.signing import SigningKey

    key = SigningKey.generate()
    texts = {"origin": "test.example", "tender": "T", "lot": "1", "bidder": "b", "receipt_id": "r"}
    made = make_receipt(**texts, submission_sha256="0" * 64, bid_root="1" * 64, bid_size=MIB, received_at=AT)
    example = canonical(sign_receipt(key, made).to_json())
    return Target(lambda data: verify_receipt(SignedReceipt.from_json(parse(data)), key.spki), [example])


def package() -> Target:
    """What was in an opened bid; the zeros at its end are added here."""
    from crypto.package import PackageFile, bid_manifest, read_package, write_package

    held = {"报价/price.txt": b"1598400.00", "plan.pdf": bytes(3000)}
    files = [PackageFile(path, len(data), lambda data=data: io.BytesIO(data)) for path, data in held.items()]
    named = {"bidder": "b", "tender": "T", "lot": "1", "opening": {"price_fen": "1"}}
    manifest = bid_manifest(context_hash=bytes(32), files=[file.measure() for file in files], **named)
    write_package(written := io.BytesIO(), manifest, {"key_id": "0" * 64, "signature": "AA=="}, files)

    def read(data: bytes) -> None:
        for file in read_package(io.BytesIO(data.ljust(MIB, b"\0"))).files:
            for _ in file.chunks:
                pass

    return Target(read, [written.getvalue().rstrip(b"\0")], 12 << 10)


def fact() -> Target:
    """The payload of an act, of whatever type the first byte names, read and written again."""
    from app.casefile.codec import check_lengths, encode
    from app.casefile.facts import FACTS
    from crypto.canonical import canonical
    from tests.casefile.facts_of_any_kind import value_of
    from tests.choices import Choices

    kinds = [FACTS[name] for name in sorted(FACTS)]
    chosen = Choices(bytes(range(256)) * 8, told=False)
    examples = [bytes([n]) + canonical(encode(value_of(kind.kind, chosen))) for n, kind in enumerate(kinds)]

    def read(data: bytes) -> None:
        payload = _json(data[1:])
        check_lengths(payload, 5_000)
        canonical(encode(kinds[data[0] % len(kinds)].decode(payload) if data else None))

    return Target(read, examples)


def frame() -> Target:
    """A score on the live channel."""
    from app.realtime.live import typed_score

    sent = {"case": "c", "lot": "1", "bid": "b", "criterion": "plan", "comment": "好", "value": "1.50", "seq": 3}
    examples = [json.dumps({**sent, "value": value}).encode() for value in ("1.50", 2.5, "", None)]
    return Target(lambda data: typed_score(_json(data)), examples)


def note() -> Target:
    """A checkpoint with its cosignatures."""
    from crypto.notes import ED25519, Checkpoint, Note, NoteKey, read_checkpoint, sign_note

    key = NoteKey.generate("log.example", ED25519)
    example = str(sign_note(key, str(Checkpoint("log.example", 7, bytes(32), ("case 1",)))))

    def read(data: bytes) -> None:
        read_checkpoint(Note.parse(data.decode("utf-8", "surrogateescape")), key.verifier, "log.example")

    return Target(read, [example.encode()])


def relay() -> Target:
    """What a relay of the beacon answers."""
    from crypto.timelock import read_relay_answer

    return Target(read_relay_answer, [json.dumps({"round": 1, "signature": "ab" * 48}).encode()], 1 << 10)


def page_links() -> Target:
    """Where a bid says which pages answer which criterion."""
    from app.procedure.page_links import PageLink, read_page_links, write_page_links

    return Target(read_page_links, [write_page_links([PageLink("plan", "plan.pdf", 1, 3)])])


def priced_list() -> Target:
    """The priced list of an opened bid."""
    from evaluation.bid_checks import read_list, rows_of

    example = "序号,名称,单位,数量,单价,合价\n1,挖土方,m3,10,2.50,25.00\n".encode()
    return Target(lambda data: read_list(rows_of(data), priced=True), [example, example.decode().encode("gb18030")])


def table() -> Target:
    """A table that somebody imports, as CSV."""
    from app.adapters.spreadsheets import ZIP, read_table

    def read(data: bytes) -> None:
        if not data.startswith(ZIP):
            for _ in read_table(data):
                pass

    return Target(read, ["姓名,单位\n张三,某院\n".encode(), '"a ""b""",=1\r\n'.encode("utf-8-sig")])


def events() -> Target:
    """The lines of a case file that somebody gives to a verifier."""
    from app.casefile.verification.evidence import read_lines
    from crypto.canonical import canonical

    entry = {"case": "c", "seq": 0, "type": "LotClosed", "lot": "1", "payload": {}, "at": "2026-03-02T01:00:00Z"}
    example = canonical({"leaf": "0" * 64, "salt": "1" * 64, "entry": entry}) + b"\n"
    return Target(read_lines, [example, canonical({"leaf": "0" * 64}) + b"\n"])


def document_part() -> Target:
    """A part of a DOCX in an opened bid."""
    from app.adapters.bid_texts import _elements

    def read(data: bytes) -> None:
        with suppress(ValueError):  # what its reader, a process of its own, calls unreadable
            _elements(data)

    example = '<w:document xmlns:w="x"><w:body><w:p><w:r><w:t>方案</w:t></w:r></w:p></w:body></w:document>'
    return Target(read, [example.encode(), b"<cp:coreProperties><dc:creator>a</dc:creator></cp:coreProperties>"])


def signed_pdf() -> Target:
    """A signed document that somebody has checked: whatever it is, there is a verdict."""
    from crypto.pdf import verify_pdf
    from tests.crypto.test_pdf_signing import NOW, Room, blank_report

    room = Room()
    signed = room.sign_all(blank_report())
    examples = [room.seal(signed), signed, blank_report(), b"%PDF-1.7\n%%EOF\n"]
    return Target(lambda data: verify_pdf(data, room.chain, NOW), examples, max(map(len, examples)) + 1024)


TARGETS: dict[str, Callable[[], Target]] = {
    made.__name__.replace("_", "-"): made
    for made in (
        envelope, capsule, share, release, receipt, package, fact, frame, note, relay, page_links, priced_list, table,
        events, document_part, signed_pdf,
    )
}  # fmt: skip


class NoJson(Exception):
    """Refused before a parser of ours sees it."""


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise NoJson from exc


def fuzz(name: str, runs: int) -> None:
    """Fuzz one target in this process, which ends with it."""
    import atheris

    with atheris.instrument_imports(include=["app", "crypto", "evaluation"]):
        target = TARGETS[name]()
        from app.procedure.errors import RuleViolation
        from crypto.errors import CryptoError

    def once(data: bytes) -> None:
        with suppress(RuleViolation, CryptoError, NoJson):
            target.read(data)

    for example in target.examples:
        target.read(example)  # an example that is refused would be none
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 + MEMORY_MIB
    with tempfile.TemporaryDirectory() as corpus:
        for number, example in enumerate(target.examples):
            (Path(corpus) / str(number)).write_bytes(example)
        limits = {"runs": runs, "timeout": SECONDS, "rss_limit_mb": memory, "max_len": target.longest}
        told = {"artifact_prefix": f"{KEPT}/{name}-", "print_final_stats": 1, "verbosity": 0}
        options = [f"-{option}={value}" for option, value in (limits | told).items()]
        atheris.Setup([sys.argv[0], *options, corpus], once)
        atheris.Fuzz()


def report(name: str, runs: int) -> bool:
    """Fuzz one target in a process of its own; whether nothing was found."""
    begun = time.monotonic()
    words = [sys.executable, "-m", "tests.long.fuzz", "--runs", str(runs), "--here", name]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, errors="replace")
    ran = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
    seconds, executed = time.monotonic() - begun, int(ran[1]) if ran else 0
    verdict = "0 crashes" if done.returncode == 0 else f"CRASHED, see {KEPT.name}/{name}-*\n{done.stderr[-3000:]}"
    print(f"fuzz {name}: {executed:,} runs in {seconds:.0f} s, {verdict} (≥ 1,000,000 runs, 0)", flush=True)
    return done.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if unknown := set(arguments.targets) - set(TARGETS):
        parser.error(f"{', '.join(sorted(unknown))}: not one of {', '.join(TARGETS)}")
    KEPT.mkdir(exist_ok=True)
    if arguments.here:
        fuzz(arguments.targets[0], arguments.runs)
        return 0
    return 0 if all([report(name, arguments.runs) for name in arguments.targets or TARGETS]) else 1


if __name__ == "__main__":
    sys.exit(main())

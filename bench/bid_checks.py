"""Checking 20 bids, each with a priced list of 1,000 items and a PDF of 100 pages, against bare text of the PDFs."""

from __future__ import annotations

import io
import random
import resource
from decimal import Decimal

import pypdfium2
from reportlab.pdfgen import canvas

from app.adapters.bid_texts import read_bid_file
from app.adapters.profiles import read_profile
from bench.timing import alternating
from evaluation.bid_checks import READINGS, BidReading, FileReading, Readings, check_bids

BIDS, ITEMS, PAGES = 20, 1000, 100
HEADER = ("number", "name", "unit", "quantity", "unit_price", "amount")


def check_twenty_bids() -> str:
    files = {f"bid-{n:02}": _pdf(n) for n in range(BIDS)}
    lists = {bid: _rows(random.Random(bid)) for bid in files}
    rules = read_profile("cn-works").bid_checks
    assert rules is not None
    found: list[int] = []

    def check() -> None:
        bids = []
        for bid, data in files.items():
            reading = read_bid_file("plan.pdf", bid * 8, data)
            listed = FileReading("priced-list.csv", 1, bid * 8 + "x", reading.state)
            price = sum((Decimal(row[5]) for row in lists[bid][1:]), Decimal(0))
            bids.append(BidReading(bid, price, bid, (reading, listed), "priced-list.csv", lists[bid]))
        found.append(len(check_bids(Readings(READINGS, "", (), (), tuple(bids)), rules)))

    ours, bare, ratio = alternating(check, lambda: [_text(data) for data in files.values()], runs=3)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    size = f"{BIDS} bids of {ITEMS:,} items and {PAGES} pages"
    figures = f"{ours:.1f} s, {found[-1]} findings; bare text of the pages {bare:.1f} s, ratio {ratio:.2f}"
    return f"{size}: {figures}; reader peak {memory} MiB"


def _pdf(seed: int) -> bytes:
    """Pages of words of their own, every tenth of which two neighbours share."""
    made = io.BytesIO()
    page = canvas.Canvas(made, invariant=1)
    page.setAuthor(f"author {seed // 2}")
    for number in range(PAGES):
        rng = random.Random(f"{seed // 2 if number % 10 == 0 else seed}/{number}")
        for line in range(45):
            words = " ".join("".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(9))
            page.drawString(40, 810 - 17 * line, words)
        page.showPage()
    page.save()
    return made.getvalue()


def _rows(rng: random.Random) -> tuple[tuple[str, ...], ...]:
    rows = [HEADER]
    for number in range(ITEMS):
        unit = Decimal(rng.randrange(100, 100_000)) / 100
        rows.append((str(number), f"item {number}", "m3", "10", f"{unit:f}", f"{unit * 10:f}"))
    return tuple(rows)


def _text(data: bytes) -> int:
    document = pypdfium2.PdfDocument(data)
    return sum(len(document[n].get_textpage().get_text_bounded()) for n in range(len(document)))

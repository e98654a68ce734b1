"""Text and properties of the files of an opened bid: PDF and DOCX, read apart within limits.

Of a page only the fingerprints of its text come back, of a file only the properties that say who made it and when.
"""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from importlib.metadata import version
from xml.parsers import expat

from app.adapters.bounded import BeyondBounds, bound_this_process, read_apart
from evaluation.bid_checks import FileReading, Reading, fingerprints

SECONDS = 30
MEMORY_BYTES = 1 << 30
MOST_BYTES = 128 << 20  # of a file, and of each part of a DOCX unpacked
MOST_PAGES = 5000
LONGEST_VALUE = 200
READER = f"pypdfium2 {version('pypdfium2')}"
_ENDINGS = (".pdf", ".docx")
_CORE = {"creator": "author", "lastModifiedBy": "last_modified_by", "created": "created"}
_ORIGIN = re.compile(rb'<w:rsidRoot w:val="([0-9A-Fa-f]{8})"')


def readable(path: str, size: int) -> bool:
    """Whether a file is of a kind that is read at all; `read_bid_file` says what came of it."""
    return path.lower().endswith(_ENDINGS) and size > 0


def read_bid_file(path: str, sha256: str, data: bytes) -> FileReading:
    """What can be read of a file; unreadable is what is broken, locked by a password, or beyond the limits.

    Raises ReadersBusy.
    """
    if len(data) <= MOST_BYTES:
        try:
            found = json.loads(read_apart(__name__, data, SECONDS))
            pages = tuple(str(page) for page in found["pages"])
            properties = {str(name): str(value)[:LONGEST_VALUE] for name, value in found["properties"].items()}
            return FileReading(path, len(data), sha256, Reading.READ, dict(sorted(properties.items())), pages)
        except (BeyondBounds, ValueError, KeyError):
            pass
    return FileReading(path, len(data), sha256, Reading.UNREADABLE)


def _pdf(data: bytes) -> dict[str, object]:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    told = document.get_metadata_dict(skip_empty=True)
    properties = {"author": told.get("Author", "")}
    if told.get("Producer") and told.get("CreationDate"):
        properties["made"] = f"{told['Producer']} · {told['CreationDate']}"
    identifier = document.get_identifier()
    if identifier:
        properties["document_id"] = identifier.hex()
    pages = []
    for number in range(min(len(document), MOST_PAGES)):
        page = document[number]
        pages.append(fingerprints(page.get_textpage().get_text_bounded()))
        page.close()
    return {"pages": pages, "properties": _told(properties)}


def _docx(data: bytes) -> dict[str, object]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())

        def part(name: str) -> bytes:
            if name not in names:
                return b""
            if archive.getinfo(name).file_size > MOST_BYTES:
                raise ValueError("a part unfolds beyond the limit")
            return archive.read(name)

        core, text = _elements(part("docProps/core.xml")), _elements(part("word/document.xml"))
        application = dict(_elements(part("docProps/app.xml"))).get("Application", "")
        origin = _ORIGIN.search(part("word/settings.xml"))
    properties = {_CORE[name]: value for name, value in core if name in _CORE}
    created = properties.pop("created", "")
    if application and created:
        properties["made"] = f"{application} · {created}"
    if origin is not None:
        properties["document_id"] = origin.group(1).decode().upper()
    words = "".join(value for name, value in text if name == "t")
    return {"pages": [fingerprints(words)], "properties": _told(properties)}


def _elements(xml: bytes) -> list[tuple[str, str]]:
    """The elements of a part by local name, each with its own text; a document type is refused, and entities with it.

    Raises ValueError.
    """
    found: list[tuple[str, str]] = []
    stack: list[tuple[str, list[str]]] = []
    parser = expat.ParserCreate(namespace_separator=" ")

    def refuse(*_of: object) -> None:
        raise ValueError("a document type")

    def begin(name: str, _attributes: object) -> None:
        stack.append((name.rpartition(" ")[2], []))

    def characters(text: str) -> None:
        if stack:
            stack[-1][1].append(text)

    def end(_name: str) -> None:
        name, texts = stack.pop()
        found.append((name, "".join(texts)))

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler = characters
    if xml:
        try:
            parser.Parse(xml, True)
        except expat.ExpatError as exc:
            raise ValueError("no XML") from exc
    return found


def _told(properties: dict[str, str]) -> dict[str, str]:
    """Those that say something, without what no page and no canonical JSON can hold."""
    shown = {name: "".join(c for c in value if c.isprintable()).strip() for name, value in properties.items()}
    return {name: value[:LONGEST_VALUE] for name, value in shown.items() if value}


def main() -> None:
    """One file from standard input, what was read of it to standard output, within the limits."""
    bound_this_process(MEMORY_BYTES, SECONDS)
    data = sys.stdin.buffer.read()
    json.dump(_docx(data) if data[:2] == b"PK" else _pdf(data), sys.stdout)


if __name__ == "__main__":
    main()

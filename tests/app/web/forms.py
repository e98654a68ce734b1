"""Every form that somebody can reach from a page, and ways to send it as nobody means it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

from flask.testing import FlaskClient

JUNK = ("-1", "0", "1e400", "x" * 5000, "\u202e\x00<b>", "2026-02-30T25:61", "不存在")
NOT_FOLLOWED = re.compile(r"/log-out|[?&]lang=|/static/|\.(pdf|zip|xlsx|csv|json)$|/files/|/dist/")


@dataclass
class Form:
    """Where a form goes, and what it sends as it stands: fields by name with their values; files are left out."""

    page: str
    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)  # where it goes, name, value
    signed: bool = False  # by a script; without one it cannot be sent

    def sent(self, changed: dict[str, list[str]] | None = None) -> dict[str, list[str]]:
        return {**self.fields, **(changed or {})}


class _Reader(HTMLParser):
    """Links and forms that are sent by POST, with the fields outside of them that name them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.links, self.forms = page, set[str](), list[Form]()
        self._ids: dict[str, Form] = {}
        self._form: Form | None = None
        self._select: list[str] | None = None
        self._area: tuple[Form, str] | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href"):
            self.links.add(urljoin(self.page, urldefrag(given["href"]).url))
        elif tag == "form":
            self._form = Form(self.page, urljoin(self.page, given.get("action") or self.page))
            self._form.signed = "data-sign-act" in given
            if given.get("method", "").lower() == "post":
                self.forms.append(self._form)
            self._ids[given.get("id", "")] = self._form
        elif tag in ("input", "select", "textarea", "button", "option"):
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        if tag == "option":
            if self._select is not None and ("selected" in given or not self._select):
                self._select[:] = [given.get("value", "")]
            return
        form, name, kind = (
            self._ids.get(given.get("form", "")) or self._form,
            given.get("name", ""),
            given.get("type", ""),
        )
        if form is None or kind == "file":
            return
        if tag == "button" or kind in ("submit", "image"):
            form.buttons.append(
                (urljoin(self.page, given.get("formaction") or form.action), name, given.get("value", ""))
            )
            return
        if not name:
            return
        values = form.fields.setdefault(name, [])
        if tag == "select":
            self._select = values
        elif tag == "textarea":
            self._area, self._text = (form, name), ""
        elif kind not in ("checkbox", "radio") or "checked" in given:
            values.append(given.get("value", "on" if kind == "checkbox" else ""))

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._area is not None:
            form, name = self._area
            form.fields[name].append(self._text)
            self._area = None


def reachable(client: FlaskClient, begin: list[str], most: int) -> Iterator[Form]:
    """The forms of the pages to which links lead, one of each kind of address."""
    waiting, seen, kinds = list(begin), set[str](), set[tuple[str, ...]]()
    while waiting and most:
        path = waiting.pop(0)
        kind = _kind(path)
        if path in seen or kind in kinds or NOT_FOLLOWED.search(path):
            continue
        seen.add(path)
        answer = client.get(path, follow_redirects=False)
        if answer.status_code in (301, 302, 303, 307, 308):
            waiting.append(_inside(answer.headers["Location"]))
            continue
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        kinds.add(kind)
        most -= 1
        reader = _Reader(path)
        reader.feed(answer.get_data(as_text=True))
        waiting += sorted(_inside(link) for link in reader.links if link.startswith("/"))
        yield from (form for form in reader.forms if not form.signed)


def _inside(link: str) -> str:
    parts = urlsplit(link)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _kind(path: str) -> tuple[str, ...]:
    """Addresses that differ in identifiers alone are of one kind."""
    parts = urlsplit(path)
    words = tuple("#" if re.search(r"\d", word) else word for word in parts.path.split("/"))
    return (*words, *sorted(pair.split("=")[0] for pair in parts.query.split("&")))


def ways(form: Form, csrf: str, junk: Iterable[str]) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Where a form can be sent, and with what: by each of its buttons as it stands, then empty, half filled in, and
    with what fits no field.
    """
    kept = {"csrf_token": [csrf]}
    ends = form.buttons or [(form.action, "", "")]
    names = [name for name in form.fields if name != "csrf_token"]
    for target, name, value in ends:
        yield target, form.sent(kept | ({name: [value]} if name else {}))
    target, name, value = ends[0]
    kept |= {name: [value]} if name else {}
    yield target, {each: [""] for each in names} | kept
    for one in names:
        yield target, {each: ["1"] if each == one else [""] for each in names} | kept
        yield target, form.sent({one: []} | kept)
    for text in junk:
        yield target, {each: [text] for each in names} | kept
        for one in names:
            yield target, form.sent({one: [text]} | kept)

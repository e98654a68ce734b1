"""Where the code on a paper leads: whether a digest belongs to a document that was sealed here, and how to go on."""

from __future__ import annotations

import re

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.queries.document_checks import sealed_document
from app.web.pages import case_trail, entitled_case, head_of, known_lot
from crypto.signing import is_digest

routes = Blueprint("checks", __name__)
DOCUMENTS = {
    "record": _l("开标记录"),
    "report": _l("评标报告"),
    "statement": _l("签署情况说明"),
    "failure": _l("评审情况记录"),
}
# What a code holds: the link that is printed, or the plain text of an installation that nobody reaches from outside.
CODE = re.compile(r"(?P<case>[0-9a-f]{16})/(?P<lot>[^/\s?]{1,60})(?:\?sha256=|\s+)(?P<sha256>[0-9a-f]{64})\s*")
LONGEST = 600  # characters of a code


@routes.get("/check")
@access(Action.RECORD_VERIFY)
def enter() -> str | Response:
    """For a code that was read as text: to the page of its case."""
    code = request.args.get("code", "")[:LONGEST]
    if found := CODE.search(code):
        return redirect(url_for(".check", **found.groupdict()))
    return render_template("pages/public/check_code.html", code=code)


@routes.get("/check/<case>/<lot>")
@access(Action.NOTICE_READ)
def check(case: str, lot: str) -> str:
    """Compares a digest with the sealed documents of a lot. A GET, since a phone follows a link; nothing is listed."""
    found = entitled_case(case, Action.NOTICE_READ)
    known_lot(found, lot)
    asked = "".join(request.args.get("sha256", "").split()).lower()[:LONGEST]
    document = None
    if is_digest(asked):
        with platform().database.reading() as db_session:
            document = sealed_document(db_session, found, lot, asked)
    return render_template(
        "pages/public/check.html",
        **head_of(found, lot),
        breadcrumbs=case_trail(found, (_("核对文件"), None)),
        case_id=case,
        lot=lot,
        asked=asked,
        malformed=bool(asked) and not is_digest(asked),
        document=document,
        called=DOCUMENTS[document.kind] if document else "",
        reads=allowed(current_actor(), Action.REPORT_READ, found, lot),
    )

"""Who sat down, as the witnesses saw it: for the competent authority, with its stated reason, which is logged."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.extensions import access, platform
from app.permissions.actions import Action
from app.services import identities
from app.web.names import DOCUMENTS
from app.web.pages import case_trail, entitled_case, head_of, known_lot

routes = Blueprint("identities", __name__)


@routes.get("/regulator/cases/<case>/lots/<lot>/identities")
@access(Action.PHOTO_READ)
def show(case: str, lot: str) -> str:
    """Every identification of the sitting with its photo."""
    found = entitled_case(case, Action.PHOTO_READ, lot)
    rows = identities.identities(platform(), found, known_lot(found, lot))
    trail = case_trail(found, (_("签到核验"), None))
    shown = {"rows": rows, "documents": DOCUMENTS, "case_id": case, "lot": lot, "breadcrumbs": trail}
    return render_template("pages/regulator/identities.html", **head_of(found, lot), **shown)


@routes.get("/regulator/cases/<case>/lots/<lot>/identities/<digest>")
@access(Action.PHOTO_READ)
def photo(case: str, lot: str, digest: str) -> Response:
    found = entitled_case(case, Action.PHOTO_READ, lot)
    media_type, data = identities.read_photo(platform(), found, known_lot(found, lot), digest)
    return Response(data, mimetype=media_type)

"""The site witness: who waits at a booth, is certified for it, moves to another one, or is not let in."""

from __future__ import annotations

import base64
from typing import Any

from flask import Blueprint, abort, make_response, render_template, request
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from app.casefile.codec import encode
from app.extensions import FORM_AROUND, access, current_actor, platform, required_log_in, takes
from app.messages import LANGUAGES, sentence
from app.permissions.actions import Action
from app.procedure.convening import PHOTO_NOTICE
from app.queries import boards
from app.services import booths, identities
from app.services.booths import WaitingSeat
from app.services.identities import MOST_PHOTO_BYTES
from app.web.entitled import account_key
from app.web.names import CHECK_INS, DOCUMENTS
from app.web.operator.forms import BoothChangeForm, CheckInForm, IdentityForm
from app.web.operator.wording import BOARD_STEPS
from app.web.pages import attempt, confirmed
from evaluation.sitting import (
    BoothChanged,
    CheckInGround,
    CheckInRefused,
    IdentityCheck,
    IdentityDocument,
    MemberIdentified,
)

routes = Blueprint("witness", __name__)


@routes.get("/witness")
@access(Action.SEAT_CERTIFY)
def desk() -> str:
    """Seats that wait at the witness's own site; names are shown here, at sign-in, for the first time."""
    template = "_seats.html" if request.args.get("part") else "witness.html"
    with platform().database.reading() as db_session:
        sittings = boards.witness_board(db_session, current_actor())
        owed = boards.recordings_owed(db_session, current_actor())
    rows = booths.waiting_seats(platform(), required_log_in())
    return render_template(f"pages/operator/{template}", rows=rows, sittings=sittings, owed=owed, steps=BOARD_STEPS)


def _waiting(seat_request: str) -> WaitingSeat:
    rows = booths.waiting_seats(platform(), required_log_in())
    return next((row for row in rows if row.request == seat_request), None) or abort(404)


def _act(row: WaitingSeat, fact: Any, effects: list[tuple[str, object]], **shown: object) -> str:
    """The page that shows who it is and signs the witness's word."""
    who: list[tuple[str, object]] = [(_("姓名"), row.name), (_("单位"), row.organisation), (_("席位"), row.seat)]
    attachments = {"request": base64.b64encode(row.request.encode("ascii")).decode()}
    panel = {"type": type(fact).__name__, "payload": encode(fact), "effects": who + effects}
    return render_template(
        "pages/operator/certify.html",
        row=row,
        panel=panel,
        attachments=attachments,
        key_name=account_key(),
        **shown,
    )


@routes.route("/witness/<seat_request>", methods=["GET", "POST"])
@access(Action.SEAT_CERTIFY)
@takes(MOST_PHOTO_BYTES + FORM_AROUND)
def certify_seat(seat_request: str) -> Any:
    """Identity checked, photographed, fingerprint compared: the witness certifies the booth's key for this sitting.

    Where the member sat at another booth until now, the witness first writes why it moved, and to which booth.
    """
    row = _waiting(seat_request)
    form = BoothChangeForm() if row.replaces else IdentityForm()
    if isinstance(form, BoothChangeForm):
        free = booths.free_booths_for(platform(), required_log_in(), seat_request)
        names = dict.fromkeys([row.booth, *free] if row.booth else free)
        form.booth.choices = [SelectChoice(name, name) for name in names]
    if confirmed(form) and (identity := attempt(form, lambda: _identity(row, form))):
        return _identified(row, form, identity)
    if form.errors and form.told.data and form.photo.data and attempt(form, lambda: _photo(row, form)):
        row = _waiting(seat_request)  # another field is wrong: nobody is photographed twice for that
    template = "change_booth.html" if row.replaces else "check_in.html"
    notice = [(language, sentence("photo_notice_v1", {}, language)) for language in LANGUAGES]
    page = make_response(render_template(f"pages/operator/{template}", row=row, form=form, notice=notice))
    page.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    return page


def _photo(row: WaitingSeat, form: IdentityForm) -> str | None:
    """The digest of the photo that came with the form, which is kept, or of the one before. Raises RuleViolation."""
    if form.photo.data and (data := form.photo.data.read()):
        return identities.keep_photo(platform(), required_log_in(), row.request, data)
    return row.photo or None


def _identity(row: WaitingSeat, form: IdentityForm) -> IdentityCheck:
    """What was seen and taken. Raises RuleViolation `photo_unreadable`."""
    digest = _photo(row, form)
    consent = PHOTO_NOTICE if digest and form.told.data else None
    return IdentityCheck(IdentityDocument(form.document.data), form.phones.data or 0, digest, consent)


def _identified(row: WaitingSeat, form: IdentityForm, identity: IdentityCheck) -> str:
    fact: MemberIdentified | BoothChanged
    shown: list[tuple[str, object]] = []
    if isinstance(form, BoothChangeForm):
        reason, booth = (form.reason.data or "").strip(), form.booth.data or None
        fact = BoothChanged(row.seat, row.key_id, row.replaces, current_actor().id, reason, booth, identity)
        shown.append((_("换机位的原因"), reason))
    else:
        booth = row.booth or None
        fact = MemberIdentified(row.seat, row.key_id, current_actor().id, booth, identity)
    shown += [
        (_("机位"), booth or "—"),
        (_("核对的证件"), DOCUMENTS[identity.document]),
        (_("收存的手机"), identity.phones),
        (_("现场照片"), _("已拍摄，摘要 %(digest)s", digest=(identity.photo_sha256 or "")[:16])
         if identity.photo_sha256 else _("没有拍摄")),
        (_("拍照的告知和同意"), _("已告知，本人同意") if identity.consent else "—"),
    ]  # fmt: skip
    return _act(row, fact, shown)


@routes.route("/witness/<seat_request>/refusal", methods=["GET", "POST"])
@access(Action.SEAT_CERTIFY)
def refuse_seat(seat_request: str) -> str:
    """The person at the booth is not let sit down; why is on record."""
    row, form = _waiting(seat_request), CheckInForm()
    if not confirmed(form):
        return render_template("pages/operator/refuse_seat.html", row=row, form=form)
    ground, reason = CheckInGround(form.ground.data), (form.reason.data or "").strip()
    fact = CheckInRefused(row.seat, row.key_id, current_actor().id, ground, reason)
    return _act(row, fact, [(_("依据"), CHECK_INS[ground]), (_("说明"), reason)], tone="warning")

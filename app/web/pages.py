"""What pages of every desk share: the case one may look at, refusals in words, the review before an act is signed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, abort, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from app.casefile.case import Case
from app.casefile.codec import encode
from app.extensions import current_actor, platform
from app.messages import sentence
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, allowed
from app.permissions.predicates import of_the_agency
from app.procedure.errors import RuleViolation
from app.procedure.file_names import disposition
from app.procedure.roles import Role
from app.queries.cases import load_case
from app.services.actors import authorize_or_record, record_denial
from app.web.entitled import account_key, demo_notice, in_words
from app.web.names import phase_name
from crypto.canonical import Json
from crypto.errors import CryptoError
from evaluation.sitting import Stage

Refused = (RuleViolation, CryptoError)
FURTHEST = 10**6  # place on a list: no database is asked for a larger one
Effects = Sequence[tuple[str, object]]


def notice_words(code: str, facts: Mapping[str, Any]) -> str:
    """A notice in the language of the page."""
    return sentence(f"notice_{code}", facts, g.get("lang", "zh"), platform().settings.display_zone)


def confirmed(form: FlaskForm) -> bool:
    """Whether a valid form was sent on; not when its author came back from the review to change it."""
    return bool(form.validate_on_submit()) and "change" not in request.form


def typed_fields() -> list[tuple[str, str]]:
    """What the form that led here held, for the way back to it."""
    return [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]


def attempt(form: FlaskForm, action: Callable[[], Any]) -> Any:
    """What `action` gives, or None with the refusal in the form's error summary."""
    try:
        return action()
    except Refused as refusal:
        form.form_errors.append(in_words(refusal))
        return None


def taken_now(form: FlaskForm, found: Case, lot: str, fact: Any) -> bool:
    """Whether the rules would take this act of the asker now; a refusal stands in the form's error summary."""
    return attempt(form, lambda: [found.decide(fact, lot, current_actor(), platform().database.now())]) is not None


def read_case(case_id: str) -> Case:
    with platform().database.reading() as db_session:
        return load_case(db_session, case_id)


def entitled_case(case_id: str, action: Action, lot: str = "") -> Case:
    """The case, if the asker may do this with it now. Raises NotAllowed."""
    case = read_case(case_id)
    authorize_or_record(platform().database, current_actor(), action, case, lot, request.remote_addr or "")
    return case


def agency_case(case_id: str, *roles: Role) -> Case:
    """A case of the asker's own agency, for one of these roles. Raises NotAllowed."""
    case, actor = read_case(case_id), current_actor()
    if not (of_the_agency(actor, case, "") and actor.is_(*roles)):
        record_denial(platform().database, actor, Action.DRAFT_READ, case_id, request.remote_addr or "")
        raise NotAllowed(Action.DRAFT_READ)
    return case


def shows_failure(case: Case, lot: str) -> bool:
    """Whether the page of an evaluation that failed or was given up, perhaps by an earlier committee, is there for
    whoever looks."""
    state = case.lots[lot]
    ended = state.sitting.stage in (Stage.FAILED, Stage.ABANDONED) or bool(state.earlier)
    return ended and allowed(current_actor(), Action.FAILURE_READ, case, lot)


def known_lot(case: Case, lot: str) -> str:
    """The lot's number, or 404."""
    if lot not in case.lots:
        abort(404)
    return lot


@dataclass(frozen=True)
class Place:
    """Where the page is, for its head."""

    title: str
    code: str
    stage: str


def head_of(case: Case, lot: str = "") -> dict[str, object]:
    """What the head of a page inside a case says."""
    terms = case.tender.terms
    if terms is None:
        return {}
    place = Place(terms.title, terms.code, phase_name(case, lot))
    return {"case": place, "case_notice": demo_notice(case)}


def case_trail(case: Case, *further: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    """Breadcrumbs of a page inside a case."""
    terms = case.tender.terms
    title = terms.title if terms else _("项目")
    home = url_for("public.notice", case=case.id) if case.tender.published_at else url_for("agency.desk")
    return [(_("公告"), url_for("public.notices")), (title, home), *further]


def review_act(
    title: str,
    case: Case,
    fact: Any,
    *,
    next_url: str,
    effects: Effects = (),
    words: str = "",
    lot: str = "",
    label: str | None = None,
    tone: str = "act",
    type: str = "",
    back_url: str = "",
) -> str:
    """The page on which a person sees what an act does and signs it. `fact` may be a payload with its `type`."""
    payload: Json = fact if type else encode(fact)
    return render_template(
        "pages/review_act.html",
        **head_of(case, lot),
        breadcrumbs=case_trail(case, (title, None)),
        title=title,
        reference=f"{case.id}/{lot}" if lot else case.id,
        type=type or fact.__class__.__name__,
        payload=payload,
        effects=[(_("项目"), case.tender.terms.title if case.tender.terms else case.id), *effects],
        words=words,
        key_name=account_key(),
        next_url=next_url,
        back_url=back_url,
        typed=typed_fields(),
        label=label,
        tone=tone,
    )


def to_utc(local: datetime) -> datetime:
    """A moment typed in the zone of the page."""
    return local.replace(tzinfo=ZoneInfo(platform().settings.display_zone)).astimezone(UTC)


def to_local(instant: datetime) -> datetime:
    """An instant as a form shows it: local, without zone."""
    return instant.astimezone(ZoneInfo(platform().settings.display_zone)).replace(tzinfo=None)


def download(name: str, data: bytes, media_type: str) -> Response:
    """Bytes to be saved under a name."""
    return Response(data, mimetype=media_type, headers={"Content-Disposition": disposition("attachment", name)})


def local_time(instant: datetime) -> str:
    """An instant inside a sentence."""
    return to_local(instant).strftime("%Y-%m-%d %H:%M:%S")


def agency_page(template: str, case: Case, lot: str, title: str, **facts: Any) -> str:
    """A page of the agency about a lot."""
    head = {**head_of(case, lot), "breadcrumbs": case_trail(case, (title, None)), "case_id": case.id, "lot": lot}
    return render_template(f"pages/agency/{template}.html", **head, title=title, **facts)


def place_asked(name: str = "from") -> int:
    """From which place on a paged list is asked for (`?from=`); 0 where that is no number."""
    return min(max(0, request.args.get(name, 0, type=int)), FURTHEST)


def neighbours(endpoint: str, first: int, most: int, *, more: bool) -> tuple[str | None, str | None]:
    """Addresses of the pages before and after the one that begins at place `first` and shows at most `most`."""
    before = url_for(endpoint, **{"from": max(0, first - most) or None}) if first else None
    return before, url_for(endpoint, **{"from": first + most}) if more else None

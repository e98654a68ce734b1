"""清标提示 in the room: what was found about opened bids, as questions; the chair puts one to the vote, all vote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, render_template
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from app.casefile.case import Case
from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.procedure.money import format_yuan
from app.queries.findings import EvidenceView, FindingView
from app.queries.sittings import Room
from app.services import files
from app.services.files import FileView
from app.web.expert.forms import FindingVoteForm, FindingWithdrawalForm, PutForm
from app.web.expert.price_forms import correctable_by_finding
from app.web.expert.room import entered, findings_seen, signing
from app.web.names import DISPOSALS
from app.web.pages import confirmed
from evaluation import sitting
from evaluation.sitting import Disposal, RejectionGround

routes = Blueprint("questions", __name__, url_prefix="/room/<case>/<lot>/findings")
PDF = "application/pdf"


@dataclass(frozen=True)
class EvidenceLink:
    """A place of a finding as the room shows it: the file under the name that members know, and its address."""

    view: EvidenceView
    file: str
    url: str


def _links(found: Case, lot: str, shown: dict[str, Any], one: FindingView) -> list[EvidenceLink]:
    """Where each place of a finding can be looked at, in the viewer of the room."""
    readable: dict[str, FileView] = {file.id: file for file in shown["files"] if file.kind == "opened"}
    ids = {bid: files.names_of(platform(), found, lot, bid) for bid in {place.bid for place in one.evidence}}
    links = []
    for place in one.evidence:
        file = readable.get(ids[place.bid].get(place.file, ""))
        named = file.name if file is not None else "" if shown["room"].anonymous else place.file
        viewer = f"{shown['back']}/papers?bid={place.bid}&file={file.id}" if file is not None else ""
        links.append(EvidenceLink(place, named, viewer if file is not None and file.media_type == PDF else ""))
    return links


@routes.get("")
@access(Action.FINDINGS_READ)
def show(case: str, lot: str) -> str:
    """Every finding that the committee may know, and how it disposed of each."""
    found, _room, shown = entered(case, lot, Action.FINDINGS_READ)
    seen, checked = findings_seen(found, lot), found.lot(lot).checked is not None
    more = {"findings": seen, "checked": checked, "left": [one.number for one in seen if one.left]}
    return render_template("pages/expert/questions.html", **shown | more | {"title": _("清标提示")})


def _one(case: str, lot: str, number: int, action: Action) -> tuple[Case, Room, dict[str, Any], FindingView]:
    found, room, shown = entered(case, lot, action)
    one = next((view for view in findings_seen(found, lot) if view.number == number), None)
    if one is None:
        abort(404)
    return found, room, shown, one


@routes.get("/<int:number>")
@access(Action.FINDINGS_READ)
def finding(case: str, lot: str, number: int) -> str:
    """One finding with its evidence, and what this seat can do about it."""
    return _page(*_one(case, lot, number, Action.FINDINGS_READ))


def _page(found: Case, room: Room, shown: dict[str, Any], one: FindingView, **forms: Any) -> str:
    state = found.lot(lot := shown["lot"]).sitting
    voting = state.put is not None and state.put.finding == one.number
    stands = (room.stage, sitting.FindingPut) in sitting.TRANSITIONS and room.standstill is None
    mine = current_actor().seat and stands
    own: dict[str, Any] = {}
    if mine and voting:
        own = {} if room.seat in state.put_votes else {"vote": FindingVoteForm()}
        if room.seat == room.chair:
            own["withdrawal"] = FindingWithdrawalForm()
    elif mine and room.seat == room.chair and not room.put and one.left:
        own = {"put": _put_form(one)} if one.votable else {"too_late": True}
    put_words = _effects(one, state.put) if voting and state.put is not None else []
    more = {
        "one": one,
        "links": _links(found, lot, shown, one),
        "voting": voting,
        "put_words": put_words,
        "voted": len(state.put_votes) if voting else 0,
        "title": one.title,
        "corrected": _corrected(found, lot, room, one.number),
    }
    return render_template("pages/expert/question.html", **shown | more | own | forms)


def _corrected(found: Case, lot: str, room: Room, number: int) -> str:
    """The price to which a finding could lead, in figures; "" for none."""
    to = correctable_by_finding(found, lot, room, number) if current_actor().seat else None
    return f"¥{format_yuan(to.price)}" if to is not None else ""


def _put_form(one: FindingView) -> PutForm:
    form = PutForm()
    form.bids.choices = [SelectChoice(bid, name) for bid, name in one.rejectable]
    form.ground.choices = [SelectChoice("", _("请选择")), *(SelectChoice(*ground) for ground in one.grounds)]
    if not one.rejectable or not one.grounds:
        form.disposal.choices = [c for c in form.disposal.choices if c.value != Disposal.REJECT.value]
    return form


def _effects(one: FindingView, put: sitting.FindingPut) -> list[tuple[str, Any]]:
    """What is put to the vote, line by line."""
    names, grounds = dict(one.bids), dict(one.grounds)
    rejects = [
        (_("要否决的投标"), _("、").join(names.get(bid, bid) for bid in put.bids)),
        (_("法定依据"), grounds.get(put.ground.value if put.ground else "", "")),
    ]
    lines = [(_("清标提示"), one.citation), (_("处理"), DISPOSALS[put.disposal])]
    return [*lines, *(rejects if put.bids else []), (_("理由"), put.reason)]


@routes.post("/<int:number>/put")
@access(Action.FINDING_PUT)
def put(case: str, lot: str, number: int) -> str:
    """The chair puts a finding to the vote."""
    found, room, shown, one = _one(case, lot, number, Action.FINDING_PUT)
    form = _put_form(one)
    rejects = form.disposal.data == Disposal.REJECT.value
    if not confirmed(form) or (rejects and not _complete(form)):
        return _page(found, room, shown, one, put=form)
    bids = tuple(form.bids.data or ()) if rejects else ()
    ground = RejectionGround(form.ground.data) if rejects else None
    reason = (form.reason.data or "").strip()
    fact = sitting.FindingPut(room.seat, number, Disposal(form.disposal.data), reason, bids, ground)
    words = _("签名后交全体成员表决，过半数同意即通过；表决结果、人数和理由写入案卷和评审报告。")
    if rejects:
        words += _("通过后，所列投标不再参加评审。")
    tone = "warning" if rejects else "act"
    return signing(found, shown, _("将清标提示付表决"), fact, words, _effects(one, fact), tone=tone, after=_list(shown))


def _list(shown: dict[str, Any]) -> str:
    """Where one goes on after an act about a finding."""
    return f"{shown['back']}/findings"


def _complete(form: PutForm) -> bool:
    """Whether a rejection names its bids and its ground; else the form says what is missing."""
    if not form.bids.data:
        form.bids.errors = [_("请选择要否决的投标")]
    if not form.ground.data:
        form.ground.errors = [_("请选择法定依据")]
    return bool(form.bids.data and form.ground.data)


@routes.post("/<int:number>/vote")
@access(Action.FINDING_VOTE)
def vote(case: str, lot: str, number: int) -> str:
    """One member's vote about what was put."""
    found, room, shown, one = _one(case, lot, number, Action.FINDING_VOTE)
    form, standing = FindingVoteForm(), found.lot(lot).sitting.put
    if not confirmed(form) or standing is None:
        return _page(found, room, shown, one, vote=form)
    agrees = form.agrees.data == "yes"
    fact = sitting.FindingVoted(room.seat, number, agrees, (form.reason.data or "").strip())
    effects = [*_effects(one, standing), (_("您的意见"), _("同意") if agrees else _("不同意"))]
    effects += [(_("说明"), fact.reason)] if fact.reason else []
    words = _("投票后不能更改；其他成员只看到同意和不同意的人数。")
    return signing(found, shown, _("就清标提示表决"), fact, words, effects, after=_list(shown))


@routes.post("/<int:number>/withdraw")
@access(Action.FINDING_VOTE)
def withdraw(case: str, lot: str, number: int) -> str:
    """Take back a vote that somebody does not take part in."""
    found, room, shown, one = _one(case, lot, number, Action.FINDING_VOTE)
    form = FindingWithdrawalForm()
    if not confirmed(form):
        return _page(found, room, shown, one, withdrawal=form)
    fact = sitting.FindingWithdrawn(room.seat, number, (form.reason.data or "").strip())
    words = _("撤回后已投的票作废，组长可以重新付表决。")
    effects = [(_("清标提示"), one.citation), (_("撤回的原因"), fact.reason)]
    return signing(found, shown, _("撤回表决"), fact, words, effects, tone="warning", after=_list(shown))

"""The witness hands in a sheet that a booth of its site has saved as a file while the line was gone."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired

from app.extensions import FORM_AROUND, access, platform, private_facts, required_log_in, takes
from app.permissions.actions import Action
from app.services import offline_sheets
from app.services.offline_sheets import LARGEST_FILE
from app.web.entitled import entitled_case
from app.web.pages import attempt, case_trail, confirmed, head_of

routes = Blueprint("sheets", __name__, url_prefix="/witness/sheets/<case>/<lot>")


class SheetForm(FlaskForm):
    """The file, as the booth has saved it."""

    file = FileField(
        _l("离线评分表文件"),
        [FileRequired(_l("请选择机位保存的离线评分表文件"))],
        description=_l("文件已加密，只有平台的程序能打开；全部成员锁定以前，其中的评分不显示给任何人。"),
    )


@routes.route("", methods=["GET", "POST"])
@access(Action.SHEET_HAND_IN)
@takes(LARGEST_FILE + FORM_AROUND)
def hand_in(case: str, lot: str) -> str:
    """Signature, seat, round, marks, steps and bands are checked as if the booth had sent it."""
    found, form, taken = entitled_case(case, lot, Action.SHEET_HAND_IN), SheetForm(), None
    if confirmed(form):
        data = form.file.data.read()
        taken = attempt(
            form,
            lambda: offline_sheets.hand_in_file(platform(), required_log_in(), case, lot, data, private_facts()),
        )
    trail = case_trail(found, (_("现场见证"), "/witness"), (_("交来离线评分表"), None))
    shown = {"breadcrumbs": trail, "lot": lot, "form": form, "taken": taken}
    return render_template("pages/operator/sheet.html", **head_of(found, lot), **shown)

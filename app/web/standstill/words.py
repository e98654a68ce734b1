"""What a signature under the end of a standstill brings about, said before it is made."""

from __future__ import annotations

from flask_babel import gettext as _

from app.queries.standstills import StandstillView
from evaluation.sitting import SuspensionGround


def goes_on(view: StandstillView | None, ended: SuspensionGround) -> bool:
    """Whether the sitting goes on once this ground is gone."""
    return view is None or (view.ground is ended and not view.beneath)


def what_follows(view: StandstillView | None, ended: SuspensionGround) -> str:
    """What happens once this ground is gone: something else may still stand above or beneath it."""
    if goes_on(view, ended):
        return _("签名后评审从中断处继续，中断前已作的全部有效。")
    if view is not None and view.ground is ended:
        return _("签名后这一中断结束；其下的中断仍未结束，评审尚不能继续。")
    return _("签名后这一中断结束；其上的中断仍未结束，评审尚不能继续。")

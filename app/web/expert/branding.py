"""What a member says of the brands of the core product in its review: which different spellings are one."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as _

from app.casefile.case import Case
from evaluation.brands import Groups, joined, spellings


def typed_brands(found: Case, lot: str) -> Groups | None:
    """The spellings that were chosen to be the same; None where there are no two of them."""
    known = spellings(found.lot(lot).sitting.stated_brands.values())
    if len(known) < 2:
        return None
    chosen = ((number, request.form.get(f"brand-{number}", "")) for number in range(2, len(known) + 1))
    earlier = {str(number): brand for number, brand in enumerate(known, 1)}
    return joined((known[number - 1], earlier[one]) for number, one in chosen if one in earlier and int(one) < number)


def brand_effects(found: Case, lot: str) -> list[tuple[str, str]]:
    """What the page to sign says of it."""
    groups = typed_brands(found, lot)
    if groups is None:
        return []
    return [(_("同一品牌"), _("；").join(" = ".join(group) for group in groups) or _("无"))]

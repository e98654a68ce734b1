"""What experts are paid and how they are appraised, rule book by rule book: published, as the grounds must be."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.adapters.profiles import profile_names, read_profile
from app.extensions import access
from app.permissions.actions import Action
from app.web.appraisals import ground_words
from app.web.fee_words import table_words
from app.web.wording import citation_words

routes = Blueprint("standards", __name__)


@routes.get("/experts/standards")
@access(Action.SITE_READ)
def standards() -> str:
    """Tables of fees and grounds of appraisal; a case keeps those of its publication."""
    found = [profile for profile in map(read_profile, profile_names()) if profile.fees or profile.appraisal]
    shown = {"table": table_words, "ground": ground_words, "cited": citation_words}
    return render_template("pages/public/standards.html", profiles=found, **shown)

"""Specialities in words: a code of the tree with its name, for those who do not know codes by heart."""

from __future__ import annotations

from collections.abc import Iterable

from flask import g

from app.casefile.case import Case
from app.extensions import platform
from app.queries.experts import current_tree
from app.services.pools import library_day
from app.web.pages import local_time
from evaluation.specialities import Speciality, SpecialityTree, is_code


def _tree() -> SpecialityTree:
    """The classification in force, read once for a page."""
    if "speciality_tree" not in g:
        with platform().database.reading() as db_session:
            g.speciality_tree = current_tree(db_session)
    tree: SpecialityTree = g.speciality_tree
    return tree


def _words(node: Speciality) -> str:
    return f"{node.code} {node.en if g.get('lang') == 'en' else node.zh}"


def speciality_words(speciality: str) -> str:
    """`A0801 …` with the name in the language of the page. What is no code of the tree is words already."""
    node = _tree().by_code.get(speciality) if is_code(speciality) else None
    return _words(node) if node else speciality


def stratum_words(name: str, sites: dict[str, str]) -> str:
    """A stratum as people name it. `sites`: names by id."""
    speciality, _slash, site = name.rpartition("/")
    return f"{speciality_words(speciality)} · {sites.get(site, site)}"


def day_words(case: Case) -> str:
    """As of when the library counts for a case, "" where it is that of today."""
    day = library_day(case)
    return local_time(day) if day else ""


def offered(held: Iterable[str]) -> list[tuple[str, str]]:
    """What conditions of a draw may ask for where people hold these specialities, each with its words: these, and
    every node above them.
    """
    found: dict[str, str] = {}
    for speciality in held:
        path = _tree().path(speciality) if is_code(speciality) else ()
        found.update({node.code: _words(node) for node in path})
        found.setdefault(speciality, speciality_words(speciality))
    return sorted(found.items())

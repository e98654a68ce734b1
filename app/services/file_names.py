"""What documents of a case are called where they are saved, so that who has five of them can tell them apart."""

from __future__ import annotations

from app.casefile.case import Case
from app.documents.wording import Lang
from app.messages import sentence
from app.models import StoredFile

OF_THE_CASE = frozenset({"record", "report", "statement", "failure"})


def saved_as(case: Case, row: StoredFile, lang: Lang, *, copy: bool = False) -> str:
    """Project code, lot, kind, whether it is sealed, and the first digits of the digest: two revisions have two names.

    A file of another kind keeps its own name.
    """
    if row.kind not in OF_THE_CASE:
        return row.name
    sitting = case.lots[row.lot].sitting
    sealed = {sitting.sealed_sha256, *(one.sealed_sha256 for one in sitting.versions)}
    unsealed = row.kind == "report" and row.sha256 not in sealed
    state = "copy" if copy else "unsealed" if unsealed else "sealed"
    parts = (
        case.tender.published.code,
        sentence("file_of_lot", {"lot": row.lot}, lang),
        sentence(f"file_{row.kind}", {}, lang),
        sentence(f"file_{state}", {}, lang),
        row.sha256[:8],
    )
    return "_".join(parts) + ".pdf"

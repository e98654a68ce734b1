"""Which ceremonies a committee comes from: the one that made its key, and every resharing up to its description."""

from __future__ import annotations

from collections.abc import Iterable

from app.casefile.record import Record
from app.casefile.register import CommitteeReshared, DealingsAccepted
from crypto.canonical import Json, digest
from crypto.committee import Committee

OPENINGS = ("CeremonyOpened", "ResharingOpened")
OF_A_CEREMONY = (*OPENINGS, "CeremonyJoined", "DealingGiven", "DealingsAccepted", "CeremonyEnded")


def records_behind(register: Iterable[Record], description: Json) -> list[Record]:
    """The register's records, in their order, of the ceremonies that led to a description.

    A committee of mode M0 has none for its key: one machine made that. A resharing keeps the id, so that what names
    the id alone is told apart by the kind of its opening.
    """
    known = [record for record in register if record.type in (*OF_A_CEREMONY, CommitteeReshared.__name__)]
    made_by = {record.payload["ceremony"] for record in known if record.type == "CeremonyOpened"}
    committee = Committee.from_description(description).id
    behind = {
        record.fact.ceremony
        for record in known
        if isinstance(record.fact, DealingsAccepted)
        and record.fact.committee_id == committee
        and record.fact.ceremony in made_by
    }
    reshared = {digest(r.fact.description): r.fact for r in known if isinstance(r.fact, CommitteeReshared)}
    stands = digest(description)
    while (step := reshared.pop(stands, None)) is not None:
        behind.add(step.ceremony)
        stands = step.previous_sha256
    return [record for record in known if record.type in OF_A_CEREMONY and record.payload["ceremony"] in behind]

"""The agency takes the evidence by two persons and the regulator alone; who took it is on record."""

from datetime import timedelta

from sqlalchemy import select

from app.casefile.bundle import CASE, unpack
from app.casefile.case import Case, Phase
from app.models import Notice
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.procedure.exports import EvidenceExportReleased, EvidenceExportRequested
from app.queries.access import access_rows
from app.services.audits import export_evidence
from tests.app.services.whole_case import WholeCase


def exported(case, who):
    return export_evidence(case.platform, case.people[who].log_in, case.case_id, "192.0.2.7")


def refused(function, *arguments):
    try:
        function(*arguments)
    except NotAllowed:
        return "not allowed"
    except RuleViolation as refusal:
        return refusal.code
    return ""


def test_the_agency_takes_only_what_two_persons_released_for_the_case_as_it_stood(tmp_path, monkeypatch):
    case = WholeCase(tmp_path).through("found publish")
    monkeypatch.setattr(Case, "phase", lambda self, lot="": Phase.FAILED)
    assert refused(exported, case, "officer") == "export_not_released"
    case.act("officer", EvidenceExportRequested("e0", "审计"), "")
    assert refused(case.act, "officer", EvidenceExportReleased("e0", "审计"), "") == "not allowed"
    case.release_export()
    until = case.clock() + timedelta(minutes=15)
    for who in ("officer", "releaser"):
        assert unpack(exported(case, who)[1])[CASE]
    assert refused(exported, case, "centre") == "not allowed"
    with case.platform.database.reading() as db_session:
        takings = access_rows(db_session, case.case_id)
        notices = set(db_session.scalars(select(Notice.code)))
    names = ["代理复核", "代理经办"]
    assert [(row.action, row.name, row.address) for row in takings] == [
        ("evidence:export", name, "192.0.2.7") for name in names
    ]
    assert {"export_waits", "export_released", "export_reported"} <= notices
    case.clock.advance((until - case.clock()).total_seconds())
    assert refused(exported, case, "officer") == "export_expired"
    case.release_export()
    case.act("officer", EvidenceExportRequested("e2", "再次"), "")  # whatever comes after it ends a release
    assert refused(exported, case, "officer") == "export_not_released"
    exported(case, "regulator")

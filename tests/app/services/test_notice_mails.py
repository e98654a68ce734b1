"""What a mail is about stands in its subject: the case by its code, where that may be known, and what happened."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

from sqlalchemy import select

from app.models import Account, Expert
from app.services.unit_of_work import leave_notice, plain_transaction
from tests.app.services.whole_case import WholeCase


def mails_to(case: WholeCase, address: str) -> list[EmailMessage]:
    found = sorted((case.platform.settings.mail / address).glob("*.eml"))
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in found]


def test_subjects_tell_cases_apart_but_not_to_experts(tmp_path):
    case = WholeCase(tmp_path).through("found publish")
    with plain_transaction(case.platform.database) as (db_session, now):
        expert = db_session.scalars(select(Expert.account_id).limit(1)).one()
        officer = db_session.get_one(Account, case.people["officer"].id)
        officer.mail = "officer@example.org"
        leave_notice(db_session, now, officer.id, "question_asked", {}, case.case_id)
        leave_notice(db_session, now, officer.id, "name_alarm", {"title": "很长的名称" * 30}, "")
        leave_notice(db_session, now, expert, "results_computed_anew", {"lot": "1"}, case.case_id)
    case.work_off()
    subjects = {mail["Subject"]: mail for mail in mails_to(case, "officer@example.org")}
    asked = subjects["[T-2026-1] 收到一个新的提问，请拟定答复"]
    (alarm,) = [mail for subject, mail in subjects.items() if subject.startswith("警报：")]
    assert "T-2026-1 设备采购" in asked.get_content()
    assert len(alarm["Subject"]) <= 61
    sent = [path for path in case.platform.settings.mail.rglob("*.eml") if "officer@" not in str(path)]
    told = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sent]
    (own,) = [mail for mail in told if "重新汇总" in mail.get_content()]
    assert "T-2026-1" not in own["Subject"] + own.get_content()

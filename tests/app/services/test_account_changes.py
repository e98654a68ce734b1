"""Who leaves is suspended at once; who lost the second factor gets a new one by two persons; each with a reason."""

import base64
import secrets
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
from sqlalchemy import select

from app.models import AccessLog, Account, Expert
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.procedure.roles import ANYONE, Role
from app.queries.people import find_login
from app.services import accounts
from app.services.account_changes import KEYS_WAIT, LONGEST_REASON, renew_account, suspend_account
from app.services.accounts import LogIn, NewOrganisation
from app.services.actors import load_actor
from app.services.register import PROOF_LABEL, certify_key
from crypto.signing import SigningKey, sign_object
from tests.app.services.people import credit_code

pytestmark = pytest.mark.postgres
PASSWORD = "correct horse battery"
AGENCY = NewOrganisation("另一家代理公司", "agency", credit_code("A77"))


class Officer:
    """An agency's officer with credentials, opened by the administrator and the centre."""

    def __init__(self, bench):
        self.platform, self.clock, self.login = bench.platform, bench.clock, f"o-{secrets.token_hex(4)}"
        self.admin, self.centre = (bench.people[who].id for who in ("admin", "centre"))
        roles = frozenset({Role.AGENCY_OFFICER})
        self.id = accounts.prepare_account(self.platform, self.admin, AGENCY, self.login, "赵敏", roles)
        self.take_over()

    def take_over(self):
        code = accounts.approve_account(self.platform, self.centre, self.id)
        _, self.secret = accounts.accept_invitation(self.platform, code, PASSWORD)

    def log_in(self):
        self.clock.advance(60)
        code = pyotp.TOTP(self.secret).at(int(self.clock.at.timestamp()))
        return accounts.begin_web_session(self.platform, self.login, PASSWORD, code, "10.0.0.1")

    def lives(self, token):
        return accounts.living_tokens(self.platform, {token}) == {token}

    def actor(self):
        with self.platform.database.reading() as db_session:
            return load_actor(db_session, self.id)

    def reasons(self):
        with self.platform.database.reading() as db_session:
            rows = db_session.scalars(select(AccessLog).where(AccessLog.subject == self.id).order_by(AccessLog.id))
            return [(row.account_id, row.action, row.reason, row.address) for row in rows]


@pytest.fixture
def officer(bench):
    return Officer(bench)


def refused(code, action, *arguments):
    with pytest.raises(RuleViolation) as refusal:
        action(*arguments)
    assert refusal.value.code == code


def test_a_suspended_account_ends_at_once_and_the_reason_is_kept(officer):
    token = officer.log_in()
    assert officer.lives(token)
    suspend_account(officer.platform, officer.admin, officer.login, " 已离职 ", "10.0.0.9")
    assert not officer.lives(token)
    assert officer.actor() is ANYONE
    refused("log_in_failed", officer.log_in)
    assert officer.reasons() == [(officer.admin, "account:suspend", "已离职", "10.0.0.9")]
    refused("account_suspended_already", suspend_account, officer.platform, officer.admin, officer.login, "再次")


def test_new_credentials_come_from_a_second_person_and_the_old_ones_are_void(officer):
    token, old = officer.log_in(), officer.secret
    renew_account(officer.platform, officer.admin, officer.login, "手机遗失")
    assert not officer.lives(token)
    assert officer.actor() is ANYONE
    refused("log_in_failed", officer.log_in)
    refused("account_unknown", accounts.approve_account, officer.platform, officer.centre, "0" * 32)
    officer.take_over()
    assert officer.secret != old
    assert officer.lives(officer.log_in())
    assert not officer.lives(token)


def test_who_prepares_does_not_approve_and_a_suspended_one_comes_back_the_same_way(officer):
    suspend_account(officer.platform, officer.admin, officer.login, "调查期间")
    renew_account(officer.platform, officer.admin, officer.login, "调查结束")
    with pytest.raises(NotAllowed):
        accounts.approve_account(officer.platform, officer.admin, officer.id)
    officer.take_over()
    assert officer.lives(officer.log_in())
    assert [reason for *_, reason, _address in officer.reasons()] == ["调查期间", "调查结束"]


def test_an_invitation_that_was_not_used_is_void(officer):
    renew_account(officer.platform, officer.admin, officer.login, "忘记密码")
    code = accounts.approve_account(officer.platform, officer.centre, officer.id)
    suspend_account(officer.platform, officer.admin, officer.login, "编码误交他人")
    refused("invitation_invalid", accounts.accept_invitation, officer.platform, code, PASSWORD)


@pytest.mark.parametrize("change", [suspend_account, renew_account])
def test_what_is_refused(bench, officer, change):
    platform, admin = officer.platform, officer.admin
    for who in ("officer", "centre", "regulator", "bidder-a"):
        with pytest.raises(NotAllowed):
            change(platform, bench.people[who].id, officer.login, "理由")
    refused("account_unknown", change, platform, admin, "nobody", "理由")
    refused("account_reason_missing", change, platform, admin, officer.login, "  ")
    refused("account_reason_missing", change, platform, admin, officer.login, "长" * (LONGEST_REASON + 1))
    refused("account_own", change, platform, admin, "admin", "理由")
    refused("account_last_operator", change, platform, admin, "centre", "理由")
    assert officer.reasons() == []
    assert officer.lives(officer.log_in())


def test_experts_of_the_library_are_not_looked_up(bench):
    with bench.platform.database.reading() as db_session:
        login = db_session.scalar(select(Account.login).join(Expert, Expert.account_id == Account.id))
        assert login is not None
        assert find_login(db_session, login) is None
    refused("account_unknown", suspend_account, bench.platform, bench.people["admin"].id, login, "理由")


def test_after_a_renewal_no_new_key_is_certified_for_a_day(officer):
    def certify():
        key, log_in = SigningKey.generate(), LogIn(officer.id, "")
        proof = sign_object(key, PROOF_LABEL, {"account": officer.id, "origin": officer.platform.origin})
        certify_key(officer.platform, log_in, base64.b64encode(key.spki).decode(), proof)

    certify()
    renew_account(officer.platform, officer.admin, officer.login, "手机遗失")
    officer.take_over()
    refused("account_renewed_lately", certify)
    officer.clock.advance(KEYS_WAIT.total_seconds() + 1)
    certify()


def test_of_two_who_suspend_each_other_at_the_same_moment_one_stays(bench):
    logins = [f"sa-{secrets.token_hex(4)}" for _ in range(2)]
    centre, admin = (bench.people[who].id for who in ("centre", "admin"))
    owner = NewOrganisation("交易中心", "centre", "C0000000000000001X")
    ids = [
        accounts.prepare_account(bench.platform, admin, owner, login, "管理员", frozenset({Role.SYSTEM_ADMIN}))
        for login in logins
    ]
    for account in ids:
        accounts.approve_account(bench.platform, centre, account)

    def suspend(actor, login):
        try:
            suspend_account(bench.platform, actor, login, "越权")
            return 1
        except NotAllowed:
            return 0

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(suspend, ids, reversed(logins)))
    assert sorted(done) == [0, 1]

"""People: one-time codes count once, wrong passwords lock, invitations are used once, two persons make an account."""

from __future__ import annotations

import secrets
import threading
from datetime import timedelta
from functools import partial

import pyotp
import pytest
from sqlalchemy import func, select

from app.models import Account, DeniedAttempt, WebSession
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.procedure.roles import ANYONE, NEVER_COMBINED, Role
from app.services import accounts
from app.services.accounts import FAILURES_ALLOWED, INVITATION_VALID, LOCKED_FOR, LOG_IN_VALID, NewOrganisation
from app.services.actors import load_actor
from app.services.platform import DIST
from app.services.unit_of_work import plain_transaction
from tests.app.services.people import credit_code
from tests.app.workbench import MILLISECOND

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
PASSWORD = "correct horse battery"
AGENCY = NewOrganisation("agency单位", "agency", "O-agency")
OTHER = NewOrganisation("regulator单位", "regulator", "O-regulator")
TOTP_STEP = timedelta(seconds=30)


class Someone:
    """A bidder with a password and a device that makes one-time codes."""

    def __init__(self, bench):
        self.bench, self.login, word = bench, f"p-{secrets.token_hex(4)}", secrets.token_hex(8)
        owner = NewOrganisation(f"投标人{word}", "bidder", credit_code(word))
        self.secret = accounts.register_bidder(bench.platform, owner, self.login, "某人", PASSWORD)

    def code(self, steps=0):
        return pyotp.TOTP(self.secret).at(self.bench.clock.at + steps * TOTP_STEP)

    def log_in(self, code="", password=PASSWORD, address=""):
        """From an address of its own each time, unless one is given."""
        address = address or secrets.token_hex(8)
        return accounts.begin_web_session(self.bench.platform, self.login, password, code or self.code(), address)

    def reads(self, token):
        database = self.bench.platform.database
        with database.reading() as db_session:
            return accounts.read_web_session(db_session, token, self.bench.clock.at)


@pytest.fixture
def someone(bench):
    bench.clock.stop_at(bench.clock.at + timedelta(minutes=1))
    yield Someone(bench)
    bench.clock.go_on()


def refused(code, action, *arguments, **named):
    with pytest.raises(RuleViolation) as found:
        action(*arguments, **named)
    assert found.value.code == code
    return found.value.facts


def at_once(count, action):
    """What `count` threads that start together got: results or codes of refusals."""
    barrier, found = threading.Barrier(count), []

    def attempt():
        barrier.wait()
        try:
            found.append(action())
        except RuleViolation as refusal:
            found.append(refusal.code)

    threads = [threading.Thread(target=attempt) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == count
    return found


# one-time codes


def test_a_code_counts_once(someone):
    code = someone.code()
    assert someone.log_in(code)
    refused("log_in_failed", someone.log_in, code)
    refused("log_in_failed", someone.log_in, someone.code(-1))  # an earlier one neither
    assert someone.log_in(someone.code(1))


def test_a_code_counts_once_for_eight_at_the_same_moment(someone):
    code = someone.code()
    found = at_once(8, lambda: someone.log_in(code))
    assert sorted(word == "log_in_failed" for word in found) == [False] + [True] * 7
    tokens = [word for word in found if word not in ("log_in_failed", "locked_out")]
    assert len(tokens) == 1


def test_a_code_counts_as_a_chinese_keyboard_types_it(someone):
    """Full-width digits are digits; what is none is a wrong code, also with the right password."""
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    refused("log_in_failed", someone.log_in, "一二三四五六")
    assert someone.log_in(someone.code().translate(wide))


def test_who_lost_the_secret_before_the_first_log_in_gets_another_one(bench, someone):
    renew = partial(accounts.renew_second_factor, bench.platform, someone.login)
    refused("second_factor_not_renewed", renew, "not the password", "")
    before, someone.secret = someone.secret, renew(PASSWORD, "")
    assert before != someone.secret
    assert someone.log_in()
    refused("second_factor_not_renewed", renew, PASSWORD, "")
    for number in range(accounts.FAILURES_ALLOWED):
        refused("second_factor_not_renewed", renew, f"{number}", "192.0.2.1")
    refused("log_in_throttled", renew, PASSWORD, "192.0.2.1")


def test_codes_of_another_time_are_wrong(someone):
    for steps in (-2, 2):
        refused("log_in_failed", someone.log_in, someone.code(steps))
    assert someone.log_in(someone.code(-1))  # a clock may be half a minute slow


def test_every_wrong_log_in_is_refused_in_the_same_words(bench, someone):
    refused("log_in_failed", someone.log_in, someone.code(), "wrong password")
    refused("log_in_failed", someone.log_in, "000000")
    refused("log_in_failed", accounts.begin_web_session, bench.platform, "nobody", PASSWORD, "000000", "::1")


# locked out


def test_who_has_no_password_locks_nobody_out(bench, someone):
    for _ in range(3 * FAILURES_ALLOWED):
        refused("log_in_failed", someone.log_in, password="a wrong password")
    assert someone.log_in()


@pytest.mark.parametrize("known", [True, False])
def test_failures_from_one_address_make_it_wait_and_nobody_else(bench, someone, known):
    if not known:
        someone.login = secrets.token_hex(8)
    began = bench.clock.at
    for _ in range(FAILURES_ALLOWED):
        refused("log_in_failed", someone.log_in, password="a wrong password", address="192.0.2.66")
    assert refused("log_in_throttled", someone.log_in, address="192.0.2.66")["until"] == began + LOCKED_FOR
    if known:
        assert someone.log_in(address="192.0.2.7")
    bench.clock.stop_at(began + LOCKED_FOR)
    refused("log_in_failed", someone.log_in, password="a wrong password", address="192.0.2.66")


def test_failures_in_parallel_from_one_address_are_all_counted(bench, someone):
    someone.login = secrets.token_hex(8)
    at_once(FAILURES_ALLOWED, lambda: someone.log_in(address="192.0.2.67"))
    refused("log_in_throttled", someone.log_in, address="192.0.2.67")


def test_wrong_codes_lock_for_a_while(bench, someone):
    for _ in range(FAILURES_ALLOWED):
        refused("log_in_failed", someone.log_in, "000000")
    began = bench.clock.at
    assert refused("locked_out", someone.log_in)["until"] == began + LOCKED_FOR
    bench.clock.stop_at(began + LOCKED_FOR - MILLISECOND)
    refused("locked_out", someone.log_in)
    bench.clock.stop_at(began + LOCKED_FOR)
    assert someone.log_in()


def test_a_right_log_in_forgets_earlier_failures(bench, someone):
    for _round in range(2):
        for _ in range(FAILURES_ALLOWED - 1):
            refused("log_in_failed", someone.log_in, "000000")
        bench.clock.stop_at(bench.clock.at + TOTP_STEP)
        assert someone.log_in()


def test_guesses_in_parallel_lock_too(bench, someone):
    at_once(FAILURES_ALLOWED, lambda: someone.log_in("000000"))
    refused("locked_out", someone.log_in)


# log-ins


def test_an_ended_log_in_is_dead_and_others_live(bench, someone):
    first = someone.log_in()
    second = someone.log_in(someone.code(1))
    assert someone.reads(first)
    accounts.end_web_session(bench.platform, first)
    assert someone.reads(first) is None
    assert someone.reads(second)
    assert accounts.living_tokens(bench.platform, {first, second, "unknown"}) == {second}


def test_a_log_in_runs_out(bench, someone):
    token = someone.log_in()
    began = bench.clock.at
    bench.clock.stop_at(began + LOG_IN_VALID - MILLISECOND)
    assert someone.reads(token)
    bench.clock.stop_at(began + LOG_IN_VALID)
    assert someone.reads(token) is None
    assert accounts.living_tokens(bench.platform, {token}) == set()


def test_a_suspended_account_may_nothing(bench, someone):
    token = someone.log_in()
    account_id = someone.reads(token).account_id
    with plain_transaction(bench.platform.database) as (db_session, now):
        db_session.get_one(Account, account_id).suspended_at = now
    with bench.platform.database.reading() as db_session:
        assert load_actor(db_session, account_id) is ANYONE
    assert accounts.living_tokens(bench.platform, {token}) == set()
    refused("log_in_failed", someone.log_in, someone.code(1))


def test_only_the_hash_of_a_token_is_kept(bench, someone):
    token = someone.log_in()
    with bench.platform.database.reading() as db_session:
        assert db_session.get(WebSession, token) is None
        assert db_session.get(WebSession, accounts.token_hash(token))


# accounts


@pytest.fixture
def prepared(bench):
    """An account that waits for its second person; what prepares one."""

    def prepare(*roles, organisation=AGENCY):
        login = f"q-{secrets.token_hex(4)}"
        who = bench.people["admin"].id
        return login, accounts.prepare_account(bench.platform, who, organisation, login, "某人", frozenset(roles))

    return prepare


def test_an_account_is_dead_until_a_second_person_approves(bench, prepared):
    _login, account = prepared(Role.AGENCY_OFFICER)
    with bench.platform.database.reading() as db_session:
        assert load_actor(db_session, account) is ANYONE
    for login in ("admin", "officer", "regulator", "bidder-a"):
        with pytest.raises(NotAllowed):
            accounts.approve_account(bench.platform, bench.people[login].id, account)
    assert accounts.approve_account(bench.platform, bench.people["releaser"].id, account)
    refused("account_already_approved", accounts.approve_account, bench.platform, bench.people["centre"].id, account)
    with bench.platform.database.reading() as db_session:
        assert load_actor(db_session, account).roles == {Role.AGENCY_OFFICER}


def test_an_agency_approves_for_itself_only(bench, prepared):
    _login, account = prepared(
        Role.REGULATOR, organisation=NewOrganisation("regulator单位", "regulator", "O-regulator")
    )
    refused("account_unknown", accounts.approve_account, bench.platform, bench.people["releaser"].id, account)
    assert accounts.approve_account(bench.platform, bench.people["centre"].id, account)


def test_only_an_administrator_prepares(bench):
    for login in ("centre", "officer", "releaser", "regulator", "bidder-a"):
        who = bench.people[login].id
        with pytest.raises(NotAllowed):
            accounts.prepare_account(bench.platform, who, AGENCY, "x", "某人", frozenset({Role.AGENCY_OFFICER}))


@pytest.mark.parametrize("pair", sorted(tuple(sorted(pair)) for pair in NEVER_COMBINED))
def test_roles_that_clash_never_meet_in_one_account(prepared, pair):
    assert refused("roles_clash", prepared, *pair)["roles"] == ", ".join(pair)


def test_an_invitation_is_used_once(bench, prepared):
    login, account = prepared(Role.AGENCY_OFFICER)
    code = accounts.approve_account(bench.platform, bench.people["centre"].id, account)
    refused("password_short", accounts.accept_invitation, bench.platform, code, "short")
    assert accounts.accept_invitation(bench.platform, code, PASSWORD)[0] == login
    refused("invitation_invalid", accounts.accept_invitation, bench.platform, code, PASSWORD)
    refused("invitation_invalid", accounts.accept_invitation, bench.platform, "guessed", PASSWORD)


def test_an_invitation_is_used_once_by_eight_at_the_same_moment(bench, prepared):
    _login, account = prepared(Role.AGENCY_OFFICER)
    code = accounts.approve_account(bench.platform, bench.people["centre"].id, account)
    found = at_once(8, lambda: accounts.accept_invitation(bench.platform, code, PASSWORD))
    assert found.count("invitation_invalid") == 7


def test_an_account_is_approved_once_by_eight_at_the_same_moment(bench, prepared):
    _login, account = prepared(Role.AGENCY_OFFICER)
    found = at_once(8, lambda: accounts.approve_account(bench.platform, bench.people["centre"].id, account))
    assert found.count("account_already_approved") == 7


def test_an_invitation_runs_out(bench, prepared):
    _login, account = prepared(Role.AGENCY_OFFICER)
    code = accounts.approve_account(bench.platform, bench.people["centre"].id, account)
    bench.clock.stop_at(bench.clock.at + INVITATION_VALID)
    refused("invitation_invalid", accounts.accept_invitation, bench.platform, code, PASSWORD)
    bench.clock.go_on()


def test_a_name_is_taken_once(bench, someone):
    word = secrets.token_hex(8)
    owner = NewOrganisation(f"投标人{word}", "bidder", credit_code(word))
    refused("login_taken", accounts.register_bidder, bench.platform, owner, someone.login, "某人", PASSWORD)
    accounts.register_bidder(bench.platform, owner, f"s-{word}", "某人", PASSWORD)
    refused("organisation_exists", accounts.register_bidder, bench.platform, owner, f"t-{word}", "某人", PASSWORD)


def test_a_bidder_signs_up_once_when_eight_try_at_the_same_moment(bench):
    word = secrets.token_hex(8)
    owner = NewOrganisation(f"投标人{word}", "bidder", credit_code(word))

    def sign_up():
        login = f"u-{secrets.token_hex(4)}"
        return accounts.register_bidder(bench.platform, owner, login, "某人", PASSWORD)

    assert at_once(8, sign_up).count("organisation_exists") == 7


def test_a_denied_act_is_on_the_log_of_denials(bench):
    def denied():
        with bench.platform.database.reading() as db_session:
            query = select(func.count()).select_from(DeniedAttempt)
            return db_session.scalar(query.where(DeniedAttempt.actor == bench.people["bidder-b"].id))

    before = denied()
    bench.publish()
    with pytest.raises(NotAllowed):
        bench.act("bidder-b", {"terms_sha256": "0" * 64}, "", "TenderPublished")
    assert denied() == before + 1

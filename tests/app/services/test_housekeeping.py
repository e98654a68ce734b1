"""Once an hour what nobody needs goes, and nothing else."""

import os
import secrets

import pytest
from sqlalchemy import select

from app.models import Job, StoredFile
from app.services import uploads
from app.services.housekeeping import UNNAMED_FOR, begin_housekeeping, tidy_up
from tests.app.services.people import LOT
from tests.app.services.whole_case import WholeCase


@pytest.fixture
def case(tmp_path):
    return WholeCase(tmp_path).through("found publish bid open")


def kept(case):
    return {path.name for path in case.folder.glob("blobs/*/*")}


def age(case, seconds=0.0):
    """Everything in the store was last written long enough ago, by the clock that tests hold, and `seconds` more."""
    written = (case.platform.database.now() - UNNAMED_FOR).timestamp() - 1 - seconds
    for path in case.folder.glob("blobs/*/*"):
        os.utime(path, (written, written))


def test_what_no_row_names_goes_and_everything_else_stays(case):
    log_in = case.people["bidder-a"].log_in
    begun = uploads.begin_upload(case.platform, log_in, 10)
    uploads.continue_upload(case.platform, log_in, begun.id, 0, [b"half"])
    with case.platform.database.reading() as db_session:
        named = set(db_session.scalars(select(StoredFile.blob))) | {begun.id}
    left_behind = case.platform.blobs.put_stream([b"a capsule whose process was killed"])
    unmoved = case.platform.blobs.path(left_behind).with_name(f"{secrets.token_hex(32)}.0000.part")
    unmoved.write_bytes(b"never moved into place")
    same_bytes = case.platform.blobs.put(b"may be kept again at any moment")
    age(case)
    young = case.platform.blobs.put_stream([b"its row is not committed yet"])
    tidy_up(case.platform)
    assert kept(case) == named | {same_bytes, young}


def test_a_case_goes_on_after_it(case):
    age(case)
    tidy_up(case.platform)
    case.through("draw")
    assert case.case.lots[LOT].draw


def test_what_expired_goes_with_its_row(case):
    log_in = case.people["bidder-a"].log_in
    begun = uploads.begin_upload(case.platform, log_in, 10)
    uploads.continue_upload(case.platform, log_in, begun.id, 0, [b"half"])
    case.clock.advance(uploads.KEPT_FOR.total_seconds())
    tidy_up(case.platform)
    assert begun.id not in kept(case)


def test_it_is_begun_once_and_goes_on_by_itself(case):
    waiting = select(Job).where(Job.task == "tidy_up", Job.done_at.is_(None))
    for _ in range(2):
        begin_housekeeping(case.platform)
    with case.platform.database.reading() as db_session:
        (first,) = db_session.scalars(waiting).all()
    case.clock.advance((first.due_at - case.platform.database.now()).total_seconds() + 1)
    case.work_off()
    with case.platform.database.reading() as db_session:
        (following,) = db_session.scalars(waiting).all()
    assert following.due_at > first.due_at

"""Centre and system administrator read that the platform's clock is wrong, and by how much; nobody else does."""

from datetime import timedelta

import pytest

from tests.app.web.site import Site

BOARDS = (("centre", "/centre"), ("admin", "/accounts"))
WORDS = "平台的时钟有误"


@pytest.mark.parametrize(("who", "board"), BOARDS)
def test_a_clock_that_is_apart_from_the_database_s_is_on_their_boards(founded: Site, who, board, monkeypatch):
    assert WORDS not in founded.browser(who).get(board)
    database = founded.case.platform.database
    now = database.now()
    monkeypatch.setattr(database, "machine_now", lambda: now + timedelta(seconds=75))
    page = founded.browser(who).get(board)
    assert WORDS in page
    assert "+7" in page  # about 75 s, counted when it is read
    assert WORDS not in founded.browser("officer").get("/agency")

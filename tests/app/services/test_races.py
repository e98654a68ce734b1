"""Acts that exclude each other leave a legal history, on either database (T19)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.services.platform import DIST
from tests.app.services.races import RACES, Race
from tests.app.services.whole_case import WholeCase
from tests.app.workbench import emptied

pytestmark = [
    pytest.mark.each_database,
    pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built"),
]
RUNS = 2


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """For each run a database of its own: it plays what cannot be played twice."""
    if request.param == "sqlite":
        yield ""
        return
    with emptied(request.getfixturevalue("postgres_url")) as found:
        yield found


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
@pytest.mark.parametrize("run", range(RUNS))
def test_one_wins_and_the_history_is_legal(race: type[Race], run: int, url: str, tmp_path):
    case = WholeCase(tmp_path, database_url=url).through(race.COURSE)
    race(case).run()
    case.platform.database.dispose()

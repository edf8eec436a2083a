"""How often it is asked whether a copy is there: once in a run, and again where somebody else may have made it."""

from pathlib import Path
from threading import Thread

import pytest

from orchestration import copying
from pcw.home import Home
from pcw.settings import Settings
from publishing import copies, shelf
from publishing.copies import EXPORTS
from publishing.makers import MAKERS, POSTGRES, Maker
from tests.unit.test_copies import home as home
from tests.unit.test_copies import page, read, released
from tests.unit.test_copies import template as template


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A database that never answers: of which releases it was asked, each time ten seconds."""
    asked: list[str] = []

    def is_made(home: Home, settings: Settings, release: shelf.Release) -> bool:
        asked.append(release.release_id)
        return False

    known = MAKERS[POSTGRES]
    maker = Maker(known.what, known.command, known.make, is_made, known.place)
    monkeypatch.setattr(copying, "MAKERS", {**MAKERS, POSTGRES: maker})
    return asked


def test_a_silent_database_is_asked_once_in_a_run(home: Home, silent: list[str]) -> None:
    settings = Settings(home=home.root, copies=(POSTGRES,), serving_url="postgresql://127.0.0.1:9/none")
    first = released(home, 1).release_id
    copying.note_try(home, POSTGRES, "Nobody listens.")
    asked = copying.Asked()
    assert copying.lacking(home, settings, asked) == [POSTGRES]
    asked.note_made([POSTGRES], copying.problems(home))
    assert copying.places(home, settings, asked) == []
    assert len(copying.alerts_from_copies(home, settings, asked)) == 1
    assert copying.mended(home, settings, [("known", "copy")], asked) == {"known"}
    assert silent == [first]
    # Of another release, and of one that was just made, it is asked anew.
    second = released(home, 2).release_id
    assert copying.lacking(home, settings, asked) == [POSTGRES]
    assert silent == [first, second]
    copying.note_try(home, POSTGRES, None)
    asked.note_made([POSTGRES], copying.problems(home))
    assert copying.lacking(home, settings, asked) == [POSTGRES]
    assert silent == [first, second, second]


def test_where_nothing_failed_nothing_is_asked_for_what_is_told(home: Home, silent: list[str]) -> None:
    settings = Settings(home=home.root, copies=(POSTGRES,), serving_url="postgresql://127.0.0.1:9/none")
    released(home, 1)
    assert copying.alerts_from_copies(home, settings) == [] and not copying.untold(home, settings)
    assert silent == []


def test_who_waited_for_another_maker_does_not_make_it_again(home: Home) -> None:
    release = released(home, 1)
    started: list[Thread] = []

    def slow(into: Path) -> None:
        started.append(Thread(target=copies.make, args=(home, release, EXPORTS, page("two")), kwargs={"again": False}))
        started[0].start()
        started[0].join(0.3)
        assert started[0].is_alive(), "the second waits for the first"
        page("one")(into)

    copies.make(home, release, EXPORTS, slow, again=False)
    started[0].join()
    assert read(home) == "one"
    copies.make(home, release, EXPORTS, page("three"))
    assert read(home) == "three"

"""What `kills` kills, and what must hold afterwards: landing, release, whole jobs, and publishes under readers.

Each action prepares a folder once, starts every kill from a copy of the same home, does its work there, and does the
same again after the kill. Its answer is what must be equal, killed or not.
"""

import json
import os
import shutil
import signal
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from orchestration import page_mark, pipeline
from orchestration.landing import land
from orchestration.landing_all import RELEASED
from pcw.home import Home
from pcw.settings import Settings
from publishing import shelf
from publishing.content_hash import content_hash_of
from sources.contracts import load_contracts
from sources.landing import sweep
from sources.manifests import read_submissions
from sources.receipts import is_nothing_new, receive, take_away, waiting_files
from sources.synthetic.sample import write_sample
from tests.faults.test_release_crash import assert_whole, publish_new, what_readers_see
from tests.unit.publishing_build import build_database, release_of

# Between two of these nothing that lasts happens.
OS_STEPS = ("fsync", "rename", "replace", "unlink", "mkdir", "rmdir", "symlink", "chmod")
DISK: tuple[tuple[Any, str], ...] = (*((os, name) for name in OS_STEPS), (shutil, "copyfile"), (duckdb, "connect"))
BOUNDARIES = {"RUN_START", "STEP_START", "STEP_SUCCESS", "RUN_SUCCESS"}
CLOCKS = ("landed_at", "file_mtime_ns", "receipts")
NEWEST = date(2017, 6, 1)


class Action(ABC):
    """One thing that is killed."""

    name: str
    steps: tuple[tuple[Any, str], ...] = DISK
    # Whether a single one takes minutes.
    is_costly = False

    def import_all(self) -> None:
        """What is slow to import, before the forks."""
        return

    def is_step(self, arguments: tuple[Any, ...]) -> bool:
        """Whether this call of a watched function is a step."""
        return True

    @abstractmethod
    def prepare(self, folder: Path) -> None:
        """Write what every kill starts from."""

    @abstractmethod
    def start(self, folder: Path, home: Path) -> None:
        """A home of its own for one kill. Opens no database."""

    @abstractmethod
    def act(self, home: Path, folder: Path) -> None:
        """What is killed."""

    @abstractmethod
    def answer(self, home: Path, folder: Path) -> str:
        """What is equal, killed or not; also proves that all is whole."""

    def recover(self, home: Path, folder: Path) -> str:
        """The same again after a kill, and the answer."""
        self.act(home, folder)
        return self.answer(home, folder)


def die_at(action: Action, home: Path, folder: Path, step: int) -> int:
    """Do it, and die before the n-th step as kill -9 would; 0: survive. Returns how many steps there were."""
    count = 0

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            nonlocal count
            if action.is_step(arguments):
                count += 1
                if count == step:
                    os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **keywords)

        return call

    for owner, name in action.steps:
        setattr(owner, name, watched(getattr(owner, name)))
    action.act(home, folder)
    return count


class Landing(Action):
    """kills of landing alone: a good file and a bad one"""

    name = "landing"

    def import_all(self) -> None:
        import great_expectations  # noqa: F401

    def prepare(self, folder: Path) -> None:
        write_sample(folder / "feeds", date(2017, 4, 1), date(2017, 4, 1), practices=3, seed=7, with_truth=False)

    def start(self, folder: Path, home: Path) -> None:
        made = Home(home).create()
        shutil.copyfile(folder / "feeds" / "practice_groups.csv", made.inbox / "practice_groups.csv")
        (made.inbox / "nonsense.txt").write_bytes(b"nonsense")

    def act(self, home: Path, folder: Path) -> None:
        made = Home(home).create()
        sweep(made)
        for path in waiting_files(made.inbox):
            receipt = receive(path, datetime(2017, 7, 1, tzinfo=UTC))
            if is_nothing_new(made, receipt, read_submissions(made.landing), load_contracts(), left_in_place=False):
                take_away(made, receipt)
            else:
                land(made, Settings(home=home), receipt)

    def answer(self, home: Path, folder: Path) -> str:
        found = landed_tree(home)
        assert any(name.startswith("landing/practice_groups/") for name in found)
        assert any(name.startswith("quarantine/") for name in found)
        assert_nothing_left(Home(home))
        return json.dumps(found)


class Release(Action):
    """kills of release alone: a new release over an old one, which retention then removes"""

    name = "release"

    def prepare(self, folder: Path) -> None:
        old = release_of(Home(folder / "pristine").create(), build_database(folder, items=10)).content_hash
        new = content_hash_of(build_database(folder, items=12))
        (folder / "figures.json").write_text(json.dumps([old, new]))

    def start(self, folder: Path, home: Path) -> None:
        shutil.copytree(folder / "pristine", home, symlinks=True)

    def act(self, home: Path, folder: Path) -> None:
        publish_new(Home(home), folder)

    def answer(self, home: Path, folder: Path) -> str:
        assert_whole(Home(home))
        release = shelf.current_release(Home(home))
        assert release is not None
        return release.content_hash

    def recover(self, home: Path, folder: Path) -> str:
        old, new = json.loads((folder / "figures.json").read_text())
        seen = what_readers_see(Home(home))
        assert seen in (old, new), f"readers saw {seen}, neither the old release {old} nor the new one {new}"
        return super().recover(home, folder)


class Jobs(Action):
    """kills of the whole job `pcw run`: the files of one more month over a release"""

    name = "jobs"
    steps = ((dg.DagsterInstance, "handle_new_event"),)
    is_costly = True

    def import_all(self) -> None:
        import great_expectations  # noqa: F401

        import orchestration.build  # noqa: F401

    def is_step(self, arguments: tuple[Any, ...]) -> bool:
        event = arguments[1]
        return event.is_dagster_event and event.get_dagster_event().event_type_value in BOUNDARIES

    def prepare(self, folder: Path) -> None:
        if (folder / "prepared").exists():
            return
        for left in ("feeds", "more", "pristine"):
            shutil.rmtree(folder / left, ignore_errors=True)
        write_sample(folder / "feeds", date(2017, 5, 1), NEWEST, practices=3, seed=7, with_truth=False)
        (folder / "more").mkdir()
        for pattern in ("EPD_201706*", "ePACT2*201706*", "gp-reg*2017-06*", "SEM_OPA*M03_net*", "ledger*M03*"):
            for path in (folder / "feeds").glob(pattern):
                path.rename(folder / "more" / path.name)
        _run(folder / "pristine", folder / "feeds")
        (folder / "prepared").touch()

    def start(self, folder: Path, home: Path) -> None:
        shutil.copytree(folder / "pristine", home, symlinks=True)

    def act(self, home: Path, folder: Path) -> None:
        _run(home, folder / "more")

    def answer(self, home: Path, folder: Path) -> str:
        made = Home(home)
        release = shelf.current_release(made)
        assert release is not None
        figures = content_hash_of(release.path)
        assert page_mark.marked(made) == release.release_id, "the pages of quality are of another release"
        assert content_hash_of(release.private_path) == release.content_hash
        kept = {path.parent.name for path in (made.published / "releases").glob("*/release.json")}
        assert {path.stem for path in made.private.glob("*.duckdb")} - {"current"} == kept
        landed = sorted((s.dataset, s.file_sha256) for s in read_submissions(made.landing))
        assert len(landed) == len(set(landed)), "a file was landed twice"
        assert_nothing_left(made)
        return json.dumps([release.content_hash, figures, landed])

    def recover(self, home: Path, folder: Path) -> str:
        before = content_hash_of(folder / "pristine/published/current.duckdb")
        seen = content_hash_of(home / "published/current.duckdb")
        said = _run(home, folder / "more")
        answer = self.answer(home, folder)
        assert seen in (before, json.loads(answer)[1]), f"readers saw {seen} after the kill"
        again = _run(home, folder / "more")
        assert again[0].startswith("Nothing new"), f"after recovery there was more to do: {again}, first {said}"
        return answer


def _run(home: Path, inbox: Path) -> list[str]:
    os.environ |= {"PCW_HOME": str(home), "PCW_COPIES": ""}
    said: list[str] = []
    received = datetime(2017, 8, 1, tzinfo=UTC)
    code = pipeline.run(Settings(home=home), said.append, inbox=inbox, as_at=None, received_at=received)
    assert code == RELEASED, f"exit code {code}: {said[-3:]}"
    return said


def landed_tree(home: Path) -> dict[str, str]:
    """What is landed, refused and still waiting, without clocks."""
    found = {}
    for path in sorted([*home.glob("landing/**/*"), *home.glob("quarantine/**/*"), *home.glob("inbox/*")]):
        if path.is_file():
            text = path.read_bytes()
            if path.name in ("manifest.json", "refusal.json"):
                values = json.loads(text)
                text = json.dumps({key: value for key, value in values.items() if key not in CLOCKS}).encode()
            found[str(path.relative_to(home))] = text.hex()
    return found


def assert_nothing_left(home: Home) -> None:
    """No orphan of a crash is left anywhere but in the scratch folder, which each run sweeps."""
    left = [path for pattern in ("**/.*.tmp", "**/.building-*", "**/.removed-*") for path in home.root.glob(pattern)]
    left += [*home.inbox.glob(".taken-*"), *home.inbox.glob("*.csv")]
    assert left == [], f"left behind: {left[:5]}"


ACTIONS: dict[str, type[Action]] = {action.name: action for action in (Landing, Release, Jobs)}

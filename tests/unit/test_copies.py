"""Copies of a release are put in place as a whole, follow what readers see, and can be left half-made by nobody."""

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock
from typer.testing import CliRunner

from orchestration import cli, copying
from orchestration.doctor import examine
from pcw.errors import PcwError
from pcw.home import Home
from pcw.settings import COPIES, Settings, load_settings
from publishing import backup, copies, makers, shelf
from publishing.copies import EXPORTS, SITE
from publishing.delivery import deliver, told_alerts
from publishing.rollback import rollback, unpin
from publishing.shelf import Release
from publishing.status import render, status
from tests.unit.publishing_build import CREATED_AT, build_database, release_of

NOW = datetime(2017, 9, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two releases, of which readers see the first."""
    root = tmp_path_factory.mktemp("copies")
    home = Home(root / "home").create()
    for items in (1, 2):
        at = CREATED_AT + timedelta(minutes=items)
        release_of(home, build_database(root, items=items), created_at=at, inputs_fingerprint=f"in-{items}")
    shelf.flip(home, shelf.normal_releases(home)[0])
    return home.root


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Home:
    shutil.copytree(template, tmp_path / "home", symlinks=True)
    return Home(tmp_path / "home")


def released(home: Home, number: int) -> Release:
    """Readers see the first or the second release from now on, as after publishing it."""
    release = shelf.normal_releases(home)[number - 1]
    shelf.flip(home, release)
    copies.follow(home)
    return release


def page(text: str) -> Callable[[Path], None]:
    """A maker of a copy with one page."""

    def write(into: Path) -> None:
        assert list(into.iterdir()) == []
        (into / "page.txt").write_text(text)

    return write


def read(home: Home) -> str | None:
    """What readers find; None where the link leads nowhere or is not there."""
    file = home.published / EXPORTS / "page.txt"
    return file.read_text() if file.exists() else None


def test_a_copy_lies_with_its_release_and_readers_find_that_of_the_current_one(home: Home) -> None:
    first = released(home, 1)
    assert read(home) is None and not copies.is_made(first, EXPORTS)
    place = copies.make(home, first, EXPORTS, page("one"))
    assert place == first.path.parent / "exports"
    facts = json.loads((place / "made.json").read_text())
    assert facts == {"release_id": first.release_id, "content_hash": first.content_hash}
    assert os.readlink(home.published / "exports") == f"releases/{first.release_id}/exports"
    assert read(home) == "one" and copies.seen(home) == {EXPORTS: first.release_id}
    copies.make(home, first, EXPORTS, page("one again"))
    assert read(home) == "one again"
    assert {entry.name for entry in first.path.parent.iterdir() if entry.name.startswith(".")} == set()
    released_mode = first.path.stat().st_mode
    assert {file.stat().st_mode for file in place.iterdir()} == {released_mode}
    assert place.stat().st_mode == first.path.parent.stat().st_mode


def test_until_the_new_copy_is_made_readers_find_the_old_one(home: Home) -> None:
    copies.make(home, released(home, 1), EXPORTS, page("one"))
    second = released(home, 2)
    assert read(home) == "one"
    copies.make(home, second, EXPORTS, page("two"))
    assert read(home) == "two"


def test_after_a_rollback_to_a_release_without_a_copy_there_is_none_and_never_a_newer_one(home: Home) -> None:
    first = released(home, 1)
    copies.make(home, released(home, 2), EXPORTS, page("two"))
    rollback(home, first.release_id, reason="try", at=NOW)
    assert not (home.published / "exports").is_symlink()
    copies.make(home, first, EXPORTS, page("one"))
    assert read(home) == "one"
    unpin(home)
    assert read(home) == "two"


def test_a_copy_of_a_release_that_readers_do_not_see_changes_nothing_for_them(home: Home) -> None:
    first, second = released(home, 1), released(home, 2)
    copies.make(home, second, EXPORTS, page("two"))
    copies.make(home, first, EXPORTS, page("one"))
    assert read(home) == "two" and copies.is_made(first, EXPORTS)


def test_where_the_older_copy_is_gone_the_link_goes(home: Home) -> None:
    first = released(home, 1)
    copies.make(home, first, EXPORTS, page("one"))
    shutil.rmtree(first.path.parent / "exports")
    released(home, 2)
    assert not (home.published / "exports").is_symlink()


def test_a_copy_that_fails_leaves_the_one_before_and_nothing_half_written(home: Home) -> None:
    release = released(home, 1)
    copies.make(home, release, EXPORTS, page("one"))

    def no_space(into: Path) -> None:
        (into / "half").write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(PcwError, match=r"exports of release .* could not be written.*No space.*stands"):
        copies.make(home, release, EXPORTS, no_space)
    assert read(home) == "one"
    assert {entry.name for entry in release.path.parent.iterdir()} >= {"exports"}
    assert not list(release.path.parent.glob(".*"))


@pytest.mark.parametrize("is_while_writing", [False, True])
def test_a_release_that_was_removed_gets_no_copy(home: Home, is_while_writing: bool) -> None:
    first = released(home, 1)
    released(home, 2)

    def write(into: Path) -> None:
        shelf.keep_newest(home, 1)
        page("one")(into) if into.exists() else None

    if not is_while_writing:
        shelf.keep_newest(home, 1)
    with pytest.raises(PcwError, match=f"{first.release_id} was removed, so its exports cannot be made"):
        copies.make(home, first, EXPORTS, write)
    assert [release.release_id for release in shelf.releases(home)] == [shelf.current_id(home)]
    assert not (shelf.releases_folder(home) / first.release_id).exists()


def test_retention_takes_the_copies_with_their_release(home: Home) -> None:
    first = released(home, 1)
    copies.make(home, first, EXPORTS, page("one"))
    build = build_database(home.root.parent, items=9)
    release_of(home, build, created_at=CREATED_AT + timedelta(days=1), inputs_fingerprint="in-9", keep=1)
    assert not first.path.parent.exists()
    assert not (home.published / "exports").is_symlink()


@pytest.mark.parametrize("killed_at", ["writing", "before the first rename", "between the renames", "before removing"])
def test_killed_anywhere_the_next_copy_is_whole(home: Home, killed_at: str) -> None:
    release = released(home, 1)
    copies.make(home, release, EXPORTS, page("one"))
    place = release.path.parent / "exports"
    building, removed = (place.with_name(f".{word}-exports") for word in ("building", "removed"))
    building.mkdir()
    page("two, half")(building)
    if killed_at == "before the first rename":
        (building / "made.json").write_text("{}")
    if killed_at == "between the renames":
        (building / "made.json").write_text("{}")
        place.rename(removed)
    if killed_at == "before removing":
        place.rename(removed)
        building.rename(place)
        (place / "made.json").write_text("{}")
    copies.sweep(home)
    copies.follow(home)
    assert read(home) == ("two, half" if killed_at == "before removing" else "one")
    assert not building.exists() and not removed.exists()
    copies.make(home, release, EXPORTS, page("two"))
    assert read(home) == "two"


def test_what_somebody_is_writing_just_now_is_not_swept(home: Home) -> None:
    release = released(home, 1)
    building = release.path.parent / ".building-exports"
    building.mkdir()
    with FileLock(home.published / ".exports.lock"):
        copies.sweep(home)
    assert building.exists()
    assert [found.about for found in examine(Settings(home=home.root), deep=False) if found.about == "orphans"]
    copies.sweep(home)
    assert not building.exists()


def test_a_half_written_copy_is_none(home: Home) -> None:
    release = released(home, 1)
    (release.path.parent / "exports").mkdir()
    copies.follow(home)
    assert not copies.is_made(release, EXPORTS) and copies.seen(home) == {}


def test_a_copy_for_somebody_is_whole_and_overwrites_nothing(home: Home, tmp_path: Path) -> None:
    release, out = released(home, 1), tmp_path / "to" / "out"
    assert copies.write_to(out, release, page("one")) == out
    assert [entry.name for entry in out.parent.iterdir()] == ["out"]
    with pytest.raises(PcwError, match="is there already and is not empty"):
        copies.write_to(out, release, page("two"))
    assert (out / "page.txt").read_text() == "one"


def test_a_backup_leaves_copies_out_and_keeps_the_release(home: Home, tmp_path: Path) -> None:
    release = released(home, 1)
    for kind in (EXPORTS, SITE):
        copies.make(home, release, kind, page("one"))
    made = backup.backup(home, tmp_path / "backups", at=NOW, with_history=False)
    assert not [path for path in made.folder.rglob("*") if {EXPORTS, SITE} & set(path.relative_to(made.folder).parts)]
    restored = Home(tmp_path / "restored")
    backup.restore(restored, tmp_path / "backups")
    again = shelf.current_release(restored)
    assert again is not None and again.release_id == release.release_id
    assert copying.lacking(restored, wanting(restored)) == [EXPORTS]


def wanting(home: Home) -> Settings:
    return Settings(home=home.root, copies=(EXPORTS,))


def test_a_copy_that_cannot_be_made_is_told_once_and_its_recovery_too(home: Home) -> None:
    settings = wanting(home)
    assert copying.alerts_from_copies(home, settings) == []
    release = released(home, 1)
    assert copying.lacking(home, settings) == [EXPORTS]
    assert copying.alerts_from_copies(home, settings) == []  # nobody has tried
    copying.note_try(home, EXPORTS, "The exports could not be written: no space.")
    [alert] = copying.alerts_from_copies(home, settings)
    assert (alert.owner, alert.severity) == ("data-engineering", "copy")
    assert "no space" in alert.body[0] and "pcw export" in alert.body[-1]
    assert deliver([alert], [], home, now=NOW).new == 1
    assert deliver(copying.alerts_from_copies(home, settings), [], home, now=NOW).new == 0
    assert not copying.untold(home, settings)
    [found] = [found for found in examine(settings, deep=False) if found.about == "copies"]
    assert found.is_todo and "no space" in found.sentence and "pcw export" in found.sentence
    copies.make(home, release, EXPORTS, page("one"))
    copying.note_try(home, EXPORTS, None)
    assert copying.untold(home, settings)
    cleared = copying.mended(home, settings, told_alerts(home))
    assert deliver([], [], home, cleared=cleared, now=NOW).recovered == 1
    assert [found for found in examine(settings, deep=False) if found.about == "copies"] == []


def test_a_copy_that_is_wanted_no_more_is_no_problem(home: Home) -> None:
    released(home, 1)
    copying.note_try(home, EXPORTS, "The exports could not be written.")
    deliver(copying.alerts_from_copies(home, wanting(home)), [], home, now=NOW)
    nothing = Settings(home=home.root, copies=())
    assert copying.alerts_from_copies(home, nothing) == [] and copying.untold(home, nothing)


def test_status_says_where_copies_are_and_of_which_release(home: Home) -> None:
    first = released(home, 1)
    copies.make(home, first, EXPORTS, page("one"))
    assert f"  {home.published / 'exports'}\n" in render(status(home))
    released(home, 2)
    assert f"exports of {first.release_id}, until those of this release are made" in render(status(home))


def test_which_copies_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().wanted_copies == ()  # as all tests are run
    monkeypatch.delenv("PCW_COPIES")
    assert load_settings().wanted_copies == ("site", "exports")
    monkeypatch.setenv("PCW_SERVING_URL", "postgresql://pcw@/serving")
    assert load_settings().wanted_copies == ("site", "exports", "postgres")
    monkeypatch.setenv("PCW_COPIES", "exports, postgres")
    assert load_settings().wanted_copies == ("exports", "postgres")
    monkeypatch.delenv("PCW_SERVING_URL")
    with pytest.raises(PcwError, match="PCW_COPIES names postgres, which needs PCW_SERVING_URL"):
        load_settings()
    monkeypatch.setenv("PCW_COPIES", "exports,parquet")
    with pytest.raises(PcwError, match=r"PCW_COPIES: .*expected some of site, exports, postgres.*parquet is none"):
        load_settings()
    monkeypatch.setenv("PCW_SERVING_URL", "mysql://secret@host")
    with pytest.raises(PcwError, match="PCW_SERVING_URL") as caught:
        load_settings()
    assert "secret" not in str(caught.value)


def test_each_maker_is_of_a_known_kind() -> None:
    assert list(makers.MAKERS) == [kind for kind in COPIES if kind in makers.MAKERS]


def run(home: Home, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    monkeypatch.setenv("PCW_HOME", str(home.root))
    done = CliRunner().invoke(cli.app, ["export", *arguments])
    return done.exit_code, done.output if done.exception is None else f"{done.output}{done.exception}"


def test_a_rollback_while_links_are_set_has_the_last_word(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = released(home, 1), released(home, 2)
    for one in (first, second):
        copies.make(home, one, EXPORTS, lambda into: (into / "x").touch())
    lead, calls = copies._lead, []

    def taken_back(of: Home, current: shelf.Release | None) -> None:
        calls.append(current.release_id if current else None)
        if len(calls) == 1:
            shelf.flip(home, first)  # after the current release was read, before the link is set
        if len(calls) == 2:
            raise FileNotFoundError("a publisher swept the link that was being made")
        lead(of, current)

    monkeypatch.setattr(copies, "_lead", taken_back)
    copies.follow(home)
    assert calls == [second.release_id, first.release_id, first.release_id]
    assert os.readlink(home.published / EXPORTS) == f"releases/{first.release_id}/exports"


def test_a_link_that_another_follower_removed_meanwhile_is_none(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = released(home, 1), released(home, 2)
    copies.make(home, second, EXPORTS, lambda into: (into / "x").touch())
    shelf.flip(home, first)
    seen = copies.seen

    def removed(of: Home) -> dict[str, str]:
        (home.published / EXPORTS).unlink(missing_ok=True)
        return seen(of)

    monkeypatch.setattr(copies, "seen", removed)
    copies.follow(home)
    assert not (home.published / EXPORTS).is_symlink()


def test_the_command_writes_the_exports_of_any_release(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = run(Home(tmp_path / "empty"), monkeypatch)
    assert code != 0 and "There is no release yet" in said
    first = released(home, 1)
    released(home, 2)
    code, said = run(home, monkeypatch, "--release", first.release_id)
    assert code == 0, said
    assert f"Open {first.path.parent / 'exports'}" in said
    assert not (home.published / "exports").exists()
    copying.note_try(home, EXPORTS, "It failed.")
    code, said = run(home, monkeypatch)
    assert code == 0, said
    assert copying.problems(home) == {}
    # An audience has what its rules let through, and no folder more.
    exported = home.published / "exports"
    assert {entry.name for entry in exported.iterdir()} == {"made.json", "commissioner", "practice", "public"}
    public = {file.stem for file in (exported / "public" / "parquet").iterdir()}
    assert public == {"indicator", "indicator_result", "practice_month", "release", "release_change"}
    code, said = run(home, monkeypatch, "--out", str(tmp_path / "out"))
    assert code == 0 and (tmp_path / "out" / "public" / "README.txt").exists()

"""Copies of a real release: exports are the release, cell by cell; `pcw run` makes them and tells of what fails."""

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from orchestration.copy_assets import copies_of_release
from pcw.settings import Settings
from publishing import shelf
from publishing.copies import EXPORTS, is_made
from publishing.exports import writing
from publishing.shelf import Release
from tests.export_reading import by_practice_plainly, csv_rows, differences, parquet_rows, released_tables
from tests.running import Deployed, query, run_pipeline


@pytest.fixture(scope="module")
def exported(released: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Release, Path]]:
    release, out = shelf.current_release(released.home), tmp_path_factory.mktemp("exports")
    assert release is not None
    writing.write(release, out, memory_limit="2GB", work=out)
    yield release, out


@pytest.mark.parametrize("audience", ["commissioner", "practice", "public"])
def test_every_cell_is_that_of_the_release(exported: tuple[Release, Path], audience: str) -> None:
    release, out = exported
    assert list(differences(release.file_of(audience), out / audience)) == []


def test_views_are_not_exported_and_the_dictionary_says_so(exported: tuple[Release, Path]) -> None:
    release, out = exported
    for audience in ("commissioner", "practice", "public"):
        views = query(release.file_of(audience), "select view_name from duckdb_views() where not internal")
        page = (out / audience / "dictionary.html").read_text(encoding="utf-8").replace("<wbr>", "")
        said = page.partition('id="not-here"')[2]
        assert views == [("indicator_latest",)]
        for (name,) in views:
            assert f"{name}: " in said
            assert not (out / audience / "parquet" / f"{name}.parquet").exists()


@pytest.mark.parametrize("audience", ["commissioner", "practice", "public"])
def test_indicators_by_practice_are_one_row_each_and_those_of_the_release(
    exported: tuple[Release, Path], audience: str
) -> None:
    release, out = exported
    expected = by_practice_plainly(release.file_of(audience))
    assert len(expected) > 1000
    assert len({(row[0], row[1], row[8], row[9]) for row in expected}) == len(expected)
    assert parquet_rows(out / audience / "indicators_by_practice.parquet") == expected
    with zipfile.ZipFile(out / audience / "indicators_by_practice.zip") as zipped:
        types = by_practice_types(release, audience)
        found = [row for name in sorted(zipped.namelist()) for row in csv_rows(zipped.read(name), types)]
    assert found == expected
    [newest] = (out / audience).glob("indicators_by_practice_*.csv")
    ends = {row[0] for row in csv_rows(newest.read_bytes(), types)}
    assert ends == {max(row[0] for row in expected if row[21] == "ok")}


def by_practice_types(release: Release, audience: str) -> dict[str, str]:
    """Types of its columns: those of where they are from."""
    from publishing.exports.by_practice import COLUMNS

    tables = released_tables(release.file_of(audience))
    return {name: tables[table][0][column] for name, (table, column, _) in COLUMNS.items()}


def with_exports(deployed: Deployed) -> Settings:
    return Settings(home=deployed.settings.home, copies=(EXPORTS,))


def test_a_run_makes_what_is_lacking_tells_what_fails_and_tells_when_it_is_made(
    copy_of_released: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, settings = copy_of_released.home, with_exports(copy_of_released)
    release, before = shelf.current_release(home), copy_of_released.digest()
    assert release is not None

    def fails(*_: object, **__: object) -> None:
        raise KeyError("nobody foresaw this")

    with monkeypatch.context() as patched:
        patched.setattr(writing, "write", fails)
        code, lines = run_pipeline(settings)
        said = "\n".join(lines)
        assert code == 1, said
        assert "Error: The exports: KeyError: 'nobody foresaw this'. Readers keep the release." in said
        assert "problem for data-engineering: The exports of the release could not be made" in said
        assert copy_of_released.digest() == before and not is_made(release, EXPORTS)
        code, lines = run_pipeline(settings)  # it is an error as long as it fails, and told once
        assert code == 1 and not [line for line in lines if "problem for" in line]
    code, lines = run_pipeline(settings)
    said = "\n".join(lines)
    assert code == 0, said
    assert f"Open {home.published / 'exports'}" in said
    assert "recovered for data-engineering: The exports of the release could not be made" in said
    facts = json.loads((home.published / "exports" / "made.json").read_text())
    assert facts["release_id"] == release.release_id
    made = (home.published / "exports" / "made.json").stat().st_mtime_ns
    code, lines = run_pipeline(settings)
    assert code == 0 and lines[-1] == f"Open {home.published / 'exports'}"
    assert (home.published / "exports" / "made.json").stat().st_mtime_ns == made


def test_the_sensor_asks_for_what_the_current_release_lacks(
    released: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PCW_HOME", str(released.settings.home))
    with dg.DagsterInstance.ephemeral() as instance:

        def looks() -> dg.RunRequest | dg.SkipReason:
            """A tick of the sensor."""
            found = copies_of_release(dg.build_sensor_context(instance=instance))
            assert isinstance(found, dg.RunRequest | dg.SkipReason)
            return found

        assert isinstance(looks(), dg.SkipReason)  # as tests are run nothing is wanted
        monkeypatch.setenv("PCW_COPIES", "exports")
        asked = looks()
        assert isinstance(asked, dg.RunRequest)
        assert asked.run_key is not None
        assert asked.run_key.startswith(f"{shelf.current_id(released.home)}|") and asked.run_key.endswith("|exports|0")
        assert asked.asset_selection == [dg.AssetKey(["copies", "exports"])]
        again = looks()
        assert isinstance(again, dg.RunRequest) and again.run_key == asked.run_key
        link = released.home.published / "current.duckdb"
        before = link.lstat()
        moment = (before.st_atime_ns, before.st_mtime_ns)
        # Readers went to another release and came back: the link is a new one.
        os.utime(link, ns=(moment[0], moment[1] + 1), follow_symlinks=False)
        back = looks()
        os.utime(link, ns=moment, follow_symlinks=False)
        assert isinstance(back, dg.RunRequest) and back.run_key != asked.run_key

        # While it is made nobody asks; what failed is asked for again, an hour later and under another key.
        run = instance.add_run(dg.DagsterRun(job_name="copies", tags=asked.tags))
        assert isinstance(looks(), dg.SkipReason)
        instance.report_run_failed(run)
        assert "an hour later" in str(looks())
        monkeypatch.setattr("orchestration.copy_assets.RETRY_SECONDS", 0.0)
        later = looks()
        assert isinstance(later, dg.RunRequest) and later.run_key != asked.run_key


def test_the_daemon_asks_for_copies_from_the_start() -> None:
    assert copies_of_release.default_status is dg.DefaultSensorStatus.RUNNING


def test_no_copy_without_a_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PCW_COPIES", "exports")
    with dg.DagsterInstance.ephemeral() as instance:
        assert isinstance(copies_of_release(dg.build_sensor_context(instance=instance)), dg.SkipReason)
    code, _ = run_pipeline(Settings(home=tmp_path / "home", copies=(EXPORTS,)))
    assert code == 0

"""Manifests that are remembered while files land: parsed once, and never older than what lies there."""

import json
from datetime import date
from pathlib import Path

import pytest

from pcw.errors import PcwError
from sources import manifests
from sources.manifests import MANIFEST, REGATED, WITHDRAWN, read_submissions, remembered
from tests.unit.test_ledger import submission


def put(landing: Path, digit: str) -> Path:
    folder = landing / "epd" / digit
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_text(json.dumps(submission("epd", digit, 1, date(2017, 4, 1)).to_json()))
    return folder


def test_a_manifest_is_parsed_once_until_something_of_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[Path] = []
    read = manifests.read_json
    monkeypatch.setattr(manifests, "read_json", lambda path: parsed.append(path) or read(path))
    first = put(tmp_path, "a")
    with remembered():
        assert len(read_submissions(tmp_path)) == 1
        put(tmp_path, "b")
        assert read_submissions(tmp_path) == read_submissions(tmp_path)
        assert [path.parent.name for path in parsed] == ["a", "b"]
        (first / REGATED).write_text(json.dumps({"suites_hash": "newer"}))
        assert [s.suites_hash == "newer" for s in read_submissions(tmp_path)] == [True, False]
        span = {"withdrawn_at": "2017-08-01T00:00+00:00", "by": "x", "reason": "wrong", "reinstated_at": None}
        (first / WITHDRAWN).write_text(json.dumps([span]))
        assert [s.withdrawal() is not None for s in read_submissions(tmp_path)] == [True, False]
        (first / WITHDRAWN).unlink()
        assert [s.withdrawal() is not None for s in read_submissions(tmp_path)] == [False, False]
        (first / MANIFEST).write_text("{")
        with pytest.raises(PcwError, match="damaged"):
            read_submissions(tmp_path)
        (first / MANIFEST).unlink()
        with pytest.raises(PcwError, match="has no manifest"):
            read_submissions(tmp_path)
    put(tmp_path / "other", "a")
    parsed.clear()
    read_submissions(tmp_path / "other")
    read_submissions(tmp_path / "other")
    assert len(parsed) == 2, "afterwards nothing is held"

"""Bad files stop at the first gate that can see them, say which file, column and row, and change no figure."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from sources.synthetic.faults import FAULTS
from tests.running import Deployed, run_pipeline

# Fault -> the gate that can see it first, and what its sentence must name beside the file.
BAD_FILES = {
    "truncated": ("file", ("row ", "columns, 26 expected")),
    "wrong_month": ("file", ("row 2", "column YEAR_MONTH", "2017-06")),
    "extra_column": ("file", ("row 1 (header)", "column 27")),
    "missing_column": ("file", ("row 1 (header)", "is missing")),
    "renamed_column": ("file", ("row 1 (header)", "is missing", "is not in the contract")),
    "doubled_rows": ("rows", ("row ", "practice_code")),
    "thousandfold_cost": ("rows", ("actual_cost",)),
    "thousandfold_cost_row": ("rows", ("row ", "actual_cost")),
    "empty": ("file", ("empty",)),
    "binary": ("file", ("not",)),
    "html_error_page": ("file", ("web page", "row 1")),
    "another_dataset": ("file", ("named like epd", "row 1", "gp_list_quin_age")),
    "unknown_practices": ("rows", ("row ", "practice_code", "register")),
}


@pytest.fixture(scope="module")
def deployed(released: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """One copy for all bad files: none of them may change it."""
    home = tmp_path_factory.mktemp("faults") / "home"
    shutil.copytree(released.home.root, home, symlinks=True)
    return Deployed(released.settings.model_copy(update={"home": home}))


@pytest.mark.parametrize("fault", BAD_FILES)
def test_a_bad_file_is_refused_with_a_sentence(
    deployed: Deployed, small_sample: Path, fault: str, tmp_path: Path
) -> None:
    stage, named = BAD_FILES[fault]
    # Damaged as `write_sample` does it; no fault here is of hospital files, which are nearly all of a sample's bytes.
    shutil.copytree(small_sample, tmp_path / "feeds", ignore=shutil.ignore_patterns("SEM_*", "EC_*", "truth"))
    name = FAULTS[fault].apply(tmp_path / "feeds", date(2017, 6, 1))
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    shutil.copy(tmp_path / "feeds" / name, inbox)
    before, manifests = deployed.digest(), sorted(deployed.home.landing.rglob("manifest.json"))

    code, lines = run_pipeline(deployed.settings, inbox=inbox)

    assert code == 2
    refusals = [json.loads(path.read_text()) for path in deployed.home.quarantine.glob("*/refusal.json")]
    [refusal] = [
        refusal
        for refusal in refusals
        if refusal["file_name"] == name and any(refusal["message"] in line for line in lines)
    ]
    assert refusal["stage"] == stage, refusal["message"]
    for text in (name, *named):
        assert text in refusal["message"], refusal["message"]
    assert deployed.digest() == before
    assert sorted(deployed.home.landing.rglob("manifest.json")) == manifests
    kept = next((deployed.home.quarantine / refusal["sha256"][:16] / "raw").iterdir())
    assert kept.exists()


def test_a_refused_file_is_remembered_and_not_read_again(deployed: Deployed, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "EPD_201706.csv").write_text("<html>sorry</html>")
    assert run_pipeline(deployed.settings, inbox=inbox)[0] == 2
    code, lines = run_pipeline(deployed.settings, inbox=inbox)
    assert code == 2
    assert any(line.startswith("Still refused: EPD_201706.csv") for line in lines)
    assert lines[0].startswith("Nothing new")

"""Bad inputs of the catalogue through the whole job: what is refused changes no byte that readers see, and no row that
was set aside is in a figure.

The other bad inputs stop at the same door: `test_catalogue`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.faults.catalogue_runs import CASES
from tests.faults.good_files import write_good_files
from tests.running import MUCH_LATER, Deployed, run_pipeline

REFUSED = (
    "column_missing-epd",
    "rows_doubled-gp_list_quin_age",
    "cut_in_a_row-sus_aea",
    "number_in_text-sus_opa",
    "period_14-ledger",
    "net_off-gp_payments",
    "zip_of_two_feeds-risk_register",
)
FIGURES = "select * exclude (release_id) from indicator_result order by all"


def test_no_refused_input_changes_what_readers_see(copy_of_released: Deployed, tmp_path: Path) -> None:
    deployed, inbox = copy_of_released, tmp_path / "inbox"
    inbox.mkdir()
    goods, _ = write_good_files(tmp_path / "sample")
    cases = {case.name: case for case in CASES}
    sent = {}
    for name in REFUSED:
        case = cases[name]
        file_name, data = case.damage(goods, goods[case.dataset])
        (inbox / file_name).write_bytes(data)
        sent[file_name] = case.words(goods[case.dataset])
    assert len(sent) == len(REFUSED)
    before, manifests = deployed.digest(), sorted(deployed.home.landing.rglob("manifest.json"))

    code, lines = run_pipeline(deployed.settings, inbox=inbox)

    assert code == 2
    for file_name, words in sent.items():
        [line] = [line for line in lines if line.startswith("Refused") and file_name in line]
        assert all(word in line for word in words), line
    assert deployed.digest() == before
    assert sorted(deployed.home.landing.rglob("manifest.json")) == manifests


@pytest.mark.slow
def test_a_row_that_was_set_aside_is_in_no_figure(
    copy_of_released: Deployed, small_sample: Path, tmp_path: Path
) -> None:
    """A month of which one row is unfit gives the figures of that month without the row, and the release says so."""
    name = "EPD_201706.csv"
    lines_of = (small_sample / name).read_bytes().splitlines(keepends=True)
    place = next(n for n, line in enumerate(lines_of) if b"0501013B0" in line)
    cells = lines_of[place].rstrip(b"\r\n").split(b",")
    column = lines_of[0].rstrip(b"\r\n").split(b",").index(b"ITEMS")
    cells[column] = b"n/a"
    found, figures = {}, {}
    for kind, row in {"unfit": b",".join(cells) + b"\r\n", "absent": b""}.items():
        home = tmp_path / kind
        shutil.copytree(copy_of_released.home.root, home, symlinks=True)
        deployed = Deployed(copy_of_released.settings.model_copy(update={"home": home}))
        (tmp_path / f"{kind} inbox").mkdir()
        (tmp_path / f"{kind} inbox" / name).write_bytes(b"".join([*lines_of[:place], row, *lines_of[place + 1 :]]))
        code, said = run_pipeline(deployed.settings, inbox=tmp_path / f"{kind} inbox", received_at=MUCH_LATER)
        assert code == 0, said
        found[kind], figures[kind] = (deployed, said), deployed.exact(FIGURES)
    assert figures["unfit"] == figures["absent"] != copy_of_released.exact(FIGURES)

    deployed, said = found["unfit"]
    assert f"Landed epd 2017-06: {name}; 1 row set aside, see `pcw status`" in said
    [(read, accepted, aside)] = deployed.query(
        "select rows_read, rows_accepted, rows_quarantined from submission where file_name = ? and is_current", name
    )
    assert (read, aside) == (accepted + 1, 1)
    [(message,)] = deployed.query("select message from gate_result where check_id = 'every_row_fits' and not passed")
    for text in (name, f"row {place + 1}", "column ITEMS", "found n/a"):
        assert text in message

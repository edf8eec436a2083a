"""A month of feeds at the size of England, in small: the counts asked for, keys, links, and the same bytes."""

import csv
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from pcw.commissioners import read_commissioners
from pcw.errors import PcwError
from sources.synthetic.england import FEEDS, write_england
from sources.synthetic.england.areas import build_areas
from sources.synthetic.england.formulary import national_lines
from sources.synthetic.england.hospital import APPOINTMENTS, ATTENDANCES, SPELLS
from sources.synthetic.england.prescribing import EPD_ROWS
from sources.synthetic.england.sample import EnglandSummary
from sources.synthetic.formulary import ANTIBACTERIALS, Presentation
from sources.synthetic.population import lists_by_age
from sources.synthetic.prescribing_feeds import epd_text
from sources.synthetic.truth_feeds import text_of
from sources.synthetic.volumes import Line, Prescriber, prescribers, unidentified_lines

ROOT = Path(__file__).resolve().parents[2]
#: CDS 010 and ECDS are both sent in this month.
MONTH, FRACTION = date(2017, 11, 1), 0.003
PRACTICES = 20


@pytest.fixture(scope="module")
def england(tmp_path_factory: pytest.TempPathFactory) -> EnglandSummary:
    return write_england(tmp_path_factory.mktemp("england") / "sample", MONTH, fraction=FRACTION, seed=3)


def rows(folder: Path, pattern: str) -> Iterator[dict[str, str]]:
    (path,) = folder.glob(pattern)
    return csv.DictReader(text_of(path).splitlines())


def test_same_arguments_same_bytes_in_another_process(england: EnglandSummary, tmp_path: Path) -> None:
    code = (
        "from datetime import date; from pathlib import Path; from sources.synthetic.england import write_england;"
        f"write_england(Path({str(tmp_path / 'there')!r}), date(2017, 11, 30), fraction={FRACTION}, seed=3)"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "TZ": "Pacific/Auckland", "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)
    here, there = (
        {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (england.out, tmp_path / "there")
    )
    assert here == there
    write_england(tmp_path / "other", MONTH, fraction=FRACTION, seed=4, feeds=["epd"])
    assert (tmp_path / "other" / "EPD_201711.csv").read_bytes() != here["EPD_201711.csv"]


def test_a_feed_alone_has_the_bytes_that_it_has_among_all(england: EnglandSummary, tmp_path: Path) -> None:
    write_england(tmp_path / "some", MONTH, fraction=FRACTION, seed=3, feeds=["sus_apce", "epd"])
    found = sorted(path.name for path in (tmp_path / "some").iterdir() if path.is_file())
    assert found == ["EPD_201711.csv", "SEM_APCE_201718_M08.csv"]
    for name in found:
        assert (tmp_path / "some" / name).read_bytes() == (england.out / name).read_bytes()


def test_counts_are_in_proportion_to_those_of_england(england: EnglandSummary) -> None:
    share = PRACTICES / 6_500
    # Hospitals are busier in November than in the mean month, by 5 or 6 in a hundred, and than a year before by one.
    for pattern, of_england, low, high in (
        ("EPD_*", EPD_ROWS, 0.97, 1.03), ("SEM_APCS_*", SPELLS, 1.03, 1.09), ("SEM_OPA_*", APPOINTMENTS, 1.03, 1.09)
    ):  # fmt: skip
        assert low < sum(1 for _ in rows(england.out, pattern)) / share / of_england < high, pattern
    attended = sum(1 for _ in rows(england.out, "SEM_AEA_*")) + sum(1 for _ in rows(england.out, "EC_*"))
    # Second hospitals send both, the others one of them.
    assert 1.0 < attended / share / ATTENDANCES < 1.6


def test_rows_are_what_was_asked_for_at_every_size() -> None:
    for practices, wanted in ((40, 100_000), (40, 200_000), (700, 2_000_000)):
        levels = [8.9 * (0.4 + place / practices) for place in range(practices)]
        rates = national_lines(levels, wanted).rates
        # A row is there where the items, which are Poisson's, are not none.
        assert sum(len(rates) - np.exp(-rates * level).sum() for level in levels) == pytest.approx(wanted, rel=0.005)


def test_lines_have_keys_of_their_own_and_the_items_of_the_formulary() -> None:
    lines = national_lines([9.0] * 10, 28_000)
    keys = Counter((one.code, tenths) for one, tenths in zip(lines.presentations, lines.tenths, strict=True))
    assert keys.most_common(1)[0][1] == 1
    known = {one.code for one in ANTIBACTERIALS}
    assert not known & {one.code for one in lines.presentations}
    assert {len(one.code) for one in lines.presentations} == {11, 15}
    assert sum(lines.rates) == pytest.approx(1_915.6)


def test_every_practice_of_every_feed_is_in_the_registers(england: EnglandSummary) -> None:
    register = {record[0]: record[14] for record in csv.reader((england.out / "epraccur.csv").read_text().splitlines())}
    codes = read_commissioners(england.commissioner).codes
    assert set(register.values()) == set(codes) and len(codes) == PRACTICES // 6
    sent = {row["PRACTICE_CODE"] for row in rows(england.out, "EPD_*")}
    assert {code.strip() for code in sent} - set(register) == {"-", "Q59998"}
    hospital = {row["GP_Practice_Code"] for row in rows(england.out, "SEM_OPA_*")}
    assert hospital - set(register) == {"V81997", "V81998", "V81999", ""}
    grouped = {row["practice_code"] for row in rows(england.out, "practice_groups.csv")}
    assert grouped <= set(register)
    merged = list(csv.reader((england.out / "succ.csv").read_text().splitlines()))
    assert len(merged) == len(codes)
    assert {register[old] for old, *_ in merged} == set(codes)
    open_ones = {row["CODE"] for row in rows(england.out, "gp-reg-pat-prac-all_*")}
    assert len(open_ones) == england.practices == PRACTICES


def test_prescribing_is_what_the_plain_writer_prints(england: EnglandSummary) -> None:
    """The rows of each practice are kept texts put together: printed one by one they are the same."""
    of_line: dict[tuple[str, str], Presentation] = {
        (one.code, one.name): one for one in (*ANTIBACTERIALS, *national_lines([1.0], 1).presentations)
    }
    content = (england.out / "EPD_201711.csv").read_bytes().decode()
    found: dict[str, list[Line]] = {}
    for row in csv.DictReader(content.splitlines()):
        presentation = of_line[row["BNF_CODE"].strip(), row["BNF_DESCRIPTION"].strip()]
        line = Line(presentation, int(Decimal(row["QUANTITY"]) * 10), int(row["ITEMS"]))
        found.setdefault(row["PRACTICE_CODE"].strip(), []).append(line)
    printed = []
    for area in build_areas(MONTH, 3, PRACTICES):
        units: list[Prescriber] = prescribers(area.world, MONTH, lists_by_age(area.world, MONTH))
        if area.number == 1:
            units += [unit for unit, _ in unidentified_lines(area.world, MONTH, area.seed)]
        printed.append(epd_text(area.world.description, MONTH, [(unit, found[unit.code]) for unit in units]))
    header, _, first = printed[0].partition("\r\n")
    assert content == f"{header}\r\n{first}" + "".join(text.partition("\r\n")[2] for text in printed[1:])
    keys = Counter(
        (row["PRACTICE_CODE"], row["BNF_CODE"], row["QUANTITY"], row["UNIDENTIFIED"])
        for row in csv.DictReader(content.splitlines())
    )
    assert keys.most_common(1)[0][1] == 1


def test_the_age_bands_are_of_the_items_of_the_same_rows(england: EnglandSummary) -> None:
    ages: Counter[tuple[str, str]] = Counter()
    for row in rows(england.out, "ePACT2_*"):
        code = row.get("BNF_CODE") or row["BNF Presentation Code"]
        ages[row.get("PRACTICE_CODE") or row["Practice Code"], code] += int(row.get("ITEMS") or row["Items"])
    items: Counter[tuple[str, str]] = Counter()
    for row in rows(england.out, "EPD_*"):
        if row["BNF_CODE"].startswith("0501"):
            items[row["PRACTICE_CODE"].strip(), row["BNF_CODE"].strip()] += int(row["ITEMS"])
    assert items == ages and len(items) > 15 * PRACTICES


def test_episodes_are_of_the_spells_and_no_number_stands_twice(england: EnglandSummary, tmp_path: Path) -> None:
    spells = {row["APCS_Ident"]: row for row in rows(england.out, "SEM_APCS_*")}
    first = [row for row in rows(england.out, "SEM_APCE_*") if row["Episode_Number"] == "1"]
    assert Counter(row["APCS_Ident"] for row in first) == Counter(dict.fromkeys(spells, 1))
    shared = ("Der_Provider_Code", "Admission_Date", "Discharge_Date", "Admission_Method", "Administrative_Category")
    unlike = [row for row in first if any(row[name] != spells[row["APCS_Ident"]][name] for name in shared)]
    assert unlike == []
    write_england(tmp_path / "next", date(2017, 12, 1), fraction=FRACTION, seed=3, feeds=["sus_opa", "sus_ec"])
    for pattern, number in (("SEM_OPA_*", "OPA_Ident"), ("EC_*", "EC_Ident")):
        every = [row[number] for folder in (england.out, tmp_path / "next") for row in rows(folder, pattern)]
        assert len(set(every)) == len(every)
    records = [
        {row["Unique_CDS_Identifier"] for row in rows(folder, "SEM_OPA_*")}
        for folder in (england.out, tmp_path / "next")
    ]
    assert not records[0] & records[1]


def test_providers_sum_to_what_is_printed_of_england(england: EnglandSummary) -> None:
    accidents = list(rows(england.out, "Monthly-AE-*"))
    assert Counter(row["Org Code"] for row in accidents).most_common(1)[0][1] == 1
    *hospitals, total = accidents
    for column in list(total)[4:]:
        assert sum(int(row[column]) for row in hospitals) == int(total[column])
    treated = [row for row in rows(england.out, "iapt-*") if row["MEASURE_NAME"] == "Count_FirstTreatment"]
    (whole,) = (row for row in treated if row["GROUP_TYPE"] == "England")
    of_commissioners = [int(row["MEASURE_VALUE_SUPPRESSED"]) for row in treated if row["GROUP_TYPE"] == "CCG"]
    assert len(of_commissioners) == PRACTICES // 6
    assert abs(sum(of_commissioners) - int(whole["MEASURE_VALUE_SUPPRESSED"])) <= 3 * len(of_commissioners)


def test_at_full_size_there_are_106_commissioners_and_no_code_stands_twice() -> None:
    areas = build_areas(date(2017, 6, 1), 20170829, 6_500)
    practices = [practice for area in areas for practice in area.world.practices]
    assert len(areas) == 106
    assert sum(practice.is_gp and practice.closed is None for practice in practices) == 6_500
    assert len({practice.code for practice in practices}) == len(practices)
    assert len({area.world.description.commissioners[0].name for area in areas}) == 106
    assert 57e6 < sum(practice.size for practice in practices if practice.closed is None) < 59e6
    groups = {(row.org_type, row.org_code) for area in areas for row in area.world.memberships}
    assert len(groups) == len({(kind, code, name) for area in areas for row in area.world.memberships
                               for kind, code, name in [(row.org_type, row.org_code, row.org_name)]})  # fmt: skip
    hospitals = {one.code: one.name for area in areas for one in area.world.description.providers}
    assert len(hospitals) == 4 * 106 + 3 * 14
    for area in areas:
        assert all(hospitals[one.code] == one.name for one in area.world.description.providers)


@pytest.mark.parametrize(
    ("month", "options", "sentence"),
    [
        (date(2013, 12, 1), {}, "begins with 2014-01"),
        (MONTH, {"fraction": 0.001}, "from 0.002"),
        (MONTH, {"fraction": 1.5}, "got 1.5"),
        (MONTH, {"feeds": ["epd", "ecds"]}, "No feed of England is called ecds"),
        (date(2017, 9, 1), {"feeds": ["sus_ec"]}, "sus_ec is sent from 2017-10 on; 2017-09 has none"),
        (date(2019, 4, 1), {"feeds": ["sus_aea"]}, "from 2014-04 until before 2019-04; 2019-04 has none"),
        (date(2014, 3, 1), {"feeds": ["sus_opa"]}, "from 2014-04 on; 2014-03 has none"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, month: date, options: dict, sentence: str) -> None:
    with pytest.raises(PcwError, match=sentence):
        write_england(tmp_path / "none", month, **options)
    assert not list(tmp_path.iterdir())


def test_without_hospital_activity_the_others_are_written(tmp_path: Path) -> None:
    summary = write_england(tmp_path / "early", date(2014, 3, 1), fraction=0.002)
    assert "EPD_201403.csv" in summary.files
    assert not [name for name in summary.files if name.startswith(("SEM_", "EC_"))]
    assert set(FEEDS) > {"epd", "small"}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["--scale", "england"], "say which, like --month 2017-06"),
        (
            ["--scale", "england", "--month", "2017-06", "--practices", "92", "--no-truth"],
            "has no --practices, --truth",
        ),
        (["--fraction", "0.01", "--month", "2017-06"], "--scale commissioner has no --month, --fraction"),
    ],
)
def test_options_of_the_other_scale_are_refused(tmp_path: Path, typed: list[str], sentence: str) -> None:
    result = CliRunner().invoke(app, ["sample", "--out", str(tmp_path / "none"), *typed])
    assert result.exit_code == 1 and sentence in str(result.exception)
    assert not list(tmp_path.iterdir())


def test_the_command_says_whose_sample_it_is(tmp_path: Path) -> None:
    typed = ["--scale", "england", "--month", "2017-06", "--fraction", "0.002", "--feeds", "small"]
    result = CliRunner().invoke(app, ["sample", "--out", str(tmp_path / "some"), *typed])
    assert result.exit_code == 0, result.output
    assert "of 13 practices" in result.output and result.output.endswith("\nPCW_COMMISSIONER=ENG=X01,X02\n")

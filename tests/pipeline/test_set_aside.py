"""Rows that are set aside, and refusals that names alone tie to a feed, from the file to the owner and `pcw status`."""

import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.landing import land
from orchestration.telling import tell
from pcw.home import Home
from pcw.settings import Settings
from publishing.delivery import open_alerts
from publishing.refusals import read_refusals
from publishing.set_aside import counted
from sources.contracts import load_contracts
from sources.receipts import moment, receive
from tests.faults.good_files import text_of, write_good_files
from tests.receivers import WebServer

EPD = "EPD_201712.csv"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, dict[str, bytes]]:
    goods, earlier = write_good_files(tmp_path_factory.mktemp("good"))
    before = {path.name: path.read_bytes() for path in earlier}
    return text_of(goods["epd"].rows), before


class World:
    """A home with a webhook, files of which land one after the other."""

    def __init__(self, home: Home, web: WebServer, folder: Path) -> None:
        self.home, self.web, self.folder, self.day = home, web, folder, 0
        self.settings = Settings(home=home.root, alert_urls=(web.url,))

    def send(self, name: str, data: bytes) -> str:
        """Land or refuse a file, and all that was told then."""
        self.day += 1
        (self.folder / name).write_bytes(data)
        land(self.home, self.settings, receive(self.folder / name, moment(f"2018-03-{self.day:02}T09:00:00Z")))
        self.web.posts.clear()
        tell(self.home, self.settings)
        return "\n".join(post["message"] for post in self.web.posts)

    @property
    def open(self) -> list[str]:
        return [entry["title"] for entry in open_alerts(self.home)]


@pytest.fixture(scope="module")
def landed_before(tmp_path_factory: pytest.TempPathFactory, good: tuple[bytes, dict[str, bytes]]) -> Path:
    """A home where the months before have landed, to be copied; `sent` beside it holds their files."""
    folder = tmp_path_factory.mktemp("before")
    home = Home(folder / "home").create()
    (folder / "sent").mkdir()
    for name, data in good[1].items():
        (folder / "sent" / name).write_bytes(data)
        land(home, Settings(home=home.root), receive(folder / "sent" / name, moment("2018-02-15T09:00:00Z")))
    return folder


@pytest.fixture
def world(landed_before: Path, home: Home, web: WebServer, tmp_path: Path) -> World:
    shutil.copytree(landed_before / "home", home.root, symlinks=True, dirs_exist_ok=True)
    shutil.copytree(landed_before / "sent", tmp_path / "sent")
    made = World(home, web, tmp_path / "sent")
    tell(home, made.settings)
    return made


def unfit(data: bytes, row: int = 9, column: str = "ITEMS") -> bytes:
    lines = data.decode().split("\r\n")
    cells = lines[row].split(",")
    cells[lines[0].split(",").index(column)] = "943secret"
    lines[row] = ",".join(cells)
    return "\r\n".join(lines).encode()


def zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, data)
    return out.getvalue()


def test_rows_set_aside_are_told_to_the_owner_of_the_feed_until_a_whole_file_comes(
    world: World, good: tuple[bytes, dict[str, bytes]]
) -> None:
    whole = good[0]
    count = whole.count(b"\r\n") - 1
    told = world.send(EPD, unfit(whole))
    title = f"epd 2017-12: 1 of {count:,} rows of {EPD} were set aside"
    assert f"[set_aside] {title}" in told
    assert world.web.posts[0]["title"].endswith("for medicines-optimisation")
    for part in (
        "check every_row_fits",
        "column items (1)",
        "figures of 2017-12 miss these rows",
        "send the whole file again",
        "correct the contract and put the same file into the inbox again",
    ):
        assert part in told  # fmt: skip
    assert "secret" not in told, "no cell leaves in an alert"
    assert world.open == [title]
    assert tell(world.home, world.settings) == "", "told once"

    again = world.send(EPD, unfit(whole, 11, "ACTUAL_COST"))
    assert f"[recovered] {title}: {EPD} came and landed, but 1 of its {count:,} rows were set aside" in again
    assert "rows by reason: column actual_cost (1)" in again
    assert world.open == [title]

    recovered = world.send(EPD, whole)
    assert f"{EPD} came and landed whole" in recovered
    assert world.open == []


@pytest.mark.parametrize(
    ("feed", "reason", "counts"),
    [
        ("epd", "column ITEMS: expected a whole number, found 9x", {"column items": 1}),
        (
            "epd",
            "column TOTAL ITEMS (items): expected a whole number, found 9x; column NIC: expected an amount with at "
            "most 5 decimals, found x: y",
            {"column items": 1, "column nic": 1},
        ),
        ("ledger", "column YTD Actual (GBP) (ytd_actual): expected a value, found nothing", {"column ytd_actual": 1}),
        ("ledger", "column YTD\nActual (ytd_actual): expected an amount, found column x: expected", {
            "column ytd_actual": 1}),
        ("epd", "the row has 25 columns, 26 expected", {"another reason": 1}),
        ("epd", "column 9secret: expected a value, found nothing", {"another reason": 1}),
    ],
)  # fmt: skip
def test_rows_are_counted_by_the_column_of_the_contract(feed: str, reason: str, counts: dict[str, int]) -> None:
    names = {column.name for column in load_contracts()[feed].columns}
    assert counted([reason], names) == counts


def test_a_refusal_that_a_file_without_all_rows_replaces_says_so(
    world: World, good: tuple[bytes, dict[str, bytes]]
) -> None:
    world.send(EPD, b"")
    assert world.open == [f"epd: {EPD} was refused"]
    told = world.send(EPD, unfit(good[0]))
    [line] = [line for line in told.split("\n") if line.startswith("[recovered]")]
    assert f"epd: {EPD} was refused: {EPD} came and landed, but 1 of its" in line
    assert "were set aside, which is a problem of its own" in line


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (f"{EPD}.zip", lambda whole: zipped(EPD, whole)[:-40]),
        ("EPD_201712.zip", lambda whole: zipped(EPD, whole)[:-40]),
        ("december.zip", lambda whole: zipped(EPD, b"\x00" * 200)),
        ("december.zip", lambda whole: zipped(f"../{EPD}", whole)),
        (f"{EPD}.gz", lambda whole: b"\x1f\x8b" + whole[:100]),
    ],
)
def test_a_refused_archive_is_tied_to_what_its_names_say(
    name: str, data: Callable[[bytes], bytes], world: World, good: tuple[bytes, dict[str, bytes]]
) -> None:
    told = world.send(name, data(good[0]))
    assert world.open == [f"epd: {name} was refused"]
    assert "(epd), gate file" in told and "a good file of epd for 2017-12 has landed" in told
    [refusal] = read_refusals(world.home)
    assert (refusal.dataset, [f"{month:%Y-%m}" for month in refusal.months]) == ("epd", ["2017-12"])
    assert f"[recovered] epd: {name} was refused: {EPD} came and landed whole" in world.send(EPD, good[0])
    assert world.open == []


def test_an_archive_of_no_known_names_stays_of_no_feed(world: World, good: tuple[bytes, dict[str, bytes]]) -> None:
    world.send("december.zip", zipped("x.csv", b"\x00" * 200))
    world.send(EPD, good[0])
    assert world.open == ["unknown feed: december.zip was refused"]

"""One setting says for whom figures are made, and one description whose sample it is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pcw.commissioners import Commissioners, read_commissioners
from pcw.errors import PcwError
from pcw.settings import load_settings
from sources.synthetic.description import FOLDER, load_description
from sources.synthetic.practice_feeds import registers
from sources.synthetic.world import build_world

THREE = "LLR=03W,04C,04V"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("99A", Commissioners(("99A",))),
        (" 03w, 04C ", Commissioners(("03W", "04C"))),
        (THREE, Commissioners(("03W", "04C", "04V"), "LLR")),
    ],
)
def test_a_setting_names_one_commissioner_or_several(text: str, expected: Commissioners) -> None:
    found = read_commissioners(text)
    assert found == expected
    assert read_commissioners(str(found)) == found


@pytest.mark.parametrize(
    "text", ["", "99A,", "99A,99A", "LLR=03W", "03W=03W,04C", "=03W,04C", "A B,03W", "L'R=03W,04C"]
)
def test_what_names_no_commissioners_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PCW_COMMISSIONER", text)
    with pytest.raises(PcwError, match="PCW_COMMISSIONER"):
        load_settings()


def test_the_setting_is_kept_in_one_way_of_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCW_COMMISSIONER", " llr = 03w, 04c,04V ")
    settings = load_settings()
    assert settings.commissioner == THREE
    assert settings.commissioners.codes == ("03W", "04C", "04V")


def test_a_second_world_is_a_description_and_nothing_else() -> None:
    world = build_world(9, 12, date(2017, 6, 1), load_description("llr"))
    own = [practice for practice in world.listed if world.is_own(practice)]
    assert {practice.commissioner for practice in own} == {"03W", "04C", "04V"}
    assert sum(world.share_of(code) for code in world.own) == pytest.approx(1)
    text = b"".join(registers(world, date(2017, 6, 1)).values()).decode()
    first = load_description()
    strange = [
        first.commissioner,
        *(one.code for one in first.providers),
        "N82X",
        *(one.name for one in first.providers),
    ]
    assert [word for word in strange if word in text] == []
    # the one that moves stays with its locality, and so with its commissioner
    assert {row.org_code[:3] for row in world.memberships} == {"03W", "04C", "04V"}


def test_a_description_that_does_not_fit_is_told(tmp_path: Path) -> None:
    text = (FOLDER / "llr.yaml").read_text(encoding="utf-8")
    path = tmp_path / "world.yaml"
    for wrong, words in (
        (text.replace("commissioner: 04V", "commissioner: 04C"), "localities"),
        (text.replace("LLR=03W,04C,04V", "LLR=03W,04C"), "the setting is"),
        (text.replace("code: RNQ", "code: RWE"), "a provider of its own"),
        (text.replace("networks: 6", "networks: none"), "networks"),
    ):
        assert wrong != text
        path.write_text(wrong, encoding="utf-8")
        load_description.cache_clear()
        with pytest.raises(PcwError, match=words):
            load_description(str(path))
    with pytest.raises(PcwError, match="Known are liverpool, llr"):
        load_description("atlantis")

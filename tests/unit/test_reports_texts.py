"""Narrative slots and facts of a report: found, carried over, refused where they cannot be read."""

from datetime import date
from pathlib import Path

import pytest

from pcw.errors import PcwError
from publishing.reports.texts import Texts

JUNE = date(2017, 6, 1)


def written(folder: Path, period: str, name: str, text: str | bytes) -> Path:
    file = folder / "99A" / period / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_a_slot_is_that_of_the_period_before_an_older_one(tmp_path: Path) -> None:
    written(tmp_path, "2017-03", "conclusion.txt", "Old.")
    written(tmp_path, "2017-06", "conclusion.txt", "First\nline.\n\n  Second.  \n\n")
    slot = Texts(tmp_path, "99A", JUNE).slot("conclusion", "Conclusion")
    assert slot.paragraphs == ("First line.", "Second.")
    assert (slot.of_period, slot.is_carried_over) == ("2017-06", False)


def test_a_slot_is_carried_over_from_the_newest_period_before_and_never_from_a_later_one(
    tmp_path: Path,
) -> None:
    for period in ("2016-12", "2017-03", "2017-09"):
        written(tmp_path, period, "conclusion.txt", f"Of {period}.")
    slot = Texts(tmp_path, "99A", JUNE).slot("conclusion", "Conclusion")
    assert (slot.paragraphs, slot.of_period, slot.is_carried_over) == (("Of 2017-03.",), "2017-03", True)


def test_an_empty_file_ends_what_was_carried_over(tmp_path: Path) -> None:
    written(tmp_path, "2017-03", "conclusion.txt", "Old.")
    written(tmp_path, "2017-06", "conclusion.txt", "\n")
    assert Texts(tmp_path, "99A", JUNE).slot("conclusion", "Conclusion").paragraphs == ()


def test_slots_of_another_commissioner_are_not_ours(tmp_path: Path) -> None:
    written(tmp_path, "2017-06", "conclusion.txt", "Ours.")
    slot = Texts(tmp_path, "03W", JUNE).slot("conclusion", "Conclusion", "Nothing.")
    assert (slot.paragraphs, slot.empty) == ((), "Nothing.")


def test_facts_are_of_their_period_alone(tmp_path: Path) -> None:
    written(tmp_path, "2017-03", "report.yaml", "reference: PCCC 1-17")
    assert Texts(tmp_path, "99A", JUNE).facts.reference == ""
    written(tmp_path, "2017-06", "report.yaml", "reference: PCCC 2-17\ndata_up_to: {prescribing: 2017-05}\n")
    facts = Texts(tmp_path, "99A", JUNE).facts
    assert (facts.reference, facts.data_up_to) == ("PCCC 2-17", {"prescribing": date(2017, 5, 1)})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("reference: [", "while parsing"),
        ("meting: 2017-08-29", "meting"),
        ("data_up_to: {prescribing: soon}", "data_up_to"),
        ("programme_rating: purple", "programme_rating"),
    ],
)
def test_facts_that_cannot_be_read_are_refused_with_their_file(tmp_path: Path, text: str, said: str) -> None:
    file = written(tmp_path, "2017-06", "report.yaml", text)
    with pytest.raises(PcwError, match=said) as refused:
        assert Texts(tmp_path, "99A", JUNE).facts
    assert str(file) in str(refused.value)


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    written(tmp_path, "2017-06", "conclusion.txt", "café".encode("cp1252"))
    with pytest.raises(PcwError, match="not UTF-8"):
        Texts(tmp_path, "99A", JUNE).slot("conclusion", "Conclusion")


def test_a_file_that_no_slot_asked_for_is_named(tmp_path: Path) -> None:
    written(tmp_path, "2017-06", "conclusion.txt", "Said.")
    mistyped = written(tmp_path, "2017-06", "conclusions.txt", "Lost?")
    texts = Texts(tmp_path, "99A", JUNE)
    texts.slot("conclusion", "Conclusion")
    assert texts.unknown() == [mistyped]

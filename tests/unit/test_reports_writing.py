"""Many documents into a folder: names and kinds. What they cost: `benchmarks/pages.py`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader

from publishing.reports.archives import LONG_AGO, moment_of
from publishing.reports.document import Document, Heading
from publishing.reports.writing import KINDS, file_name, write_all
from tests.unit.report_documents import hostile, pack, rich

BEGINNINGS = {"html": b"<!DOCTYPE html>", "pdf": b"%PDF-", "docx": b"PK", "xlsx": b"PK"}


def test_every_document_is_written_as_every_kind(tmp_path: Path) -> None:
    documents = [rich(), hostile(), pack(1)]
    written = write_all(documents, tmp_path / "papers")
    assert [path.name for path in written] == [f"{one.name}.{kind}" for one in documents for kind in KINDS]
    assert sorted(written) == sorted((tmp_path / "papers").iterdir())
    for path in written:
        assert path.read_bytes().lstrip().startswith(BEGINNINGS[path.suffix[1:]]), path
    before = {path: path.read_bytes() for path in written}
    assert write_all(documents, tmp_path / "papers") == written
    assert {path: path.read_bytes() for path in written} == before


def test_a_document_of_nothing_is_written_too(tmp_path: Path) -> None:
    empty = Document("empty", "Empty", "", "r", ())
    lone = Document("lone", "Lone", "", "r", (Heading(2, "Heading"),), language="en")
    assert len(write_all([empty, lone], tmp_path)) == 8


def test_names_and_kinds_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no document can be written as 'odt'"):
        write_all([pack(1)], tmp_path, ["odt"])
    with pytest.raises(ValueError, match="is no name of a file"):
        write_all([Document("../x", "X", "", "r", ())], tmp_path, ["html"])
    with pytest.raises(ValueError, match="two documents are called pack-001"):
        write_all([pack(1), pack(1)], tmp_path, ["html"])


def test_the_moment_of_a_release_is_in_its_name() -> None:
    assert f"{moment_of('20170815T063000Z-1a2b3c4d'):%Y-%m-%d %H:%M:%S %Z}" == "2017-08-15 06:30:00 UTC"
    assert f"{moment_of('asat-2017-06-30-20170815T063000Z-1a2b3c4d-2'):%Y-%m-%d}" == "2017-08-15"
    assert moment_of("made up") == LONG_AGO


def test_nothing_is_read_before_it_is_needed() -> None:
    code = "import sys; from publishing.reports import writing, as_html, as_pdf, as_docx, as_xlsx, widths, outline\n"
    code += "print(sorted(set(sys.modules) & {'typst', 'docx', 'openpyxl', 'jinja2', 'lxml'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_hundred_pages_are_written(tmp_path: Path) -> None:
    whole = rich()
    parts = tuple(block for _ in range(30) for block in whole.blocks if not getattr(block, "anchor", ""))
    links = {"outcome", "schemes"}
    heads = tuple(block for block in whole.blocks if getattr(block, "anchor", "") in links)
    document = Document("long", "Long", "Part", whole.release_id, (*heads, *parts))
    page, paper = write_all([document], tmp_path, ["html", "pdf"])
    assert page.read_text(encoding="utf-8").count("<table") > 100 and len(PdfReader(paper).pages) > 50


def test_a_code_that_is_no_name_of_a_file_has_one_made_of_it() -> None:
    assert [file_name(code) for code in ("N82001", "99A-N01", "qp_items-2")] == ["N82001", "99A-N01", "qp_items-2"]
    strange = ("N 1/x", "N 1 x", "../N1", "-N1", "N1.", "\u00e9", "\u00e8", " ", "N" * 300, "N" * 301)
    names = [file_name(code) for code in strange]
    assert len(set(names)) == len(strange)
    assert names[0].startswith("N-1-x-") and names[0] == file_name("N 1/x")
    # What is made of a code is itself the name of a file.
    assert [file_name(name) for name in names] == names

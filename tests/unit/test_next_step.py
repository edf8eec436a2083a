"""What an owner is told to do about a refused file: one step, whatever refused it."""

import ast
import re
from dataclasses import replace
from datetime import date, datetime

import pytest

from expectations.suites import load_suite, load_suites
from expectations.verdict import Verdict
from publishing.alerts import alerts_from_verdicts
from publishing.next_step import next_step, told_apart
from publishing.refusals import Refusal
from tests.conftest import PROJECT

JUNE = date(2017, 6, 1)
REFUSAL = Refusal("EPD_201706.csv", "ab" * 32, "epd", "file", "", datetime(2017, 8, 1), JUNE, (JUNE,))
CLOSE = f"pcw quarantine --close {'ab' * 8}"
RETRY = f"`pcw quarantine --retry {'ab' * 8}`"


def refused_by(suite: str, check: str, tail: str = "") -> Refusal:
    fix = next(one.fix for one in load_suite(suite, "rows").checks if one.id == check).strip()
    verdict = Verdict(suite, "rows", check, "block", False, 9, 1, (), f"x.csv: it is off. {fix}", "owner")
    return replace(REFUSAL, stage="rows", message=f"{verdict.message}{tail}", verdicts=(verdict,))


@pytest.mark.parametrize(
    ("message", "found", "step"),
    [
        ("File x is empty. Ask the supplier to send it again.", "File x is empty.",
         "Ask the supplier to send it again. Then put the new file into the inbox."),
        ("File x: row 14 is cut off or damaged: ask the supplier to send it again.", "File x: row 14 is cut off or "
         "damaged.", "Ask the supplier to send it again. Then put the new file"),
        ("File x is named like a, but is of b. Send the right file; if only its name is wrong, rename it.",
         "File x is named like a, but is of b.", "Send the right file; if only its name is wrong, rename it. Then put"),
        ("File x is unknown. Check that it is the right file; if it is, state --dataset.", "File x is unknown.",
         f"Check that it is the right file; if it is, state --dataset. Then {RETRY} tries this file again"),
        ("File x: found 14. Correct it. (Also: a_b, c.)", "File x: found 14. (Also: a_b, c.)",
         "Correct it. Then put the new file into the inbox."),
        ("File x, row 1: expected A, found b. Check that it is the right file.", "File x, row 1: expected A, found b.",
         "Check that it is the right file. Then put the new file into the inbox."),
        ("File x is a damaged workbook (KeyError). Open it, save it as .xlsx and send it again.",
         "File x is a damaged workbook (KeyError).", "Open it, save it as .xlsx and send it again. Then put the new"),
        ("File x: nobody can tell. Correct the dates, or add the published timetable to the seed sus_timetable.",
         "File x: nobody can tell.",
         f"Correct the dates, or add the published timetable to the seed sus_timetable. Then {RETRY} tries this file"),
        ("File x: its sidecar covers May. Correct covers in the sidecar.", "File x: its sidecar covers May.",
         f"Correct covers in the sidecar. Then put the sidecar into the inbox; {RETRY} tries this file again"),
        ("Nobody says what to do.", "Nobody says what to do.", "Ask the supplier for a file that fits. Then put"),
    ],
)  # fmt: skip
def test_the_advice_of_the_gate_is_the_one_step(message: str, found: str, step: str) -> None:
    refusal = replace(REFUSAL, message=message)
    said, advice = told_apart(refusal)
    assert said == found
    assert next_step(refusal, advice).startswith(step)


def test_what_somebody_can_accept_is_not_to_be_corrected_as_well() -> None:
    refusal = refused_by("epd", "volume_far_from_history")
    said, advice = told_apart(refusal)
    assert said == "x.csv: it is off."
    step = next_step(refusal, advice)
    assert "accept it with `pcw waive`" in advice and f"Then {RETRY} tries this file again" in step
    assert "bounds" not in step


def test_of_a_file_that_was_not_kept_nobody_is_sent_to_quarantine() -> None:
    refusal = replace(refused_by("sus_opa", "cost_plausible", " Its bytes are not kept: sus_opa is about patients."))
    said, advice = told_apart(refusal)
    assert said == "x.csv: it is off. Its bytes are not kept: sus_opa is about patients."
    step = next_step(replace(refusal, is_kept=False), advice)
    assert "--retry" not in step and "no copy of it was kept" in step


def test_every_check_that_refuses_a_file_gives_one_step() -> None:
    for (name, stage), suite in load_suites().items():
        for check in suite.checks if stage == "rows" else ():
            if check.severity != "block":
                continue
            refusal = refused_by(name, check.id)
            [alert] = alerts_from_verdicts((), [refusal], default_owner="nobody")
            what, *_, todo = alert.body
            assert check.fix.strip() in todo and check.fix.strip() not in what, (name, check.id)
            assert todo.count("What to do") == 1 and "correct the file and put it" not in todo
            assert not (check.waivable is False and "pcw waive" in todo), (name, check.id)


def sentences(text: str) -> list[str]:
    """The finished sentences about a file in a module; `x` stands for what is filled in."""
    tree = ast.parse(text)
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    found = []
    for node in ast.walk(tree):
        parts = node.values if isinstance(node, ast.JoinedStr) else [node] if id(node) not in inside else []
        said = "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in parts)
        if said.startswith(("File x", "x, ", "x: ", "x is ", "x shows ")) and said.endswith("."):
            found.append(said)
    return found


def test_every_sentence_that_refuses_a_file_gives_advice_to_whom_it_concerns() -> None:
    rooms = sorted((PROJECT / "sources").glob("*.py"))
    # What stops a command or a file before it is judged is no refusal.
    told = {room.stem: sentences(room.read_text(encoding="utf-8")) for room in rooms}
    for room in ("contracts", "intact", "landing", "manifests", "pseudonyms", "receipts", "retention", "sidecars"):
        told.pop(room)
    every = [said for room in told if room != "withdrawals" for said in told[room]]
    assert len(every) > 45
    for said in every:
        found, advice = told_apart(replace(REFUSAL, message=said))
        assert "a file that fits" not in advice, said
        assert found.rstrip(".") + "." == found and said.lower().endswith(advice.lower()), said
        assert not re.search(r"[.:;] (Open|Show|Send|Ask|Correct|Report) ", found), said
        is_ours = any(
            word in advice for word in ("sidecar", "--", "seed", "state ", "State ", "Let ", "to the contract")
        )
        is_ours |= advice.startswith("Report")
        assert (RETRY in next_step(REFUSAL, advice)) == is_ours, said


def test_it_says_what_closes_it() -> None:
    assert next_step(REFUSAL, "Ask.").endswith(
        f"This closes when a good file of epd for 2017-06 has landed; where none is to come, `{CLOSE}` closes it."
    )
    unknown = replace(REFUSAL, dataset=None, period=None, months=())
    assert next_step(unknown, "Ask.").endswith(
        f"This closes when a good file of this name has landed; where none is to come, `{CLOSE}` closes it."
    )

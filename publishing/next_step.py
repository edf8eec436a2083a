"""What an owner does about a refused file: one next step, made of what the gate advises and of what was kept.

Belongs here: telling the advice of a refusal's sentence from what was found, and the words around it. The advice itself
is written where the mistake is found: in a suite (`fix`), or in the sentence of `sources`.
"""

import re

from expectations.suites import load_suite
from pcw.errors import PcwError
from publishing.refusals import Refusal

# How the advice at the end of a sentence of `sources` begins.
_ADVICE = re.compile(
    r"[.:;] (?=(?:Ask|Send|Check|Correct|State|Let|Put|Write|Give|Remove|Rename|Save|Name|Use|Unhide|Split|Open|Show|"
    r"Report) )",
    re.IGNORECASE,
)
# What follows the advice.
_TAIL = re.compile(r"(?: \(Also: [\w, ]+\.\))?(?: Its bytes are not kept: .*)?$", re.DOTALL)
# Advice to whoever operates the warehouse: afterwards the same file may do. What is stated about a file is not in it.
_OURS = re.compile(
    r"^(?:Land|Look|Add|State|Wait|Run|Decide|Use|Read|Let|Report)\b"
    r"|\bsidecar\b|\bseed\b|--[a-z]|\bor state\b|\bland a\b|\bto the contract\b"
)
WAIVE = "pcw waive"
_DEFAULT = "Ask the supplier for a file that fits."


def told_apart(refusal: Refusal) -> tuple[str, str]:
    """What was found, and what to do about it."""
    tail = _TAIL.search(refusal.message)
    said, rest = (refusal.message[: tail.start()], tail.group()) if tail else (refusal.message, "")
    fix = _fix_of(refusal)
    if fix and said.endswith(fix):
        return f"{said.removesuffix(fix).strip()}{rest}", fix
    *_, last = [None, *_ADVICE.finditer(said)]
    if last is None:
        return refusal.message, _DEFAULT
    advice = said[last.end() :]
    return f"{said[: last.start()].rstrip('.:;')}.{rest}", advice[0].upper() + advice[1:]


def next_step(refusal: Refusal, advice: str) -> str:
    """The advice, what to do then, and what closes the alert."""
    if refusal.is_kept and (_OURS.search(advice) or WAIVE in advice):
        beside = "put the sidecar into the inbox; " if "sidecar" in advice else ""
        again = (
            f"Then {beside}`pcw quarantine --retry {refusal.sha256[:16]}` tries this file again; a corrected one "
            "goes into the inbox."
        )
    elif refusal.is_kept:
        again = "Then put the new file into the inbox."
    else:
        again = "Then put the new file, or this one again, into the inbox: no copy of it was kept."
    close = f"pcw quarantine --close {refusal.sha256[:16]}"
    return f"{advice} {again} This closes when {_closing(refusal)}; where none is to come, `{close}` closes it."


def _closing(refusal: Refusal) -> str:
    if refusal.dataset and refusal.is_by_month:
        months = ", ".join(f"{month:%Y-%m}" for month in refusal.months)
        return f"a good file of {refusal.dataset} for {months} has landed"
    if (held := _held(refusal)) is not None:
        return f"a good file of {refusal.dataset} for {held} has landed, or one of this name"
    return f"a good file of this name has landed{f' for {refusal.dataset}' if refusal.dataset else ''}"


def _held(refusal: Refusal) -> str | None:
    """Whose months it stood for. Codes of providers are named; what bodies are called stays here."""
    if not refusal.is_by_holder or any(holder is None for holder, _ in refusal.holds):
        return None
    months = ", ".join(f"{month:%Y-%m}" for month in sorted(set(refusal.months)))
    if refusal.scopes:
        return f"{', '.join(sorted({provider for provider, _ in refusal.scopes}))} in {months}"
    columns = refusal.contract.versions.scope if refusal.contract and refusal.contract.versions else ()
    return f"the same {', '.join(columns)}"


def _fix_of(refusal: Refusal) -> str:
    """What the suite advises about the check that the file was refused for: the first that blocks."""
    failed = next((one for one in refusal.verdicts if one.severity == "block" and not one.passed), None)
    if failed is None:
        return ""
    try:
        checks = load_suite(failed.suite, failed.stage).checks
    except PcwError:  # a suite that there is no more
        return ""
    return next((check.fix.strip() for check in checks if check.id == failed.check), "")

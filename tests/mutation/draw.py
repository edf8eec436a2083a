"""Draw places for mutants, so that nobody picks the easy ones: `python -m tests.mutation.draw ROOM FILES SEED`.

Belongs here: which files a room has, the small mistakes that are tried in them (one replacement in one line), and the
draw, which is the same for the same seed and files. Does not belong here: why a mutant matters and which tests should
notice, which a person writes into `catalogue/`.
"""

import ast
import random
import re
import subprocess
import sys
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[2]
PLACES = 6  # drawn in each file; the first that is a mistake in a rule (not in a text) goes into the catalogue

# (what stands in a line, what an engineer writes by mistake); each match of each is one candidate.
SQL = [
    (r"\bleft join\b", "inner join"),
    (r"\binner join\b", "left join"),
    (r"\bis distinct from\b", "<>"),
    (r"\bis not distinct from\b", "="),
    (r"\bcoalesce\(([\w.]+), [\w']+\)", r"\1"),
    (r">=", ">"),
    (r"<=", "<"),
    (r" > ", " >= "),
    (r" < ", " <= "),
    (r"\band not\b", "and"),
    (r"\bunion all\b", "union"),
    (r"\bsum\(", "max("),
    (r"\bmin\(", "max("),
    (r"\bmax\(", "min("),
    (r"\binterval 1 month\b", "interval 0 month"),
    (r" [-+] 1\b", ""),
    (r" desc\b", ""),
    (r"\bdistinct (?!from)", ""),
    (r"\b(\d+) preceding\b", r"0\1 preceding and 1"),
    (r"\bis not null\b", "is null"),
    (r"\bis null\b", "is not null"),
    (r"(?<=[\w)}]) - (?=[a-z(])", " + "),
    (r"^(\s+)and .*$", r"\1and true"),
    (r"^(\s+)where .*$", r"\1where true"),
    (r"(?<=[^\w.,(])(\d+)(?=[^\w.',]|$)", "more"),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
]
PYTHON = [
    (r" >= ", " > "),
    (r" <= ", " < "),
    (r" > ", " >= "),
    (r" < ", " <= "),
    (r" == ", " != "),
    (r" != ", " == "),
    (r" and ", " or "),
    (r" or ", " and "),
    (r"\bif not ", "if "),
    (r"\bis None\b", "is not None"),
    (r"\bis not None\b", "is None"),
    (r"\bnot in\b", "in"),
    (r" [-+] 1\b", ""),
    (r"\bmax\(", "min("),
    (r"\bmin\(", "max("),
    (r"\bany\(", "all("),
    (r"\ball\(", "any("),
    (r"\bsorted\(", "list("),
    (r"\bTrue\b", "False"),
    (r"\bFalse\b", "True"),
    (r"^(\s+)continue$", r"\1pass"),
    (r"^(\s+)[\w.]+\(.*\)$", r"\1pass"),
]
SUITE = [
    (r"severity: block", "severity: warn"),
    (r"severity: withhold", "severity: warn"),
    (r"severity: warn", "severity: block"),
    *[pair for pair in SQL if pair[0] not in (r"^(\s+)and .*$", r"^(\s+)where .*$")],
    (r"^(  \w+: )([\d.]+)\b", "more"),
]
CONTRACT = [
    (r"nullable: false, ", ""),
    (r"type: integer", 'type: "decimal(18,5)"'),
    (r'type: "decimal\(18,2\)"', "type: integer"),
    (r'type: "decimal\(18,5\)"', "type: integer"),
    (r"type: date\b", "type: text"),
    (r"(key: \[[^\]]*), \w+\]", r"\1]"),
    (r"(key: \[)\w+, ", r"\1"),
    (r"(control_totals: \[[^\]]*), \w+\]", r"\1]"),
    (r"(\[\w[^\]]*), [^,\]]+\]", r"\1]"),
    (r"scope: period", "scope: dataset"),
    (r"scope: dataset", "scope: period"),
    (r"name_must_agree: true", "name_must_agree: false"),
    (r"rule: single", "rule: latest"),
    (r"rule: latest", "rule: single"),
    (r"(max_share|due_days|every_months|rows_above): ([\d.]+)", "more"),
    (r"order: (\w+)", "order: source_row"),
    (r"record_fallback: \w+, ", ""),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
    (r" = ", " <> "),
    (r"\band\b", "or"),
]
SEED = [
    (r"(?<=,)true(?=,|$)", "false"),
    (r"(?<=,)false(?=,|$)", "true"),
    (r"(?<=,)(\d+(?:\.\d+)?)(?=,|$)", "more"),
    (r"(?<=,)(\d{4})-(\d\d)-01(?=,|$)", "month"),
    (r"^\w.*$", "gone"),
]
ROOMS = {
    "contracts": (["sources/*/*.yaml"], CONTRACT),
    "suites": (["expectations/suites/*.yaml"], SUITE),
    "seeds": (["dbt_project/seeds/*.csv"], SEED),
    "staging": (["dbt_project/models/*/staging/*.sql"], SQL),
    "intermediate": (["dbt_project/models/*/intermediate/*.sql", "dbt_project/macros/*.sql"], SQL),
    "marts": (["dbt_project/models/*/marts/*.sql"], SQL),
    "landing": (
        ["sources/*.py", "dbt_project/*.py", "expectations/*.py"],
        PYTHON,
    ),
    "release": (["publishing/*.py"], PYTHON),
}


def files(room: str) -> list[str]:
    """The tracked files of a room, in the order of their names."""
    listed = subprocess.run(["git", "ls-files", *ROOMS[room][0]], cwd=PROJECT, capture_output=True, text=True)
    return sorted(name for name in listed.stdout.split() if "synthetic" not in name and "__init__" not in name)


def places(room: str, lines: list[str]) -> list[tuple[int, str]]:
    """Every line number and the line that a mistake would make of it."""
    found = []
    texts = _docstrings(lines) if room in ("landing", "release") else set()
    for number, line in enumerate(lines):
        if number in texts or line.lstrip().startswith(
            ("#", "--", '"""', "why:", "message:", "fix:", "example:", "title:", "description:")
        ):
            continue
        if room == "seeds" and number == 0:
            continue
        code = re.split(r" -- |  # |, description:", line)[0]
        for pattern, instead in ROOMS[room][1]:
            for match in re.finditer(pattern, code):
                changed = _changed(match, instead)
                if changed is not None and code[: match.start()] + changed + code[match.end() :] != code:
                    found.append((number, code[: match.start()] + changed + line[match.end() :]))
    return found


def _docstrings(lines: list[str]) -> set[int]:
    held = (ast.Module, ast.ClassDef, ast.FunctionDef)
    nodes = [
        node for node in ast.walk(ast.parse("\n".join(lines))) if isinstance(node, held) and ast.get_docstring(node)
    ]
    return {number for node in nodes for number in range(node.body[0].lineno - 1, node.body[0].end_lineno or 0)}


def _changed(match: re.Match[str], instead: str) -> str | None:
    if instead == "more":  # one more in the last digit
        *before, figure = match.groups()
        more = f"{float(figure) + 10 ** -len(figure.partition('.')[2]):.{len(figure.partition('.')[2])}f}"
        if len(before) == 1:
            return (before[0] if before[0].endswith(" ") else f"{before[0]}: ") + more
        return more
    if instead == "month":
        year, month = int(match[1]), int(match[2])
        return f"{year + month // 12}-{month % 12 + 1:02}-01"
    if instead == "gone":
        return ""
    return match.expand(instead)


def main(room: str, count: int, seed: int) -> None:
    """Print the drawn places: file, then line number, the line, and what it becomes."""
    chance = random.Random(f"{room}-{seed}")
    drawn = chance.sample(files(room), count)
    proposals = []
    for name in drawn:
        lines = (PROJECT / name).read_text(encoding="utf-8").splitlines()
        candidates = places(room, lines)
        for number, changed in chance.sample(candidates, min(PLACES, len(candidates))):
            proposals.append({"file": name, "line": number + 1, "find": lines[number], "replace": changed})
    print(yaml.safe_dump(proposals, sort_keys=False, width=1000, allow_unicode=True))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

"""Does the suite notice? Each mutant of the catalogue is applied to a copy of the project, and tests are asked.

    python -m tests.mutation.mutants --folder DIR [--room models] [--only ID ...] [--again] [--report]

Every answer is a line of DIR/mutants.jsonl, and what stands there is not done again: the command goes on where it
stopped. A mutant whose text changed in the catalogue is a new one. `--again` asks once more about those that survived;
their first answers stay. Selections are seen to pass without a mutant before they count. Exit code 1 where fewer than
95% are noticed. What is mutated belongs in `catalogue/`, how it runs in `workbench` and `dbt_units`.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.mutation.catalogue import Mutant, load
from tests.mutation.dbt_units import SUITE, DbtTests
from tests.mutation.workbench import Workbench

LOG = "mutants.jsonl"
WANTED = 0.95
PYTEST = ["-x", "-q", "--tb=line", "-p", "no:cacheprovider"]
NO_TESTS = (4, 5)  # exit codes of pytest: wrong arguments, nothing collected


@dataclass(frozen=True)
class Answer:
    """What became of one mutant: killed, survived or hung (stopped because its time was up); `by` is the first test."""

    id: str
    digest: str
    tree: str
    outcome: str
    by: str
    cpu_seconds: float


class Run:
    """Asks about mutants one by one and writes each answer down at once."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bench = folder, Workbench(folder)
        self.tree = self.bench.tree()

    def log(self, mutant: Mutant, outcome: str, by: str, cpu: float) -> None:
        answer = Answer(mutant.id, mutant.digest, self.tree, outcome, by, round(cpu, 1))
        with (self.folder / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(asdict(answer)) + "\n")
        print(f"{mutant.id}: {outcome} {by} ({cpu:.1f} CPU s)", flush=True)

    def assert_passing(self, selections: Iterable[tuple[str, ...]]) -> None:
        """A selection that fails without a mutant would notice everything."""
        passing = self.folder / "passing.json"
        known = set(json.loads(passing.read_text()).get(self.tree, ())) if passing.exists() else set()
        selections = set(selections)
        plain = {name for chosen in selections if not chosen[-1].startswith("-k") for name in chosen} - known
        words: dict[str, set[str]] = {}
        for name, word in (chosen for chosen in selections if chosen[-1].startswith("-k")):
            if f"{name} {word}" not in known:
                words.setdefault(name, set()).add(word)
        asked = [[name] for name in sorted(plain)]
        asked += [[name, "-k" + " or ".join(sorted(word[2:] for word in found))] for name, found in words.items()]
        for line in asked:
            ran = self.bench.pytest([*PYTEST, *line])
            assert ran.code == 0, f"{line} does not pass without a mutant ({ran.code}):\n{ran.output[-3000:]}"
            known |= {line[0]} if len(line) == 1 else {f"{line[0]} {word}" for word in words[line[0]]}
            passing.write_text(json.dumps({self.tree: sorted(known)}))
            print(f"passes without a mutant: {' '.join(line)} ({ran.cpu:.1f} CPU s)", flush=True)

    def ask_dbt(self, mutants: Sequence[Mutant]) -> dict[str, float]:
        """Ask dbt about models and seeds, logging what it notices; returns what is left and what that cost."""
        dbt, left = DbtTests(self.bench, self.folder), {}
        for ask, rest in (
            (dbt.ask_models, [mutant for mutant in mutants if mutant.is_model]),
            (dbt.ask_seeds, [mutant for mutant in mutants if mutant.is_seed]),
        ):
            alone: list[Mutant] = []
            while rest or alone:
                turn = list({mutant.file: mutant for mutant in reversed(rest)}.values()) or [alone.pop()]
                rest = [mutant for mutant in rest if mutant not in turn]
                noticed = ask(turn)
                for mutant in turn:
                    said = noticed[mutant.id]
                    if said.is_unsure:
                        alone.append(mutant)
                        continue
                    if said.failed:
                        self.log(mutant, "killed", f"dbt {said.failed[0]} in {SUITE}", said.cpu)
                    else:
                        left[mutant.id] = said.cpu
        return left

    def ask(self, mutant: Mutant, cpu: float, *, is_wide: bool) -> None:
        """Ask its own tests, then wider ones."""
        for chosen in (mutant.tests, mutant.wider if is_wide else ()):
            if not chosen:
                continue
            self.assert_passing([chosen])
            with self.bench.mutated([mutant]):
                ran = self.bench.pytest([*PYTEST, *chosen])
            cpu += ran.cpu
            assert ran.code not in NO_TESTS, f"{mutant.id}: {ran.output[-2000:]}"
            if ran.code is None:
                return self.log(mutant, "hung", " ".join(chosen), cpu)
            if ran.code != 0:
                failed = re.search(r"^(?:FAILED|ERROR) (\S+)", ran.output, re.MULTILINE)
                return self.log(mutant, "killed", failed[1] if failed else ran.output[-300:], cpu)
        return self.log(mutant, "survived", "", cpu) if is_wide else None


def answers(folder: Path, mutants: Sequence[Mutant]) -> dict[str, list[Answer]]:
    """What is known of the mutants as they are now, the oldest answer first."""
    log = folder / LOG
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    found: dict[str, list[Answer]] = {mutant.id: [] for mutant in mutants}
    digests = {mutant.id: mutant.digest for mutant in mutants}
    for answer in (Answer(**json.loads(line)) for line in lines):
        if digests.get(answer.id) == answer.digest:
            found[answer.id].append(answer)
    return found


def report(mutants: Sequence[Mutant], known: dict[str, list[Answer]]) -> str:
    """Tables for benchmarks/reliability.md."""
    rows = ["| room | mutants | killed at first | killed now | by | survivors |", "|---|---|---|---|---|---|"]
    for room in [*dict.fromkeys(mutant.room for mutant in mutants), "all"]:
        own = [known[mutant.id] for mutant in mutants if room in (mutant.room, "all") and known[mutant.id]]
        last = [answer[-1] for answer in own]
        by = [_kind(answer) for answer in last if answer.outcome != "survived"]
        kinds = ", ".join(f"{by.count(kind)} {kind}" for kind in dict.fromkeys(sorted(by)))
        now, first = len(by), sum(answer[0].outcome != "survived" for answer in own)
        rows.append(f"| {room} | {len(own)} | {first} | {now} | {kinds} | {len(own) - now} |")
    whole = [known[mutant.id] for mutant in mutants if known[mutant.id]]
    cpu = sum(answer.cpu_seconds for answers_ in whole for answer in answers_)
    rows.append("")
    survivors = [mutant for mutant in mutants if known[mutant.id] and known[mutant.id][-1].outcome == "survived"]
    rows += [f"- {mutant.id}: {mutant.equivalent or 'NOT EXPLAINED'}" for mutant in survivors]
    killed = len(whole) - len(survivors)
    rows.append(f"\n{killed} of {len(whole)} noticed ({killed / max(1, len(whole)):.1%}); {cpu:.0f} CPU s.")
    return "\n".join(rows)


def _kind(answer: Answer) -> str:
    if answer.outcome == "hung":
        return "hung"
    if answer.by.startswith("dbt "):
        return "dbt"
    return "unit" if answer.by.startswith("tests/unit") else "build" if answer.by.startswith("tests/") else "unread"


def main() -> int:
    """Ask what is not answered yet; exit code 1 where too few are noticed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--room")
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--again", action="store_true", help="ask again about those that survived")
    parser.add_argument("--dbt-only", action="store_true", help="ask only what dbt itself tests, which is cheap")
    parser.add_argument("--named-only", action="store_true", help="ask only named tests, and note only what they kill")
    parser.add_argument("--report", action="store_true", help="only say what is known")
    asked = parser.parse_args()
    folder = asked.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    mutants = load()
    known = answers(folder, mutants)
    chosen = [
        mutant
        for mutant in mutants
        if asked.room in (None, mutant.room)
        and (not asked.only or mutant.id in asked.only)
        and (not known[mutant.id] or (asked.again and known[mutant.id][-1].outcome == "survived"))
    ]
    if chosen and not asked.report:
        run = Run(folder)
        of_dbt = [mutant for mutant in chosen if (mutant.is_model or mutant.is_seed) and not asked.named_only]
        cost = run.ask_dbt(of_dbt) if of_dbt else {}
        left = [mutant for mutant in chosen if mutant not in of_dbt or mutant.id in cost]
        if asked.dbt_only:
            print("left: " + " ".join(mutant.id for mutant in left))
            return 1
        run.assert_passing(mutant.tests for mutant in left)
        for mutant in left:
            run.ask(mutant, cost.get(mutant.id, 0.0), is_wide=not asked.named_only)
    known = answers(folder, mutants)
    print(report(mutants, known))
    last = [found[-1].outcome if found else "not asked" for found in known.values()]
    return 0 if sum(outcome in ("killed", "hung") for outcome in last) >= WANTED * len(last) else 1


if __name__ == "__main__":
    sys.exit(main())

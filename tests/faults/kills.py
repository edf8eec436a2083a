"""kill -9, many times over: landing alone, release alone, whole jobs; each done again must give the same answer.

    python -m tests.faults.kills --folder DIR [--landing 500] [--release 500] [--jobs 60] [--publishes 200]

Every kill is a line of DIR/kills.jsonl, and what stands there is not done again: the command goes on where it stopped.
This process imports everything once and opens no database; each action is a fork of it. Half of the kills are at
steps, every step in turn and from the first again; the others at a random instant of the time that the action takes.
What is killed and what must hold afterwards belongs in `kill_actions`.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.faults.kill_actions import ACTIONS, Action, die_at

LOG = "kills.jsonl"
TRIES = 20


@dataclass(frozen=True)
class Kill:
    """One kill. `at` is a step, or an instant in seconds after the start."""

    action: str
    number: int
    mode: str
    at: float
    steps: int
    cpu_seconds: float
    problem: str | None = None


@dataclass(frozen=True)
class Ended:
    """How a fork ended: its exit code (negative: the signal), wall and CPU seconds, and what it had to say."""

    code: int
    seconds: float
    cpu: float
    said: str


def fork(work: Callable[[], str], scratch: Path, kill_after: float | None = None) -> Ended:
    """Do it in a fork of this process, and kill that after so many seconds if it still goes on."""
    said = scratch / "said.txt"
    said.unlink(missing_ok=True)
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setsid()
            with (scratch / "output.txt").open("a") as output:
                os.dup2(output.fileno(), 1)
                os.dup2(output.fileno(), 2)
            said.write_text(work())
            code = 0
        finally:
            if code:
                said.write_text("".join(traceback.format_exception_only(sys.exc_info()[1]))[:2000])
            os._exit(code)
    if kill_after is not None:
        _kill_after(pid, kill_after)
    _, status, usage = os.wait4(pid, 0)
    cpu = usage.ru_utime + usage.ru_stime
    text = said.read_text() if said.exists() else ""
    return Ended(os.waitstatus_to_exitcode(status), time.monotonic() - began, cpu, text)


def _kill_after(pid: int, seconds: float) -> None:
    # Not waited for: an ended fork stays a zombie until then, so that the signal can reach nobody else.
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)


class Harness:
    """The kills of one action, in a folder of its own."""

    def __init__(self, action: Action, folder: Path, seed: int) -> None:
        self.action, self.log = action, folder / LOG
        self.folder = folder / action.name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.seed = seed
        self.seconds, self.steps, self.answer = 0.0, 0, ""

    def measure(self) -> None:
        """Prepare, and do it once without a kill: how long it takes, how many steps it has, what its answer is.

        Of a costly action this is kept: remove `measured.json` when the code changed.
        """
        self.action.import_all()
        kept = self.folder / "measured.json"
        if self.action.is_costly and kept.exists():
            self.seconds, self.steps, self.answer = json.loads(kept.read_text())
            return
        ready = fork(lambda: self.action.prepare(self.folder) or "", self.folder)
        assert ready.code == 0, f"{self.action.name} could not be prepared: {ready.said}"
        for _ in range(1 if self.action.is_costly else 2):  # the first fork fills caches of files
            home = self._fresh()
            whole = fork(lambda home=home: str(die_at(self.action, home, self.folder, 0)), self.folder)
            assert whole.code == 0, f"{self.action.name} failed without a kill: {whole.said}"
            self.seconds, self.steps = whole.seconds, int(whole.said)
        answered = fork(lambda: self.action.answer(home, self.folder), self.folder)
        assert answered.code == 0, f"{self.action.name} is not whole without a kill: {answered.said}"
        self.answer = answered.said
        kept.write_text(json.dumps([self.seconds, self.steps, self.answer]))

    def run(self, count: int, done: int) -> str | None:
        """Kill until there are so many; returns the first problem."""
        for number in range(done, count):
            kill = self._kill(number, count)
            with self.log.open("a", encoding="utf-8") as log:
                log.write(json.dumps(asdict(kill)) + "\n")
            if kill.problem is not None:
                return f"{kill.action} {kill.number} ({kill.mode} {kill.at:g}): {kill.problem}"
        return None

    def _fresh(self) -> Path:
        home = self.folder / "home"
        shutil.rmtree(home, ignore_errors=True)
        self.action.start(self.folder, home)
        return home

    def _kill(self, number: int, count: int) -> Kill:
        chance = random.Random(f"{self.seed}-{self.action.name}-{number}")
        at_step = number % 2 == 0
        # Few kills are spread over all steps; many take every step in turn, and then from the first again.
        place = number // 2 if count // 2 >= self.steps else number // 2 * self.steps // max(1, (count + 1) // 2)
        step = place % self.steps + 1 if at_step else 0
        cpu = 0.0
        for _ in range(TRIES):
            home = self._fresh()
            instant = None if at_step else chance.uniform(0, self.seconds)
            died = fork(lambda home=home: str(die_at(self.action, home, self.folder, step)), self.folder, instant)
            cpu += died.cpu
            if died.code == -signal.SIGKILL:
                break
            if died.code != 0 or at_step:
                return self._of(number, step, instant, cpu, f"ended with {died.code} and was not killed: {died.said}")
        else:
            return self._of(number, step, instant, cpu, "always ended before it was killed")
        after = fork(lambda: self.action.recover(home, self.folder), self.folder)
        problem = None
        if after.code != 0:
            problem = f"not recovered: {after.said}"
        elif after.said != self.answer:
            problem = f"another answer than without a kill: {after.said} instead of {self.answer}"
        return self._of(number, step, instant, cpu + after.cpu, problem)

    def _of(self, number: int, step: int, instant: float | None, cpu: float, problem: str | None) -> Kill:
        mode, at = ("step", float(step)) if instant is None else ("instant", round(instant, 4))
        return Kill(self.action.name, number, mode, at, self.steps, round(cpu, 3), problem)


def read_log(folder: Path) -> list[Kill]:
    """The kills of earlier calls."""
    log = folder / LOG
    return [Kill(**json.loads(line)) for line in log.read_text().splitlines()] if log.exists() else []


def summary(kills: list[Kill], name: str) -> str:
    """One line for one action."""
    own = [kill for kill in kills if kill.action == name]
    steps = {kill.at for kill in own if kill.mode == "step"}
    of = max((kill.steps for kill in own), default=0)
    instants = sum(kill.mode == "instant" for kill in own)
    cpu = sum(kill.cpu_seconds for kill in own)
    bad = sum(kill.problem is not None for kill in own)
    return (
        f"{name}: {len(own)} kills, {len(own) - instants} at steps ({len(steps)} of {of} different), {instants} at "
        f"random instants; {len(own) - bad} recovered to the same answer, {bad} not; {cpu:.0f} CPU s."
    )


def main() -> int:
    """Do what is not done yet; exit code 1 at the first kill that was not recovered from."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    for name, action in ACTIONS.items():
        parser.add_argument(f"--{name}", type=int, default=0, help=action.__doc__)
    asked = parser.parse_args()
    folder = asked.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    for name, action in ACTIONS.items():
        count = getattr(asked, name)
        done = [kill for kill in read_log(folder) if kill.action == name]
        if broken := next((kill for kill in done if kill.problem), None):
            print(f"{name} {broken.number} was not recovered from: {broken.problem}")
            return 1
        if len(done) < count:
            harness = Harness(action(), folder, asked.seed)
            harness.measure()
            problem = harness.run(count, len(done))
            if problem is not None:
                print(problem)
                return 1
        if count:
            print(summary(read_log(folder), name), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

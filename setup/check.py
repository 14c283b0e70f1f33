"""Every check of the project; the last line says ``N passed, N failed, N skipped``.

Lint, format and types count as one each, then every test of the suite. The exit status is 0 only
where something ran and nothing failed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

ROOT = Path(__file__).resolve().parent.parent
RUFF = (sys.executable, "-m", "ruff")
CHECKS = {
    "lint": (*RUFF, "check", "."),
    "format": (*RUFF, "format", "--check", "."),
    "types": (sys.executable, "-m", "mypy"),
}
SUITE = "tests"
# A child that hangs keeps no machine busy for ever. Seconds.
CHECK_DEADLINE = 600
SUITE_DEADLINE = 1200
# Trial's last line: ``FAILED (skips=1, failures=2, successes=3)``; the brackets may be missing.
VERDICT = re.compile(r"^(?:PASSED|FAILED)(?: \((?P<counts>[a-zA-Z=0-9, ]+)\))?$", re.MULTILINE)
PASSED = ("successes", "expectedFailures")
FAILED = ("failures", "errors", "unexpectedSuccesses")
SKIPPED = ("skips",)


@attrs.frozen
class Tally:
    """How many checks and tests went which way."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        )

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"

    @property
    def good(self) -> bool:
        """Whether something ran and nothing failed."""
        return self.passed > 0 and self.failed == 0


def read_verdict(output: str, status: int) -> Tally:
    """What a run of trial came to.

    :param output: all that trial printed.
    :param status: its exit status. A run that ends badly without a failed test, or never comes to
        a verdict, or runs nothing, is one failure.
    """
    verdicts = list(VERDICT.finditer(output))
    pairs = re.findall(r"(\w+)=(\d+)", (verdicts[-1]["counts"] or "") if verdicts else "")
    counts = {name: int(number) for name, number in pairs}
    tally = Tally(*(total(counts, names) for names in (PASSED, FAILED, SKIPPED)))
    broken = not verdicts or tally == Tally() or (status != 0 and tally.failed == 0)
    return tally + Tally(failed=1) if broken else tally


def total(counts: Mapping[str, int], names: Sequence[str]) -> int:
    """The sum of some of the counts; those not named are 0."""
    return sum(counts.get(name, 0) for name in names)


def check(name: str, command: Sequence[str]) -> Tally:
    """Run one tool over the whole tree, its output on the terminal."""
    print(f"== {name}", flush=True)
    try:
        done = subprocess.run(command, cwd=ROOT, timeout=CHECK_DEADLINE, check=False)
    except subprocess.TimeoutExpired:
        print(f"{name} took more than {CHECK_DEADLINE} s and was stopped")
        return Tally(failed=1)
    return Tally(passed=1) if done.returncode == 0 else Tally(failed=1)


def suite_command(jobs: int, scratch: str, tests: Sequence[str]) -> list[str]:
    """The command line of trial."""
    spread = [f"--jobs={jobs}"] if jobs > 1 else []
    return [
        *("timeout", "--foreground", "--kill-after=30", str(SUITE_DEADLINE)),
        *(sys.executable, "-m", "twisted.trial", f"--temp-directory={scratch}/trial"),
        *spread,
        *tests,
    ]


def run_suite(jobs: int, tests: Sequence[str]) -> Tally:
    """Run trial, passing its output on as it comes. A coroutine nobody awaited is an error."""
    print("== tests", flush=True)
    environ = {**os.environ, "PYTHONWARNINGS": "error::RuntimeWarning"}
    lines = []
    with tempfile.TemporaryDirectory(prefix="pictd-tests-") as scratch:
        command = suite_command(jobs, scratch, tests)
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as trial:
            assert trial.stdout is not None
            for line in trial.stdout:
                lines.append(line)
                print(line, end="", flush=True)
    return read_verdict("".join(lines), trial.returncode)


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="processes that run tests")
    parser.add_argument("tests", nargs="*", default=[SUITE], help="modules, classes or tests")
    return parser.parse_args()


def main() -> int:
    """Run everything. :return: the exit status."""
    options = arguments()
    tally = Tally()
    for name, command in CHECKS.items():
        tally += check(name, command)
    tally += run_suite(options.jobs, options.tests)
    print(tally)
    return 0 if tally.good else 1


if __name__ == "__main__":
    sys.exit(main())

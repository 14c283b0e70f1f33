"""What a process and all its descendants cost, as the kernel counts it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
# A process can end between being listed and being read.
GONE = (FileNotFoundError, ProcessLookupError)


def stat_fields(pid: int) -> list[str]:
    """The fields of ``/proc/PID/stat`` after the name, the state first; see proc(5)."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def parents() -> Iterator[tuple[int, int]]:
    """(process, its parent) of all there are."""
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with suppress(*GONE):
                yield int(entry.name), int(stat_fields(int(entry.name))[1])


def tree(root: int) -> list[int]:
    """A process and all its descendants that still live."""
    known = list(parents())
    found = [root]
    for parent in found:
        found.extend(pid for pid, its_parent in known if its_parent == parent)
    return found


def cpu_seconds(root: int) -> float:
    """What the tree has used so far, in user and system mode.

    Children that have ended count where their parent has waited for them: the kernel adds what
    they used to the parent's own account.
    """
    ticks = 0
    for pid in tree(root):
        with suppress(*GONE):
            ticks += sum(int(field) for field in stat_fields(pid)[11:15])
    return ticks / TICKS


def memory_bytes(root: int) -> int:
    """The memory of the tree, each page shared by n processes counted 1/n times for each."""
    return sum(proportional_bytes(pid) for pid in tree(root))


def proportional_bytes(pid: int) -> int:
    """The proportional set size of one process; 0 if it is gone.

    Where the kernel shows it to nobody else, all that is resident, which is more.
    """
    with suppress(*GONE):
        try:
            lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        except PermissionError:
            return int((PROC / str(pid) / "statm").read_text().split()[1]) * PAGE
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return 0

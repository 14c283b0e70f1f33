"""How the daemon's children are started: their command lines and environments."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pictd
from pictd.tools.process import Program


def fork_server(tasks: str) -> Program:
    """The server that forks imaging children.

    :param tasks: name of the module that holds what they can do.
    """
    return _python("imaging", "pictd.imaging.forkserver", tasks)


def _python(name: str, module: str, *arguments: str) -> Program:
    """An environment of its own: one thread, none of the daemon's secrets."""
    root = str(Path(pictd.__path__[0]).parent)
    inherited = os.environ.get("PYTHONPATH")
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": f"{root}{os.pathsep}{inherited}" if inherited else root,
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        # A child lives for milliseconds, and would spend a quarter of them on page faults.
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    }
    argv = [sys.executable, "-P", "-s", "-m", module, *arguments]
    return Program(name, argv, environment)

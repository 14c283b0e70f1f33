"""Become another program, shut in like an imaging child.

``python -m pictd.imaging.confined SETTINGS PROGRAM [ARGUMENT…]``: SETTINGS is a JSON object with
``folder``, the only place where the program may read and write, and ``limits``. The program dies
with the process that started it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from pictd.imaging import kernel, sandbox


def main(settings: str, argv: Sequence[str]) -> NoReturn:
    """:raise OSError: there is no such program, or it can't be shut in."""
    told = json.loads(settings)
    program = Path(argv[0])
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)  # the daemon decides when to stop, not its terminal
    folder = Path(told["folder"])
    walls = sandbox.Walls([], folder, sandbox.program_trees(program), programs=True)
    os.chdir(folder)
    sandbox.enter(sandbox.Limits(**told["limits"]), walls)
    os.execv(program, list(argv))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

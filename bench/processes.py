"""Measurements in processes of their own, so that they don't slow what they measure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bench.client import Refused

# Seconds.
DEADLINE = 120
ROOT = Path(__file__).parent.parent


def output_of(module: str, *words: str) -> str:
    """What a module of this benchmark prints.

    :param words: its command line.
    :raise Refused: it failed; says why.
    :raise subprocess.TimeoutExpired: it takes too long.
    """
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = (sys.executable, "-m", f"bench.{module}", *words)
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=DEADLINE, check=False
    )
    if done.returncode != 0:
        raise Refused(f"{module}: {done.stderr[-2000:]}")
    return done.stdout

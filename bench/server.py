"""A real server, in a directory of its own, on a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import attrs

import pictd
from bench.accounting import tree
from bench.client import ask

# Seconds.
START_DEADLINE = 60
STOP_DEADLINE = 30
POLL = 0.05
OPERATORS_OWN = ("PICTD__", "PICTRS__")


class DidNotStart(Exception):
    """The server ended, or never came to answer; says what it logged."""


@attrs.frozen
class Server:
    """One that runs.

    :ivar pid: of the daemon itself.
    """

    port: int
    pid: int


def free_port() -> int:
    """One that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(folder: Path, port: int, more: Mapping[str, str]) -> dict[str, str]:
    """The environment of the server: nothing an operator set for another one reaches it.

    :param more: values by the names of keys, without their prefix.
    """
    environ = {k: v for k, v in os.environ.items() if not k.startswith(OPERATORS_OWN)}
    return environ | {
        # The pictd beside this benchmark is measured, whatever is installed.
        "PYTHONPATH": str(Path(pictd.__path__[0]).parent),
        "PICTD__SERVER__ADDRESS": f"127.0.0.1:{port}",
        "PICTD__SERVER__TEMPORARY_DIRECTORY": str(folder / "tmp"),
        "PICTD__REPO__TYPE": "sqlite",
        "PICTD__REPO__PATH": str(folder / "pictd.sqlite3"),
        "PICTD__REPO__EXPORT_PATH": str(folder / "exports"),
        "PICTD__MEDIA__VIDEO__ALLOW_AUDIO": "true",
        "PICTD__STORE__TYPE": "filesystem",
        "PICTD__STORE__PATH": str(folder / "files"),
        # What is downloaded comes from this machine.
        "PICTD__CLIENT__ALLOWED_NETWORKS": "127.0.0.0/8",
        **{f"PICTD__{name}": value for name, value in more.items()},
    }


@contextmanager
def running(folder: Path, **more: str) -> Iterator[Server]:
    """A server for as long as the context lasts; everything it keeps lies in ``folder``, where one
    that ran before may have left it.

    :param more: settings.
    :raise DidNotStart: it doesn't answer within its time.
    """
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    port = free_port()
    twistd = Path(sys.executable).parent / "twistd"
    command = (str(twistd), "--nodaemon", "--pidfile=", "pictd", "run")
    log = folder / "server.log"
    with log.open("wb") as output:
        daemon = subprocess.Popen(
            command,
            cwd=folder,
            env=settings(folder, port, more),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_healthy(daemon, port, log)
        yield Server(port, daemon.pid)
    finally:
        stop(daemon)


def wait_until_healthy(daemon: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """:raise DidNotStart: it ended, or the time is over."""
    deadline = time.monotonic() + START_DEADLINE
    while time.monotonic() < deadline and daemon.poll() is None:
        with suppress(OSError):
            if ask(port, "GET", "/healthz").status == 200:
                return
        time.sleep(POLL)
    raise DidNotStart(log.read_text(errors="replace")[-4000:])


def stop(daemon: subprocess.Popen[bytes]) -> None:
    """Ask it to stop; what is left of it after its time, and of its children, is killed."""
    family = tree(daemon.pid) if daemon.poll() is None else []
    daemon.terminate()
    try:
        daemon.wait(STOP_DEADLINE)
    except subprocess.TimeoutExpired:
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        daemon.wait()

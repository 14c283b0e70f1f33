"""A real object store for tests: OpenStack Swift, from the package index, in an environment of its
own.

The environment is made once and kept beside that of the tests. Each process that runs tests has a
server of its own, which ends with it.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from pictd.store.objects.signing import Credentials
from tests.support.buckets import Bucket, Buckets
from tests.support.swift_server import free_port

REQUIREMENTS = Path(__file__).with_name("swift_requirements.txt")
SERVER = Path(__file__).with_name("swift_server.py")
ENVIRONMENT = Path(sys.prefix) / "swift"
KEYS = Credentials("test:tester", "testing", "us-east-1")


class OnSwift(Buckets):
    """Tests whose buckets are in Swift."""

    def new_bucket(self) -> Bucket:
        """See ``Buckets``."""
        return new_bucket()


def new_bucket() -> Bucket:
    """An empty one, on the server that tests share."""
    return _shared().bucket()


class Swift:
    """A server, which may be stopped and started again with what it has stored."""

    def __init__(self) -> None:
        _make_environment()
        self._folder, self._port = tempfile.mkdtemp(prefix="pictd-swift-"), free_port()
        self._server: subprocess.Popen[str] | None = None
        self.start()

    @property
    def endpoint(self) -> str:
        """Of the service."""
        return f"http://127.0.0.1:{self._port}"

    def bucket(self) -> Bucket:
        """A new one."""
        return Bucket.new(self.endpoint, KEYS)

    def start(self) -> None:
        """Blocks until it serves."""
        self._server = server = subprocess.Popen(
            [str(ENVIRONMENT / "bin" / "python"), "-P", str(SERVER), self._folder, str(self._port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environ(),
            text=True,
        )
        assert server.stdout is not None
        if server.stdout.readline() != "ready\n":
            raise AssertionError("Swift does not start")

    def stop(self) -> None:
        """Blocks until it has ended. A second call does nothing."""
        server, self._server = self._server, None
        if server is not None:
            server.communicate()

    def remove(self) -> None:
        """With all that is in it."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


@cache
def _shared() -> Swift:
    """This process's server."""
    swift = Swift()
    atexit.register(swift.remove)
    return swift


def _make_environment() -> None:
    """Unless it is there; two processes at once make it once."""
    ENVIRONMENT.mkdir(exist_ok=True)
    made, wanted = ENVIRONMENT / "made-from", REQUIREMENTS.read_text()
    with (ENVIRONMENT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if made.exists() and made.read_text() == wanted:
            return
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True, env=_environ())
        pip = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "--requirement", str(REQUIREMENTS)], check=True, env=_environ())
        made.write_text(wanted)


def _environ() -> dict[str, str]:
    """Without the path that trial gives its workers: what is on it would pass for installed."""
    return {name: each for name, each in os.environ.items() if not name.startswith("PYTHON")}

"""A real object store for tests: OpenStack Swift, from the package index, in an environment of its
own; and buckets in it.

The environment is made once and kept beside that of the tests. Each process that runs tests has a
server of its own, which ends with it.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import attrs
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from pictd.store.objects.asking import Service
from pictd.store.objects.calls import Access
from pictd.store.objects.places import Place, query_of
from pictd.store.objects.signing import Credentials, Unsigned, sign
from pictd.store.objects.store import ObjectStore
from tests.support.swift_server import free_port
from tests.support.waiting import pause

REQUIREMENTS = Path(__file__).with_name("swift_requirements.txt")
SERVER = Path(__file__).with_name("swift_server.py")
ENVIRONMENT = Path(sys.prefix) / "swift"
KEYS = Credentials("test:tester", "testing", "us-east-1")


_TO_SERVICE = ("seconds", "now", "trust", "metrics")


@attrs.frozen
class Bucket:
    """One of its own for each test; looked at without anything of the store's but its signatures.

    :ivar endpoint: of the service.
    """

    endpoint: str
    name: str

    @property
    def place(self) -> Place:
        """As the store knows it."""
        return Place.of(self.endpoint, self.name, path_style=True)

    def ask(self, method: str, key: str = "", **query: str) -> bytes:
        """One request; blocks."""
        place, encoded = self.place, query_of(query)
        unsigned = Unsigned(method, place.path(key), encoded, {"host": place.host})
        headers = sign(unsigned, KEYS, time.time())
        request = Request(place.url(key, encoded), method=method, headers=headers)
        with urlopen(request, timeout=30) as answer:
            body: bytes = answer.read()
        return body

    def keys(self) -> list[str]:
        """Of all objects."""
        return re.findall(r"<Key>(.*?)</Key>", self.ask("GET").decode())

    def uploads(self) -> list[str]:
        """Keys of uploads in parts that nobody has ended."""
        return re.findall(r"<Key>(.*?)</Key>", self.ask("GET", uploads="").decode())

    def headers(self, key: str) -> Mapping[str, str]:
        """Of one object; names in small letters."""
        unsigned = Unsigned("HEAD", self.place.path(key), "", {"host": self.place.host})
        headers = sign(unsigned, KEYS, time.time())
        request = Request(self.place.url(key, ""), method="HEAD", headers=headers)
        with urlopen(request, timeout=30) as answer:
            return {name.lower(): value for name, value in answer.headers.items()}


def new_bucket() -> Bucket:
    """An empty one, on the server that tests share."""
    return _shared().bucket()


def store_in(test: TestCase, bucket: Bucket, keys: Credentials = KEYS, **more: Any) -> ObjectStore:
    """A store.

    :param more: ``seconds``, ``now`` and ``trust`` of the access, ``metrics``; the rest for the
        store.
    """
    to_service = {name: more.pop(name) for name in _TO_SERVICE if name in more}
    return ObjectStore(service_in(test, bucket, keys, **to_service), reactor, **more)


def service_in(
    test: TestCase, bucket: Bucket, keys: Credentials = KEYS, seconds: float = 20.0, **more: Any
) -> Service:
    """What the store talks to, closed after the test.

    :param more: ``metrics``, the rest for the access.
    """
    metrics = more.pop("metrics", None)
    service = Service(Access(bucket.place, keys, seconds, **more), reactor, metrics)
    test.addCleanup(_close, service)
    return service


async def _close(service: Service) -> None:
    """What the last answer came on counts as idle only in the reactor's next turn."""
    await pause(0)
    await service.close()


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
        bucket = Bucket(self.endpoint, f"test-{uuid4().hex}")
        bucket.ask("PUT")
        return bucket

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

"""A PostgreSQL server of the test process's own, and a database for each test."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from pwd import getpwnam

import psycopg2

from tests.support.certificates import Issued

_ROLE = "tests"
_USERS = ("postgres", "nobody")
"""Who the server runs as where the tests run as root, which it refuses."""
_OPTIONS = (
    "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    " -c max_connections=100 -c shared_buffers=32MB -c deadlock_timeout=50ms"
    " -c timezone=Pacific/Honolulu"
)
_ANY_PORT = 5432
"""Only the name of a socket."""
_numbers = count(1)


def program(name: str) -> str:
    """Where a program of the server is.

    :raise FileNotFoundError: nowhere.
    """
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version)
    found = shutil.which(name, path=os.pathsep.join([*map(str, folders), os.environ["PATH"]]))
    if found is None:
        raise FileNotFoundError(f"{name} is not installed; see setup/system-packages.sh")
    return found


class Cluster:
    """A server in a folder of its own, reached by a socket in that folder."""

    def __init__(self, port: int | None = None, more: str = "") -> None:
        """:param port: where it listens on 127.0.0.1; None: nowhere.
        :param more: further options; the last one of a name counts.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="pictd-postgres-"))
        listens = "listen_addresses=''" if port is None else "listen_addresses=127.0.0.1"
        self._port = port or _ANY_PORT
        self._options = f"{_OPTIONS} -k {self._folder} -p {self._port} -c {listens} {more}"
        self._user = None if os.getuid() else _somebody()
        if self._user is not None:
            os.chown(self._folder, *self._user)
        self._run("initdb", "-A", "trust", "-U", _ROLE, "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()

    def start(self) -> None:
        """Blocks until it takes connections."""
        self._run("pg_ctl", "start", "-w", "-l", str(self._folder / "log"), "-o", self._options)

    def stop(self, mode: str = "fast") -> None:
        """Blocks until it has ended; connections are broken off.

        :param mode: ``immediate``: as a crash would.
        """
        self._run("pg_ctl", "stop", "-w", "-m", mode)

    def encrypt(self, pair: Issued) -> None:
        """Start it anew, with TLS."""
        for name, content in (("crt", pair.certificate), ("key", pair.private_key)):
            path = self._folder / "data" / f"server.{name}"
            path.touch(mode=0o600)
            path.write_bytes(content)
            if self._user is not None:
                os.chown(path, *self._user)
        self.execute("postgres", "ALTER SYSTEM SET ssl = on")
        self.stop()
        self.start()

    def remove(self) -> None:
        """With all that is in it."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", check=False)
        shutil.rmtree(self._folder)

    def url(self, database: str) -> str:
        """Of one of its databases."""
        return f"postgres://{_ROLE}@/{database}?host={self._folder}&port={self._port}"

    def create(self, template: str = "template0") -> str:
        """A new database; its name."""
        name = f"test_{next(_numbers)}"
        self.execute("postgres", f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def execute(self, database: str, sql: str, *values: object) -> Sequence[tuple[object, ...]]:
        """What another program does to a database; blocks."""
        with closing(psycopg2.connect(self.url(database))) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    def _run(self, name: str, *arguments: str, check: bool = True) -> None:
        uid, gid = self._user or (None, None)
        subprocess.run(
            [program(name), "-D", str(self._folder / "data"), *arguments],
            check=check,
            cwd=self._folder,
            user=uid,
            group=gid,
            extra_groups=None if uid is None else [],
            stdout=subprocess.DEVNULL,
            stderr=None if check else subprocess.DEVNULL,
        )


class Shared:
    """The cluster that tests share: started by the first of the process that asks, removed with
    the process."""

    def __init__(self) -> None:
        self._cluster: Cluster | None = None

    @property
    def cluster(self) -> Cluster:
        """Running."""
        if self._cluster is None:
            self._cluster = Cluster()
            atexit.register(self._cluster.remove)
        return self._cluster


SHARED = Shared()


def _somebody() -> tuple[int, int]:
    for name in _USERS:
        try:
            entry = getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise LookupError("the tests run as root, and there is nobody else to run a server as")


def _version(folder: Path) -> int:
    return -int(folder.parent.name) if folder.parent.name.isdecimal() else 0

"""A second real object store for tests: Ceph's gateway for S3, from the system's packages.

Each process that runs tests has a server of its own, which ends with it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from pictd.store.objects.signing import Credentials
from tests.support.buckets import Bucket, Buckets

SERVER = Path(__file__).with_name("rgw_server.py")
PROGRAMS = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool", "osdmaptool")
KEYS = Credentials("tests", "testing", "us-east-1")
NAME = "s3.test"
"""Of the host, below which buckets have theirs; no resolver knows it."""


class OnRgw(Buckets):
    """Tests whose buckets are in Ceph."""

    def new_bucket(self) -> Bucket:
        """See ``Buckets``."""
        return new_bucket()


def new_bucket() -> Bucket:
    """An empty one, on the server that tests share."""
    return Bucket.new(shared().plain, KEYS)


class Rgw:
    """A server.

    :ivar plain: URL of a gateway.
    :ivar tokens: of one that takes session tokens, too.
    """

    def __init__(self) -> None:
        """Blocks until it serves.

        :raise FileNotFoundError: it is not installed.
        """
        for program in PROGRAMS:
            if shutil.which(program) is None:
                raise FileNotFoundError(f"{program} is not installed; see setup/system-packages.sh")
        self.process = subprocess.Popen(
            [sys.executable, "-I", str(SERVER), KEYS.access_key, KEYS.secret_key, NAME],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environ(),
            text=True,
        )
        assert self.process.stdout is not None
        ports = self.process.stdout.readline().split()
        if not ports:
            raise AssertionError("Ceph does not start")
        self.plain, self.tokens = (f"http://127.0.0.1:{port}" for port in ports)

    def end(self) -> None:
        """With all that is in it; blocks."""
        self.process.communicate()


@cache
def shared() -> Rgw:
    """This process's server."""
    rgw = Rgw()
    atexit.register(rgw.end)
    return rgw


def _environ() -> dict[str, str]:
    """Without another cluster that the machine may have."""
    return {name: each for name, each in os.environ.items() if not name.startswith("CEPH_")}

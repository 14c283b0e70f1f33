"""A second real object store for tests: Ceph's gateway for S3, from the system's packages.

Each process that runs tests has a server of its own, which ends with it.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import time
from functools import cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

from pictd.store.objects.signing import Credentials, Unsigned, sign
from tests.support.buckets import Bucket, Buckets

SERVER = "tests.support.rgw_server"
ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool", "osdmaptool")
USER = "tests"
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
        :raise AssertionError: it does not start.
        """
        for program in PROGRAMS:
            if shutil.which(program) is None:
                raise FileNotFoundError(f"{program} is not installed; see setup/system-packages.sh")
        self.process = subprocess.Popen(
            [sys.executable, "-m", SERVER, USER, KEYS.access_key, KEYS.secret_key, NAME],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=_environ(),
            text=True,
        )
        assert self.process.stdout is not None
        ports = self.process.stdout.readline().split()
        if not ports:
            self.end()
            raise AssertionError("Ceph does not start")
        self.plain, self.tokens = (f"http://127.0.0.1:{port}" for port in ports)

    def end(self) -> None:
        """With all that is in it; blocks."""
        self.process.communicate()


def shared() -> Rgw:
    """This process's server.

    :raise AssertionError: it does not start, or did not.
    """
    started = _started()
    if started is None:
        raise AssertionError("Ceph did not start")
    return started


@cache
def _started() -> Rgw | None:
    """Not tried again for each test."""
    try:
        rgw = Rgw()
    except AssertionError:
        return None
    atexit.register(rgw.end)
    return rgw


def session() -> Credentials:
    """Keys of the owner that are good for a quarter of an hour, with the token that says so."""
    policy = {"Effect": "Allow", "Action": ["sts:GetSessionToken"], "Resource": ["*"]}
    allowed = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    _tell(Action="PutUserPolicy", UserName=USER, PolicyName="sessions", PolicyDocument=allowed)
    told = _tell(Action="GetSessionToken", DurationSeconds="900")
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    key, secret, token = (told.partition(f"<{name}>")[2].partition("<")[0] for name in names)
    return Credentials(key, secret, KEYS.region, token)


def _tell(**form: str) -> str:
    """The answer of the gateway that takes tokens; blocks."""
    body, url = urlencode(form).encode(), f"{shared().tokens}/"
    headers = {"host": urlsplit(url).netloc, "content-type": "application/x-www-form-urlencoded"}
    signed = sign(Unsigned("POST", "/", "", headers, sha256(body).hexdigest()), KEYS, time.time())
    with urlopen(Request(url, body, signed), timeout=30) as answer:
        told: bytes = answer.read()
    return told.decode()


def _environ() -> dict[str, str]:
    """Without another cluster that the machine may have."""
    return {name: each for name, each in os.environ.items() if not name.startswith("CEPH_")}

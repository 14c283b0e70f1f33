"""What a bucket costs without pictd: signed requests over connections that are kept."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from bench.client import DEADLINE, Refused
from pictd.store.objects.signing import Unsigned, sign
from tests.support.buckets import Bucket


class BareBucket:
    """Each thread has a connection of its own."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._local = threading.local()

    def put(self, key: str, body: bytes) -> None:
        """:raise Refused: it is not there now."""
        self._ask("PUT", key, body)

    def look(self, key: str) -> None:
        """The smallest request there is.

        :raise Refused: there is no such object.
        """
        self._ask("HEAD", key, b"")

    def put_files(self, files: Iterable[tuple[str, Path]], at_once: int) -> float:
        """Put files under keys, so many at the same time.

        :return: seconds.
        :raise Refused: one of them is not there now.
        """
        began = time.perf_counter()
        with ThreadPoolExecutor(at_once) as threads:
            for _ in threads.map(lambda each: self.put(each[0], each[1].read_bytes()), files):
                pass
        return time.perf_counter() - began

    def _ask(self, method: str, key: str, body: bytes) -> None:
        place, digest = self._bucket.place, sha256(body).hexdigest()
        unsigned = Unsigned(method, place.path(key), "", {"host": place.host}, digest)
        headers = sign(unsigned, self._bucket.credentials, time.time())
        connection = self._connection()
        connection.request(method, place.path(key), body or None, headers)
        answer = connection.getresponse()
        told = answer.read()
        if answer.status != 200:
            raise Refused(f"{method} {key}: {answer.status} {told[:200]!r}")

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._local, "connection"):
            address = urlsplit(self._bucket.endpoint)
            self._local.connection = http.client.HTTPConnection(
                str(address.hostname), address.port, timeout=DEADLINE
            )
        connection: http.client.HTTPConnection = self._local.connection
        return connection

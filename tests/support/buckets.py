"""Buckets of a real object store, and what looks at them."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
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
from tests.support.waiting import pause

_TO_SERVICE = ("metrics", "now", "seconds", "trust")


@attrs.frozen
class Bucket:
    """One of its own for each test; looked at without anything of the store's but its signatures.

    :ivar endpoint: of the service.
    :ivar credentials: of its owner.
    :ivar path_style: how the store asks for it, too.
    """

    endpoint: str
    name: str
    credentials: Credentials
    path_style: bool = True

    @classmethod
    def new(cls, endpoint: str, credentials: Credentials) -> Bucket:
        """An empty one."""
        bucket = cls(endpoint, f"test-{uuid4().hex}", credentials)
        bucket.ask("PUT")
        return bucket

    @property
    def place(self) -> Place:
        """As the store knows it."""
        return Place.of(self.endpoint, self.name, self.path_style)

    def settings(self, section: str = "STORE") -> dict[str, str]:
        """That name it to a server: environment variables without their prefix."""
        values = {
            "TYPE": "object_storage",
            "ENDPOINT": self.endpoint,
            "BUCKET_NAME": self.name,
            "USE_PATH_STYLE": str(self.path_style).lower(),
            "REGION": self.credentials.region,
            "ACCESS_KEY": self.credentials.access_key,
            "SECRET_KEY": self.credentials.secret_key,
        }
        if self.credentials.session_token is not None:
            values["SESSION_TOKEN"] = self.credentials.session_token
        return {f"{section}__{name}": value for name, value in values.items()}

    def ask(self, method: str, key: str = "", **query: str) -> bytes:
        """One request; blocks."""
        place, encoded = self.place, query_of(query)
        unsigned = Unsigned(method, place.path(key), encoded, {"host": place.host})
        headers = sign(unsigned, self.credentials, time.time())
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
        headers = sign(unsigned, self.credentials, time.time())
        request = Request(self.place.url(key, ""), method="HEAD", headers=headers)
        with urlopen(request, timeout=30) as answer:
            return {name.lower(): value for name, value in answer.headers.items()}


class Buckets:
    """Mixed into tests that run on every service."""

    def new_bucket(self) -> Bucket:
        """An empty one, on the server that tests share."""
        raise NotImplementedError


def store_in(test: TestCase, bucket: Bucket, **more: Any) -> ObjectStore:
    """A store.

    :param more: ``seconds``, ``now`` and ``trust`` of the access, ``metrics``; the rest for the
        store.
    """
    to_service = {name: more.pop(name) for name in _TO_SERVICE if name in more}
    return ObjectStore(service_in(test, bucket, **to_service), reactor, **more)


def service_in(test: TestCase, bucket: Bucket, seconds: float = 20.0, **more: Any) -> Service:
    """What the store talks to, closed after the test.

    :param more: ``metrics``, the rest for the access.
    """
    metrics = more.pop("metrics", None)
    access = Access(bucket.place, bucket.credentials, seconds, **more)
    service = Service(access, reactor, metrics)
    test.addCleanup(_close, service)
    return service


async def _close(service: Service) -> None:
    """What the last answer came on counts as idle only in the reactor's next turn."""
    await pause(0)
    await service.close()

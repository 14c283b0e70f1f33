"""How long a server asks to be left alone, and what is told of its troubles."""

from __future__ import annotations

from typing import Any

import attrs
from OpenSSL import SSL
from twisted.internet import defer, error
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import ResponseFailed, ResponseNeverReceived
from twisted.web.http_headers import Headers

from pictd.errors import BlockedAddress, PictdError, UpstreamRefused, UpstreamTooSlow
from pictd.errors import UpstreamUnreachable as Unreachable
from pictd.remote.answers import MOST_RETRY_AFTER, refuse_failure
from pictd.remote.troubles import trouble

NOW = 1_700_000_000
"""Tue, 14 Nov 2023 22:13:20 GMT."""


@attrs.frozen
class Head:
    """As much of an answer as matters."""

    code: int
    headers: Headers


class RetryAfterTests(SynchronousTestCase):
    """``Retry-After``."""

    def wait(self, *values: str) -> int | None:
        """What is believed of it."""
        head: Any = Head(503, Headers({"Retry-After": list(values)} if values else {}))
        refused: UpstreamRefused = self.assertRaises(UpstreamRefused, refuse_failure, head, NOW)
        return refused.retry_after

    def test_seconds(self) -> None:
        """Up to an hour."""
        for value, seconds in {
            "0": 0,
            " 7 ": 7,
            "3600": 3600,
            "3601": 3600,
            "9" * 999: 3600,
        }.items():
            self.assertEqual(self.wait(value), seconds, value[:20])

    def test_a_date(self) -> None:
        """One that has passed asks for nothing."""
        for value, seconds in {
            "Tue, 14 Nov 2023 22:14:20 GMT": 60,
            "Tue, 14 Nov 2023 22:13:20 GMT": 0,
            "Tue, 14 Nov 2022 22:13:20 GMT": 0,
            "Tue, 14 Nov 2034 22:13:20 GMT": MOST_RETRY_AFTER,
        }.items():
            self.assertEqual(self.wait(value), seconds, value)

    def test_nothing_of_use(self) -> None:
        """Is as good as nothing."""
        self.assertIsNone(self.wait())
        for value in ("", "soon", "-1", "1.5", "\xb2", "Tue, 99 Nov 2023 22:14:20 GMT"):
            self.assertIsNone(self.wait(value), value)

    def test_the_first_of_several(self) -> None:
        """Counts."""
        self.assertEqual(self.wait("7", "8"), 7)


class TroubleTests(SynchronousTestCase):
    """``trouble``: kinds are told apart, details are not told."""

    def test_kinds(self) -> None:
        """Also inside what Twisted wraps them in."""
        expected: dict[Exception, type[PictdError]] = {
            TimeoutError("10.0.0.1"): UpstreamTooSlow,
            defer.TimeoutError("10.0.0.1"): UpstreamTooSlow,
            error.TimeoutError("10.0.0.1"): UpstreamTooSlow,
            error.ConnectionRefusedError("10.0.0.1"): Unreachable,
            error.NoRouteError("10.0.0.1"): Unreachable,
            error.ConnectionLost("10.0.0.1"): Unreachable,
            SSL.Error([("10.0.0.1", "", "")]): Unreachable,
            KeyError("10.0.0.1"): Unreachable,
            BlockedAddress(): BlockedAddress,
        }
        for cause, kind in expected.items():
            for wrapped in (cause, ResponseFailed([Failure(cause)]),
                            ResponseNeverReceived([Failure(cause)])):  # fmt: skip
                told = trouble(wrapped)
                self.assertIs(type(told), kind, repr(wrapped))
                self.assertNotIn("10.0", str(told))

    def test_texts(self) -> None:
        """An operator can tell what to look for."""
        texts = {
            str(trouble(each))
            for each in (error.ConnectionRefusedError(), SSL.Error([]), error.ConnectionLost())
        }
        self.assertEqual(len(texts), 3)

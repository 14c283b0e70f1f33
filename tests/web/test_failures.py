"""What errors become on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator

from twisted.internet.defer import CancelledError
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from pictd import errors
from pictd.errors import PictdError
from pictd.web.failures import STATUSES, problem, status_of


def leaves(kind: type[PictdError]) -> Iterator[type[PictdError]]:
    """Every class below that has none below itself."""
    below = kind.__subclasses__()
    for each in below:
        yield from leaves(each)
    if not below:
        yield kind


class TableTests(SynchronousTestCase):
    """``STATUSES``."""

    def test_every_leaf_has_a_status(self) -> None:
        """No error is forgotten."""
        own = [each for each in leaves(PictdError) if each.__module__ == "pictd.errors"]
        self.assertGreater(len(own), 30)
        self.assertEqual([each for each in own if status_of(each) is None], [])

    def test_root_has_none(self) -> None:
        """The table never answers for everything: that would make the test above worthless."""
        self.assertNotIn(PictdError, STATUSES)

    def test_statuses(self) -> None:
        """The statuses that differ from their family's, and some that do not."""
        expected: dict[type[PictdError], int] = {
            errors.BadOperation: 400, errors.FileTooLarge: 413, errors.AliasNotFound: 404,
            errors.ProxyNotFound: 404, errors.BytesLost: 500, errors.RangeNotSatisfiable: 416,
            errors.Overloaded: 503, errors.InvalidApiKey: 401, errors.InvalidDeleteToken: 403,
            errors.RequestTimeout: 408, errors.MediaTimeout: 400, errors.StreamTooSlow: 400,
            errors.AliasAlreadyExists: 400, errors.ReadOnly: 400, errors.MediaTooExpensive: 400,
            errors.ValidatorFailed: 400, errors.UnusableUrl: 400, errors.BlockedAddress: 403,
            errors.UpstreamUnreachable: 502, errors.UpstreamRefused: 502,
            errors.UpstreamTooSlow: 504,
        }  # fmt: skip
        for kind, status in expected.items():
            self.assertEqual(status_of(kind), status, kind)


class ProblemTests(SynchronousTestCase):
    """``problem``."""

    def test_known_error(self) -> None:
        """Code, text and extra members are told as JSON."""
        answer = problem(Failure(errors.TooWide(limit=10, actual=20)))
        self.assertEqual(answer.status, 400)
        self.assertEqual(answer.headers, ((b"content-type", b"application/json"),))
        self.assertEqual(
            json.loads(answer.body),
            {"code": "validate-width", "msg": "Too wide", "limit": 10, "actual": 20},
        )

    def test_unavailable(self) -> None:
        """A client is told to come back."""
        answer = problem(Failure(errors.RepoUnavailable()))
        self.assertEqual(answer.status, 503)
        self.assertIn(b"retry-after", dict(answer.headers))

    def test_unknown_error(self) -> None:
        """It is logged under the incident that the client is told, and nothing else is told."""
        answer = problem(Failure(ZeroDivisionError("secret")))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        body = json.loads(answer.body)
        self.assertEqual(answer.status, 500)
        self.assertEqual((body["code"], body["msg"]), ("unknown-error", "Request failed"))
        self.assertEqual(len(body["incident"]), 36)
        self.assertNotIn(b"secret", answer.body)

    def test_abandoned(self) -> None:
        """Work that was cancelled is no incident."""
        self.assertEqual(problem(Failure(CancelledError())).status, 503)

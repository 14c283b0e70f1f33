"""Where objects are, and what an S3 service says."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import ResponseDone
from twisted.web.http_headers import Headers

from pictd.errors import ObjectStoreUnavailable
from pictd.store.objects.answers import Answer, Refused, document, refuse_failure
from pictd.store.objects.arriving import MOST_HELD, Arriving
from pictd.store.objects.places import Place, public_url, query_of

ERROR = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Code>%s</Code><Message>hush</Message></Error>"""
ENDPOINT = "https://s3.example.org"


def answer(status: int, body: bytes = b"") -> Answer:
    """Without headers."""
    return Answer(status, Headers(), body)


class PlacesTests(SynchronousTestCase):
    """URLs (spec storage §6.1)."""

    def test_path_style(self) -> None:
        """The bucket is the first segment, after the endpoint's own path."""
        place = Place.of("http://s3.example.org:8080/s3", "media", True)
        self.assertEqual(place.url("a/b", ""), "http://s3.example.org:8080/s3/media/a/b")
        self.assertEqual(place.url("", "x="), "http://s3.example.org:8080/s3/media?x=")

    def test_virtual_host_style(self) -> None:
        """The bucket goes before the host, unless it is there already."""
        for endpoint in (ENDPOINT, "https://media.s3.example.org"):
            place = Place.of(endpoint, "media", False)
            self.assertEqual(place.url("a/b", ""), "https://media.s3.example.org/a/b")
            self.assertEqual(place.url("", ""), "https://media.s3.example.org/")

    def test_buckets_that_are_no_part_of_a_host_name(self) -> None:
        """They need path style, and so do numeric addresses."""
        for endpoint, bucket in (
            ("http://127.0.0.1:1", "media"),
            ("http://[::1]:1", "media"),
            (ENDPOINT, "my_media"),
            (ENDPOINT, "a/b"),
            (ENDPOINT, "a..b"),
        ):
            with self.assertRaises(ValueError):
                Place.of(endpoint, bucket, False)
            Place.of(endpoint, bucket, True)

    def test_ports(self) -> None:
        """The scheme's own is not named: neither do clients name it in the header."""
        self.assertEqual(Place.of("https://h:443", "b", True).host, "h")
        self.assertEqual(Place.of("http://h:443", "b", True).host, "h:443")
        self.assertEqual(Place.of("http://[::1]:80", "b", True).host, "[::1]")

    def test_keys_are_encoded_once(self) -> None:
        """Everything but what RFC 3986 leaves alone."""
        place = Place.of(ENDPOINT, "b", True)
        self.assertEqual(place.path("a b/+%20~ä"), "/b/a%20b/%2B%2520~%C3%A4")

    def test_queries(self) -> None:
        """Sorted by name."""
        self.assertEqual(
            query_of({"uploadId": "a/=", "partNumber": "1"}), "partNumber=1&uploadId=a%2F%3D"
        )

    def test_public_urls(self) -> None:
        """The endpoint's path and query stay; a slash at its end makes no empty segment."""
        self.assertEqual(public_url("https://cdn.example", "a/b c"), "https://cdn.example/a/b%20c")
        self.assertEqual(public_url("https://cdn.example/m/", "a"), "https://cdn.example/m/a")
        self.assertEqual(
            public_url("https://cdn.example/m?k=v", "a"), "https://cdn.example/m/a?k=v"
        )


class AnswersTests(SynchronousTestCase):
    """Successes and refusals."""

    def test_successes(self) -> None:
        """With or without a body."""
        for each in (answer(200), answer(204), answer(206, b"<any"), answer(200, b"<Result/>")):
            refuse_failure(each)

    def test_an_error_after_200(self) -> None:
        """As the end of an upload in parts may be answered, after some blanks."""
        with self.assertRaises(Refused) as caught:
            refuse_failure(answer(200, b"   \n" + ERROR % b"InternalError"))
        self.assertTrue(caught.exception.passes)

    def test_what_passes(self) -> None:
        """Is told by status or code."""
        for status, code, passes in (
            (503, b"", True),
            (429, b"", True),
            (400, b"RequestTimeout", True),
            (403, b"AccessDenied", False),
            (404, b"NoSuchKey", False),
            (501, b"NotImplemented", False),
        ):
            with self.assertRaises(Refused) as caught:
                refuse_failure(answer(status, ERROR % code))
            self.assertIs(caught.exception.passes, passes, (status, code))

    def test_the_service_is_not_quoted(self) -> None:
        """Its messages repeat what was signed."""
        with self.assertRaises(Refused) as caught:
            refuse_failure(answer(403, ERROR % b"SignatureDoesNotMatch"))
        self.assertNotIn("hush", str(caught.exception))
        with self.assertRaises(Refused) as caught:
            refuse_failure(answer(403, ERROR % b"not a code"))
        self.assertEqual(str(caught.exception), "The object store refuses: 403")

    def test_no_xml(self) -> None:
        """What should be a document."""
        for body in (b"", b"<html><br>", b"\xff"):
            with self.assertRaises(ObjectStoreUnavailable):
                document(answer(200, body))


class Producer:
    """A connection.

    :ivar paused: whether it holds back.
    """

    def __init__(self) -> None:
        self.paused = self.aborted = False
        self._producer = self

    def pauseProducing(self) -> None:
        """Nothing arrives."""
        self.paused = True

    def resumeProducing(self) -> None:
        """Something may arrive."""
        self.paused = False

    def abortConnection(self) -> None:
        """Nothing ever will."""
        self.aborted = True


class ArrivingTests(SynchronousTestCase):
    """Bodies, at the reader's pace."""

    def setUp(self) -> None:
        """One that begins."""
        self.clock, self.connection = Clock(), Producer()
        self.body = Arriving(self.clock, 10)
        transport: Any = self.connection
        self.body.makeConnection(transport)

    def reading(self) -> Deferred[bytes]:
        """The next piece."""
        return Deferred.fromCoroutine(self.body.read())

    def test_bounds(self) -> None:
        """Where much waits for the reader nothing is received, until it comes."""
        self.body.dataReceived(bytes(MOST_HELD - 1))
        self.assertFalse(self.connection.paused)
        self.body.dataReceived(b"x")
        self.assertTrue(self.connection.paused)
        self.assertEqual(len(self.successResultOf(self.reading())), MOST_HELD)
        self.assertFalse(self.connection.paused)

    def test_the_end(self) -> None:
        """Comes after what has arrived, and stays."""
        self.body.dataReceived(b"last")
        self.body.connectionLost(Failure(ResponseDone()))
        read = [self.successResultOf(self.reading()) for _ in range(3)]
        self.assertEqual((read, self.connection.aborted), ([b"last", b"", b""], False))

    def test_a_broken_body(self) -> None:
        """What has arrived is given; then the reader is told."""
        self.body.dataReceived(b"some")
        self.body.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.successResultOf(self.reading()), b"some")
        self.failureResultOf(self.reading(), ObjectStoreUnavailable)

    def test_a_stall(self) -> None:
        """Only while somebody waits does the time run."""
        self.clock.advance(1000)
        waiting = self.reading()
        self.clock.advance(9)
        self.assertNoResult(waiting)
        self.clock.advance(1)
        self.failureResultOf(waiting, ObjectStoreUnavailable)
        self.assertTrue(self.connection.aborted)

    def test_nothing_is_left_running(self) -> None:
        """Once a piece has come."""
        waiting = self.reading()
        self.body.dataReceived(b"x")
        self.assertEqual(self.successResultOf(waiting), b"x")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_too_long(self) -> None:
        """What was asked for as a whole is bounded."""
        self.body.dataReceived(bytes(11))
        self.failureResultOf(Deferred.fromCoroutine(self.body.whole(10)), ObjectStoreUnavailable)
        self.assertTrue(self.connection.aborted)

"""Conditional requests."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http_headers import Headers

from pictd.model.times import SECOND
from pictd.web.conditions import Conditions, Validators, http_date, parse_http_date

ETAG = b'"abc"'
MOMENT = 1_718_902_991 * SECOND + 402_318_775
DATE = b"Thu, 20 Jun 2024 17:03:11 GMT"
VALIDATORS = Validators(ETAG, MOMENT)


class DateTests(SynchronousTestCase):
    """HTTP dates."""

    def test_format(self) -> None:
        """The fraction of a second is dropped."""
        self.assertEqual(http_date(MOMENT), DATE)

    def test_parse(self) -> None:
        """The three forms of RFC 9110 §5.6.7 are read."""
        for text in (DATE, b"Thursday, 20-Jun-24 17:03:11 GMT", b"Thu Jun 20 17:03:11 2024"):
            self.assertEqual(parse_http_date(text), MOMENT // SECOND, text)

    def test_garbage(self) -> None:
        """What is no date is none."""
        for text in (b"soon", b"", b"1 2 3 4 5 6", b"Thu, 99 Foo 2024 17:03:11 GMT", b"\xff"):
            self.assertIsNone(parse_http_date(text), text)


class NotModifiedTests(SynchronousTestCase):
    """``Conditions.are_met_by``."""

    def test_no_conditions(self) -> None:
        """Without conditions the answer is whole."""
        self.assertFalse(Conditions().are_met_by(VALIDATORS))

    def test_matching_tags(self) -> None:
        """Lists, weak tags and the asterisk match."""
        for value in (
            ETAG,
            b"W/" + ETAG,
            b'"x", ' + ETAG,
            ETAG + b' , "x"',
            b"*",
            b' "x,y",' + ETAG,
        ):
            self.assertTrue(Conditions(if_none_match=value).are_met_by(VALIDATORS), value)

    def test_other_tags(self) -> None:
        """Anything else does not match."""
        for value in (b'"x"', b'"x", "y"', b"garbage", b"", b"abc", b'"*"'):
            self.assertFalse(Conditions(if_none_match=value).are_met_by(VALIDATORS), value)

    def test_modified_since(self) -> None:
        """The date of the resource, and any later one, mean not modified."""
        expected = {
            DATE: True,
            b"Thu, 01 Jan 2099 00:00:00 GMT": True,
            b"Thu, 20 Jun 2024 17:03:10 GMT": False,
            b"soon": False,
        }
        for value, met in expected.items():
            conditions = Conditions(if_modified_since=value)
            self.assertEqual(conditions.are_met_by(VALIDATORS), met, value)

    def test_tags_win(self) -> None:
        """A date does not count beside tags."""
        self.assertFalse(Conditions(b'"x"', DATE).are_met_by(VALIDATORS))
        old = b"Thu, 01 Jan 2015 00:00:00 GMT"
        self.assertTrue(Conditions(ETAG, old).are_met_by(VALIDATORS))


class RangeTests(SynchronousTestCase):
    """``Conditions.allow_range``."""

    def test_if_range(self) -> None:
        """Only the same strong tag and the very same date let a range through."""
        expected = {
            None: True,
            ETAG: True,
            DATE: True,
            b'"x"': False,
            b"W/" + ETAG: False,
            b"Thu, 01 Jan 2015 00:00:00 GMT": False,
            b"Thu, 01 Jan 2099 00:00:00 GMT": False,
            b"soon": False,
        }
        for value, allowed in expected.items():
            conditions = Conditions(if_range=value)
            self.assertEqual(conditions.allow_range(VALIDATORS), allowed, value)


class HeaderTests(SynchronousTestCase):
    """``Conditions.of``."""

    def test_absent(self) -> None:
        """No headers, no conditions."""
        self.assertEqual(Conditions.of(Headers()), Conditions())

    def test_several_lines(self) -> None:
        """Lines of tags are one list; of dates the first counts."""
        headers = Headers({b"If-None-Match": [b'"a"', ETAG], b"If-Range": [b"x", b"y"]})
        self.assertEqual(Conditions.of(headers), Conditions(b'"a", "abc"', None, b"x"))

"""Query strings as typed values."""

from __future__ import annotations

from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from pictd.errors import InvalidQuery
from pictd.model.alias import Alias
from pictd.model.formats import Kind
from pictd.model.limits import Bounds
from pictd.model.times import from_rfc3339
from pictd.model.uploads import UploadQuery
from pictd.web.queries import U16, U64, Query, Source

CAT = Alias("cat", ".png")


class Refusals(SynchronousTestCase):
    """What the tests below share."""

    def assert_refused(self, field: str, get: Callable[[], object], text: str = "") -> None:
        """The getter names the field, and says this."""
        with self.assertRaises(InvalidQuery) as caught:
            get()
        self.assertEqual(caught.exception.extra["field"], field)
        self.assertIn(text, str(caught.exception))


class DecodingTests(SynchronousTestCase):
    """``Query.parse``."""

    def test_pairs(self) -> None:
        """Order and repetitions stay; a name without a value has an empty one."""
        query = Query.parse(b"b=2&a=1&b=3&c&&=x")
        expected = (("b", "2"), ("a", "1"), ("b", "3"), ("c", ""), ("", "x"))
        self.assertEqual(query.pairs, expected)

    def test_escapes(self) -> None:
        """Pluses are blanks, escapes are UTF-8; what is neither is literal or replaced."""
        query = Query.parse(b"a+b=%2B%20+&%C3%A4=%ff&z=%zz&e=a=b")
        expected = (("a b", "+  "), ("ä", "\ufffd"), ("z", "%zz"), ("e", "a=b"))
        self.assertEqual(query.pairs, expected)


class ScalarTests(Refusals):
    """The typed getters."""

    def test_absent(self) -> None:
        """What is not given is None, or the default."""
        query = Query.parse(b"")
        self.assertIsNone(query.text("a"))
        self.assertIsNone(query.unsigned("a", U64))
        self.assertIsNone(query.moment("a"))
        self.assertTrue(query.boolean("a", True))

    def test_repeated(self) -> None:
        """A scalar is given at most once."""
        query = Query.parse(b"limit=1&limit=2")
        self.assert_refused("limit", lambda: query.text("limit"), "duplicate field `limit`")

    def test_required(self) -> None:
        """What must be there is named when it is not."""
        query = Query.parse(b"x=1")
        self.assert_refused("url", lambda: query.required("url"), "missing field `url`")

    def test_unsigned(self) -> None:
        """A plus sign and leading zeros are fine."""
        for text, number in ((b"0", 0), (b"%2B064", 64), (b"65535", 65535), (b"0" * 40 + b"1", 1)):
            self.assertEqual(Query.parse(b"n=" + text).unsigned("n", U16), number)

    def test_not_unsigned(self) -> None:
        """Every other text is refused in the words that clients know."""
        mistakes = {
            b"": "cannot parse integer from empty string",
            b"-1": "invalid digit found in string",
            b"1.5": "invalid digit found in string",
            b"%D9%A1": "invalid digit found in string",
            b"65536": "number too large to fit in target type",
            b"9" * 9999: "number too large to fit in target type",
        }
        for value, text in mistakes.items():
            query = Query.parse(b"n=" + value)
            self.assert_refused("n", lambda query=query: query.unsigned("n", U16), text)  # type: ignore[misc]

    def test_boolean(self) -> None:
        """Exactly two words are booleans."""
        query = Query.parse(b"y=true&n=false&c=True&e=&one=1")
        self.assertTrue(query.boolean("y", False))
        self.assertFalse(query.boolean("n", True))
        for name in ("c", "e", "one"):
            text = "provided string was not `true` or `false`"
            self.assert_refused(name, lambda name=name: query.boolean(name, True), text)  # type: ignore[misc]

    def test_moment(self) -> None:
        """RFC 3339 with any offset, whose plus sign must be encoded."""
        query = Query.parse(b"t=2026-01-01T00:00:00%2B02:00")
        self.assertEqual(query.moment("t"), from_rfc3339("2025-12-31T22:00:00Z"))

    def test_no_moment(self) -> None:
        """Every other text is refused."""
        for value in (
            b"x", b"", b"2026-01-01", b"2026-01-01T00:00:00", b"1700000000",
            b"2026-01-01T00:00:00+02:00", b"2026-01-01%2000:00:00Z", b"2026-13-01T00:00:00Z",
            b"0000-01-01T00:00:00Z", b"2026-01-01T00:00:00%2B99:99",
        ):  # fmt: skip
            query = Query.parse(b"t=" + value)
            self.assert_refused("t", lambda query=query: query.moment("t"))  # type: ignore[misc]


class UploadTests(Refusals):
    """``Query.upload``."""

    def test_empty(self) -> None:
        """Without parameters nothing is limited."""
        self.assertEqual(Query.parse(b"").upload(), UploadQuery())

    def test_all(self) -> None:
        """Limits are taken out, sizes are bytes; what is left are operations in their order."""
        query = Query.parse(
            b"resize=3&max_width=1&max_height=2&max_area=3&max_frame_count=4&max_file_size=5"
            b"&allow_video=false&foo=&resize=4&url=x"
        )
        expected = UploadQuery(
            Bounds(1, 2, 3, 4, 5 * 1024 * 1024),
            frozenset((Kind.IMAGE, Kind.ANIMATION)),
            (("resize", "3"), ("foo", ""), ("resize", "4")),
        )
        self.assertEqual(query.upload(own=["url"]), expected)

    def test_malformed(self) -> None:
        """A malformed or repeated limit is refused by name."""
        for raw in (
            b"max_width=65536", b"max_height=x", b"max_area=4294967296", b"max_file_size=-1",
            b"max_frame_count=4294967296", b"max_file_size=18446744073709551616",
            b"allow_image=0", b"allow_animation=", b"allow_video=yes", b"max_width=1&max_width=1",
        ):  # fmt: skip
            name = raw.partition(b"=")[0].decode()
            self.assert_refused(name, lambda raw=raw: Query.parse(raw).upload())  # type: ignore[misc]


class SourceTests(Refusals):
    """The selectors."""

    def test_family_a(self) -> None:
        """``proxy`` wins if it is an absolute URL."""
        expected = {
            b"alias=cat.png": Source(CAT),
            b"alias=": Source(Alias("")),
            b"proxy=http://h/&alias=cat.png": Source(proxy="http://h/"),
            b"proxy=relative&alias=cat.png": Source(CAT),
            b"proxy=http://h/&proxy=http://i/&alias=cat.png": Source(CAT),
            b"proxy=http%3A%2F%2Fh%2F%3Fa%3Db&c=d": Source(proxy="http://h/?a=b"),
        }
        for raw, source in expected.items():
            self.assertEqual(Query.parse(raw).alias_source(), source, raw)

    def test_family_a_without_selector(self) -> None:
        """``src`` is none of them."""
        for raw in (b"", b"src=cat.png", b"alias=x&alias=y", b"proxy=relative"):
            get = Query.parse(raw).alias_source
            self.assert_refused("alias", get, "untagged enum AliasQuery")

    def test_family_p(self) -> None:
        """``src``, then ``alias``, then ``proxy``."""
        expected = {
            b"proxy=http://h/&alias=dog&src=cat.png": Source(CAT),
            b"proxy=http://h/&alias=cat.png": Source(CAT),
            b"src=a&src=b&proxy=http://h/": Source(proxy="http://h/"),
        }
        for raw, source in expected.items():
            self.assertEqual(Query.parse(raw).process_source(), source, raw)

    def test_family_p_without_selector(self) -> None:
        """There must be one that can be used."""
        for raw in (b"", b"proxy=x", b"src=a&src=b", b"thumbnail=3"):
            get = Query.parse(raw).process_source
            self.assert_refused("alias", get, "untagged enum ProcessSource")

    def test_a_url_is_taken_in_its_normal_form(self) -> None:
        """However it is spelled, by both families."""
        for url in (b"HTTP://H:80", b"+http://h/x/..", b"http:h", b"http%3A%2F%2Fh%09"):
            query = Query.parse(b"proxy=" + url)
            self.assertEqual(query.alias_source(), Source(proxy="http://h/"), url)
            self.assertEqual(query.process_source(), Source(proxy="http://h/"), url)


class RejoiningTests(SynchronousTestCase):
    """Un-encoded URLs (contract A14)."""

    def test_rest(self) -> None:
        """Unknown names after the URL are part of it, wherever the operations are."""
        for raw in (
            b"proxy=http://h/p?a=b&c=d",
            b"thumbnail=20&proxy=http://h/p?a=b&c=d",
            b"proxy=http://h/p?a=b&thumbnail=20&c=d",
            b"proxy=http://h/p?a=b&c=d&Resize=3&src=",
        ):
            (url,) = (value for name, value in Query.parse(raw).pairs if name == "proxy")
            self.assertEqual(url, "http://h/p?a=b&c=d", raw)

    def test_operations_stay(self) -> None:
        """What is known is not part of the URL."""
        query = Query.parse(b"proxy=http://h/p?a=b&thumbnail=20&x=1&alias=a")
        expected = (("proxy", "http://h/p?a=b&x=1"), ("thumbnail", "20"), ("alias", "a"))
        self.assertEqual(query.pairs, expected)

    def test_names_before(self) -> None:
        """Only what follows the URL can be part of it."""
        query = Query.parse(b"x=1&proxy=http://h/p")
        self.assertEqual(query.pairs, (("x", "1"), ("proxy", "http://h/p")))

    def test_encoded(self) -> None:
        """An encoded URL takes nothing."""
        query = Query.parse(b"proxy=http%3A//h/p?a=b&c=d")
        self.assertEqual(query.pairs, (("proxy", "http://h/p?a=b"), ("c", "d")))

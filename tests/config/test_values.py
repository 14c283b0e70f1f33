"""Which values are taken, and as what."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from pictd.config.addresses import DATABASE_URL, ENDPOINT, SOCKET, URL, SocketAddress
from pictd.config.choices import (
    CHAIN,
    DECODERS,
    NETWORKS,
    OPERATIONS,
    ORIGINS,
    URL_PREFIX,
    Decoder,
    formats,
)
from pictd.config.retention import RETENTION, SPAN, Retention
from pictd.config.targets import TARGETS, Level
from pictd.config.values import BOOLEAN, PATH, SHARE, TEXT, U16, Rule, one_of, whole
from pictd.model.codecs import VideoCodec
from pictd.model.formats import Format, Kind
from pictd.model.times import SECOND


class RuleCase(SynchronousTestCase):
    """Holds rules against values."""

    def refuses(self, rule: Rule[Any], *values: object) -> None:
        """Each is refused, with the rule in words."""
        for value in values:
            error = self.assertRaises(ValueError, rule.parse, value)
            self.assertIn(rule.words, str(error))


class ScalarTests(RuleCase):
    """Numbers, booleans, text, paths."""

    def test_booleans_in_all_their_spellings(self) -> None:
        """Contract D3."""
        for value in ("true", "TRUE", "True", "yes", "on", "1", 1, True):
            self.assertIs(BOOLEAN.parse(value), True)
        for value in ("false", "False", "no", "OFF", "0", 0, False):
            self.assertIs(BOOLEAN.parse(value), False)
        self.refuses(BOOLEAN, "maybe", "", 2, None, 1.0)

    def test_whole_numbers_have_bounds_and_nothing_around(self) -> None:
        """Neither units nor signs nor digits of other scripts (spec 3.1)."""
        rule = whole(U16)
        self.assertEqual([rule.parse(v) for v in ("0", "65535", 7, "007")], [0, 65535, 7, 7])
        self.refuses(rule, "-1", "65536", 65536, -1, "40MB", "1_0", "٣", " 1", "1.0", 1.5, True)

    def test_the_message_shows_the_value(self) -> None:
        """As it was given, and at a length that fits."""
        error = self.assertRaises(ValueError, whole(U16).parse, "70000")
        self.assertEqual(str(error), "70000 is not a whole number from 0 to 65535")
        error = self.assertRaises(ValueError, whole(U16).parse, "x" * 1000)
        self.assertTrue(len(str(error)) < 200)

    def test_text_is_never_guessed(self) -> None:
        """What looks like a number stays as it is written (contract D3)."""
        self.assertEqual(
            [TEXT.parse(v) for v in ("00123", "1e3", "TRUE")], ["00123", "1e3", "TRUE"]
        )
        self.assertEqual(TEXT.parse(123), "123")
        self.refuses(TEXT, "", None, 1.5, [], "\0", "\udcff")

    def test_paths(self) -> None:
        """Anything but nothing."""
        self.assertEqual(PATH.parse("a/b"), Path("a/b"))
        self.refuses(PATH, "", True, None)

    def test_a_share_is_a_fraction_of_one(self) -> None:
        """Ends included."""
        self.assertEqual([SHARE.parse(v) for v in ("0.25", 0, 1, "1.0")], [0.25, 0.0, 1.0, 1.0])
        self.refuses(SHARE, 10**400, "1" * 400, "1.01", "-0.1", "nan", float("nan"), "10%", True)


class AddressTests(RuleCase):
    """Where to listen and whom to ask (spec 3.4)."""

    def test_socket_addresses_are_numeric(self) -> None:
        """IPv6 stands in brackets."""
        self.assertEqual(SOCKET.parse("127.0.0.1:80"), SocketAddress("127.0.0.1", 80))
        self.assertEqual(SOCKET.parse("[::1]:0"), SocketAddress("::1", 0))
        self.assertEqual(str(SOCKET.parse("[::1]:80")), "[::1]:80")
        self.refuses(SOCKET, "localhost:8080", "127.0.0.1", "", "127.0.0.1:99999", "9000", 9000)
        self.refuses(SOCKET, "::1:80", "[127.0.0.1]:80", "256.0.0.1:80", ":80")

    def test_urls_are_absolute(self) -> None:
        """And of the web."""
        self.assertEqual(URL.parse("http://h:80/p?q"), "http://h:80/p?q")
        self.refuses(URL, "no url", "h/p", "ftp://h/", "http://", "http://h:99999/", "http://[::1/")

    def test_an_endpoint_loses_its_last_slash(self) -> None:
        """Paths are put after it."""
        self.assertEqual(ENDPOINT.parse("https://h/"), "https://h")

    def test_database_urls(self) -> None:
        """Both names of the scheme; sockets have no host."""
        for url in ("postgres://u:p@h:1/d", "postgresql:///d"):
            self.assertEqual(DATABASE_URL.parse(url), url)
        self.refuses(DATABASE_URL, "mysql://h/d", "h/d")

    def test_networks_have_no_host_bits(self) -> None:
        """What was meant would be unsure."""
        self.assertEqual(
            NETWORKS.parse("127.0.0.0/8, ::1"), (ip_network("127.0.0.0/8"), ip_network("::1"))
        )
        self.refuses(NETWORKS, "127.0.0.1/8", "lan")

    def test_origins_are_bare(self) -> None:
        """No path, no user."""
        self.assertEqual(ORIGINS.parse(["*", "https://A.example:1"]), ("*", "https://a.example:1"))
        self.refuses(ORIGINS, "https://a.example/", "https://u@a.example", "a.example")

    def test_an_internal_location_begins_with_a_slash(self) -> None:
        """nginx matches it as a path."""
        self.assertEqual(URL_PREFIX.parse("/stored/"), "/stored/")
        self.refuses(URL_PREFIX, "stored", "/a b", "/a\r\nx: y")


class RetentionTests(RuleCase):
    """Spans of time (spec 3.2)."""

    def test_units(self) -> None:
        """Short and long, in any letter case; a year is 365 days."""
        minute = 60 * SECOND
        expected = {"0m": 0, "1minute": 1, "3h": 180, "2HOUR": 120, "7Day": 10080, "1y": 525600}
        for text, minutes in expected.items():
            self.assertEqual(RETENTION.parse(text).nanoseconds, minutes * minute, text)

    def test_the_short_form_is_written(self) -> None:
        """And reads back as the same."""
        self.assertEqual(str(RETENTION.parse("7DAY")), "7d")
        self.assertEqual(RETENTION.parse("7d"), Retention(7, "d"))

    def test_nothing_else(self) -> None:
        """No plurals, spaces, signs, compounds, nor a count beyond 32 bits."""
        self.refuses(RETENTION, "7", "7w", "7 d", "7days", "-1d", "d", "1d2h", "30s", 7, "")
        self.refuses(RETENTION, "4294967296d", "99999999999d")
        self.assertEqual(RETENTION.parse("4294967295d").count, 4294967295)

    def test_seconds_where_they_make_sense(self) -> None:
        """``client.failure_retention`` (contract D8)."""
        self.assertEqual(SPAN.parse("60s").seconds, 60)


class ChoiceTests(RuleCase):
    """Names out of a set, and lists."""

    def test_formats_in_any_letter_case(self) -> None:
        """By the kind of media; ``jpg`` is no name."""
        rule = formats(Kind.IMAGE)
        self.assertIs(rule.parse("JPEG"), Format.IMAGE_JPEG)
        self.refuses(rule, "jpg", "gif", "")
        self.assertIs(formats(Kind.ANIMATION).parse("gif"), Format.ANIMATION_GIF)
        self.refuses(formats(Kind.ANIMATION), "jpeg")

    def test_codecs_in_any_letter_case(self) -> None:
        """As pict-rs reads them."""
        self.assertIs(one_of(VideoCodec).parse("H264"), VideoCodec.H264)
        self.refuses(one_of(VideoCodec), "mpeg2", 264)

    def test_lists_are_separated_by_commas(self) -> None:
        """Spaces and empty items vanish."""
        self.assertEqual(OPERATIONS.parse(" resize ,thumbnail,"), ("resize", "thumbnail"))
        self.assertEqual(OPERATIONS.parse(["Blur"]), ("blur",))
        self.assertEqual(OPERATIONS.parse([]), ())
        self.refuses(OPERATIONS, 1, [None], {"a": 1})

    def test_a_format_to_switch_off_must_exist(self) -> None:
        """A slip would leave it on."""
        self.assertEqual(DECODERS.parse("HEIC,jxl"), (Decoder.HEIC, Decoder.JXL))
        self.refuses(DECODERS, "heci")

    def test_presets_are_operations(self) -> None:
        """At least one, and all of them right."""
        self.assertEqual(
            CHAIN.parse("crop=1x1&resize=20").pairs(), [("crop", "1x1"), ("resize", "20")]
        )
        self.refuses(CHAIN, "resize=big", "spin=1", "", "identity=1")


class TargetTests(RuleCase):
    """Log filters (spec 3.5)."""

    def test_levels_by_target(self) -> None:
        """A bare level is for everything, a bare target lets everything through."""
        targets = TARGETS.parse("WARN,pictd=debug,a::b,c=0")
        self.assertEqual(
            targets.levels,
            (("", Level.WARN), ("pictd", Level.DEBUG), ("a::b", Level.TRACE), ("c", Level.OFF)),
        )
        self.assertEqual(targets.default, Level.WARN)
        self.assertEqual(str(targets), "WARN,pictd=debug,a::b,c=0")

    def test_nothing_else(self) -> None:
        """Filters by span or field do not exist."""
        self.refuses(TARGETS, "", ",", "pictd=loud", "[span]=info", "a=info=b", None)

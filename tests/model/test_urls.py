"""URLs, as browsers read them."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from pictd.model.urls import WebUrl, is_absolute, normalised, without_query

NORMAL = {
    "HTTP://EXAMPLE.org": "http://example.org/",
    "http://example.org:80/": "http://example.org/",
    "https://example.org:443/": "https://example.org/",
    "https://example.org:80/": "https://example.org:80/",
    " \thttp://h/\t ": "http://h/",
    "http://h/a\tb\nc": "http://h/abc",
    "http://h/x/../y/./z": "http://h/y/z",
    "http://h/x/%2e%2E/y/%2e/z": "http://h/y/z",
    "http:\\\\h\\x": "http://h/x",
    "http:h": "http://h/",
    "http://h/a b?é#ü": "http://h/a%20b?%C3%A9#%C3%BC",
    "http://h/%7e%zz": "http://h/%7e%zz",
    "http://h?": "http://h/?",
    "http://h/#": "http://h/#",
    "https://faß.de/": "https://xn--fa-hia.de/",
    "http://i❤.ws/": "http://xn--i-7iq.ws/",
    "http://foo_bar.example/": "http://foo_bar.example/",
    "data:image/png,xx": "data:image/png,xx",
    "mailto:a@b": "mailto:a@b",
    "ftp://h": "ftp://h/",
}
"""Normal form by spelling."""

LOOPBACK = (
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.0.0.1.",
    "%31%32%37.0.0.1", "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021",
    "127.0.0.0x1", "017700000001",
)  # fmt: skip
"""Spellings of one address."""

NO_URLS = (
    "", "h", "/x", "//h/x", "127.0.0.1/x", "http:", "http://", "http:///", "http://h:99999/",
    "http://h:x/", "http://[x", "http://[::1%25lo]/", "http://[::1", "http://256.1.1.1/",
    "http://1.2.3.4.5/", "http://0x100000000/", "http://a b/", "http://a%00b/", "http://h/\ud800",
)  # fmt: skip


class NormalFormTests(SynchronousTestCase):
    """``normalised`` and ``is_absolute``."""

    def test_spellings(self) -> None:
        """Each has its normal form, which is its own."""
        for spelling, normal in NORMAL.items():
            self.assertEqual(normalised(spelling), normal, ascii(spelling))
            self.assertEqual(normalised(normal), normal, ascii(spelling))
            self.assertTrue(is_absolute(spelling), ascii(spelling))

    def test_addresses(self) -> None:
        """An address is seen as one however it is spelled."""
        for host in LOOPBACK:
            self.assertEqual(normalised(f"http://{host}/"), "http://127.0.0.1/", ascii(host))
        self.assertEqual(normalised("http://[::FFFF:127.0.0.1]"), "http://[::ffff:7f00:1]/")
        self.assertEqual(normalised("http://[0:0::1]"), "http://[::1]/")

    def test_what_is_no_absolute_url(self) -> None:
        """Has no normal form."""
        for text in NO_URLS:
            self.assertRaises(ValueError, normalised, text)
            self.assertFalse(is_absolute(text), ascii(text))


class WebUrlTests(SynchronousTestCase):
    """What can be fetched."""

    def test_parts(self) -> None:
        """A fragment is not sent."""
        expected = {
            "http://H/a?b#c": WebUrl("http://h/a?b", False, "h", 80),
            "https://h.:8/": WebUrl("https://h.:8/", True, "h.", 8),
            "https://127.1": WebUrl("https://127.0.0.1/", True, "127.0.0.1", 443),
            "http://[::1]:81": WebUrl("http://[::1]:81/", False, "::1", 81),
        }
        for text, url in expected.items():
            self.assertEqual(WebUrl.parse(text), url)

    def test_what_can_not_be_fetched(self) -> None:
        """Other schemes, passwords, and names that DNS can't have."""
        for text in (
            "ftp://h/", "file:///etc/passwd", "data:image/png,xx", "gopher://h/", "blob:http://h/",
            "http://user:password@h/", "http://user@h/", "http://:p@h/", "http://a..b/",
            "http://.../", "http://./", f"http://{'a' * 64}.b/", f"http://{'a.' * 127}a/",
        ):  # fmt: skip
            self.assertTrue(is_absolute(text), text)
            self.assertRaises(ValueError, WebUrl.parse, text)

    def test_the_longest_names(self) -> None:
        """A dot at the end does not count."""
        for host in (f"{'a' * 63}.b", f"{'a.' * 126}a", f"{'a.' * 126}a."):
            self.assertEqual(WebUrl.parse(f"http://{host}/").host, host)

    def test_onward(self) -> None:
        """A redirect is relative to where it comes from."""
        here = WebUrl.parse("https://h/a/b?c")
        for location, there in {
            "d": "https://h/a/d",
            "/d": "https://h/d",
            "//i/d": "https://i/d",
            "?d": "https://h/a/b?d",
            "": "https://h/a/b?c",
            "http://i": "http://i/",
            "/é d": "https://h/%C3%A9%20d",
        }.items():
            self.assertEqual(here.onward(location).text, there)

    def test_onward_to_what_can_not_be_fetched(self) -> None:
        """As if it had been asked for."""
        here = WebUrl.parse("https://h/a/b?c")
        for location in ("ftp://h/", "file:///x", "//user:password@h/", "http://[", "data:,x"):
            self.assertRaises(ValueError, here.onward, location)


class ShownTests(SynchronousTestCase):
    """What of a URL may be seen by many."""

    def test_secrets_are_left_out(self) -> None:
        """Name, password, query and fragment."""
        url = "https://name:password@h.example:444/a%20b?key=secret#part"
        self.assertEqual(without_query(url), "https://h.example:444/a%20b")
        self.assertEqual(without_query("http://[::1]/"), "http://[::1]/")

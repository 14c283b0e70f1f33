"""Request targets."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from pictd.web.targets import BadTarget, placeholder, split_target


class TargetTests(SynchronousTestCase):
    """``split_target``."""

    def test_paths(self) -> None:
        """What is decoded, what is not, and what collapses (spec http-api §2.2)."""
        expected = {
            b"/": (b"/", b""),
            b"/a?b=%20?c": (b"/a", b"b=%20?c"),
            b"//a///b//": (b"/a/b/", b""),
            b"/%69mage/a%2Eb": (b"/image/a.b", b""),
            b"/a%2Fb%2f%25%2B%2b": (b"/a%2Fb%2f%25%2B%2b", b""),
            b"/%C3%A4%2F%ff": ("/ä%2F\ufffd".encode(), b""),
            b"/%zz%2": (b"/%zz%2", b""),
            b"/a/../b/./c": (b"/a/../b/./c", b""),
            b"/a+b": (b"/a+b", b""),
            b"/a#b?c": (b"/a", b""),
            b"http://h/a?b": (b"/a", b"b"),
            b"HTTP://h:80": (b"/", b""),
            b"http://h?b": (b"/", b"b"),
            b"*": (b"*", b""),
        }
        for target, parts in expected.items():
            self.assertEqual(split_target(target), parts, target)

    def test_no_targets(self) -> None:
        """Raw bytes that are not ASCII, and authorities."""
        for target in (b"/\xc3\xa4", b"/?\xff", b"h:80", b"healthz", b"?a"):
            self.assertRaises(BadTarget, split_target, target)

    def test_placeholder(self) -> None:
        """What routing kept is decoded once."""
        self.assertEqual(placeholder("a%2Fb%252F+%zz"), "a/b%2F+%zz")

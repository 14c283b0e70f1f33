"""The keys of claims."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from pictd.model.claims import motion_claim, proxy_claim, variant_claim
from pictd.model.formats import Format
from pictd.model.hashes import Hash

HASH = Hash(bytes(32), 5, Format.IMAGE_PNG)
OTHER = Hash(bytes(32), 6, Format.IMAGE_PNG)
LONGEST = 2600
"""Bytes of what PostgreSQL can index."""


class KeysTests(SynchronousTestCase):
    """What is the same for all nodes."""

    def test_a_variant_as_pict_rs_names_it(self) -> None:
        """The hash's text, and the variant's key (spec storage §1.9)."""
        self.assertEqual(variant_claim(HASH, "resize.20.webp"), f"{HASH.text}resize.20.webp")

    def test_long_keys(self) -> None:
        """Are short enough for a database, and still differ."""
        keys = {variant_claim(hash, end * 9000) for hash in (HASH, OTHER) for end in "aé"}
        self.assertEqual(len(keys), 4)
        self.assertLess(max(len(key.encode()) for key in keys), LONGEST)

    def test_urls(self) -> None:
        """Do not show, for they may hold secrets; nor do they collide, whatever is in them."""
        urls = ("http://a/?token=secret", "http://a/?token=other", "http://a/\udcff")
        keys = [proxy_claim(url) for url in urls]
        self.assertEqual(len(set(keys)), 3)
        self.assertFalse(any("secret" in key for key in keys))

    def test_kinds(self) -> None:
        """Keep out of each other's way."""
        self.assertNotEqual(motion_claim(HASH), variant_claim(HASH, ""))
        self.assertNotEqual(motion_claim(HASH), motion_claim(OTHER))

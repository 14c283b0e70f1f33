"""Aliases, tokens, hashes, identifiers and moments: the vectors of the storage spec."""

from __future__ import annotations

import hashlib
import re

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from pictd.model import times
from pictd.model.alias import Alias, DeleteToken, from_stored_bytes
from pictd.model.formats import Format
from pictd.model.hashes import Hash
from pictd.model.identifiers import new_identifier

UUID = "c61422e1-9294-4f1f-977f-c696b7939467"
PLAIN = UUID.replace("-", "")


class AliasTests(SynchronousTestCase):
    """Spec storage §1.3."""

    def test_spellings_of_one_uuid_are_one_alias(self) -> None:
        """Hyphenated, bare, in braces, as a URN; digits of any case."""
        spellings = UUID, UUID.upper(), PLAIN, PLAIN.upper(), f"{{{UUID}}}", f"urn:uuid:{UUID}"
        for spelling in spellings:
            self.assertEqual(str(Alias.parse(spelling + ".png")), UUID + ".png", spelling)

    def test_other_spellings_stay_names(self) -> None:
        """What ``uuid.UUID`` would take beside those is a name like any other."""
        for name in (f"{{{PLAIN}}}", f"URN:UUID:{UUID}", f"urn:uuid:{PLAIN}", UUID[1:], "x" + UUID):
            self.assertEqual(Alias.parse(name).name, name)

    def test_a_spelling_that_is_to_stay(self) -> None:
        """Is divided all the same."""
        spelled = Alias.spelled(UUID.upper() + ".x.PNG")
        self.assertEqual(spelled, Alias(UUID.upper(), ".x.PNG"))
        self.assertEqual(Alias.spelled(UUID + ".png"), Alias.parse(UUID + ".png"))

    def test_the_extension_begins_at_the_first_dot(self) -> None:
        """And is part of the name, in its own case."""
        self.assertEqual(Alias.parse("a.tar.GZ"), Alias("a", ".tar.GZ"))
        self.assertEqual(Alias.parse("plain"), Alias("plain", ""))
        self.assertEqual(Alias.parse(".png"), Alias("", ".png"))

    def test_byte_form(self) -> None:
        """16 bytes of a UUID, or the text of a name, then the extension."""
        self.assertEqual(Alias.parse(PLAIN.upper() + ".png").to_bytes().hex(), PLAIN + "2e706e67")
        self.assertEqual(Alias.parse("lkWZDRvugm.tar.gz").to_bytes(), b"lkWZDRvugm.tar.gz")

    def test_stored_bytes_of_a_uuid_are_read_back(self) -> None:
        """Also where they happen to be valid text: then both readings are candidates."""
        for text in (UUID + ".png", "41424344-4546-4748-494a-4b4c4d4e4f50.png", "name.jpg"):
            alias = Alias.parse(text)
            self.assertIn(alias, from_stored_bytes(alias.to_bytes()))

    @given(st.text())
    def test_parsing_is_stable(self, text: str) -> None:
        """A canonical spelling is its own canonical spelling."""
        alias = Alias.parse(text)
        self.assertEqual(Alias.parse(str(alias)), alias)


class TokenTests(SynchronousTestCase):
    """Spec storage §1.4."""

    def test_spellings_match(self) -> None:
        """One UUID, one token."""
        self.assertTrue(DeleteToken.parse(PLAIN.upper()).matches(DeleteToken.parse(UUID)))

    def test_others_do_not(self) -> None:
        """Old tokens of ten characters are compared as they are."""
        self.assertTrue(DeleteToken.parse("0123456789").matches(DeleteToken.parse("0123456789")))
        self.assertFalse(DeleteToken.parse("0123456789").matches(DeleteToken.parse("123456789")))
        self.assertFalse(DeleteToken.parse(UUID).matches(DeleteToken.parse("ü")))

    def test_it_is_not_shown(self) -> None:
        """Logs that show values show no secrets."""
        self.assertNotIn(UUID, repr(DeleteToken.parse(UUID)))


class HashTests(SynchronousTestCase):
    """Spec storage §1.1 and its appendix B."""

    hash = Hash(hashlib.sha256(b"hello").digest(), 5, Format.IMAGE_PNG)

    def test_text_forms(self) -> None:
        """Of ``hello`` as a PNG."""
        digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        self.assertEqual(self.hash.hex, digest + "00000000000507")
        self.assertEqual(self.hash.text, "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQAAAAAAAUH")
        self.assertEqual(self.hash.slug, "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQAAAAAAAUH")
        self.assertEqual(
            self.hash.as_json(), {"hash": digest, "size": 5, "format": {"Image": "png"}}
        )

    def test_zero_digest_vector(self) -> None:
        """32 zero bytes, 1234 bytes long, JPEG XL."""
        zero = Hash(bytes(32), 1234, Format.IMAGE_JXL)
        self.assertEqual(zero.text, "A" * 47 + "BNIG".rjust(5, "A"))

    def test_every_form_reads_back(self) -> None:
        """Bytes, text, slug, JSON."""
        for back in (
            Hash.from_bytes(self.hash.to_bytes()),
            Hash.from_text(self.hash.text),
            Hash.from_slug(self.hash.slug),
            Hash.from_json(self.hash.as_json()),
        ):
            self.assertEqual(back, self.hash)

    def test_what_is_no_hash(self) -> None:
        """Wrong lengths, alphabets and format codes are refused."""
        for slug in ("", "bogus", self.hash.text, self.hash.slug[:-4], self.hash.slug + "AAAA"):
            self.assertRaises(ValueError, Hash.from_slug, slug)
        self.assertRaises(ValueError, Hash.from_bytes, bytes(38) + b"\x0b")
        cases: list[object] = [None, [], {}, {"hash": "xx", "size": 1, "format": {"Image": "png"}}]
        for data in cases:
            self.assertRaises(ValueError, Hash.from_json, data)

    def test_codes_are_those_of_the_stored_data(self) -> None:
        """In their order they are 0 to 10."""
        self.assertEqual([each.code for each in Format], list(range(11)))
        self.assertEqual(Format.from_code(9).as_json(), {"Video": "Mp4"})


class IdentifierTests(SynchronousTestCase):
    """Spec storage §5.2."""

    def test_shape(self) -> None:
        """Ten folders of two digits; version 7 and its variant at their places."""
        made = new_identifier(0x01904B2C7D1E, b"\xff" * 10, ".webp")
        self.assertEqual(made, "01/90/4b/2c/7d/1e/7f/ff/bf/ff/ffffffffffff.webp")
        plain = new_identifier(0, bytes(10), "")
        self.assertTrue(re.fullmatch(r"([0-9a-f]{2}/){10}[0-9a-f]{12}", plain))


class TimesTests(SynchronousTestCase):
    """RFC 3339 as the details records have it."""

    def test_trailing_zeros_are_left_out(self) -> None:
        """And the fraction altogether where it is zero."""
        whole = 1718903991 * times.SECOND
        self.assertEqual(times.to_rfc3339(whole), "2024-06-20T17:19:51Z")
        self.assertEqual(times.to_rfc3339(whole + 402318775), "2024-06-20T17:19:51.402318775Z")
        self.assertEqual(times.to_rfc3339(whole + 100_000_000), "2024-06-20T17:19:51.1Z")

    def test_offsets_are_read(self) -> None:
        """Any is taken."""
        self.assertEqual(
            times.from_rfc3339("2024-06-20T19:19:51.5+02:00"),
            times.from_rfc3339("2024-06-20T17:19:51.500Z"),
        )

    def test_what_is_no_moment(self) -> None:
        """A day, a number, a moment without an offset."""
        for text in ("2026-01-01", "1700000000", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", ""):
            self.assertRaises(ValueError, times.from_rfc3339, text)

    @given(st.integers(0, 4 * 10**18))
    def test_text_reads_back(self, moment: int) -> None:
        """To the nanosecond."""
        self.assertEqual(times.from_rfc3339(times.to_rfc3339(moment)), moment)

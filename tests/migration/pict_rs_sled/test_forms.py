"""The byte forms of keys and values."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from pictd.migration.pict_rs_sled import forms
from pictd.model.alias import Alias, DeleteToken

RANDOM = UUID("c61422e1-9294-4f1f-977f-c696b7939467")
TEXTUAL = b"v<Xq~<G\xc2\x80abcdefg"
"""A random UUID whose bytes happen to be text, though with a control character in it."""

DOUBTFUL = b"v<Xq~<G\xc3\xa9abcdefg"
"""One whose bytes might be a name."""


class AliasTests(SynchronousTestCase):
    """Spec sled §11.2."""

    def test_uuid(self) -> None:
        """Sixteen bytes and an extension."""
        alias = forms.alias(RANDOM.bytes + b".png")
        self.assertEqual(str(alias), "c61422e1-9294-4f1f-977f-c696b7939467.png")
        self.assertEqual(forms.alias(RANDOM.bytes), Alias(str(RANDOM)))

    def test_name(self) -> None:
        """Text, which ends at its first dot."""
        self.assertEqual(forms.alias(b"lkWZDRvugm.tar.gz"), Alias("lkWZDRvugm", ".tar.gz"))
        long = "a name of sixteen and more"
        self.assertEqual(forms.alias(long.encode()), Alias(long))

    def test_uuid_that_is_text(self) -> None:
        """It was given to the client as a UUID, and is served as one."""
        data = TEXTUAL
        self.assertEqual(forms.alias(data + b".png"), Alias(str(UUID(bytes=data)), ".png"))

    def test_doubt(self) -> None:
        """Only what could be a name is doubtful."""
        self.assertTrue(forms.is_ambiguous(DOUBTFUL))
        self.assertFalse(forms.is_ambiguous(RANDOM.bytes))
        self.assertFalse(forms.is_ambiguous(b"lkWZDRvugm.png"))
        self.assertFalse(forms.is_ambiguous(TEXTUAL))

    def test_neither(self) -> None:
        """Bytes that are no text, and too few for a UUID."""
        self.assertRaises(ValueError, forms.alias, b"\xff\xfe")
        self.assertRaises(ValueError, forms.alias, b"\xff" * 16 + b"\xff")

    def test_garbled_text(self) -> None:
        """In jobs pict-rs may have written what it had misread."""
        data = TEXTUAL
        garbled = (data + b".png").decode()
        self.assertEqual(forms.alias_text(garbled), Alias(str(UUID(bytes=data)), ".png"))
        self.assertEqual(forms.token_text(data.decode()), DeleteToken(str(UUID(bytes=data))))

    def test_right_text(self) -> None:
        """All else stays as it is."""
        for text in (f"{RANDOM}.png", f"{UUID(bytes=b'all plain ASCII!')}", "name.gif"):
            self.assertEqual(str(forms.alias_text(text)), text)
        self.assertEqual(forms.token_text("old-token").text, "old-token")
        self.assertEqual(forms.token_text(str(RANDOM)).text, str(RANDOM))

    @given(st.uuids(version=4), st.sampled_from([b"", b".png", b".tar.gz"]))
    def test_every_random_uuid(self, uuid: UUID, extension: bytes) -> None:
        """Is read as one, whatever its bytes are."""
        alias = forms.alias(uuid.bytes + extension)
        self.assertEqual(alias, Alias(str(uuid), extension.decode()))
        self.assertEqual(alias.to_bytes(), uuid.bytes + extension)


class ValuesTests(SynchronousTestCase):
    """All other forms."""

    def test_token(self) -> None:
        """Sixteen bytes, or an old short name."""
        self.assertEqual(forms.token(RANDOM.bytes).text, str(RANDOM))
        self.assertEqual(forms.token(b"oldToken42").text, "oldToken42")
        self.assertEqual(forms.token(TEXTUAL).text, str(UUID(bytes=TEXTUAL)))
        self.assertRaises(ValueError, forms.token, b"\xff" * 17)

    def test_moment(self) -> None:
        """Sixteen bytes, before whatever follows."""
        self.assertEqual(forms.moment((5).to_bytes(16, "big") + b"rest"), 5)
        self.assertRaises(ValueError, forms.moment, bytes(15))

    def test_born(self) -> None:
        """Ids of jobs tell when they were made; others don't."""
        made = 1_795_227_608_334_000_000
        self.assertEqual(forms.born("01a1fbe7-650e-70f2-9c89-796c68d48146"), made)
        self.assertIsNone(forms.born(str(RANDOM)))

    def test_details(self) -> None:
        """Whatever does not parse is no record."""
        for data in (b"{}", b"[", b"[" * 100_000, b'{"width": Infinity}', b"\xff", b"null"):
            self.assertRaises(ValueError, forms.details, data)

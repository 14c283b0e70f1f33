"""Originals, and what hangs on them."""

from __future__ import annotations

import json
from uuid import UUID

from twisted.trial.unittest import SynchronousTestCase

from pictd.migration.pict_rs_sled.skips import Reason
from pictd.migration.pict_rs_sled.source import PictRs
from pictd.migration.pict_rs_sled.trees import Name
from pictd.model.alias import Alias, DeleteToken
from pictd.model.carried import CarriedOriginal, CarriedProxy, CarriedVariant
from pictd.model.details import Details
from pictd.model.formats import Format
from tests.migration.pict_rs_sled.trees import (
    ACCESS,
    MOMENT,
    NOW,
    FakeTrees,
    access_key,
    hash_of,
    stamp,
)

ALIAS, TOKEN = UUID("c61422e1-9294-4f1f-977f-c696b7939467"), UUID(int=4 << 76 | 2 << 62)
DATA = ALIAS.bytes + b".png"
NAME, SECRET = Alias(str(ALIAS), ".png"), DeleteToken(str(TOKEN))
DETAILS = Details(8, 9, None, Format.IMAGE_PNG, MOMENT)
H = hash_of(1)


class OriginalsTests(SynchronousTestCase):
    """Spec sled §11.3, §11.4."""

    def setUp(self) -> None:
        self.trees = FakeTrees()
        self.trees.original(H, "ab/cd.png")
        self.trees.alias(DATA, H, TOKEN.bytes)

    def carried(self, **skipped: int) -> list[CarriedOriginal]:
        """All originals.

        :param skipped: names of reasons, and how many records were skipped for them.
        """
        source = PictRs(self.trees, NOW)
        found = list(source.originals())
        counts = {reason.name.lower(): count for reason, count in source.skipped.counts.items()}
        self.assertEqual(counts, skipped)
        return found

    def test_original(self) -> None:
        """Its hash, its identifier and when it came."""
        (found,) = self.carried()
        self.assertEqual((found.record.hash, found.record.identifier), (H, "ab/cd.png"))
        self.assertEqual(found.record.created_at, MOMENT)
        self.assertEqual((found.record.motion, found.record.blurhash), (None, None))

    def test_aliases(self) -> None:
        """Several, each with its own token."""
        self.trees.alias(b"old.png", H, b"secret")
        (found,) = self.carried()
        wanted = {NAME: SECRET, Alias("old", ".png"): DeleteToken("secret")}
        self.assertEqual(found.aliases, wanted)

    def test_without_alias(self) -> None:
        """It is there all the same."""
        self.trees.original(hash_of(2), "other.png")
        self.assertEqual([dict(each.aliases) for each in self.carried()], [{NAME: SECRET}, {}])

    def test_still_frame_and_blurhash(self) -> None:
        """Once they were made."""
        self.trees.put(Name.MOTIONS, H.to_bytes(), b"still.webp")
        self.trees.put(Name.BLURHASHES, H.to_bytes(), b"LEHV6n")
        (found,) = self.carried()
        self.assertEqual((found.record.motion, found.record.blurhash), ("still.webp", "LEHV6n"))

    def test_variants(self) -> None:
        """With the moment at which they were last asked for, or now."""
        self.trees.variant(H, "blur/3/webp", "blur.webp")
        self.trees.variant(H, "webp", "plain.webp")
        key = access_key(H, "webp")
        self.trees.put(Name.VARIANT_ACCESSES, key, stamp(ACCESS) + key)
        (found,) = self.carried()
        wanted = [
            CarriedVariant("blur/3/webp", "blur.webp", NOW),
            CarriedVariant("webp", "plain.webp", ACCESS),
        ]
        self.assertEqual(found.variants, wanted)

    def test_access_without_variant(self) -> None:
        """A request that failed leaves one."""
        key = access_key(H, "webp")
        self.trees.put(Name.VARIANT_ACCESSES, key, stamp(ACCESS) + key)
        self.carried(access_without_variant=1)

    def test_details(self) -> None:
        """Of the original, of its still frame and of its variants."""
        self.trees.put(Name.MOTIONS, H.to_bytes(), b"still.webp")
        self.trees.variant(H, "webp", "plain.webp")
        for identifier in (b"ab/cd.png", b"still.webp", b"plain.webp"):
            self.trees.put(Name.DETAILS, identifier, json.dumps(DETAILS.as_json()).encode())
        (found,) = self.carried()
        names = ("ab/cd.png", "still.webp", "plain.webp")
        self.assertEqual(found.details, dict.fromkeys(names, DETAILS))

    def test_unreadable_details(self) -> None:
        """The file will be measured anew."""
        self.trees.put(Name.DETAILS, b"ab/cd.png", b"{}")
        (found,) = self.carried(details_unreadable=1)
        self.assertEqual(found.details, {})

    def test_details_of_no_file(self) -> None:
        """A duplicate upload leaves them."""
        self.trees.put(Name.DETAILS, b"gone.png", json.dumps(DETAILS.as_json()).encode())
        self.carried(details_without_file=1)

    def test_proxies(self) -> None:
        """One alias may stand for several URLs; the time of access is the alias's."""
        for url in (b"https://a.example/", b"https://b.example/"):
            self.trees.put(Name.PROXIES, url, DATA)
        self.trees.put(Name.ALIAS_ACCESSES, DATA, stamp(ACCESS) + DATA)
        (found,) = self.carried()
        wanted = [
            CarriedProxy("https://a.example/", NAME, ACCESS),
            CarriedProxy("https://b.example/", NAME, ACCESS),
        ]
        self.assertEqual(found.proxies, wanted)

    def test_proxy_without_access(self) -> None:
        """It was asked for now."""
        self.trees.put(Name.PROXIES, b"https://a.example/", DATA)
        (found,) = self.carried()
        self.assertEqual(found.proxies, [CarriedProxy("https://a.example/", NAME, NOW)])

    def test_proxy_without_alias(self) -> None:
        """There is nothing to show for the URL."""
        self.trees.put(Name.PROXIES, b"https://a.example/", b"gone.png")
        self.carried(proxy_without_alias=1)

    def test_lost_original(self) -> None:
        """Without an identifier there is no file; those around it stay."""
        self.trees.original(hash_of(2), "lost.png")
        self.trees.original(hash_of(3), "other.png")
        del self.trees.content[Name.IDENTIFIERS.value][hash_of(2).to_bytes()]
        found = self.carried(hash_without_identifier=1)
        self.assertEqual([each.record.hash for each in found], [H, hash_of(3)])

    def test_alias_without_hash(self) -> None:
        """A race of pict-rs leaves it."""
        self.trees.alias(b"gone.png", hash_of(9), b"secret")
        self.carried(alias_without_hash=1)

    def test_alias_without_token(self) -> None:
        """It serves its file; the token is one that nobody knows."""
        del self.trees.content[Name.TOKENS.value]
        tokens = [self.carried(alias_without_token=1)[0].aliases[NAME] for _ in range(2)]
        self.assertNotEqual(*tokens)

    def test_left_overs(self) -> None:
        """Records of hashes that are gone, as exports of a busy server have them."""
        for number in (0, 2):
            gone = hash_of(number)
            self.trees.put(Name.IDENTIFIERS, gone.to_bytes(), b"gone.png")
            self.trees.put(Name.MOTIONS, gone.to_bytes(), b"gone.webp")
            self.trees.put(Name.BLURHASHES, gone.to_bytes(), b"gone")
            self.trees.variant(gone, "webp", "gone.webp")
            key = access_key(gone, "webp")
            self.trees.put(Name.VARIANT_ACCESSES, key, stamp(ACCESS) + key)
        (found,) = self.carried(left_over=10)
        self.assertEqual(found.record.hash, H)

    def test_unknown_format(self) -> None:
        """It is no hash then."""
        key = bytes(38) + b"\xff"
        self.trees.put(Name.HASHES, key, stamp(MOMENT) + key)
        self.trees.put(Name.IDENTIFIERS, key, b"unknown")
        self.assertEqual(len(self.carried(hash_unreadable=1)), 1)

    def test_unreadable_alias(self) -> None:
        """The others stay."""
        self.trees.alias(b"\xff", H, b"secret")
        (found,) = self.carried(alias_unreadable=1)
        self.assertEqual(list(found.aliases), [NAME])

    def test_examples(self) -> None:
        """What is skipped is named, though not without end."""
        for number in range(50):
            self.trees.alias(b"\xff%d" % number, H, b"secret")
        source = PictRs(self.trees, NOW)
        list(source.originals())
        self.assertEqual(source.skipped.counts[Reason.ALIAS_UNREADABLE], 50)
        examples = source.skipped.examples[Reason.ALIAS_UNREADABLE]
        self.assertEqual((examples[0], len(examples)), ("ff30", 20))

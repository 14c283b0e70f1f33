"""Messages of the log, by the worked bytes of spec sled §13."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from pictd.sled.messages import Kind, Message, read

HEAD = bytes.fromhex(
    "ffbac70fffffffffffffff7f0000000000000080"
    "3f7fd0fb06000000"
    "71a2c6780501000100"
    "eb2183a1080800020000000000000000"
    "f122736f080a000300000000000001010002"
    "82cbba8d0611000000"
)


def read_all(text: str) -> Message | None:
    """The message at the start of these bytes."""
    data = bytes.fromhex(text.replace(" ", "")) + bytes(32)
    return read(data, memoryview(data), 0, len(data) - 32)


class MessagesTests(SynchronousTestCase):
    """Spec sled §5, §13."""

    def assertReads(self, text: str, kind: Kind, segment: int, page: int) -> None:
        """The message is of that kind, and covers all the bytes."""
        found = read_all(text)
        assert found is not None, text
        self.assertEqual((found.kind, found.segment, found.page), (kind, segment, page))
        self.assertEqual(found.end, len(bytes.fromhex(text)))

    def test_first_messages(self) -> None:
        """Messages at the head of a fresh database follow each other without a gap."""
        data, at, found = HEAD + bytes(32), 20, []
        for _ in range(4):
            message = read(data, memoryview(data), at, len(HEAD))
            assert message is not None
            found.append((message.kind, message.page))
            at = message.end
        self.assertEqual(found, [(Kind.META, 0), (Kind.COUNTER, 1), (Kind.NODE, 2), (Kind.NODE, 3)])

    def test_links(self) -> None:
        """Changes of a page."""
        name = b"404-alias".hex()
        value = "1b441895e9b646fabb916f09b4c4e8a82e706e67"
        self.assertReads(f"6a0faea40a2000060009{name}14{value}", Kind.LINK, 0, 6)
        name = b"prune-missing-started".hex()
        self.assertReads(f"8e2ee88a0a1900060015{name}0131", Kind.LINK, 0, 6)
        name = b"prune-missing-complete".hex()
        self.assertReads(f"af360cce0a1a00060016{name}0131", Kind.LINK, 0, 6)
        job = b"cleanup".hex() + "01a1fbda6a457e43930e8a706ec006ad"
        self.assertReads(f"71a598a50a19001e0117{job}", Kind.LINK, 0, 30)

    def test_base(self) -> None:
        """A page as a whole."""
        self.assertReads("f2e5eea6080800060000000000000000", Kind.NODE, 0, 6)

    def test_batch(self) -> None:
        """Its page is a number of nine bytes."""
        text = "e32feffd030800ff65fdffffffffffff1d2e000000000000"
        self.assertReads(text, Kind.BATCH, 0, 2**64 - 667)

    def test_free(self) -> None:
        """It has no body."""
        self.assertReads("2ef1ac76040001e7", Kind.FREE, 1, 231)

    def test_merge(self) -> None:
        """Intention, cap of the child and confirmation are three changes."""
        self.assertReads("6e9d92920a02010d02e7", Kind.LINK, 1, 13)
        self.assertReads("eb6257850a0101e704", Kind.LINK, 1, 231)
        self.assertReads("9db5a8770a01010d03", Kind.LINK, 1, 13)

    def test_cap(self) -> None:
        """It fills what is left of a segment."""
        text = "e0d71b8d025e02ffffffffffffffffff" + "00" * 94
        self.assertReads(text, Kind.CAP, 2, 2**64 - 1)

    def test_blobs(self) -> None:
        """Their bodies are numbers of files."""
        self.assertReads("1da3e39009082232935e140100000000", Kind.NODE_BLOB, 34, 50)
        self.assertReads("2f2b0cc90b0800433acd010000000000", Kind.LINK_BLOB, 0, 67)

    def test_any_flipped_bit(self) -> None:
        """Is noticed, wherever it is."""
        whole = bytes.fromhex("9db5a8770a01010d03")
        for bit in range(len(whole) * 8):
            flipped = bytearray(whole)
            flipped[bit // 8] ^= 1 << bit % 8
            self.assertIsNone(read_all(flipped.hex()), bit)

    def test_cut_short(self) -> None:
        """A message whose body ends behind the limit is none."""
        data = bytes.fromhex("9db5a8770a01010d03") + bytes(32)
        self.assertIsNone(read(data, memoryview(data), 0, 8))

    def test_nothing(self) -> None:
        """Zeros are not a message."""
        self.assertIsNone(read_all("00" * 9))

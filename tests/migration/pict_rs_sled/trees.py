"""Trees in memory, as a database of pict-rs has them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from uuid import UUID

from pictd.migration.pict_rs_sled.trees import Item, Name
from pictd.model.formats import Format
from pictd.model.hashes import Hash

MOMENT = 1_763_700_000_123_456_789
"""When everything was made."""

ACCESS = MOMENT + 1
"""When everything was last asked for."""

NOW = MOMENT + 2
"""When it is carried."""


class FakeRecords:
    """The records of one tree."""

    def __init__(self, content: dict[bytes, bytes]) -> None:
        self._content = content

    def items(self) -> Iterator[Item]:
        """See ``Records``."""
        return iter(sorted(self._content.items()))


class FakeTrees:
    """Trees to fill."""

    def __init__(self) -> None:
        self.content: dict[bytes, dict[bytes, bytes]] = {}

    def trees(self) -> Sequence[bytes]:
        """See ``Trees``."""
        return sorted(self.content)

    def tree(self, name: bytes) -> FakeRecords:
        """See ``Trees``."""
        return FakeRecords(self.content.get(name, {}))

    def put(self, name: Name, key: bytes, value: bytes) -> None:
        """A record more."""
        self.content.setdefault(name.value, {})[key] = value

    def original(self, hash: Hash, identifier: str) -> None:
        """An original without a name."""
        key = hash.to_bytes()
        self.put(Name.HASHES, key, stamp(MOMENT) + key)
        self.put(Name.IDENTIFIERS, key, identifier.encode())

    def alias(self, alias: bytes, hash: Hash, token: bytes) -> None:
        """A name of an original."""
        self.put(Name.ALIASES, alias, hash.to_bytes())
        self.put(Name.TOKENS, alias, token)

    def variant(self, hash: Hash, key: str, identifier: str) -> None:
        """A variant that was never asked for."""
        self.put(Name.VARIANTS, hash.to_bytes() + b"/" + key.encode(), identifier.encode())

    def job(self, id: str, queue: bytes, payload: object) -> bytes:
        """A job that waits.

        :return: its key.
        """
        key = queue + UUID(id).bytes
        self.put(Name.QUEUE, key, json.dumps(payload).encode())
        return key


def hash_of(number: int) -> Hash:
    """They ascend with the numbers."""
    return Hash(bytes([number]) * 32, number, Format.IMAGE_PNG)


def stamp(moment: int) -> bytes:
    """A moment as it is stored."""
    return moment.to_bytes(16, "big")


def access_key(hash: Hash, key: str) -> bytes:
    """Of the access to a variant."""
    return (39).to_bytes(8, "big") + hash.to_bytes() + key.encode()

"""The identity of content: what makes two uploads the same file."""

from __future__ import annotations

import base64
import binascii
from typing import Self

import attrs

from pictd.model.formats import Format

_LENGTH = 39


@attrs.frozen(order=False)
class Hash:
    """SHA-256 of the bytes as stored, their number, and their format (spec storage §1.1).

    :ivar digest: 32 bytes.
    :ivar size: bytes, below 2**48.
    """

    digest: bytes
    size: int
    format: Format

    def to_bytes(self) -> bytes:
        """The 39 bytes that are the key: digest, size (6, big-endian), format code (1)."""
        return self.digest + self.size.to_bytes(6, "big") + bytes([self.format.code])

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """:raise ValueError: not 39 bytes, or the format is unknown."""
        if len(data) != _LENGTH:
            raise ValueError(f"a hash has {_LENGTH} bytes, not {len(data)}")
        return cls(data[:32], int.from_bytes(data[32:38], "big"), Format.from_code(data[38]))

    @property
    def hex(self) -> str:
        """78 lower-case digits."""
        return self.to_bytes().hex()

    @property
    def text(self) -> str:
        """Standard Base64, 52 characters: the form that databases hold."""
        return base64.b64encode(self.to_bytes()).decode()

    @classmethod
    def from_text(cls, text: str) -> Self:
        """:raise ValueError: not the database form of a hash."""
        try:
            return cls.from_bytes(base64.b64decode(text, validate=True))
        except binascii.Error as error:
            raise ValueError(str(error)) from None

    @property
    def slug(self) -> str:
        """URL-safe Base64, 52 characters: the form in which pages are named."""
        return base64.urlsafe_b64encode(self.to_bytes()).decode()

    @classmethod
    def from_slug(cls, slug: str) -> Self:
        """:raise ValueError: not the slug of a hash."""
        if "+" in slug or "/" in slug:
            raise ValueError("a slug is URL-safe Base64")
        return cls.from_text(slug.replace("-", "+").replace("_", "/"))

    def as_json(self) -> dict[str, object]:
        """The form inside jobs (spec storage §1.1)."""
        return {
            "hash": self.digest.hex(),
            "size": self.size,
            "format": self.format.as_json(),
        }

    @classmethod
    def from_json(cls, data: object) -> Self:
        """:raise ValueError: not the JSON form of a hash."""
        try:
            assert isinstance(data, dict)
            digest, size = bytes.fromhex(data["hash"]), int(data["size"])
            return cls.from_bytes(cls(digest, size, Format.from_json(data["format"])).to_bytes())
        except (AssertionError, KeyError, TypeError, OverflowError) as error:
            raise ValueError(f"not a hash: {data!r}") from error

"""The byte forms of keys and values (spec storage §1, sled §11.2).

All functions raise ValueError where bytes are not of the form.
"""

from __future__ import annotations

import json
import re
from uuid import UUID

from pictd.model.alias import Alias, DeleteToken
from pictd.model.details import Details

HASH = 39
"""Bytes of a hash."""

_CANONICAL = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOMENT = 16
_ID = 16


def moment(value: bytes) -> int:
    """Nanoseconds since the epoch, with which the value begins."""
    if len(value) < _MOMENT:
        raise ValueError(f"not a moment: {value.hex()}")
    return int.from_bytes(value[:_MOMENT], "big", signed=True)


def alias(data: bytes) -> Alias:
    """Sixteen bytes that are a random UUID are one, even if they happen to be text: pict-rs gave
    the client the UUID, though it lists the text."""
    if len(data) >= _ID and _looks_random(data):
        try:
            return _of_uuid(data)
        except UnicodeDecodeError:
            pass
    try:
        return Alias.parse(data.decode())
    except UnicodeDecodeError:
        if len(data) < _ID:
            raise ValueError(f"not an alias: {data.hex()}") from None
    return _of_uuid(data)


def is_ambiguous(data: bytes) -> bool:
    """Whether what is taken for a UUID may be text: nothing in it proves the one or the other."""
    if len(data) < _ID or not _looks_random(data):
        return False
    try:
        return data.decode().isprintable()
    except UnicodeDecodeError:
        return False


def _looks_random(data: bytes) -> bool:
    """Whether this is a UUID of version 4, and an extension or nothing (RFC 9562 §5.4)."""
    rest = data[_ID:]
    return data[6] >> 4 == 4 and data[8] >> 6 == 2 and (not rest or rest.startswith(b"."))


def _of_uuid(data: bytes) -> Alias:
    return Alias(str(UUID(bytes=data[:_ID])), data[_ID:].decode())


def alias_text(text: str) -> Alias:
    """An alias in JSON, where pict-rs may have written one that it had misread."""
    parsed = Alias.parse(text)
    return parsed if _is_id(parsed.name) else alias(text.encode())


def token(data: bytes) -> DeleteToken:
    """As an alias without an extension."""
    if len(data) == _ID and _looks_random(data):
        return DeleteToken(str(UUID(bytes=data)))
    try:
        return DeleteToken.parse(data.decode())
    except UnicodeDecodeError:
        if len(data) != _ID:
            raise ValueError("not a delete token") from None
    return DeleteToken(str(UUID(bytes=data)))


def token_text(text: str) -> DeleteToken:
    """A token in JSON, where pict-rs may have written one that it had misread."""
    parsed = DeleteToken.parse(text)
    return parsed if _is_id(parsed.text) else token(text.encode())


def _is_id(text: str) -> bool:
    """Whether this is a UUID as ``canonical`` spells them."""
    return _CANONICAL.fullmatch(text) is not None


def details(data: bytes) -> Details:
    """Of JSON."""
    try:
        return Details.from_json(parsed(data))
    except OverflowError as error:
        raise ValueError(str(error)) from error


def parsed(data: bytes) -> object:
    """Any JSON."""
    try:
        return json.loads(data.decode())  # of bytes it would guess the encoding first
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def id_text(data: bytes) -> str:
    """Of the sixteen bytes of a UUID."""
    return str(UUID(bytes=data))


def born(id: str) -> int | None:
    """The moment at which a UUID of version 7 was made, in nanoseconds since the epoch; None: it
    is of another version."""
    value = UUID(id)
    return (value.int >> 80) * 1_000_000 if value.version == 7 else None

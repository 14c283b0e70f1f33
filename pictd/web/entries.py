"""What a client is told of a file that was taken (spec http-api §4.2)."""

from __future__ import annotations

from pictd.model.alias import Alias, DeleteToken
from pictd.model.details import Details


def entry(
    alias: Alias, token: DeleteToken, details: Details, blurhash: str | None
) -> dict[str, object]:
    """An element of ``files``."""
    return {
        "file": str(alias),
        "delete_token": token.text,
        "details": details.as_public_json(blurhash),
    }

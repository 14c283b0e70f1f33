"""``POST /internal/set_not_found``: the picture shown instead of what does not exist."""

from __future__ import annotations

import json
from collections.abc import Sequence

import attrs

from pictd.errors import AliasNotFound, InvalidJson, ProxyNotAllowed
from pictd.model.alias import Alias
from pictd.model.urls import is_absolute
from pictd.web.answers import send_json
from pictd.web.parts import Parts
from pictd.web.request import PictdRequest
from pictd.web.routing import Route

MOST_JSON = 2 * 1024 * 1024
"""Bytes."""

NO_SELECTOR = "data did not match any variant of untagged enum AliasQuery"


@attrs.frozen
class Choosing:
    """The choice of the 404 picture."""

    parts: Parts

    def routes(self) -> list[Route]:
        """What this family answers."""
        return [Route("/internal/set_not_found", {b"POST": self.choose})]

    async def choose(self, request: PictdRequest) -> None:
        """201 when the choice is stored."""
        if not _is_json(request.first(b"content-type")):
            raise InvalidJson("Content type error")
        alias = _alias(await request.read_all(MOST_JSON))
        self.parts.refuse_if_read_only()
        if await self.parts.repo.aliases.find(alias) is None:
            raise AliasNotFound
        await self.parts.lookup.choose_not_found_picture(alias)
        send_json(request, 201, {"msg": "ok"})


def _is_json(content_type: bytes | None) -> bool:
    kind = (content_type or b"").partition(b";")[0].strip().lower()
    if kind in (b"application/json", b"text/json"):
        return True
    return kind.startswith(b"application/") and kind.endswith(b"+json")


def _alias(body: bytes) -> Alias:
    try:
        data = json.loads(body, object_pairs_hook=_without_repeats)
    except ValueError as error:
        raise InvalidJson(str(error)) from None
    if not isinstance(data, dict):
        raise InvalidJson(NO_SELECTOR)
    proxy = data.get("proxy")
    if isinstance(proxy, str) and is_absolute(proxy):
        raise ProxyNotAllowed
    alias = data.get("alias")
    if not isinstance(alias, str):
        raise InvalidJson(NO_SELECTOR)
    return Alias.parse(alias)


def _without_repeats(members: Sequence[tuple[str, object]]) -> dict[str, object]:
    if len(dict(members)) != len(members):
        raise ValueError("duplicate field")
    return dict(members)

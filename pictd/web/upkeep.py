"""What the operator has done over HTTP: pruning, and copies of the embedded database."""

from __future__ import annotations

import attrs

from pictd.model.times import from_seconds, to_rfc3339
from pictd.web.answers import send_json
from pictd.web.parts import Parts
from pictd.web.queries import Query
from pictd.web.request import PictdRequest
from pictd.web.routing import Route


@attrs.frozen
class Upkeep:
    """Pruning, and exports where the database is embedded."""

    parts: Parts

    def routes(self) -> list[Route]:
        """What this family answers; without an embedded database there is no export."""
        routes = [Route("/internal/prune_missing", {b"POST": self.prune_missing})]
        if self.parts.exports is not None:
            routes.append(Route("/internal/export", {b"POST": self.export}))
        return routes

    async def prune_missing(self, request: PictdRequest) -> None:
        """How far pruning has come, as it was before this request; it is begun where it never was,
        or ``force`` is true. With ``dry_run`` nothing is begun, and a sample is looked for."""
        self.parts.refuse_if_read_only()
        query = Query.parse(request.query)
        found = await self.parts.prune.progress()
        told: dict[str, object] = {
            "complete": found.complete,
            "progress": found.pruned,
            "total": found.total,
        }
        if _is_true(query, "dry_run"):
            sample = await self.parts.prune.sample()
            told |= {"examined": sample.examined, "missing": sample.missing}
        else:
            await self.parts.prune.begin(_is_true(query, "force"))
        send_json(request, 200, told)

    async def export(self, request: PictdRequest) -> None:
        """A copy in a folder that is named by the moment."""
        exports = self.parts.exports
        assert exports is not None, "there is no such route"
        now = to_rfc3339(from_seconds(self.parts.clock.seconds()))
        await exports.export(exports.folder / now)
        send_json(request, 201, {"msg": "ok"})


def _is_true(query: Query, name: str) -> bool:
    """Whatever else it says counts as no (spec http-api §4.23)."""
    return "true" in (value for key, value in query.pairs if key == name)

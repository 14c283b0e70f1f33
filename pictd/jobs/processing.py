"""Jobs of the ``process`` queue: work on media that nobody waits for in a request."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from twisted.internet.interfaces import IReactorTime

from pictd.generate.service import Generate, Recipe
from pictd.interfaces.repos import IRepo
from pictd.jobs.worker import Duty, NotUnderstood
from pictd.model.alias import Alias
from pictd.model.operations import parse_key
from pictd.model.records import Queue
from pictd.model.times import from_seconds


@attrs.frozen
class Processing:
    """The duties of a worker on media."""

    repo: IRepo
    generate: Generate

    def duties(self) -> Mapping[str, Duty]:
        """By the name of the kind of job."""
        return {"Generate": Duty(self.make_variant)}

    async def make_variant(self, argument: object) -> None:
        """Make a variant, unless it is there; a crash at any step leaves what ``generate`` says,
        and the next attempt begins anew."""
        if not isinstance(argument, dict) or {"source", "process_path"} - set(argument):
            raise NotUnderstood(f"not a variant to generate: {argument!r}")
        parsed = parse_key(str(argument["process_path"]))
        if parsed is None:
            raise NotUnderstood(f"no variant has the key {argument['process_path']!r}")
        original = await self.repo.aliases.find(Alias.parse(str(argument["source"])))
        if original is not None:
            await self.generate.make(original, Recipe(*parsed))


async def queue_variant(repo: IRepo, alias: Alias, recipe: Recipe, clock: IReactorTime) -> None:
    """Have a worker make a variant. The payload is one that pict-rs understands too."""
    arguments = [text for step in recipe.chain.steps for text in step.magick]
    payload = {
        "Generate": {
            "target_format": recipe.output.value,
            "source": str(alias),
            "process_path": recipe.key,
            "process_args": arguments,
        }
    }
    await repo.jobs.push(Queue.PROCESS, payload, from_seconds(clock.seconds()))

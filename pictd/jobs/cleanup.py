"""Jobs of the ``cleanup`` queue: bytes and facts that nothing refers to any more.

Each is idempotent: run again after a crash at any step, it finds less to do. Payloads are those of
spec storage §7.3.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from twisted.internet.interfaces import IReactorTime

from pictd.interfaces.repos import IRepo
from pictd.interfaces.stores import IStore
from pictd.jobs.walking import originals
from pictd.jobs.worker import Duty, NotUnderstood, Work
from pictd.model.alias import Alias, DeleteToken
from pictd.model.hashes import Hash
from pictd.model.records import Queue
from pictd.model.times import SECOND, from_seconds

LATER = 3600
"""Seconds until a job whose attempts all failed begins anew."""


@attrs.frozen
class Cleanup:
    """The duties of a cleanup worker."""

    repo: IRepo
    store: IStore
    clock: IReactorTime

    def duties(self) -> Mapping[str, Duty]:
        """By the name of the kind of job."""
        return {
            "Identifier": self._begun_again("Identifier", self.remove_bytes),
            "Hash": self._begun_again("Hash", self.collect),
            "Alias": self._begun_again("Alias", self.remove_alias),
            "Variant": self._begun_again("Variant", self.remove_variants),
            "AllVariants": Duty(self.remove_all_variants),
            "OutdatedVariants": Duty(self.leave_to_retention),
            "OutdatedProxies": Duty(self.leave_to_retention),
        }

    def _begun_again(self, kind: str, work: Work) -> Duty:
        """One that may not be given up, for nothing else would find what it leaves: the same job
        is queued for later. A crash between that and the end of the first leaves both."""

        async def queue_again(argument: object) -> None:
            due = from_seconds(self.clock.seconds()) + LATER * SECOND
            await self.repo.jobs.push(Queue.CLEANUP, {kind: argument}, due)

        return Duty(work, queue_again)

    async def remove_bytes(self, argument: object) -> None:
        """The bytes of an identifier, then its details. A crash between leaves the details of
        bytes that are gone, which the next attempt removes."""
        identifier = _text(argument, "identifier")
        if await self.repo.refers_to(identifier):
            return
        await self.store.remove(identifier)
        await self.repo.details.remove(identifier)

    async def collect(self, argument: object) -> None:
        """A hash without aliases, in one step; one that got an alias since stays (C3)."""
        await self.repo.hashes.collect(_hash(argument))

    async def remove_alias(self, argument: object) -> None:
        """An alias, in one step, if it still has the token that the job was queued with."""
        alias = Alias.parse(_text(argument, "alias"))
        found = await self.repo.aliases.find(alias)
        if found is not None and found.token.matches(DeleteToken.parse(_text(argument, "token"))):
            await self.repo.aliases.remove(alias)

    async def remove_variants(self, argument: object) -> None:
        """One variant of a hash, or all, in one step."""
        key = argument.get("variant") if isinstance(argument, dict) else None
        await self.repo.variants.remove(_hash(argument), None if key is None else [str(key)])

    async def leave_to_retention(self, _: object) -> None:
        """Nothing: such jobs come with a database that is taken over, and ``jobs.retention`` goes
        through the outdated anyway, in its pace, and not before it may (contract C13)."""

    async def remove_all_variants(self, argument: object) -> None:
        """Of every hash, in a walk of small steps; a crash in it begins the walk again. What is
        uploaded during the walk is newer than where it stands, and keeps its variants."""
        async for records in originals(self.repo, self.clock):
            for record in records:
                if await self.repo.variants.of_hash(record.hash):
                    await self.repo.variants.remove(record.hash)


def _text(argument: object, key: str) -> str:
    if isinstance(argument, dict) and isinstance(argument.get(key), str):
        return str(argument[key])
    raise NotUnderstood(f"{key} is missing in {argument!r}")


def _hash(argument: object) -> Hash:
    try:
        return Hash.from_json(argument["hash"] if isinstance(argument, dict) else None)
    except (KeyError, ValueError) as error:
        raise NotUnderstood(str(error)) from error

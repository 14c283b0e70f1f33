"""How things go: an alias by its token or by the operator, a file with all its names, variants.

Facts go first, in one step, and bytes later by job: what stopped resolving is gone for clients when
they are told so (contract A17), and a crash in between leaves a job, not an orphan.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from twisted.internet.interfaces import IReactorTime

from pictd.errors import AliasNotFound, InvalidDeleteToken
from pictd.interfaces.repos import IRepo
from pictd.model.alias import Alias, DeleteToken
from pictd.model.records import Queue
from pictd.model.times import from_seconds


@attrs.frozen
class Removal:
    """Removes facts; ``jobs.cleanup`` removes bytes."""

    repo: IRepo
    clock: IReactorTime

    async def delete(self, alias: Alias, token: DeleteToken) -> None:
        """Remove an alias; one that is unknown is removed already.

        :raise InvalidDeleteToken: the alias has another token.
        """
        original = await self.repo.aliases.find(alias)
        if original is None:
            return
        if not original.token.matches(token):
            raise InvalidDeleteToken
        await self.repo.aliases.remove(alias)

    async def delete_without_token(self, alias: Alias) -> bool:
        """False: there is no such alias."""
        return await self.repo.aliases.remove(alias)

    async def purge(self, alias: Alias) -> Sequence[Alias]:
        """Remove the file that the alias names, under all its names.

        :return: the names that it had.
        :raise AliasNotFound: there is no such alias.
        """
        original = await self.repo.aliases.find(alias)
        if original is None:
            raise AliasNotFound
        return await self.repo.hashes.purge(original.record.hash)

    async def drop_all_variants(self) -> None:
        """Have a job remove every variant of every file; calls coalesce while one is queued."""
        now = from_seconds(self.clock.seconds())
        await self.repo.jobs.push(Queue.CLEANUP, "AllVariants", now, "all-variants")

"""Facts about what is stored: names, originals, variants, remote URLs, details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zope.interface import Interface

from pictd.model.alias import Alias, DeleteToken
from pictd.model.details import Details
from pictd.model.hashes import Hash
from pictd.model.records import HashRecord, Naming, Original, Page, Published, Variant


class IAliases(Interface):
    """Public names and their tokens."""

    async def find(alias: Alias) -> Original | None:
        """What the alias names."""

    async def of_hash(hash: Hash) -> Sequence[Alias]:
        """All names of the content, in no promised order."""

    async def add(naming: Naming, hash: Hash) -> bool:
        """Give stored content another name. False, and nothing done: the content is gone.

        :raise AliasAlreadyExists: whatever it names; nothing was written.
        :raise UrlAlreadyProxied: the naming's URL has an alias; nothing was written.
        :raise UploadGone: no upload of the naming's id is pending; nothing was written.
        """

    async def remove(alias: Alias) -> bool:
        """Remove the alias and the proxy relations to it. With the last alias of its content the
        content goes too: its hash and variants are removed, and a ``cleanup`` job is pushed for
        the bytes of each identifier, all in the same step (contract C3). False: no such alias."""


class IProxies(Interface):
    """Remote URLs, in their normalised spelling, and the aliases kept for them. A URL comes with
    the ``Naming`` of its alias, and goes with the alias."""

    async def find(url: str) -> Alias | None:
        """The alias kept for this URL."""

    async def touch(accesses: Mapping[str, int]) -> None:
        """Record last accesses, by URL. URLs that are not proxied are left out, and a moment
        earlier than the recorded one changes nothing."""

    async def outdated(before: int, limit: int) -> Sequence[tuple[Alias, DeleteToken]]:
        """Proxied aliases of which no URL was accessed at that moment or later, oldest first."""

    async def remove_outdated(alias: Alias, before: int) -> bool:
        """Remove the alias as ``IAliases.remove`` does, if it is outdated still. False, and nothing
        done: it is not, or no longer there, or no URL is proxied under it."""


class IHashes(Interface):
    """Stored originals."""

    async def publish(record: HashRecord, details: Details, naming: Naming) -> Published:
        """Make a saved file public. Where the same content is already recorded, the name is
        given to that record instead, and ``record.identifier`` stays unknown to the repo.

        :raise AliasAlreadyExists: nothing was written.
        :raise UrlAlreadyProxied: the naming's URL has an alias; nothing was written.
        :raise UploadGone: no upload of the naming's id is pending; nothing was written.
        """

    async def find(hash: Hash) -> HashRecord | None:
        """The record of this content."""

    async def heal(hash: Hash, lost: str, identifier: str, details: Details) -> bool:
        """Point a record whose bytes are lost at a new copy (contract C2). The details move along;
        their ``created_at`` stays. False, and nothing done: the record does not name ``lost``."""

    async def set_motion(
        hash: Hash, lost: str | None, identifier: str, details: Details
    ) -> str | None:
        """Record the still frame of a video, which until now has none, or has ``lost``. Where
        another was recorded meanwhile, that one stays and ``identifier`` is unknown to the repo.
        The identifier that is recorded; None, and nothing done: the content is gone."""

    async def forget_motion(hash: Hash, lost: str) -> bool:
        """Record that there is no still frame, and nothing of its details, where its bytes are
        lost. False, and nothing done: the record does not have this one."""

    async def set_blurhash(hash: Hash, blurhash: str) -> None:
        """Overwrites; does nothing for unknown content."""

    async def purge(hash: Hash) -> Sequence[Alias]:
        """Remove every alias of the content, then the content as ``IAliases.remove`` does. The
        aliases that there were."""

    async def collect(hash: Hash) -> bool:
        """Remove content that has no alias, as ``IAliases.remove`` does. False: it has one."""

    async def page(start: Hash | None, limit: int) -> Page:
        """The listing from ``start`` on (its entry included), newest first, equal moments by hash
        descending. An unknown or absent ``start`` gives the first page. ``limit`` may be 0: no
        entries, and ``next`` is the position itself."""

    async def page_before(moment: int, limit: int) -> Page:
        """The listing of what was created strictly before ``moment``; empty where nothing was."""

    async def count() -> int:
        """How many originals are stored."""


class IVariants(Interface):
    """Derived files, by hash and variant key."""

    async def find(hash: Hash, key: str) -> Variant | None:
        """The variant, if it was made."""

    async def add(
        hash: Hash, key: str, identifier: str, details: Details, accessed: int
    ) -> Variant | None:
        """Record a variant; where there is one already, that one is kept and returned, and
        ``identifier`` stays unknown to the repo. None, and nothing done: the content is gone."""

    async def of_hash(hash: Hash) -> Mapping[str, str]:
        """Identifier by variant key."""

    async def remove(hash: Hash, keys: Sequence[str] | None = None) -> int:
        """Remove these variants, or all; a ``cleanup`` job is pushed for the bytes of each in the
        same step. How many there were."""

    async def touch(accesses: Mapping[tuple[Hash, str], int]) -> None:
        """Record last accesses. Variants that are gone are left out, and a moment earlier than the
        recorded one changes nothing."""

    async def outdated(before: int, limit: int) -> Sequence[tuple[Hash, str]]:
        """Variants last accessed before that moment, by hash and key, oldest first."""

    async def remove_outdated(places: Sequence[tuple[Hash, str]], before: int) -> int:
        """As ``remove``, of those of these variants that are outdated still. How many there
        were."""


class IDetails(Interface):
    """Measured facts, by identifier."""

    async def find(identifier: str) -> Details | None:
        """The facts, if they were measured."""

    async def save(identifier: str, details: Details) -> None:
        """The first record stays; a later one for the same identifier is dropped."""

    async def remove(identifier: str) -> None:
        """Idempotent."""

    async def page(after: str | None, limit: int) -> Mapping[str, bool]:
        """The next identifiers that have details, in an order of the backend's own, and whether
        the repo refers to each as ``IRepo.refers_to`` tells. Empty at the end."""

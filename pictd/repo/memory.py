"""A repo in memory, which forgets: for tests, and for trying things out.

Every method does its work without awaiting anything, and so in one step. Those who wait are woken
within it, when all that they may look at is changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zope.interface import implementer

from pictd.interfaces.content import IDetails
from pictd.interfaces.repos import IRepo, ISettings
from pictd.metrics import Metrics
from pictd.model.details import Details
from pictd.repo.memory_claims import MemoryClaims
from pictd.repo.memory_content import MemoryAliases, MemoryHashes
from pictd.repo.memory_jobs import MemoryJobs
from pictd.repo.memory_proxies import MemoryProxies
from pictd.repo.memory_records import MemoryRecords
from pictd.repo.memory_tables import Tables
from pictd.repo.memory_uploads import MemoryUploads
from pictd.repo.memory_variants import MemoryVariants


@implementer(IDetails)
class MemoryDetails:
    """See ``IDetails``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def find(self, identifier: str) -> Details | None:
        """See ``IDetails``."""
        return self._tables.details.get(identifier)

    async def save(self, identifier: str, details: Details) -> None:
        """See ``IDetails``."""
        self._tables.details.setdefault(identifier, details)

    async def remove(self, identifier: str) -> None:
        """See ``IDetails``."""
        self._tables.details.pop(identifier, None)

    async def page(self, after: str | None, limit: int) -> Mapping[str, bool]:
        """See ``IDetails``. By identifier."""
        found = sorted(each for each in self._tables.details if after is None or each > after)
        return {each: self._tables.refers_to(each) for each in found[:limit]}


@implementer(ISettings)
class MemorySettings:
    """See ``ISettings``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def get(self, key: str) -> bytes | None:
        """See ``ISettings``."""
        return self._tables.settings.get(key)

    async def set(self, key: str, value: bytes) -> None:
        """See ``ISettings``."""
        self._tables.settings[key] = value


@implementer(IRepo)
class MemoryRepo:
    """See ``IRepo``. It is open from the beginning.

    :param metrics: None: nobody reads them.
    """

    def __init__(self, metrics: Metrics | None = None) -> None:
        self._tables = tables = Tables(metrics=metrics or Metrics())
        self.aliases = MemoryAliases(tables)
        self.proxies = MemoryProxies(tables)
        self.hashes = MemoryHashes(tables)
        self.variants = MemoryVariants(tables)
        self.details = MemoryDetails(tables)
        self.uploads = MemoryUploads(tables)
        self.settings = MemorySettings(tables)
        self.jobs = MemoryJobs(tables)
        self.claims = MemoryClaims(tables)
        self.records = MemoryRecords(tables)

    async def open(self) -> None:
        """See ``IRepo``."""

    async def close(self) -> None:
        """See ``IRepo``."""

    async def refers_to(self, identifier: str) -> bool:
        """See ``IRepo``."""
        return self._tables.refers_to(identifier)

    async def unsound(self) -> Sequence[str]:
        """See ``IRepo``: nothing ever."""
        return ()

    async def check(self, read_only: bool = False) -> None:
        """See ``IRepo``."""

"""The memory store keeps the store's promises."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from pictd.interfaces.stores import IStore
from pictd.store.memory import MemoryStore
from tests.contracts import store


class MemoryStoreTests(store.StoreContract, TestCase):
    """``IStore``."""

    def new_store(self) -> IStore:
        """See ``StoreContract``."""
        return MemoryStore(Clock())

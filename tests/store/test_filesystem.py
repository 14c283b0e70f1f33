"""The store in a folder."""

from __future__ import annotations

from pathlib import Path

from twisted.internet import reactor
from twisted.internet.interfaces import IReactorThreads
from twisted.trial.unittest import TestCase

from pictd.interfaces import IStore
from pictd.store.filesystem import FilesystemStore
from tests.contracts import store


class FilesystemStoreTests(store.StoreContract, TestCase):
    """``IStore``, and what is particular to files."""

    def new_store(self) -> IStore:
        """See ``StoreContract``."""
        self.root = Path(self.mktemp()) / "root"
        return FilesystemStore(self.root, IReactorThreads(reactor))

    def files(self) -> list[str]:
        """Everything below the root, but for the store's own folder itself."""
        found = {str(path.relative_to(self.root)) for path in self.root.rglob("*")}
        return sorted(found - {".pictd"})

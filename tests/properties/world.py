"""One process of a server on backends that outlive it, all of its work behind gates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import attrs
from twisted.internet.task import Clock

from pictd.catalog.access import AccessLog
from pictd.catalog.removal import Removal
from pictd.errors import MediaFailed
from pictd.generate.backends import Backends as GenerateBackends
from pictd.generate.service import Generate
from pictd.ingest.downloads import Downloads
from pictd.ingest.proxies import Proxies
from pictd.ingest.queueing import Queueing
from pictd.ingest.service import Ingest
from pictd.ingest.session import Backends, Received
from pictd.interfaces.repos import IRepo
from pictd.jobs.cleanup import Cleanup
from pictd.jobs.presence import Presence
from pictd.jobs.processing import Processing
from pictd.jobs.retention import PAUSE, Lifetimes, Retention
from pictd.jobs.strays import Strays
from pictd.jobs.uploads import QueuedUploads
from pictd.jobs.worker import STOP_LIMIT, Worker
from pictd.model.formats import Format, Output
from pictd.model.operations import Chain
from pictd.model.records import Normalised, Queue, Rendered
from pictd.model.times import SECOND, from_seconds
from pictd.model.uploads import UploadQuery
from pictd.store.memory import MemoryStore
from tests.properties.gates import MEDIA, REMOTE, REPO, SCRATCH, STORE, Finish, Gated, Gates
from tests.support.media import PlainMedia
from tests.support.remote import PlainRemote
from tests.support.scratch import SynchronousScratch

MINUTE = 60 * SECOND
LIFETIMES = Lifetimes(variants=20 * MINUTE, proxies=30 * MINUTE, uploads=40 * MINUTE)
MOST_BYTES = 1000


class ListedStore(MemoryStore):
    """Children read its files themselves, which vanish when they are removed.

    :ivar saved: identifiers of what is there.
    """

    def __init__(self, clock: Clock, root: Path) -> None:
        super().__init__(clock)
        self.saved: set[str] = set()
        self._root = root

    async def local(self, identifier: str, folder: Path) -> Path | None:
        """See ``IStore``: one file for all."""
        self._root.mkdir(parents=True, exist_ok=True)
        return await super().local(identifier, self._root)

    async def save(self, source: Path, extension: str, media_type: str) -> str:
        """See ``IStore``."""
        identifier = await super().save(source, extension, media_type)
        self.saved.add(identifier)
        return identifier

    async def remove(self, identifier: str) -> None:
        """See ``IStore``."""
        await super().remove(identifier)
        self.saved.discard(identifier)
        (self._root / Path(identifier).name).unlink(missing_ok=True)


class ReadingMedia(PlainMedia):
    """Fails where the file that it reads has vanished."""

    async def normalise(self, source: Path, folder: Path, query: UploadQuery) -> Normalised:
        """See ``IMedia``."""
        try:
            return await super().normalise(source, folder, query)
        except FileNotFoundError:
            raise MediaFailed from None

    async def render(
        self, source: Path, format: Format, folder: Path, chain: Chain, output: Output
    ) -> Rendered:
        """See ``IMedia``."""
        try:
            return await super().render(source, format, folder, chain, output)
        except FileNotFoundError:
            raise MediaFailed from None


@attrs.define
class Ground:
    """What a crash leaves.

    :ivar open_repo: the repo as a new process opens it.
    :ivar time: of the machine.
    """

    finish: Finish
    open_repo: Callable[[], IRepo]
    folder: Path
    time: Clock
    store: ListedStore
    pages: dict[str, bytes]


class PlainDownloads(Downloads):
    """Without threads: pages are small."""

    async def received(self, url: str) -> Received:
        """See ``Downloads``."""
        stream = await self.remote.fetch(url, self.most_bytes)
        folder = self.scratch.new()
        path = folder / "upload"
        path.touch()
        while piece := await stream.read():
            with path.open("ab") as file:
                file.write(piece)
        stream.close()
        return Received(folder, path)


class World:
    """A process: services, and the workers of both queues."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.gates = gates = Gates(ground.finish)
        self.clock = Clock()
        self.clock.advance(ground.time.seconds())
        self.bare = ground.open_repo()
        self.files = SynchronousScratch(ground.folder)
        self.repo = repo = cast(Any, Gated(gates, self.bare, REPO))
        self.store = store = cast(Any, Gated(gates, ground.store, STORE))
        self.scratch = scratch = cast(Any, Gated(gates, self.files, SCRATCH))
        media = cast(Any, Gated(gates, ReadingMedia(), MEDIA))
        backends = Backends(repo, store, media, scratch, self.clock)
        self.ingest = Ingest(backends)
        self.queueing = Queueing(backends)
        self.generate = Generate(GenerateBackends(repo, store, media, scratch, self.clock))
        remote = cast(Any, Gated(gates, PlainRemote(dict(ground.pages)), REMOTE))
        downloads = PlainDownloads(remote, scratch, MOST_BYTES)
        self.proxies = Proxies(repo, self.ingest, downloads, self.clock, remember=0)
        self.access = AccessLog(self.bare, self.clock)
        self.removal = Removal(repo, self.clock)
        self.retention = Retention(repo, Presence(repo), LIFETIMES, self.clock)
        self.strays = Strays(repo, store, self.clock)
        self.workers = [self._cleaner(), self._processor(), self._processor()]

    @property
    def now(self) -> int:
        """In nanoseconds."""
        return from_seconds(self.clock.seconds())

    def start(self) -> None:
        """Let the workers look for work."""
        for worker in self.workers:
            worker.startService()

    def received(self, data: bytes) -> Received:
        """A file that has arrived."""
        folder = self.files.new()
        path = folder / "upload"
        path.write_bytes(data)
        return Received(folder, path)

    def open(self, number: int) -> None:
        """Let one of those who stand at a gate go on; that takes a moment."""
        if self.gates.standing:
            self.gates.open(number)
        self.advance(0.01)

    def run(self) -> None:
        """Let everybody go on until nobody stands at a gate, and no pause of a sweep is left."""
        for _ in range(20_000):
            if not self.gates.standing:
                self.advance(2 * PAUSE)
            if not self.gates.standing:
                return
            self.open(0)
        raise AssertionError([gate.name for gate in self.gates.standing])

    def advance(self, seconds: float) -> None:
        """Time passes; last accesses are written in time."""
        if seconds >= 1:
            self.ground.finish(self.access.write())
        self.ground.time.advance(seconds)
        self.clock.advance(seconds)

    def stop(self) -> None:
        """As SIGTERM does, and no worker gets the time that its job needs."""
        for worker in self.workers:
            worker.stopService()
        self.advance(STOP_LIMIT)
        self.run()

    def end(self) -> None:
        """The process is no more; its database is closed, its temporary files are gone."""
        self.gates.die()
        self.ground.finish(self.bare.close())
        for folder in list(self.files.live):
            self.ground.finish(self.files.discard(folder))

    def _cleaner(self) -> Worker:
        duties = Cleanup(self.repo, self.store, self.clock).duties()
        return Worker(self.repo, Queue.CLEANUP, duties, self.clock)

    def _processor(self) -> Worker:
        uploads = QueuedUploads(self.repo, self.store, self.scratch, self.ingest)
        duties = {**uploads.duties(), **Processing(self.repo, self.generate).duties()}
        return Worker(self.repo, Queue.PROCESS, duties, self.clock)

"""``pictd stats``: how much there is. Reads only."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import attrs

from pictd.admin.paging import all_jobs, all_originals, all_uploads
from pictd.config.backends import FilesystemStore
from pictd.config.schema import Config
from pictd.interfaces.repos import IRepo
from pictd.model.carried import CarriedJob, CarriedOriginal, Tally
from pictd.model.records import Queue
from pictd.model.times import to_rfc3339
from pictd.model.uploads import Upload, UploadFailed
from pictd.progress import Progress

_UNITS = ("B", "KiB", "MiB", "GiB")


@attrs.define
class Content:
    """What is stored, as it was met one by one.

    :ivar size: bytes of originals.
    """

    size: int = 0
    formats: Counter[str] = attrs.field(factory=Counter)
    stills: int = 0
    unnamed: int = 0
    unmeasured: int = 0

    def note(self, original: CarriedOriginal) -> None:
        """One more."""
        record = original.record
        self.size += record.hash.size
        self.formats[record.hash.format.name.lower()] += 1
        self.stills += record.motion is not None
        self.unnamed += not original.aliases
        self.unmeasured += record.identifier not in original.details


@attrs.define
class Work:
    """What is queued.

    :ivar oldest: the moment from which the job that waits longest could be taken; those that could
        be taken from ever on are left out.
    """

    queues: Counter[str] = attrs.field(factory=lambda: Counter({each.value: 0 for each in Queue}))
    oldest: int | None = None
    pending: int = 0
    unclaimed: int = 0
    failed: int = 0

    def note(self, job: CarriedJob) -> None:
        """One more job."""
        self.queues[job.queue.value] += 1
        if job.due:
            self.oldest = min(self.oldest or job.due, job.due)

    def note_upload(self, upload: Upload) -> None:
        """One more queued upload."""
        self.pending += upload.result is None
        self.unclaimed += upload.result is not None
        self.failed += isinstance(upload.result, UploadFailed)


@attrs.frozen
class Stats:
    """All of it. The parts are of different moments, where somebody works meanwhile.

    :ivar free: bytes that a store in files can still take.
    """

    tally: Tally
    content: Content
    work: Work
    free: int | None

    def as_json(self) -> dict[str, object]:
        """Sizes in bytes, moments as RFC 3339."""
        content, work = self.content, self.work
        return {
            **attrs.asdict(self.tally),
            "bytes": content.size,
            "free_bytes": self.free,
            "formats": dict(sorted(content.formats.items())),
            "stills": content.stills,
            "originals_without_alias": content.unnamed,
            "originals_without_details": content.unmeasured,
            "queues": dict(work.queues),
            "oldest_job": None if work.oldest is None else to_rfc3339(work.oldest),
            "uploads_pending": work.pending,
            "uploads_unclaimed": work.unclaimed,
            "uploads_failed": work.failed,
        }


async def tell_stats(
    repo: IRepo, config: Config, progress: Progress, as_json: bool, say: Callable[[str], None]
) -> None:
    """Write it in lines of text, or as one JSON object.

    :raise RepoUnavailable: nothing was told.
    """
    told = (await gather(repo, progress, free_bytes(config))).as_json()
    if as_json:
        say(json.dumps(told))
        return
    for line in aligned(told):
        say(line)


async def gather(repo: IRepo, progress: Progress, free: int | None = None) -> Stats:
    """Go through all records, page by page."""
    tally, content, work = await repo.records.tally(), Content(), Work()
    progress.begin("originals", tally.originals)
    try:
        async for original in all_originals(repo):
            content.note(original)
            progress.advance()
    finally:
        progress.end()
    async for job in all_jobs(repo):
        work.note(job)
    async for upload in all_uploads(repo):
        work.note_upload(upload)
    return Stats(tally, content, work, free)


def free_bytes(config: Config) -> int | None:
    """Where the store is a folder that can be looked at."""
    if not isinstance(config.store, FilesystemStore):
        return None
    try:
        return shutil.disk_usage(config.store.path).free
    except OSError:
        return None


def aligned(told: Mapping[str, object]) -> list[str]:
    """A line for each figure, those within another one indented."""
    figures = list(_figures(told))
    width = max(len(label) for label, _ in figures)
    return [f"{label.ljust(width)}  {figure}".rstrip() for label, figure in figures]


def _figures(told: Mapping[str, object], indent: str = "") -> Iterator[tuple[str, str]]:
    for name, value in told.items():
        label = indent + name.replace("_", " ")
        if isinstance(value, Mapping):
            yield label, ""
            yield from _figures(value, f"{indent}  ")
        else:
            yield label, _figure(name, value)


def _figure(name: str, value: object) -> str:
    if value is None:
        return "-"
    if name.endswith("bytes") and isinstance(value, int):
        return f"{value} ({_rounded(value)})"
    return str(value)


def _rounded(size: float) -> str:
    for unit in _UNITS:
        if size < 1024:
            return f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"

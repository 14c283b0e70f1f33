"""What goes on without being asked for: jobs, sweeps."""

from __future__ import annotations

import os
from collections.abc import Mapping

from twisted.application.service import IService

from pictd.config.schema import Config
from pictd.jobs.cleanup import Cleanup
from pictd.jobs.presence import Presence
from pictd.jobs.processing import Processing
from pictd.jobs.retention import Lifetimes, Retention
from pictd.jobs.strays import Strays
from pictd.jobs.uploads import QueuedUploads
from pictd.jobs.worker import Duty, Worker
from pictd.model.records import Queue
from pictd.web.parts import Parts

CLEANUP_WORKERS = 2
"""Their jobs wait for disks, not for processors."""


def background(config: Config, parts: Parts) -> list[IService]:
    """None on a read-only node, which does no work for others either (contract C5)."""
    if parts.settings.read_only:
        return []
    cleanup = {**Cleanup(parts.repo, parts.store).duties(), **parts.prune.duties()}
    makers = max(1, len(os.sched_getaffinity(0)))
    return [
        Strays(parts.repo, parts.store, parts.clock, first_grace=0),
        Retention(parts.repo, Presence(parts.repo), _lifetimes(config), parts.clock, parts.metrics),
        *(_worker(parts, Queue.CLEANUP, cleanup) for _ in range(CLEANUP_WORKERS)),
        *(_worker(parts, Queue.PROCESS, _processing(parts)) for _ in range(makers)),
    ]


def _processing(parts: Parts) -> Mapping[str, Duty]:
    uploads = QueuedUploads(parts.repo, parts.store, parts.scratch, parts.ingest, parts.metrics)
    return {**Processing(parts.repo, parts.generate).duties(), **uploads.duties()}


def _lifetimes(config: Config) -> Lifetimes:
    spans = config.media.retention
    return Lifetimes(spans.variants.nanoseconds, spans.proxy.nanoseconds, spans.uploads.nanoseconds)


def _worker(parts: Parts, queue: Queue, duties: Mapping[str, Duty]) -> Worker:
    return Worker(parts.repo, queue, duties, parts.clock, parts.metrics)

"""What goes on without being asked for: jobs, sweeps."""

from __future__ import annotations

from collections.abc import Mapping

from twisted.application.service import IService

from pictd.assembly.backends import is_shared
from pictd.assembly.shares import processors
from pictd.config.schema import Config
from pictd.jobs.cleanup import Cleanup
from pictd.jobs.crew import Crew
from pictd.jobs.presence import Presence
from pictd.jobs.processing import Processing
from pictd.jobs.retention import Lifetimes, Retention
from pictd.jobs.strays import GRACE, Strays
from pictd.jobs.uploads import QueuedUploads
from pictd.jobs.worker import Duty, Worker
from pictd.model.records import Queue
from pictd.web.parts import Parts

CLEANUP_WORKERS = 2
"""Their jobs wait for disks, not for processors."""

CLEANUP_BREATH = 0.02
"""Seconds between two jobs of a cleanup worker: after a sweep there may be a million."""


def sweeps(config: Config, parts: Parts, began: float) -> list[IService]:
    """What looks for things to do by itself. None on a read-only node (contract C5).

    :param began: when this process began, or the one that started it and others; seconds.
    """
    if parts.settings.read_only:
        return []
    repo, clock, claiming = parts.repo, parts.clock, parts.claiming
    lifetimes, grace = _lifetimes(config), GRACE if is_shared(config) else 0
    return [
        Strays(repo, parts.store, clock, grace, began, claiming),
        Retention(repo, Presence(repo), lifetimes, clock, parts.metrics, claiming),
    ]


def crew(config: Config, parts: Parts) -> Crew:
    """The workers; none on a read-only node, which does no work for others either."""
    if parts.settings.read_only:
        return Crew([])
    cleanup = {**Cleanup(parts.repo, parts.store, parts.clock).duties(), **parts.prune.duties()}
    processing = _processing(parts)
    return Crew(
        [
            *(
                _worker(parts, Queue.CLEANUP, cleanup, CLEANUP_BREATH)
                for _ in range(CLEANUP_WORKERS)
            ),
            *(_worker(parts, Queue.PROCESS, processing) for _ in range(processors(config))),
        ]
    )


def _processing(parts: Parts) -> Mapping[str, Duty]:
    uploads = QueuedUploads(parts.repo, parts.store, parts.scratch, parts.ingest, parts.metrics)
    return {**Processing(parts.repo, parts.generate).duties(), **uploads.duties()}


def _lifetimes(config: Config) -> Lifetimes:
    spans = config.media.retention
    return Lifetimes(spans.variants.nanoseconds, spans.proxy.nanoseconds, spans.uploads.nanoseconds)


def _worker(parts: Parts, queue: Queue, duties: Mapping[str, Duty], breath: float = 0.0) -> Worker:
    return Worker(parts.repo, queue, duties, parts.clock, parts.metrics, breath)

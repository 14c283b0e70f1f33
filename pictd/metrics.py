"""What is counted, for Prometheus: by pict-rs's names and labels where it has them, ours beside.

How it works: counting adds to plain numbers, all in the reactor's thread; they are put into the
shape of the library only when somebody asks for them. A family appears with its first sample.
pict-rs's counters do not end in ``_total``, without which the library calls nothing a counter:
they are shown as untyped, which queries don't mind.

One ``Metrics`` belongs to one server. Whoever counts is handed it, and has one that nobody reads
where it is not: counting needs no condition.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import attrs
from prometheus_client import CollectorRegistry, Metric, ProcessCollector, generate_latest

Labels = tuple[tuple[str, str], ...]


@attrs.define(eq=False)
class Counter:
    """How often something happened, by labels."""

    name: str
    documentation: str
    _counts: dict[Labels, float] = attrs.field(factory=lambda: defaultdict(float))

    def add(self, amount: float = 1, /, **labels: str | bool) -> None:
        """Once more, or as much more."""
        self._counts[_labels(labels)] += amount

    def collect(self) -> Iterator[Metric]:
        """For the library."""
        if self._counts:
            metric = Metric(self.name, self.documentation, "unknown")
            for labels, count in list(self._counts.items()):
                metric.add_sample(self.name, dict(labels), count)
            yield metric


@attrs.define(eq=False)
class Summary:
    """How often something was measured, and the sum of it, by labels. Seconds, where it is time."""

    name: str
    documentation: str
    _sums: dict[Labels, tuple[int, float]] = attrs.field(
        factory=lambda: defaultdict(lambda: (0, 0.0))
    )

    def observe(self, value: float, /, **labels: str | bool) -> None:
        """One more measurement."""
        key = _labels(labels)
        count, total = self._sums[key]
        self._sums[key] = count + 1, total + value

    def collect(self) -> Iterator[Metric]:
        """For the library."""
        if self._sums:
            metric = Metric(self.name, self.documentation, "summary")
            for labels, (count, total) in list(self._sums.items()):
                metric.add_sample(f"{self.name}_count", dict(labels), count)
                metric.add_sample(f"{self.name}_sum", dict(labels), total)
            yield metric


@attrs.frozen(eq=False)
class Gauge:
    """How much there is of something at the moment.

    :ivar read: looks.
    """

    name: str
    documentation: str
    read: Callable[[], float]

    def collect(self) -> Iterator[Metric]:
        """For the library."""
        metric = Metric(self.name, self.documentation, "gauge")
        metric.add_sample(self.name, {}, self.read())
        yield metric


@attrs.define
class Run:
    """One piece of work.

    :ivar completed: whether it reached its normal end.
    """

    completed: bool = False


@attrs.frozen(eq=False)
class Activity:
    """Work that begins, lasts and ends."""

    started: Counter
    ended: Counter
    duration: Summary
    seconds: Callable[[], float]

    @contextmanager
    def running(self, **labels: str | bool) -> Iterator[Run]:
        """Around the work; it is complete unless it raises, or ``completed`` is set to False."""
        run, began = Run(), self.seconds()
        self.started.add(**labels)
        try:
            run.completed = True
            yield run
        except BaseException:
            run.completed = False
            raise
        finally:
            self.ended.add(completed=run.completed, **labels)
            self.duration.observe(self.seconds() - began, completed=run.completed, **labels)


class Metrics:
    """All that one server counts.

    To add a figure: make it in ``__init__`` by ``counter``, ``summary`` or ``activity``, and count
    where it happens. What is kept elsewhere is shown by ``gauge``, or by a collector of its own.

    :ivar registry: what is shown.
    :param seconds: a clock that only goes forward.
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._seconds = seconds
        self._add_uploads()
        self._add_work()
        self._add_outgoing()

    def _add_uploads(self) -> None:
        self.files = self.counter(
            "pict_rs_files", "Files that came, by their way, before acceptance"
        )
        self.ingests = self.activity(
            "pictd_ingest_start", "pict_rs_ingest_end", "pictd_ingest_duration", "Uploads"
        )
        self.queued_uploads = self.counter("pict_rs_background_upload", "Uploads put on the queue")
        queued = "background_upload_ingest"
        self.queued_ingests = self.activity(
            f"pictd_{queued}_start",
            f"pict_rs_{queued}",
            f"pict_rs_{queued}_duration",
            "Queued work",
        )
        self.claims = self.counter(
            "pict_rs_background_upload_claim", "Results of queued uploads that were told"
        )

    def _add_work(self) -> None:
        self.generates = self._as_pict_rs("generate", "Variants being made")
        self.joined = self.counter("pictd_coalesced", "Requests that joined work under way")
        self.children = self._as_pict_rs("process", "Children at work")
        self.children_cpu = self.summary("pictd_children_cpu_seconds", "Processor time of children")
        self.jobs = self._as_pict_rs("job", "Queued work")
        self.pushes = self.counter("pict_rs_queue_push", "Jobs that were asked for")
        self.pops = self.counter("pict_rs_queue_pop", "Looks at a queue that ended")
        self.outdated_variants = self._removed("pict_rs_cleanup_outdated_variant", "Variants")
        self.outdated_proxies = self._removed("pict_rs_cleanup_outdated_proxy", "Proxied files")
        self.expired_uploads = self._removed("pictd_cleanup_expired_upload", "Queued uploads")

    def _add_outgoing(self) -> None:
        self.outgoing_started = self.counter(
            "pictd_outgoing_start", "Requests to other servers: begun"
        )
        self.outgoing = self.summary(
            "pictd_outgoing_duration", "Requests to other servers: seconds to their end"
        )
        self.outgoing_bytes = self.counter(
            "pictd_outgoing_bytes", "Bytes downloaded from other servers, or shown to a validator"
        )

    def counter(self, name: str, documentation: str) -> Counter:
        """A new one."""
        counter = Counter(name, documentation)
        self.registry.register(counter)
        return counter

    def summary(self, name: str, documentation: str) -> Summary:
        """A new one."""
        summary = Summary(name, documentation)
        self.registry.register(summary)
        return summary

    def activity(self, started: str, ended: str, duration: str, documentation: str) -> Activity:
        """A new one, of three figures."""
        return Activity(
            self.counter(started, f"{documentation}: begun"),
            self.counter(ended, f"{documentation}: ended"),
            self.summary(duration, f"{documentation}: seconds from begin to end"),
            self._seconds,
        )

    def gauge(self, name: str, documentation: str, read: Callable[[], float]) -> None:
        """Show what is kept elsewhere."""
        self.registry.register(Gauge(name, documentation, read))

    def watch_process(self) -> None:
        """Show processor time, memory and open files of this process."""
        ProcessCollector(registry=self.registry)

    def exposition(self) -> bytes:
        """Everything, in Prometheus's text format 0.0.4."""
        return exposition(self.registry.collect())

    def _removed(self, name: str, kind: str) -> Counter:
        return self.counter(name, f"{kind} removed, for nobody asked for them in time")

    def _as_pict_rs(self, name: str, documentation: str) -> Activity:
        started, ended, duration = (f"pict_rs_{name}_{x}" for x in ("start", "end", "duration"))
        return self.activity(started, ended, duration, documentation)


@attrs.frozen
class _Gathered:
    """Families as something that the library can ask for them."""

    families: Iterable[Metric]

    def collect(self) -> Iterable[Metric]:
        """For the library."""
        return self.families


def exposition(families: Iterable[Metric]) -> bytes:
    """Families, in Prometheus's text format 0.0.4."""
    return generate_latest(_Gathered(families))


def _labels(labels: dict[str, str | bool]) -> Labels:
    """Booleans are ``true`` and ``false``."""
    return tuple(sorted((name, _text(value)) for name, value in labels.items()))


def _text(value: str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else value

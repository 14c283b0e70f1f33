"""What is counted, for Prometheus: by pict-rs's names and labels where it has them, ours beside.

pict-rs's counters do not end in ``_total``, without which the library calls nothing a counter: they
are shown as untyped, which queries don't mind.

One ``Metrics`` belongs to one server. Whoever counts is handed it, and has one that nobody reads
where it is not: counting needs no condition.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import attrs
from prometheus_client import CollectorRegistry, Metric, ProcessCollector, generate_latest

from pictd.figures import Activity, Counter, Gauge, Summary, Timing

OBJECT_REQUESTS = (
    ("put", "put_object_request", "until a file is put"),
    ("create", "create_multipart_request", "until an upload in parts is begun"),
    ("part", "create_upload_part_request", "until a part is put"),
    ("complete", "complete_multipart_request", "until an upload in parts is ended"),
    ("abort", "abort_multipart_request", "until an upload in parts is given up"),
    ("get", "get_object_request", "until a file is about to come"),
    ("stream", "get_object_request_stream", "from there until it has come"),
    ("head", "head_object_request", "until a file is described"),
    ("delete", "delete_object_request", "until a file is removed"),
)
"""What is asked of an object store: our name, pict-rs's, and what is measured."""


class Metrics:
    """All that one server counts.

    To add a figure: make it in ``__init__`` by ``counter``, ``summary``, ``timing`` or
    ``activity``, and count where it happens. What is kept elsewhere is shown by ``gauge``, or by a
    collector of its own.

    :ivar registry: what is shown.
    :param seconds: a clock that only goes forward.
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._seconds = seconds
        self._add_uploads()
        self._add_work()
        self._add_outgoing()
        self._add_postgres()
        self._add_objects()

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

    def _add_postgres(self) -> None:
        pool = "pict_rs_postgres_pool"
        self.connections = self.counter(f"{pool}_connection_create", "Connections opened")
        self.connection_gets = self.counter(f"{pool}_get", "Connections that steps asked for")
        self.connection_waits = self.timing(
            f"{pool}_duration", "Seconds until a step had a connection", "completed"
        )
        self.notifications = self.counter("pict_rs_postgres_notification", "What was announced")
        self.job_news = self.counter(
            "pict_rs_postgres_job_notifier_notified", "Jobs of other nodes that workers heard of"
        )
        self.upload_news = self.counter(
            "pict_rs_postgres_upload_notifier_notified", "Results that other nodes announced"
        )

    def _add_objects(self) -> None:
        """By what is asked of the service."""
        self.objects = {
            kind: self.timing(f"pict_rs_object_storage_{name}", f"Seconds {until}")
            for kind, name, until in OBJECT_REQUESTS
        }
        self.objects["list"] = self.timing(
            "pictd_object_storage_list_request", "Seconds until a listing is answered"
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

    def timing(self, name: str, documentation: str, label: str = "complete") -> Timing:
        """A new one."""
        return Timing(self.summary(name, documentation), self._seconds, label)

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

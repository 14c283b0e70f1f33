"""The figures of several workers as one exposition."""

from __future__ import annotations

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from twisted.trial.unittest import SynchronousTestCase

from pictd.metrics import Metrics, exposition
from pictd.workforce.gathering import merged


def figures(count: int) -> list[Metric]:
    """Of a worker that took so many files."""
    metrics = Metrics()
    for _ in range(count):
        metrics.files.add(upload="inline")
    length = Metric("pictd_queue_length", "Jobs", "gauge")
    length.add_sample("pictd_queue_length", {"queue": "cleanup"}, 7)
    return [*metrics.registry.collect(), length]


class MergeTests(SynchronousTestCase):
    """``merged``."""

    def shown(self, *counts: int) -> dict[str, Metric]:
        """What two workers tell, through text and back; each family is there once."""
        told = [(number, figures(count)) for number, count in enumerate(counts, 1)]
        found = list(text_string_to_metric_families(exposition(merged(told)).decode()))
        self.assertEqual(len(found), len({family.name for family in found}))
        return {family.name: family for family in found}

    def test_each_sample_has_its_worker(self) -> None:
        """Beside its other labels."""
        (one, two) = self.shown(1, 3)["pict_rs_files"].samples
        self.assertEqual((one.labels, one.value), ({"upload": "inline", "worker": "1"}, 1))
        self.assertEqual((two.labels, two.value), ({"upload": "inline", "worker": "2"}, 3))

    def test_what_one_alone_has(self) -> None:
        """Is shown."""
        (sample,) = self.shown(0, 2)["pict_rs_files"].samples
        self.assertEqual(sample.labels["worker"], "2")

    def test_what_is_of_the_database(self) -> None:
        """Is shown once, and is nobody's."""
        (sample,) = self.shown(1, 1)["pictd_queue_length"].samples
        self.assertEqual((sample.labels, sample.value), ({"queue": "cleanup"}, 7))

    def test_nobody(self) -> None:
        """Has no figures."""
        self.assertEqual(merged([]), [])

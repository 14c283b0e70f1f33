"""What is counted, and how it is shown."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from pictd.metrics import Metrics


class MetricsTests(SynchronousTestCase):
    """One server's figures, on a clock of the test's own."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.metrics = Metrics(self.clock.seconds)

    def lines(self, name: str) -> list[str]:
        """Of the exposition, those that begin so."""
        text = self.metrics.exposition().decode()
        return [line for line in text.splitlines() if line.startswith(name)]

    def test_nothing_was_counted(self) -> None:
        """Nothing is shown."""
        self.assertEqual(self.metrics.exposition(), b"")

    def test_a_counter(self) -> None:
        """Each set of labels has a sum of its own; booleans are words."""
        counter = self.metrics.counter("pictd_test", "For this test")
        counter.add(way="a", good=True)
        counter.add(2, good=True, way="a")
        counter.add(way="b", good=False)
        self.assertEqual(
            self.lines("pictd_test"),
            ['pictd_test{good="true",way="a"} 3.0', 'pictd_test{good="false",way="b"} 1.0'],
        )

    def test_names_are_shown_as_they_are(self) -> None:
        """Nothing is put behind them, neither to samples nor to what describes them."""
        self.metrics.counter("pictd_test", "For this test").add()
        self.assertEqual(self.lines("# HELP pictd_test"), ["# HELP pictd_test For this test"])
        self.assertEqual(self.lines("# TYPE pictd_test"), ["# TYPE pictd_test untyped"])

    def test_a_summary(self) -> None:
        """How often, and the sum."""
        summary = self.metrics.summary("pictd_test", "For this test")
        for value in (1.5, 2):
            summary.observe(value, way="a")
        self.assertEqual(
            self.lines("pictd_test"),
            ['pictd_test_count{way="a"} 2.0', 'pictd_test_sum{way="a"} 3.5'],
        )

    def test_a_timing(self) -> None:
        """What raises is not complete."""
        timing = self.metrics.timing("pictd_test", "For this test")
        with timing.running():
            self.clock.advance(2)
        ended = timing.begin()
        self.clock.advance(3)
        ended(False)
        self.assertEqual(
            self.lines("pictd_test_sum"),
            ['pictd_test_sum{complete="true"} 2.0', 'pictd_test_sum{complete="false"} 3.0'],
        )

    def test_a_gauge(self) -> None:
        """It is read when somebody asks."""
        kept = [1, 2]
        self.metrics.gauge("pictd_test", "For this test", lambda: len(kept))
        kept.append(3)
        self.assertEqual(self.lines("pictd_test"), ["pictd_test 3.0"])

    def test_work_that_ends_well(self) -> None:
        """Its begin, its end and its time are counted."""
        with self.metrics.jobs.running(queue="q"):
            self.clock.advance(2)
            self.assertEqual(self.lines("pict_rs_job"), ['pict_rs_job_start{queue="q"} 1.0'])
        self.assertEqual(
            self.lines("pict_rs_job_end") + self.lines("pict_rs_job_duration_sum"),
            [
                'pict_rs_job_end{completed="true",queue="q"} 1.0',
                'pict_rs_job_duration_sum{completed="true",queue="q"} 2.0',
            ],
        )

    def test_work_that_fails(self) -> None:
        """By an exception, which passes through, or by its own word."""
        with self.assertRaises(ZeroDivisionError), self.metrics.generates.running():
            1 // 0  # noqa: B018
        with self.metrics.generates.running() as run:
            run.completed = False
        self.assertEqual(
            self.lines("pict_rs_generate_end"), ['pict_rs_generate_end{completed="false"} 2.0']
        )

    def test_servers_do_not_share_figures(self) -> None:
        """What one counts, another does not show."""
        self.metrics.files.add(upload="inline")
        self.assertEqual(Metrics().exposition(), b"")

    def test_the_process(self) -> None:
        """Its memory and time are shown where asked for."""
        self.metrics.watch_process()
        self.assertEqual(len(self.lines("process_resident_memory_bytes")), 1)

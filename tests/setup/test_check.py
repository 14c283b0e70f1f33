"""What the last line of ``make test`` counts."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from setup.check import Tally, read_verdict


class VerdictTests(SynchronousTestCase):
    """Reading what a run of trial came to."""

    def test_every_kind_is_counted(self) -> None:
        """What was expected to fail has passed; what was not expected to pass has failed."""
        line = (
            "FAILED (skips=1, expectedFailures=2, failures=4, errors=8, "
            "unexpectedSuccesses=16, successes=32)\n"
        )
        self.assertEqual(read_verdict(f"Ran 63 tests\n\n{line}", 1), Tally(34, 28, 1))

    def test_all_passed(self) -> None:
        """The usual end of a run."""
        self.assertEqual(read_verdict("\nPASSED (successes=12)\n", 0), Tally(passed=12))

    def test_no_verdict_is_a_failure(self) -> None:
        """Trial itself broke, or was stopped at its deadline."""
        self.assertEqual(read_verdict("Traceback ...\n", 1), Tally(failed=1))

    def test_no_test_is_a_failure(self) -> None:
        """A suite that ran nothing has not passed."""
        self.assertEqual(read_verdict("Ran 0 tests in 0.0s\n\nPASSED\n", 0), Tally(failed=1))

    def test_a_bad_end_after_good_tests_is_a_failure(self) -> None:
        """For instance where a worker died after its tests."""
        self.assertEqual(read_verdict("PASSED (successes=3)\n", 1), Tally(3, 1, 0))

    def test_only_the_last_verdict_counts(self) -> None:
        """A test that prints one of its own misleads nobody."""
        output = "PASSED (successes=99)\n...\nFAILED (errors=1, successes=1)\n"
        self.assertEqual(read_verdict(output, 1), Tally(1, 1, 0))


class TallyTests(SynchronousTestCase):
    """The sum of all checks."""

    def test_says_all_three_numbers(self) -> None:
        """Machines read this line."""
        self.assertEqual(str(Tally(1, 0, 2)), "1 passed, 0 failed, 2 skipped")

    def test_nothing_run_is_not_good(self) -> None:
        """Skips alone are no success."""
        self.assertFalse(Tally(skipped=5).good)

    def test_a_failure_is_not_good(self) -> None:
        """One is enough."""
        self.assertFalse(Tally(passed=100, failed=1).good)

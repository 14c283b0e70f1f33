"""Filters of the log."""

from __future__ import annotations

from twisted.logger import LogLevel, PredicateResult
from twisted.trial.unittest import SynchronousTestCase

from pictd.config.targets import parse_targets
from pictd.logs.heeding import Heeding


class HeedingTests(SynchronousTestCase):
    """What a list of targets lets through."""

    def least(self, targets: str, namespace: str) -> str | None:
        """The lowest level that is let through; None: none is."""
        heeding = Heeding(parse_targets(targets))
        levels = (LogLevel.debug, LogLevel.info, LogLevel.warn, LogLevel.error, LogLevel.critical)
        found = [level.name for level in levels if heeding.heeds(namespace, level)]
        return found[0] if found else None

    def test_a_bare_level(self) -> None:
        """It holds for everything; ``trace`` is as low as it gets."""
        for text, least in (
            ("info", "info"),
            ("warn", "warn"),
            ("error", "error"),
            ("debug", "debug"),
            ("trace", "debug"),
            ("off", None),
        ):
            self.assertEqual(self.least(text, "pictd.web.site"), least, text)

    def test_the_longest_name_counts(self) -> None:
        """In whatever order they are given."""
        for text in ("warn,pictd=info,pictd.web=debug", "pictd.web=debug,pictd=info,warn"):
            self.assertEqual(self.least(text, "pictd.web.site"), "debug")
            self.assertEqual(self.least(text, "pictd.jobs.worker"), "info")
            self.assertEqual(self.least(text, "twisted.web"), "warn")

    def test_names_end_at_dots(self) -> None:
        """A name is not the beginning of another word."""
        self.assertIsNone(self.least("pictd.web=debug", "pictd.webs"))

    def test_nothing_is_said_of_the_rest(self) -> None:
        """Then it is left out."""
        self.assertIsNone(self.least("pictd=debug", "twisted.web"))

    def test_a_part_that_is_off(self) -> None:
        """Even what is critical there."""
        self.assertIsNone(self.least("info,pictd.jobs=off", "pictd.jobs.worker"))

    def test_names_of_pict_rs(self) -> None:
        """Its own name is ours, and its separator too."""
        for text in ("warn,pict_rs=debug", "warn,pict_rs::web=debug", "warn,pictd::web=debug"):
            self.assertEqual(self.least(text, "pictd.web.site"), "debug", text)

    def test_events(self) -> None:
        """Those without a level are of Twisted's older kind, and count as ``info``."""
        heeding = Heeding(parse_targets("info"))
        self.assertIs(heeding({"log_level": LogLevel.debug}), PredicateResult.no)
        self.assertIs(heeding({"log_level": LogLevel.warn}), PredicateResult.maybe)
        self.assertIs(heeding({}), PredicateResult.maybe)

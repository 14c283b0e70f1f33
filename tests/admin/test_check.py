"""``pictd check``."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from pictd.admin.check import check
from pictd.config.findings import ConfigError
from pictd.config.load import Loaded, load


class CheckTests(SynchronousTestCase):
    """One line per finding; any finding is a failure (contract D2)."""

    def setUp(self) -> None:
        """Collects what is said."""
        self.said: list[str] = []

    def test_nothing_to_find(self) -> None:
        """Says so."""
        status = check(lambda: load(None, {}, {}), self.said.append)
        self.assertEqual((status, self.said), (0, ["ok"]))

    def test_a_warning(self) -> None:
        """Is a failure here, though the server would start."""
        status = check(lambda: load(None, {"PICTD__NOPE": "1"}, {}), self.said.append)
        self.assertEqual((status, len(self.said)), (1, 1))
        self.assertIn("nope", self.said[0])

    def test_errors(self) -> None:
        """Each has its line."""

        def broken() -> Loaded:
            raise ConfigError(["one", "two"])

        self.assertEqual((check(broken, self.said.append), self.said), (1, ["one", "two"]))

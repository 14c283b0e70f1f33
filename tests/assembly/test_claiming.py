"""What the configuration makes of claims."""

from __future__ import annotations

from collections.abc import Mapping

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from pictd.assembly.backends import make_claiming
from pictd.claiming import Alone, AmongNodes
from pictd.repo.memory import MemoryRepo
from tests.config.samples import from_environment
from tests.config.test_load import BUCKET

POSTGRES = {"repo.type": "postgres", "repo.url": "postgres:///d"}
OBJECTS = {f"store.{name}": value for name, value in BUCKET.items()}


class ClaimingTests(SynchronousTestCase):
    """Who claims what it makes."""

    def kind(self, settings: Mapping[str, str]) -> type:
        """Of what these settings make."""
        return type(make_claiming(from_environment(settings).config, MemoryRepo(), Clock()))

    def test_a_process_alone(self) -> None:
        """Claims nothing: that would cost it two writes for each variant."""
        self.assertIs(self.kind({}), Alone)

    def test_one_that_may_have_others_beside_it(self) -> None:
        """On the same database, in the same bucket, on the same machine."""
        for settings in (POSTGRES, OBJECTS, {"server.workers": "2"}):
            self.assertIs(self.kind(settings), AmongNodes, settings)

    def test_one_that_is_read_only(self) -> None:
        """Writes nothing (contract C5)."""
        self.assertIs(self.kind(POSTGRES | {"server.read_only": "true"}), Alone)

"""What is counted of sweeps."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from pictd.jobs.presence import Presence
from pictd.jobs.retention import Lifetimes, Retention
from pictd.metrics import Metrics
from pictd.model.times import SECOND, from_seconds
from tests.contracts.repo import details_at, naming_of, record_of
from tests.support.figures import figure
from tests.support.services import ServicesTestCase

NAMES = {
    "pict_rs_cleanup_outdated_variant": 2,
    "pict_rs_cleanup_outdated_proxy": 1,
    "pictd_cleanup_expired_upload": 1,
}


class RetentionFiguresTests(ServicesTestCase):
    """A sweep a minute after everything was asked for last."""

    def test_removals(self) -> None:
        """By kind; a sweep that finds nothing adds nothing."""
        self.metrics = Metrics()
        self.result(self.fill())
        self.clock.advance(60)
        for _ in range(2):
            self.sweep()
            shown = {name: figure(self.metrics.registry, name) for name in NAMES}
            self.assertEqual(shown, NAMES)

    async def fill(self) -> None:
        """Two variants, a proxied file, a queued upload."""
        now = from_seconds(self.clock.seconds())
        record = record_of(1)
        await Presence(self.repo).note(now)
        await self.repo.hashes.publish(
            record, details_at(1), naming_of("a", "http://pictures.example/", now)
        )
        for key in ("one", "other"):
            await self.repo.variants.add(record.hash, key, key, details_at(1), now)
        await self.repo.uploads.begin("an id", "raw", {}, now)

    def sweep(self) -> None:
        """To its end."""
        lifetimes = Lifetimes(SECOND, SECOND, SECOND)
        presence = Presence(self.repo)
        retention = Retention(self.repo, presence, lifetimes, self.clock, self.metrics)
        sweeping = Deferred.fromCoroutine(retention.sweep())
        for _ in range(1000):
            if sweeping.called:
                break
            self.clock.advance(0.01)
        self.successResultOf(sweeping)

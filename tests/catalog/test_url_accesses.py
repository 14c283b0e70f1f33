"""Last accesses of proxied URLs, in batches."""

from __future__ import annotations

from collections.abc import Mapping

from pictd.catalog.access import MOST_GATHERED, WRITE_EVERY, AccessLog
from pictd.errors import RepoUnavailable
from pictd.model.times import SECOND
from tests.support.services import ServicesTestCase

URL = "http://pictures.example/a.png"
BEGIN = 1_700_000_000 * SECOND


class UrlAccessTests(ServicesTestCase):
    """``AccessLog.note_url``."""

    def setUp(self) -> None:
        """A repo that tells what is written."""
        super().setUp()
        self.log = AccessLog(self.repo, self.clock)
        self.written: list[Mapping[str, int]] = []
        self.failing = False
        self.repo.proxies.touch = self.touch  # type: ignore[method-assign]

    async def touch(self, accesses: Mapping[str, int]) -> None:
        """Note what is written."""
        if self.failing:
            raise RepoUnavailable
        self.written.append(accesses)

    def test_batches(self) -> None:
        """Nothing is written at once; then the last access of each URL, and nothing twice."""
        self.log.startService()
        for _ in range(3):
            self.log.note_url(URL)
            self.clock.advance(1)
        self.log.note_url("http://pictures.example/b.png")
        self.assertEqual(self.written, [])
        self.clock.advance(2 * WRITE_EVERY)
        last = {URL: BEGIN + 2 * SECOND, "http://pictures.example/b.png": BEGIN + 3 * SECOND}
        self.assertEqual(self.written, [last])

    def test_stopping(self) -> None:
        """Writes the rest."""
        self.log.startService()
        self.log.note_url(URL)
        self.successResultOf(self.log.stopService())
        self.assertEqual(self.written, [{URL: BEGIN}])

    def test_a_repo_that_is_away(self) -> None:
        """What could not be written is written later."""
        self.log.note_url(URL)
        self.failing = True
        self.result(self.log.write())
        self.failing = False
        self.result(self.log.write())
        self.assertEqual(self.written, [{URL: BEGIN}])

    def test_an_access_during_a_write_that_fails(self) -> None:
        """It is the newer one, and the one that is written later."""

        async def fail(_: object) -> None:
            self.clock.advance(1)
            self.log.note_url(URL)
            raise RepoUnavailable

        self.repo.proxies.touch = fail  # type: ignore[method-assign,assignment]
        self.log.note_url(URL)
        self.result(self.log.write())
        self.repo.proxies.touch = self.touch  # type: ignore[method-assign]
        self.result(self.log.write())
        self.assertEqual(self.written, [{URL: BEGIN + SECOND}])

    def test_variants_that_can_not_be_written(self) -> None:
        """Keep no URL from being written."""

        async def fail(_: object) -> None:
            raise RepoUnavailable

        self.repo.variants.touch = fail  # type: ignore[method-assign,assignment]
        self.log.note_url(URL)
        self.result(self.log.write())
        self.assertEqual(len(self.written), 1)

    def test_memory_is_bounded(self) -> None:
        """Many URLs are written before their time; while that fails, the oldest are forgotten."""
        self.failing = True
        for n in range(MOST_GATHERED + 5):
            self.log.note_url(str(n))
        self.failing = False
        self.result(self.log.write())
        self.assertEqual(len(self.written[0]), MOST_GATHERED)
        self.assertNotIn("0", self.written[0])
        self.assertIn(str(MOST_GATHERED + 4), self.written[0])

    def test_a_read_only_server(self) -> None:
        """Notes nothing (contract C5)."""
        log = AccessLog(self.repo, self.clock, read_only=True)
        log.note_url(URL)
        self.result(log.write())
        self.assertEqual(self.written, [])

"""Nothing expires because it was moved (contract C13)."""

from __future__ import annotations

from pictd.jobs.presence import GRACE, LONG, Presence
from pictd.migration.repos import migrate
from pictd.model.settings import LAST_SEEN
from pictd.model.times import SECOND
from pictd.repo.memory import MemoryRepo
from tests.contracts.repo import details_at, naming_of, record_of
from tests.migration.repos import Quiet
from tests.support.services import ServicesTestCase

NOW = 1_800_000_000 * SECOND
SOON = NOW + 60 * SECOND
LATER = NOW + LONG + 60 * SECOND


class AbsenceTests(ServicesTestCase):
    """Servers that start on the source, and then on the destination."""

    def setUp(self) -> None:
        """Something is stored in the source; nobody was ever there."""
        super().setUp()
        self.destination = MemoryRepo()
        naming = naming_of("one.png")
        self.result(self.repo.hashes.publish(record_of(1), details_at(1), naming))

    def note(self, repo: MemoryRepo, now: int) -> bool:
        """Whether things may expire then."""
        return self.result(Presence(repo).note(now))

    def migrate(self) -> None:
        """Takes no time here."""
        self.result(migrate(self.repo, self.destination, Quiet()))

    def leave(self) -> None:
        """The source's server was there until now, and for long enough."""
        for moment in range(NOW - 2 * GRACE, NOW + 1, LONG):
            self.note(self.repo, moment)

    def test_a_short_move(self) -> None:
        """Is as short a stop as any."""
        self.leave()
        self.migrate()
        self.assertTrue(self.note(self.destination, SOON))

    def test_a_long_move(self) -> None:
        """Nothing goes for a day, however often it was begun anew."""
        self.leave()
        self.migrate()
        self.migrate()
        for moment in range(LATER, LATER + GRACE, LONG):
            self.assertFalse(self.note(self.destination, moment))
        self.assertTrue(self.note(self.destination, LATER + GRACE))

    def test_to_where_a_server_was_all_the_time(self) -> None:
        """Nobody could ask it for what was carried."""
        self.leave()
        for moment in range(NOW, LATER, LONG // 2):
            self.note(self.destination, moment)
        self.migrate()
        self.assertFalse(self.note(self.destination, LATER))

    def test_from_where_pictd_never_was(self) -> None:
        """A database of pict-rs is taken over, wherever it goes."""
        self.note(self.destination, NOW)
        self.migrate()
        self.assertFalse(self.note(self.destination, SOON))

    def test_a_grace_goes_on(self) -> None:
        """That of the source, in the destination."""
        self.note(self.repo, NOW)
        self.result(self.destination.settings.set(LAST_SEEN, b"%d" % NOW))
        self.migrate()
        self.assertFalse(self.note(self.destination, SOON))
        for moment in range(SOON, NOW + GRACE, LONG // 2):
            self.assertFalse(self.note(self.destination, moment))
        self.assertTrue(self.note(self.destination, NOW + GRACE))

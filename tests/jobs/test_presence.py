"""Time in which the server was down does not count (contract C13)."""

from __future__ import annotations

from datetime import timedelta

from pictd.jobs.presence import FRESH, GRACE, LONG, Presence
from pictd.model.settings import LAST_SEEN
from pictd.model.times import SECOND
from tests.contracts.repo import details_at, naming_of, record_of
from tests.support.services import ServicesTestCase

NOW = 1_700_000_000 * SECOND
HOUR = int(timedelta(hours=1).total_seconds()) * SECOND


class PresenceTests(ServicesTestCase):
    """Each look is one of a server that has just started: nothing is kept but in the repo."""

    def note(self, moment: int) -> bool:
        """Whether things may expire, in the eyes of a server that starts at that moment."""
        return self.result(Presence(self.repo).note(moment))

    def publish(self) -> None:
        """Something that was there before pictd."""
        naming = naming_of("one.png")
        self.result(self.repo.hashes.publish(record_of(1), details_at(1), naming))

    def test_a_fresh_database(self) -> None:
        """There is nothing that anybody could have missed."""
        self.assertTrue(self.note(NOW))

    def test_a_database_that_is_taken_over(self) -> None:
        """Nothing goes for a day, which begins now."""
        self.publish()
        self.assertFalse(self.note(NOW))
        for moment in range(NOW, NOW + GRACE, HOUR):
            self.assertFalse(self.note(moment))
        self.assertTrue(self.note(NOW + GRACE))

    def test_restarts_within_an_hour(self) -> None:
        """Are no absence, however many there are."""
        for moment in range(NOW, NOW + 5 * LONG, LONG):
            self.assertTrue(self.note(moment))

    def test_an_absence_of_more_than_an_hour(self) -> None:
        """Nothing goes for the day that follows it."""
        self.note(NOW)
        back = NOW + LONG + 1
        for moment in range(back, back + GRACE, HOUR):
            self.assertFalse(self.note(moment))
        self.assertTrue(self.note(back + GRACE))

    def test_the_grace_survives_short_restarts(self) -> None:
        """They neither end nor prolong it."""
        self.note(NOW)
        back = NOW + 2 * LONG
        for moment in range(back, back + GRACE, LONG // 2):
            self.assertFalse(self.note(moment))
        self.assertTrue(self.note(back + GRACE))

    def test_another_absence_begins_another_day(self) -> None:
        """Counted from the later return."""
        self.note(NOW)
        self.note(NOW + 2 * LONG)
        back = NOW + 4 * LONG
        for moment in range(back, back + GRACE, HOUR):
            self.assertFalse(self.note(moment))
        self.assertTrue(self.note(back + GRACE))

    def test_a_clock_that_was_put_back(self) -> None:
        """Is followed, so that a later absence is still noticed."""
        self.note(NOW + 100 * LONG)
        self.assertTrue(self.note(NOW))
        self.assertFalse(self.note(NOW + 2 * LONG))

    def test_a_grace_of_a_clock_that_was_ahead(self) -> None:
        """Does not keep things for years."""
        self.note(NOW)
        self.assertFalse(self.note(NOW + 1000 * GRACE))
        self.assertTrue(self.note(NOW))

    def test_a_fresh_note_is_not_written_again(self) -> None:
        """A long sweep notes its presence all the time."""
        self.note(NOW)
        self.note(NOW + FRESH)
        self.assertEqual(self.result(self.repo.settings.get(LAST_SEEN)), b"%d" % NOW)
        self.note(NOW + FRESH + 1)
        self.assertEqual(self.result(self.repo.settings.get(LAST_SEEN)), b"%d" % (NOW + FRESH + 1))

    def test_a_note_that_is_no_number(self) -> None:
        """Counts as none."""
        self.publish()
        self.result(self.repo.settings.set(LAST_SEEN, b"yesterday"))
        self.assertFalse(self.note(NOW))

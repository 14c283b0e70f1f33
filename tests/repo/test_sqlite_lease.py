"""Who uses a database."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from pictd.repo.sqlite.lease import Lease, alone


class LeaseTests(SynchronousTestCase):
    """Shared, or held alone."""

    def setUp(self) -> None:
        """A folder for a database."""
        folder = Path(self.mktemp())
        folder.mkdir()
        self.database = folder / "pictd.sqlite3"

    def test_shared(self) -> None:
        """By any number; who wants to be alone must not be, until all have let go."""
        leases = [Lease(self.database) for _ in range(2)]
        for lease in leases:
            self.assertRaises(BlockingIOError, Lease, self.database, alone=True)
            lease.close()
            lease.close()
        with alone(self.database):
            pass

    def test_alone(self) -> None:
        """Nobody else gets it."""
        with alone(self.database):
            self.assertRaises(BlockingIOError, Lease, self.database)
        Lease(self.database).close()

    def test_names_of_one_database(self) -> None:
        """Are one lease: it is beside the file itself."""
        other = self.database.with_name("link")
        other.symlink_to(self.database.name)
        with alone(other):
            self.assertRaises(BlockingIOError, Lease, self.database)

    def test_what_stays(self) -> None:
        """An empty file, for its owner only."""
        Lease(self.database).close()
        (file,) = self.database.parent.iterdir()
        self.assertEqual((file.stat().st_size, file.stat().st_mode & 0o777), (0, 0o600))

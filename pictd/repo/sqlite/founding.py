"""Filling a new database that nobody sees before it is whole.

How it works: it is filled under another name, beside its place, and takes the place by renaming.
Whoever fills it holds the lease of the place alone meanwhile. A crash leaves nothing in the place;
what it leaves beside it is removed by whoever comes next.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from pictd.errors import RepoUnavailable, RepoUnusable
from pictd.repo.sqlite.files import beside, close_cleanly, is_there, remove, sync
from pictd.repo.sqlite.lease import SUFFIX, Lease, leave_to_owner

_ASIDE = "-import"


class BeingMade(RepoUnavailable):
    """Another process uses this database, or makes it."""


class PlaceTaken(RepoUnavailable):
    """A database is there already."""


class Founding:
    """One attempt. All methods block, and may be called in any threads.

    :ivar aside: where it is to be filled.
    """

    def __init__(self, place: Path) -> None:
        """:param place: where the database is to be."""
        self._place = place.resolve()  # a link stays one
        self.aside = beside(self._place, _ASIDE)
        self._lease: Lease | None = None
        self._lock = Lock()

    def begin(self) -> None:
        """Make the folder, and keep others away.

        :raise PlaceTaken: nothing was changed.
        :raise BeingMade: likewise.
        :raise RepoUnusable: this user may not make one here.
        """
        with self._lock:
            try:
                self._place.parent.mkdir(parents=True, exist_ok=True)
                self._lease = Lease(self._place, alone=True)
                self._refuse_if_taken()
                self._clear()
            except BlockingIOError as error:
                text = f"{self._place} is in use by another process, or being made by one"
                raise BeingMade(text) from error
            except OSError as error:
                raise RepoUnusable(f"{self._place} can't be made: {error}") from error

    def finish(self) -> None:
        """Put what was filled, and is closed, in its place; it survives a crash from now on.

        :raise RepoUnusable: it can't be written.
        """
        with self._lock:
            try:
                close_cleanly(self.aside)
                leave_to_owner(self.aside, self._place)
                sync(self.aside)
                self._refuse_if_taken()
                self.aside.rename(self._place)
                sync(self._place.parent)
            except OSError as error:
                raise RepoUnusable(f"{self._place} can't be made: {error}") from error

    def end(self) -> None:
        """Remove what did not come into its place, and let others come."""
        with self._lock:
            if self._lease is not None:
                self._clear()
                self._lease.close()
            self._lease = None

    def _refuse_if_taken(self) -> None:
        if is_there(self._place):
            raise PlaceTaken(f"{self._place} is there already")

    def _clear(self) -> None:
        remove(self.aside)
        beside(self.aside, SUFFIX).unlink(missing_ok=True)

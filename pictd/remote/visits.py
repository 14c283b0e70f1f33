"""One request to a stranger's server: its connection, and its turn."""

from __future__ import annotations

from pictd.remote.connections import Connection
from pictd.remote.turns import Turns


class Visit:
    """Lasts until the answer has been read, or nobody wants it any more."""

    def __init__(self, connection: Connection, turns: Turns, host: str) -> None:
        self.connection = connection
        self._turns, self._host = turns, host
        self._over = False

    def end(self) -> None:
        """Hang up, and let the next one in. Idempotent."""
        if not self._over:
            self._over = True
            self.connection.abort()
            self._turns.leave(self._host)

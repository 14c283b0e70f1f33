"""PostgreSQL's errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2 import errors
from psycopg2.extensions import TransactionRollbackError
from twisted.internet.error import ConnectionClosed

from pictd.errors import BadRequest, PictdError, RepoUnavailable

FAILURES = (psycopg2.Error, ConnectionClosed)
"""What the driver raises where the database fails."""

REPEATABLE = TransactionRollbackError
"""Two transactions stood in each other's way: the same one, begun anew, may succeed."""

_UNSTORABLE = (psycopg2.DataError, errors.ProgramLimitExceeded)
"""Text with a NUL in it, and keys that are too long for an index."""


@contextmanager
def translated() -> Iterator[None]:
    """:raise BadRequest: a value can't be stored in any way.
    :raise RepoUnavailable: for any other error of the database's, with its text.
    """
    try:
        yield
    except PictdError:
        raise
    except _UNSTORABLE as error:
        raise BadRequest(f"The database can't hold this: {told(error)}") from error
    except FAILURES as error:
        raise RepoUnavailable(f"{RepoUnavailable.text}: {told(error)}") from error


def told(error: BaseException) -> str:
    """The first line: what follows repeats the statement, whose values may be secrets."""
    return (str(error).strip() or repr(error)).splitlines()[0]

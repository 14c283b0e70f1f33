"""Removing content: the facts go, and jobs for the bytes come, in one step (contract C3)."""

from __future__ import annotations

from pictd.repo.sqlite.jobs import push_cleanup
from pictd.repo.sqlite.writer import Step

_IDENTIFIERS = """
    SELECT identifier FROM variants WHERE hash = :hash
    UNION ALL SELECT identifier FROM hashes WHERE hash = :hash
    UNION ALL SELECT motion FROM hashes WHERE hash = :hash AND motion IS NOT NULL
"""
_PROXIES = "DELETE FROM proxies WHERE alias IN (SELECT alias FROM aliases WHERE hash = ?)"


def remove_aliases(step: Step, key: bytes) -> None:
    """Remove every alias of the content, and the proxy relations to them."""
    step.execute(_PROXIES, key)
    step.execute("DELETE FROM aliases WHERE hash = ?", key)


def remove_alias(step: Step, alias: str) -> bool:
    """See ``IAliases.remove``."""
    found = step.rows("SELECT hash FROM aliases WHERE alias = ?", alias)
    if not found:
        return False
    step.execute("DELETE FROM proxies WHERE alias = ?", alias)
    step.execute("DELETE FROM aliases WHERE alias = ?", alias)
    remove_unnamed(step, found[0][0])
    return True


def remove_unnamed(step: Step, key: bytes) -> bool:
    """Remove content that has no alias. False: it has one."""
    if step.rows("SELECT 1 FROM aliases WHERE hash = ? LIMIT 1", key):
        return False
    for (identifier,) in step.connection.execute(_IDENTIFIERS, {"hash": key}).fetchall():
        push_cleanup(step, identifier)
    step.execute("DELETE FROM variants WHERE hash = ?", key)
    step.execute("DELETE FROM hashes WHERE hash = ?", key)
    return True

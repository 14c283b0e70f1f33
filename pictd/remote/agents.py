"""The HTTP clients of Twisted, as pictd uses them."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from twisted.web.client import Agent, HTTPConnectionPool

from pictd.remote.connections import Connection


def _own_name() -> str:
    try:
        return f"pictd/{version('pictd')}"
    except PackageNotFoundError:
        return "pictd"


USER_AGENT = _own_name()
"""What pictd calls itself."""


def guarded_agent(connection: Connection, reactor: Any) -> Agent:
    """Sends one request, over this connection and no other."""
    agent: Agent = Agent.usingEndpointFactory(reactor, connection, _used_once(reactor))
    return agent


def open_agent(reactor: Any, seconds: float) -> Agent:
    """Connects wherever it is told: for URLs that the operator names.

    :param seconds: that connecting may take.
    """
    return Agent(reactor, connectTimeout=seconds, pool=_used_once(reactor))


def _used_once(reactor: Any) -> HTTPConnectionPool:
    """A connection that the other side has closed meanwhile would cost an upload."""
    return HTTPConnectionPool(reactor, persistent=False)

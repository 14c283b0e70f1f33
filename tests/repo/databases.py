"""Databases of PostgreSQL for tests, with the schema in them."""

from __future__ import annotations

from twisted.internet import reactor

from pictd.metrics import Metrics
from pictd.model.opening import Opening
from pictd.repo.postgres.database import PostgresRepo
from pictd.repo.postgres.link import Server
from tests.support.postgres import SHARED, Cluster

_templates: dict[Cluster, str] = {}


def repo_on(
    database: str,
    cluster: Cluster | None = None,
    metrics: Metrics | None = None,
    opening: Opening = Opening.MAKE,
) -> PostgresRepo:
    """Not opened yet.

    :param cluster: None: the one that tests share.
    :param metrics: None: nobody reads them.
    """
    server = Server(reactor, (cluster or SHARED.cluster).url(database))
    return PostgresRepo(server, metrics, opening)


async def new_database() -> str:
    """Its name; what a first opening makes is there already."""
    cluster = SHARED.cluster
    if cluster not in _templates:
        template = cluster.create()
        repo = repo_on(template)
        await repo.open()
        await repo.close()
        _templates[cluster] = template
    return cluster.create(_templates[cluster])

"""The object store that the configuration names."""

from __future__ import annotations

from typing import Any

from pictd.assembly.failures import CannotStart
from pictd.config.backends import ObjectStore as ObjectStoreConfig
from pictd.errors import StoreUnavailable
from pictd.metrics import Metrics
from pictd.store.objects.asking import Service
from pictd.store.objects.calls import Access
from pictd.store.objects.places import Place
from pictd.store.objects.signing import Credentials
from pictd.store.objects.store import ObjectStore


def make_object_store(
    config: ObjectStoreConfig,
    reactor: Any,
    section: str = "store",
    metrics: Metrics | None = None,
) -> ObjectStore:
    """Nothing is asked of it yet.

    :param section: of the configuration.
    :param metrics: None: nobody reads them.
    :raise CannotStart: its URL can't be made.
    """
    try:
        place = Place.of(config.endpoint, config.bucket_name, config.use_path_style)
    except ValueError as error:
        advice = f"set {section}.use_path_style"
        raise CannotStart(f"{section}.bucket_name: {error}; {advice}") from error
    credentials = Credentials(
        config.access_key, config.secret_key, config.region, config.session_token
    )
    access = Access(place, credentials, config.client_timeout)
    return ObjectStore(Service(access, reactor, metrics), reactor, config.public_endpoint)


async def bucket_trouble(
    config: ObjectStoreConfig, reactor: Any, section: str = "store"
) -> str | None:
    """Why the bucket can't be used, as far as reading tells; None where it can. Nothing is written
    into it."""
    try:
        store = make_object_store(config, reactor, section)
        try:
            await store.check(read_only=True)
        finally:
            await store.close()
    except CannotStart as error:
        return str(error)
    except StoreUnavailable as error:
        return f"{section}: {error}"
    return None

"""Whether a bucket, or an object in it, is there."""

from __future__ import annotations

from pictd.errors import ObjectStoreUnavailable, StoreGone
from pictd.store.objects.answers import Refused
from pictd.store.objects.asking import Service
from pictd.store.objects.calls import Call


async def size_of(service: Service, key: str) -> int | None:
    """Bytes of an object; None where there is none.

    :raise StoreGone: there is no bucket.
    """
    try:
        answer = await service.ask(Call("HEAD", key))
    except Refused as error:
        await require_absence(service, error)
        return None
    told = answer.header("content-length")
    if not (told.isascii() and told.isdigit()):
        raise ObjectStoreUnavailable("The object store does not tell the size of an object")
    return int(told)


async def require_absence(service: Service, error: Refused) -> None:
    """Return where the refusal means that there is no such object, in a bucket that is there: a
    lost bucket must not look as if every object were lost. One with objects in it can't be deleted,
    so that it is enough to have seen it a moment ago.

    :raise Refused: it means something else.
    :raise StoreGone: there is no bucket.
    """
    if error.status != 404:
        raise error
    if error.s3_code != "NoSuchKey" and not service.is_there():
        await require_bucket(service)


async def require_bucket(service: Service) -> None:
    """By listing, for an answer with a body tells what is wrong.

    :raise StoreGone: there is none.
    """
    try:
        await service.ask(Call("GET", query={"list-type": "2", "max-keys": "1"}))
    except Refused as error:
        if error.status == 404:
            raise StoreGone("The bucket of the object store is not there") from error
        raise

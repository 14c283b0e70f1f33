"""What the server does not start with."""

from __future__ import annotations

from typing import Any

from pictd.assembly.failures import CannotStart
from pictd.assembly.listeners import pair_of
from pictd.assembly.objects import bucket_trouble
from pictd.assembly.takeover import read_only_trouble
from pictd.config.backends import ObjectStore
from pictd.config.schema import Config
from pictd.web.tls import UnusableCertificate


def refuse_unsupported(config: Config) -> None:
    """:raise CannotStart: the configuration asks for what this version does not do."""
    refused = unsupported(config)
    if refused:
        raise CannotStart("; ".join(refused))


async def refusals(config: Config, reactor: Any) -> list[str]:
    """Why the server would not start, or would miss its store, as far as reading tells, one line
    each."""
    found, pair = unsupported(config), pair_of(config)
    try:
        if pair is not None:
            pair.options(pair.read())
    except UnusableCertificate as error:
        found.append(str(error))
    for section, store in (("store", config.store), ("old_store", config.old_store)):
        if isinstance(store, ObjectStore):
            trouble = await bucket_trouble(store, reactor, section)
            found += [trouble] if trouble else []
    return found


def unsupported(config: Config) -> list[str]:
    """What is asked for that this version does not have, or can't do, one line each."""
    media = config.media
    asked = {
        "media.presets": bool(media.presets) or media.presets_only,
    }
    found = [f"{name}: this version of pictd does not have it" for name, on in asked.items() if on]
    trouble = read_only_trouble(config)
    return [*found, trouble] if trouble else found

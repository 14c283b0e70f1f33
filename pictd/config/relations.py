"""What several keys must be to one another."""

from __future__ import annotations

from pictd.config.backends import ObjectStore
from pictd.config.choices import pairs
from pictd.config.schema import Config
from pictd.model.operations import BadOperation, parse_chain


def conflicts(config: Config) -> list[str]:
    """Why the configuration can't be used; empty when it can."""
    wrong = []
    if (config.server.certificate is None) != (config.server.private_key is None):
        missing = "private_key" if config.server.private_key is None else "certificate"
        wrong.append(f"server.{missing}: it is missing; TLS needs certificate and private_key")
    if config.old_store is not None and _same_bytes(config):
        wrong.append("old_store: it is the same as store")
    if config.server.accel_prefix is not None and isinstance(config.store, ObjectStore):
        wrong.append("server.accel_prefix: it needs files to send; store.type is object_storage")
    return wrong


def _same_bytes(config: Config) -> bool:
    old, new = config.old_store, config.store
    if isinstance(old, ObjectStore) and isinstance(new, ObjectStore):
        return (old.endpoint, old.bucket_name) == (new.endpoint, new.bucket_name)
    return old == new


def doubts(config: Config) -> list[str]:
    """What can be used, but is hardly meant; empty when there is nothing."""
    found = []
    media = config.media
    if media.preprocess_steps is not None:
        try:
            parse_chain(pairs(media.preprocess_steps))
        except BadOperation as error:
            found.append(f"media.preprocess_steps: {error.field} is wrong; every upload will fail")
    if media.presets_only and not media.presets:
        found.append("media.presets_only: there are no presets, so no variant can be asked for")
    return found

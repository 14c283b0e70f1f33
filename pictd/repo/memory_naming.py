"""Giving content a name in the memory repo, with what the name brings along."""

from __future__ import annotations

from pictd.errors import AliasAlreadyExists, UploadGone, UrlAlreadyProxied
from pictd.model.hashes import Hash
from pictd.model.records import Naming
from pictd.model.uploads import Uploaded
from pictd.repo.memory_tables import StoredProxy, Tables


def check_naming(tables: Tables, naming: Naming) -> None:
    """To be called before anything is changed.

    :raise AliasAlreadyExists: the name is taken.
    :raise UrlAlreadyProxied: the URL has an alias.
    :raise UploadGone: the upload is not pending.
    """
    if naming.alias in tables.aliases:
        raise AliasAlreadyExists
    if naming.url is not None and naming.url in tables.proxies:
        raise UrlAlreadyProxied
    if naming.upload is not None and not tables.is_pending(naming.upload):
        raise UploadGone


def give_name(tables: Tables, naming: Naming, hash: Hash) -> None:
    """What was checked can't fail."""
    tables.aliases[naming.alias] = (naming.token, hash)
    if naming.url is not None:
        tables.proxies[naming.url] = StoredProxy(naming.alias, naming.accessed)
    if naming.upload is not None:
        tables.complete(naming.upload, Uploaded(naming.alias, naming.token))

"""Giving content a name, with what the name brings along."""

from __future__ import annotations

from pictd.errors import AliasAlreadyExists
from pictd.model.records import Naming
from pictd.model.uploads import Uploaded
from pictd.repo.sqlite.proxies import relate
from pictd.repo.sqlite.uploads import succeed
from pictd.repo.sqlite.writer import Step

_ADD = "INSERT INTO aliases (alias, token, hash) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"


def give_name(step: Step, naming: Naming, key: bytes) -> None:
    """Name content that is there. Whatever is raised, the whole step is undone.

    :raise AliasAlreadyExists: the name is taken.
    :raise UrlAlreadyProxied: the URL has an alias.
    :raise UploadGone: the upload is not pending.
    """
    alias, token = naming.alias, naming.token
    if not step.execute(_ADD, str(alias), token.text, key):
        raise AliasAlreadyExists
    if naming.url is not None:
        relate(step, naming.url, alias, naming.accessed)
    if naming.upload is not None:
        succeed(step, naming.upload, Uploaded(alias, token))

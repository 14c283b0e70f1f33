"""Giving content a name, with what the name brings along."""

from __future__ import annotations

from pictd.errors import AliasAlreadyExists
from pictd.model.records import Naming
from pictd.model.uploads import Uploaded
from pictd.repo.postgres.proxies import relate
from pictd.repo.postgres.sessions import Step
from pictd.repo.postgres.uploads import succeed

_ADD = "INSERT INTO aliases (alias, token, hash) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"


async def give_name(step: Step, naming: Naming, key: str) -> None:
    """Name content that is there, and that nobody can remove meanwhile. Whatever is raised, the
    whole step is undone.

    :raise AliasAlreadyExists: the name is taken.
    :raise UrlAlreadyProxied: the URL has an alias.
    :raise UploadGone: the upload is not pending.
    """
    alias, token = naming.alias, naming.token
    if not await step.execute(_ADD, str(alias), token.text, key):
        raise AliasAlreadyExists
    if naming.url is not None:
        await relate(step, naming.url, alias, naming.accessed)
    if naming.upload is not None:
        await succeed(step, naming.upload, Uploaded(alias, token))

"""What the operator's validator says of uploads, and what becomes of those that it can't judge.

A refusal is remembered: sending the same content again and again costs the validator one question.
Acceptance is not, for content that is stored already may have fallen from favour since.
"""

from __future__ import annotations

from collections import OrderedDict

import attrs
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from pictd.errors import (
    PictdError,
    RefusedByValidator,
    UpstreamTooSlow,
    UpstreamUnreachable,
    ValidatorFailed,
)
from pictd.interfaces.media import IMedia, IValidator
from pictd.interfaces.stores import IScratch
from pictd.model.formats import Format
from pictd.model.hashes import Hash
from pictd.model.records import Normalised

MOST_REMEMBERED = 1000
"""Refusals; the oldest is forgotten first."""

REMEMBER_REFUSALS = 3600.0
"""Seconds. Who corrects his validator waits that long for second thoughts, and need not restart."""

_UNJUDGED = (ValidatorFailed, UpstreamUnreachable, UpstreamTooSlow)

_log = Logger()


@attrs.frozen
class Policy:
    """What the operator decides beside naming a validator.

    :ivar keep_unjudged: keep what the validator failed to judge.
    :ivar by_rendition: show it a still WebP of the first frame instead of the file.
    """

    keep_unjudged: bool = False
    by_rendition: bool = False


class Refusals:
    """Content that was refused lately, to this process."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._moments: OrderedDict[Hash, float] = OrderedDict()

    def add(self, hash: Hash) -> None:
        """It was refused now."""
        self._moments[hash] = self._clock.seconds()
        self._moments.move_to_end(hash)
        while len(self._moments) > MOST_REMEMBERED:
            self._moments.popitem(last=False)

    def __contains__(self, hash: Hash) -> bool:
        refused = self._moments.get(hash)
        if refused is None:
            return False
        # A clock that was set back makes the past the future, which must not last.
        return 0 <= self._clock.seconds() - refused < REMEMBER_REFUSALS


class Verdicts:
    """Has uploads judged before anything of them is stored."""

    def __init__(
        self,
        validator: IValidator,
        media: IMedia,
        scratch: IScratch,
        clock: IReactorTime,
        policy: Policy,
    ) -> None:
        self._validator, self._media, self._scratch = validator, media, scratch
        self._policy = policy
        self._refusals = Refusals(clock)

    async def judge(self, made: Normalised) -> None:
        """Return where the upload may be kept.

        :raise RefusedByValidator: now, or lately.
        :raise ValidatorFailed: nobody judged it, and such uploads are not kept. In the same way
            ``UpstreamUnreachable`` and ``UpstreamTooSlow``.
        :raise MediaFailed: there is no rendition to show. The upload is not kept in any case:
            otherwise a file made for that purpose would pass unseen.
        """
        if made.hash in self._refusals:
            raise RefusedByValidator
        try:
            await self._ask(made)
        except RefusedByValidator:
            self._refusals.add(made.hash)
            raise
        except _UNJUDGED as error:
            self._warn(made, error)
            if not self._policy.keep_unjudged:
                raise

    async def _ask(self, made: Normalised) -> None:
        format = made.hash.format
        if not self._policy.by_rendition:
            await self._validator.check(made.path, format.media_type)
            return
        folder = self._scratch.new()
        try:
            still = await self._media.rendition(made.path, format, folder)
            await self._validator.check(still, Format.IMAGE_WEBP.media_type)
        finally:
            await self._scratch.discard(folder)

    def _warn(self, made: Normalised, error: PictdError) -> None:
        fate = "let in" if self._policy.keep_unjudged else "turned away"
        _log.warn(
            "{hash} is {fate} unjudged: {cause}", hash=made.hash.hex, fate=fate, cause=str(error)
        )

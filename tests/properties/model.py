"""What clients may rely on, from what they were told: the model that a server is held against.

An alias that was told of is there, with its content, until somebody asks for its removal. While
such a request is under way the alias is in doubt; when it has ended, or its process has died, a
look settles the doubt for good.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import attrs

from pictd.model.alias import Alias, DeleteToken
from pictd.model.records import Original

Look = Callable[[Alias], Original | None]
IsThere = Callable[[str], bool]
"""Whether there is an upload of this id."""


@attrs.define
class Name:
    """An alias that somebody was told of.

    :ivar doubts: removals under way that may concern it.
    :ivar url: proxied under it.
    :ivar accessed: the last time that the URL was asked for.
    """

    content: bytes
    token: DeleteToken
    doubts: set[object] = attrs.field(factory=set)
    gone: bool = False
    url: str | None = None
    accessed: int = 0


@attrs.define
class Queued:
    """A queued upload that somebody was told of.

    :ivar doubts: claims and sweeps under way.
    :ivar gone: claimed, or expired.
    :ivar uncertain: whether a look has to tell that, as soon as there are no doubts.
    :ivar mark: how often its content had been in danger when it was queued.
    """

    content: bytes
    created: int
    mark: int
    doubts: set[object] = attrs.field(factory=set)
    gone: bool = False
    uncertain: bool = False


@attrs.define(eq=False)
class Model:
    """:ivar names: what should be there, and what should not.
    :ivar purged: aliases that a purge has told of.
    :ivar marks: by content, how many removals have begun or ended that name no
        alias.
    :ivar strangers: by content, how many aliases may be there that nobody was told of, because a
        process died or a backend failed in between.
    :ivar unknown_uploads: how many uploads may be queued in the same way.
    :ivar lost: content whose bytes were taken away, and how often that happened.
    """

    look: Look
    is_there: IsThere
    names: dict[Alias, Name] = attrs.field(factory=dict)
    queued: dict[str, Queued] = attrs.field(factory=dict)
    purged: set[Alias] = attrs.field(factory=set)
    purging: dict[object, bytes] = attrs.field(factory=dict)
    sweeping: set[object] = attrs.field(factory=set)
    marks: Counter[bytes] = attrs.field(factory=Counter)
    sweeps: int = 0
    strangers: Counter[bytes] = attrs.field(factory=Counter)
    unknown_uploads: int = 0
    lost: set[bytes] = attrs.field(factory=set)
    losses: Counter[bytes] = attrs.field(factory=Counter)

    def tell(self, alias: Alias, name: Name, mark: int) -> None:
        """A client was told of an alias.

        :param mark: that of the content when the work on it began.
        """
        name.doubts = {each for each, content in self.purging.items() if content == name.content}
        name.gone = alias in self.purged
        self.names[alias] = name
        if mark != self.mark(name.content):
            self._settle(alias)

    def mark(self, content: bytes) -> int:
        """Changes with every removal that may concern content without a known name: where it
        begins, and where it ends."""
        return self.marks[content] + self.sweeps

    def may_be_gone(self, content: bytes, mark: int) -> bool:
        """Whether something may have removed a name of the content that nobody was told of.

        :param mark: when the work on it began.
        """
        return mark != self.mark(content) or content in self.purging.values()

    def begin_purge(self, content: bytes) -> object:
        """All names of the content are in doubt."""
        purge = object()
        self.purging[purge] = content
        self.marks[content] += 1
        self._doubt(purge, [it for it in self.names.values() if it.content == content])
        return purge

    def purge_ended(self, purge: object, told: Iterable[Alias]) -> None:
        """These are gone; all others are not, unless something else removes them."""
        self.purged.update(told)
        for alias in told:
            if alias in self.names:
                self.names[alias].gone = True
        self.leave(purge)

    def begin_delete(self, alias: Alias) -> object:
        """Its name is in doubt."""
        deletion = object()
        self._doubt(deletion, [self.names[alias]])
        return deletion

    def begin_sweep(self, proxies_before: int, uploads_before: int) -> object:
        """What is outdated is in doubt."""
        sweep = object()
        self.sweeping.add(sweep)
        self.sweeps += 1
        old = (it for it in self.names.values() if it.url and it.accessed < proxies_before)
        self._doubt(sweep, old)
        for upload in self.queued.values():
            if upload.created < uploads_before:
                upload.doubts.add(sweep)
        return sweep

    def leave(self, cause: object) -> None:
        """What may have removed something has ended, or died: a look tells what it did."""
        content = self.purging.pop(cause, None)
        if content is not None:
            self.marks[content] += 1
        self.sweeping.discard(cause)
        for alias, name in self.names.items():
            if cause in name.doubts:
                name.doubts.discard(cause)
                self._settle(alias)
        for id in [id for id, upload in self.queued.items() if cause in upload.doubts]:
            self.claim_ended(id, cause, uncertain=True)

    def claim_ended(self, id: str, cause: object, uncertain: bool) -> None:
        """:param uncertain: whether it may have removed the upload without anybody being told."""
        upload = self.queued[id]
        upload.doubts.discard(cause)
        upload.uncertain = upload.uncertain or uncertain
        if upload.uncertain and not upload.doubts:
            upload.gone, upload.uncertain = upload.gone or not self.is_there(id), False

    def live(self) -> list[Alias]:
        """What is there, for all that clients know."""
        return [alias for alias, name in self.names.items() if not name.gone]

    def _settle(self, alias: Alias) -> None:
        if self.look(alias) is None:
            self.names[alias].gone = True

    def _doubt(self, cause: object, names: Iterable[Name]) -> None:
        for name in names:
            name.doubts.add(cause)

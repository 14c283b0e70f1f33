"""Where bytes are kept: for good, on their way out, and for a short while."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from zope.interface import Attribute, Interface


class IByteStream(Interface):
    """Bytes on their way out, pulled by the reader."""

    async def read() -> bytes:
        """The next piece, of a size that suits the backend; empty at the end.

        :raise StoreUnavailable: the bytes ended early.
        """

    def close() -> None:
        """Let go of what the stream holds; a second call does nothing."""


class IBlob(Interface):
    """The bytes of one identifier."""

    size: int = Attribute("Bytes: an ``int``.")

    def stream(first: int, count: int) -> IByteStream:
        """``count`` bytes from offset ``first``; both lie within ``size``."""

    def close() -> None:
        """Let go of what the blob holds; streams already begun go on. Idempotent."""


class IStore(Interface):
    """Keeps bytes under identifiers. What is saved is immutable, and visible only whole."""

    def expecting() -> AbstractAsyncContextManager[None]:
        """Something is likely to be saved within: what can be done before is begun. Whether this is
        used makes no difference but of time."""

    async def save(source: Path, extension: str, media_type: str) -> str:
        """Store a file under a new identifier, durably: it survives power loss from now on.

        The file at ``source`` is the store's from here on: it may be moved or copied. Until
        ``keep`` is called the identifier counts as stray, so that a crash between saving and
        recording it leaves nothing behind for ever.

        :param extension: of the identifier, with its dot, or empty.
        """

    async def put(identifier: str, source: Path, media_type: str) -> None:
        """Store a copy of a file, as durably as ``save``, under an identifier that the repo refers
        to already: it is not stray. Other bytes that are there are replaced. What arrived is held
        against what was sent. A crash leaves all of the file or nothing; the file at ``source``
        stays as it is."""

    async def suspect(identifier: str) -> None:
        """Count an identifier as stray from now on, whether there are bytes or not: somebody may be
        putting them while the repo lets go of them. Keeping or removing it ends that."""

    async def keep(identifier: str) -> None:
        """The repo now refers to these bytes: they are no longer stray. Idempotent."""

    async def strays(saved_before: int) -> Sequence[str]:
        """Identifiers saved, or suspected, before that moment and never kept; after a crash maybe
        some that were. The caller asks the repo of each, then keeps or removes it."""

    async def open(identifier: str) -> IBlob | None:
        """The bytes, or None where there are none."""

    async def inventory(most: int) -> Mapping[str, int] | None:
        """Bytes of each identifier that there is now. None where there are more than ``most``, or
        where asking for one by one costs no more."""

    def public_url(identifier: str) -> str | None:
        """Where clients may fetch the bytes themselves; None where only pictd serves them."""

    async def local(identifier: str, folder: Path) -> Path | None:
        """A file with these bytes for a child to read: the stored file itself, which must not be
        changed, or a copy in ``folder``. None where there are no such bytes."""

    async def remove(identifier: str) -> None:
        """Delete the bytes; those that are not there are deleted already."""

    async def check(read_only: bool = False) -> None:
        """See whether the store works, by writing something unless ``read_only`` forbids it.

        :raise StoreUnavailable: it can't be read, or written.
        """

    async def close() -> None:
        """Let go of what it holds; nothing is asked of it any more."""


class IScratch(Interface):
    """Short-lived folders of this process; what a crash leaves of them is removed at the next
    start."""

    def new() -> Path:
        """An empty folder of one's own.

        :raise StoreUnavailable: the temporary directory is full or gone.
        """

    async def discard(folder: Path) -> None:
        """Remove the folder with all that is in it. Idempotent."""

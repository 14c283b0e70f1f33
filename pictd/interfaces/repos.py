"""The repo as a whole: all its facets, settings, and everything at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zope.interface import Attribute, Interface

from pictd.interfaces.content import IAliases, IDetails, IHashes, IProxies, IVariants
from pictd.interfaces.queues import IClaims, IJobs, IUploads
from pictd.model.carried import CarriedJob, CarriedOriginal, Tally
from pictd.model.hashes import Hash
from pictd.model.uploads import Upload


class ISettings(Interface):
    """Settings that the server itself keeps: key to bytes (spec storage §1.8)."""

    async def get(key: str) -> bytes | None:
        """The value."""

    async def set(key: str, value: bytes) -> None:
        """Overwrites."""


class IRecords(Interface):
    """All that the repo knows, for those who carry it elsewhere or look it over.

    Pages are in an order of the backend's own that does not change: what is there from the first
    page to the last is in one of them, once, whatever comes and goes meanwhile. An empty page is
    the end; a page may be shorter than asked for. Rows of another program's that mean nothing to
    pictd are in no page, and are not counted.

    What is added is added as it is; what is there already under the same hash, alias, URL, variant
    key, identifier or id, and a job with the same unique key or the same payload, stays as it is,
    so that adding again changes nothing. What hangs on something that is not as carried is left
    out: the URL of an alias that names other content, the details of bytes that are not recorded.
    """

    async def originals(after: Hash | None, limit: int) -> Sequence[CarriedOriginal]:
        """The next ones, with all that hangs on them; each is of one moment."""

    async def stored(hashes: Sequence[Hash]) -> Sequence[CarriedOriginal]:
        """Those of these originals that there are, as ``originals`` has them, in any order."""

    async def uploads(after: str | None, limit: int) -> Sequence[Upload]:
        """The next queued uploads, by id."""

    async def jobs(after: str | None, limit: int) -> Sequence[CarriedJob]:
        """The next jobs, by id, those at work included."""

    async def settings() -> Mapping[str, bytes]:
        """All but the one that ``IRepo.check`` writes."""

    async def tally() -> Tally:
        """How many there are; an estimate is not enough."""

    async def add_originals(originals: Sequence[CarriedOriginal]) -> None:
        """All of them in one step. Nobody is told, and no job is pushed."""

    async def add_uploads(uploads: Sequence[Upload]) -> None:
        """All of them in one step; no job is pushed for them."""

    async def add_jobs(jobs: Sequence[CarriedJob]) -> None:
        """All of them in one step, each with the attempts that it has left. Ids may change where
        the backend can't keep them."""

    async def add_settings(settings: Mapping[str, bytes]) -> None:
        """All of them in one step."""


class IRepo(Interface):
    """All facts. Facets share one database."""

    aliases: IAliases = Attribute("``IAliases``")
    proxies: IProxies = Attribute("``IProxies``")
    hashes: IHashes = Attribute("``IHashes``")
    variants: IVariants = Attribute("``IVariants``")
    details: IDetails = Attribute("``IDetails``")
    uploads: IUploads = Attribute("``IUploads``")
    settings: ISettings = Attribute("``ISettings``")
    jobs: IJobs = Attribute("``IJobs``")
    claims: IClaims = Attribute("``IClaims``")
    records: IRecords = Attribute("``IRecords``")

    async def open() -> None:
        """Connect, and bring the schema up to date as far as the ``Opening`` lets it. Where that is
        ``LOOK``, a backend may refuse all that writes.

        :raise RepoUnavailable: it can't be opened now; the call may be repeated.
        :raise RepoUnusable: it is newer than this program, or is no repo.
        """

    async def close() -> None:
        """Finish what was begun, and let go."""

    async def refers_to(identifier: str) -> bool:
        """Whether this is the identifier of an original, a still frame, a variant, or the raw bytes
        of a pending upload."""

    async def unsound() -> Sequence[str]:
        """What is wrong within the database itself, one line each; nothing where it is sound. May
        read all of it."""

    async def check(read_only: bool = False) -> None:
        """See whether the repo works, by writing something unless ``read_only`` forbids it.

        :raise RepoUnavailable: it can't be read, or written.
        """

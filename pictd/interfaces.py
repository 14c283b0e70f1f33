"""The contracts between pictd's parts.

Every method of a repo facet is one atomic step: after it returned, what it wrote survives a crash
of the process and of the machine; if it raised, or the process died in it, nothing was written,
unless it raised ``OutcomeUnknown``: then all of it, or nothing. Bytes that it may refer to are left
as strays.
All moments are nanoseconds since the epoch and are given by the caller: backends have no clock. A
backend may drop what is below a microsecond, which no caller tells either.
Look-ups return None for ordinary absence. Every method may raise ``RepoUnavailable`` (repo) or
``StoreUnavailable`` (store) where the backend itself fails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from zope.interface import Attribute, Interface

from pictd.model.alias import Alias, DeleteToken
from pictd.model.carried import CarriedJob, CarriedOriginal, Tally
from pictd.model.claims import Claim
from pictd.model.details import Details
from pictd.model.formats import Format, Output
from pictd.model.hashes import Hash
from pictd.model.limits import Measured
from pictd.model.operations import Chain
from pictd.model.records import (
    HashRecord,
    Job,
    Naming,
    Normalised,
    Original,
    Page,
    Published,
    Queue,
    Rendered,
    Variant,
)
from pictd.model.uploads import Upload, UploadQuery

# Store


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


# Repo


class IAliases(Interface):
    """Public names and their tokens."""

    async def find(alias: Alias) -> Original | None:
        """What the alias names."""

    async def of_hash(hash: Hash) -> Sequence[Alias]:
        """All names of the content, in no promised order."""

    async def add(naming: Naming, hash: Hash) -> bool:
        """Give stored content another name. False, and nothing done: the content is gone.

        :raise AliasAlreadyExists: whatever it names; nothing was written.
        :raise UrlAlreadyProxied: the naming's URL has an alias; nothing was written.
        :raise UploadGone: no upload of the naming's id is pending; nothing was written.
        """

    async def remove(alias: Alias) -> bool:
        """Remove the alias and the proxy relations to it. With the last alias of its content the
        content goes too: its hash and variants are removed, and a ``cleanup`` job is pushed for
        the bytes of each identifier, all in the same step (contract C3). False: no such alias."""


class IProxies(Interface):
    """Remote URLs, in their normalised spelling, and the aliases kept for them. A URL comes with
    the ``Naming`` of its alias, and goes with the alias."""

    async def find(url: str) -> Alias | None:
        """The alias kept for this URL."""

    async def touch(accesses: Mapping[str, int]) -> None:
        """Record last accesses, by URL. URLs that are not proxied are left out, and a moment
        earlier than the recorded one changes nothing."""

    async def outdated(before: int, limit: int) -> Sequence[tuple[Alias, DeleteToken]]:
        """Proxied aliases of which no URL was accessed at that moment or later, oldest first."""

    async def remove_outdated(alias: Alias, before: int) -> bool:
        """Remove the alias as ``IAliases.remove`` does, if it is outdated still. False, and nothing
        done: it is not, or no longer there, or no URL is proxied under it."""


class IHashes(Interface):
    """Stored originals."""

    async def publish(record: HashRecord, details: Details, naming: Naming) -> Published:
        """Make a saved file public. Where the same content is already recorded, the name is
        given to that record instead, and ``record.identifier`` stays unknown to the repo.

        :raise AliasAlreadyExists: nothing was written.
        :raise UrlAlreadyProxied: the naming's URL has an alias; nothing was written.
        :raise UploadGone: no upload of the naming's id is pending; nothing was written.
        """

    async def find(hash: Hash) -> HashRecord | None:
        """The record of this content."""

    async def heal(hash: Hash, lost: str, identifier: str, details: Details) -> bool:
        """Point a record whose bytes are lost at a new copy (contract C2). The details move along;
        their ``created_at`` stays. False, and nothing done: the record does not name ``lost``."""

    async def set_motion(
        hash: Hash, lost: str | None, identifier: str, details: Details
    ) -> str | None:
        """Record the still frame of a video, which until now has none, or has ``lost``. Where
        another was recorded meanwhile, that one stays and ``identifier`` is unknown to the repo.
        The identifier that is recorded; None, and nothing done: the content is gone."""

    async def forget_motion(hash: Hash, lost: str) -> bool:
        """Record that there is no still frame, and nothing of its details, where its bytes are
        lost. False, and nothing done: the record does not have this one."""

    async def set_blurhash(hash: Hash, blurhash: str) -> None:
        """Overwrites; does nothing for unknown content."""

    async def purge(hash: Hash) -> Sequence[Alias]:
        """Remove every alias of the content, then the content as ``IAliases.remove`` does. The
        aliases that there were."""

    async def collect(hash: Hash) -> bool:
        """Remove content that has no alias, as ``IAliases.remove`` does. False: it has one."""

    async def page(start: Hash | None, limit: int) -> Page:
        """The listing from ``start`` on (its entry included), newest first, equal moments by hash
        descending. An unknown or absent ``start`` gives the first page. ``limit`` may be 0: no
        entries, and ``next`` is the position itself."""

    async def page_before(moment: int, limit: int) -> Page:
        """The listing of what was created strictly before ``moment``; empty where nothing was."""

    async def count() -> int:
        """How many originals are stored."""


class IVariants(Interface):
    """Derived files, by hash and variant key."""

    async def find(hash: Hash, key: str) -> Variant | None:
        """The variant, if it was made."""

    async def add(
        hash: Hash, key: str, identifier: str, details: Details, accessed: int
    ) -> Variant | None:
        """Record a variant; where there is one already, that one is kept and returned, and
        ``identifier`` stays unknown to the repo. None, and nothing done: the content is gone."""

    async def of_hash(hash: Hash) -> Mapping[str, str]:
        """Identifier by variant key."""

    async def remove(hash: Hash, keys: Sequence[str] | None = None) -> int:
        """Remove these variants, or all; a ``cleanup`` job is pushed for the bytes of each in the
        same step. How many there were."""

    async def touch(accesses: Mapping[tuple[Hash, str], int]) -> None:
        """Record last accesses. Variants that are gone are left out, and a moment earlier than the
        recorded one changes nothing."""

    async def outdated(before: int, limit: int) -> Sequence[tuple[Hash, str]]:
        """Variants last accessed before that moment, by hash and key, oldest first."""

    async def remove_outdated(places: Sequence[tuple[Hash, str]], before: int) -> int:
        """As ``remove``, of those of these variants that are outdated still. How many there
        were."""


class IDetails(Interface):
    """Measured facts, by identifier."""

    async def find(identifier: str) -> Details | None:
        """The facts, if they were measured."""

    async def save(identifier: str, details: Details) -> None:
        """The first record stays; a later one for the same identifier is dropped."""

    async def remove(identifier: str) -> None:
        """Idempotent."""

    async def page(after: str | None, limit: int) -> Mapping[str, bool]:
        """The next identifiers that have details, in an order of the backend's own, and whether
        the repo refers to each as ``IRepo.refers_to`` tells. Empty at the end."""


class IUploads(Interface):
    """Queued uploads: pending, then completed with a result, then claimed.

    An upload is completed by success through the ``Naming`` that publishes it, in the same step.
    When it is completed, either way, it lets go of its raw bytes: a ``cleanup`` job is pushed for
    them in that step.
    """

    async def begin(id: str, identifier: str, payload: object, now: int) -> None:
        """Record a pending upload, and push the job that works on it to ``Queue.PROCESS``.

        :param id: a new UUID, hyphenated.
        :param identifier: of the raw bytes, which the repo refers to while the upload is pending.
        :param payload: of the job; JSON.
        """

    async def find(id: str) -> Upload | None:
        """The upload, until it is claimed or expires."""

    async def fail(id: str, message: str, code: str) -> bool:
        """Complete a pending upload by failure. False, and nothing done: none is pending."""

    async def claim(id: str) -> bool:
        """Remove a completed upload: its result has been told. True for one caller only."""

    async def wait(id: str) -> None:
        """Return soon after the upload was completed, claimed or expired. Callers look and poll as
        well: a wake-up may be spurious, or come from another process, and then not at all."""

    async def expired(before: int, limit: int) -> Sequence[Upload]:
        """Uploads that were queued before that moment, oldest first."""

    async def expire(id: str, before: int) -> bool:
        """Remove an upload if it was queued before that moment: nobody is going to claim it. Raw
        bytes get a ``cleanup`` job; an alias that was given, and still has the token of the
        result, is removed as ``IAliases.remove`` does. False, and nothing done: it is younger, or
        no longer there."""


class ISettings(Interface):
    """Settings that the server itself keeps: key to bytes (spec storage §1.8)."""

    async def get(key: str) -> bytes | None:
        """The value."""

    async def set(key: str, value: bytes) -> None:
        """Overwrites."""


class IJobs(Interface):
    """Durable queues with leases. A job whose worker died is taken again when its lease ends; the
    lost attempt counts (contract C6, C14)."""

    async def push(queue: Queue, payload: object, now: int, unique_key: str | None = None) -> bool:
        """False, and nothing done: a job with this key is queued or running."""

    async def pop(queue: Queue, worker: str, now: int, lease: int) -> Job | None:
        """Take the oldest job that is due and whose lease, if any, has ended; None where there is
        none. Taking uses up an attempt. A job without attempts left comes marked as exhausted: it
        is not to be worked on, but given up and finished.

        :param worker: a UUID.
        :param lease: nanoseconds until it may be taken again.
        """

    async def renew(job: Job, worker: str, now: int, lease: int) -> bool:
        """Prolong the lease. False: it was lost to another worker."""

    async def finish(job: Job, worker: str) -> None:
        """The job is done, or given up: remove it, unless another worker has taken it."""

    async def retry(job: Job, worker: str, due: int) -> None:
        """Let the job be taken again from that moment on; without attempts left, as exhausted.
        Does nothing where another worker has taken it."""

    async def release(job: Job, worker: str) -> None:
        """Hand the job back untouched: it keeps its place and its attempt, and may be taken again
        at once. Does nothing where another worker has taken it."""

    async def length(queue: Queue) -> int:
        """Jobs waiting and running."""

    async def wait(queue: Queue) -> None:
        """Return soon after a job was pushed to the queue, or released. Callers poll as well: a
        wake-up may be spurious, and a job may come due without one."""


class IClaims(Interface):
    """Who does what only one process at a time should do. A claim keeps others waiting, and nothing
    else: what is done under it is safe without it."""

    async def take(key: str, now: int) -> Claim | None:
        """The claim; None: somebody has it, and was heard of within ``VOID_AFTER``."""

    async def renew(claim: Claim, now: int) -> Claim | None:
        """The same claim, heard of just now; its holder goes on with this one. None: it was lost to
        another holder, or was void and is forgotten."""

    async def release(claim: Claim) -> None:
        """Let others have it. Does nothing where it was lost."""

    async def wait(key: str) -> None:
        """Return soon after a claim of this key was released. Callers poll as well: a wake-up may
        be spurious, or come from another process, and then not at all; the dead cause none."""


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


# Media


class IImaging(Interface):
    """Runs imaging tasks, each in a sandboxed child that dies after it (contract B12)."""

    async def run(
        task: str, arguments: Mapping[str, object], reads: Sequence[Path], folder: Path | None
    ) -> Mapping[str, object]:
        """The JSON object that the task answered.

        :param task: a name from ``pictd.imaging.tasks``.
        :param arguments: JSON; paths as text.
        :param reads: the files that the child may read, beside what is in ``folder``.
        :param folder: the only place where it may write; None: nowhere.
        :raise UnreadableMedia: the input is broken.
        :raise UnsupportedMedia: the input is something else.
        :raise MediaTimeout: it was killed at its deadline.
        :raise MediaTooExpensive: it exceeded its memory or CPU limit.
        :raise MediaFailed: it crashed.
        :raise Overloaded: the queue for children is full.
        """

    async def execute(program: Sequence[str], reads: Sequence[Path], folder: Path | None) -> str:
        """Run a program of this machine, shut in like a task; the end of what it wrote.

        :param program: an absolute path, and arguments. It must write something now and then.
        :param reads: the files that it may read, beside what is in ``folder``.
        :param folder: where it works, the only place where it may write; None: nowhere.
        :raise UnreadableMedia: it failed.
        :raise MediaTimeout: it was killed at its deadline, or as hung.
        :raise MediaTooExpensive: it exceeded its memory or CPU limit.
        :raise MediaFailed: it crashed.
        :raise Overloaded: the queue for children is full.
        """


class IValidator(Interface):
    """Somebody else's judgement of uploads."""

    async def check(path: Path, media_type: str) -> None:
        """Return where the file is accepted.

        :param path: what would be stored.
        :raise RefusedByValidator: it is not.
        :raise ValidatorFailed: nobody judged it: the validator says that it is in trouble.
        :raise UpstreamUnreachable: nobody judged it: the validator can't be reached, or breaks off.
        :raise UpstreamTooSlow: nobody judged it in time.
        """


class IMedia(Interface):
    """What pictd does with media. Nothing decodes in the daemon: all of this runs in children."""

    async def normalise(source: Path, folder: Path, query: UploadQuery) -> Normalised:
        """Discover what the file is, hold it against the limits, and make of it what will be
        stored: no metadata, upright, in the configured format, operations applied.

        :param folder: an empty folder for results; the caller removes it.
        :raise UploadRefused: whatever is wrong with the file; the leaves say what.
        :raise BadOperation: of the query's operations.
        """

    async def render(
        source: Path, format: Format, folder: Path, chain: Chain, output: Output
    ) -> Rendered:
        """Make a variant of a stored file.

        :param format: of the stored file.
        :param folder: an empty folder for the result; the caller removes it.
        :raise OperationImpossible: an operation can't be carried out on this picture.
        :raise MediaFailed: the stored file can't be decoded.
        """

    async def rendition(source: Path, format: Format, folder: Path) -> Path:
        """A still WebP of the first frame, for somebody who can't read the format itself. It is at
        most 2048 pixels a side.

        :param source: what is stored, or is to be.
        :param folder: an empty folder for the result; the caller removes it.
        :raise MediaFailed: none can be made.
        """

    async def motion(source: Path, format: Format, folder: Path) -> Rendered:
        """The still frame of a stored video: its first one, upright. Variants are drawn from it.

        :param folder: an empty folder for the result; the caller removes it.
        """

    async def describe(source: Path, format: Format) -> Measured:
        """Measure a stored file."""

    async def blurhash(source: Path, format: Format, folder: Path) -> str:
        """The blurhash of a stored file's first frame.

        :param folder: for what is made on the way; the caller removes it.
        """

    def missing() -> Sequence[str]:
        """Names of tools that this machine lacks or that do not run now; empty when all is well."""


# Remote


class IRemote(Interface):
    """Other people's servers. Their addresses, their answers and their pace are not trusted."""

    async def fetch(url: str, limit: int) -> IByteStream:
        """Begin to download; who gets the stream closes it. Cancelling leaves nothing behind.

        What goes wrong later is raised by the stream's ``read``: ``FileTooLarge``,
        ``UpstreamUnreachable`` or ``UpstreamTooSlow``. The one time limit is that of the whole
        download, so that a stream that nobody reads ends as well.

        :param limit: bytes; where more arrive, or are announced, the download ends.
        :raise UnusableUrl: it is no http or https URL, or carries a password.
        :raise BlockedAddress: it leads, or was redirected, to where nobody is to be sent.
        :raise UpstreamRefused: the answer is none of success.
        :raise UpstreamUnreachable: there is no answer, or no end to redirects.
        :raise UpstreamTooSlow: there is no answer yet.
        :raise FileTooLarge: the file is announced as larger than ``limit``.
        :raise Overloaded: too many wait for this server.
        """

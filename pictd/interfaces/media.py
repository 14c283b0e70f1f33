"""What is done with media, and who judges them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from zope.interface import Interface

from pictd.model.formats import Format, Output
from pictd.model.limits import Measured
from pictd.model.operations import Chain
from pictd.model.records import Normalised, Rendered
from pictd.model.uploads import UploadQuery


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

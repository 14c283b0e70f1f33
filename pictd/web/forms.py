"""The files of an uploaded form, one after another, as byte streams."""

from __future__ import annotations

from collections import deque

from zope.interface import implementer

from pictd.errors import BadForm, FileTooLarge
from pictd.interfaces.stores import IByteStream
from pictd.web.multipart import Event, FileBegins, FileEnds, FormReader, boundary_of
from pictd.web.request import PictdRequest


class Forms:
    """Reads one form.

    :ivar most_bytes: of each file.
    """

    def __init__(self, request: PictdRequest, most_files: int, most_bytes: int) -> None:
        """:raise BadForm: the content type names no boundary."""
        self._body = request.body
        self._reader = FormReader(boundary_of(request.first(b"content-type")))
        self._most_files = most_files
        self.most_bytes = most_bytes
        self._files = 0
        self._events: deque[Event] = deque()

    async def next_file(self) -> FormFile | None:
        """The next file; None at the end of the form, which is then known to be well-formed.

        The file before must have been read to its end.

        :raise BadForm: the form is malformed, holds something else, or has too many files.
        :raise StreamTooSlow: and whatever else ``RequestBody.read`` raises.
        """
        event = await self.next_event()
        if event is None:
            return None
        assert isinstance(event, FileBegins), "the file before was not read to its end"
        self._files += 1
        if self._files > self._most_files:
            raise BadForm("Too many files in request", limit=self._most_files)
        self._body.restart_limit()
        return FormFile(self, event.filename)

    async def next_event(self) -> Event | None:
        """What the reader finds next; None at the end."""
        while not self._events:
            data = await self._body.read()
            if not data:
                self._reader.close()
                return None
            self._events.extend(self._reader.feed(data))
        return self._events.popleft()


@implementer(IByteStream)
class FormFile:
    """One file of a form.

    :ivar filename: the last component of the client's name for it.
    """

    def __init__(self, form: Forms, filename: str) -> None:
        self._form = form
        self.filename = filename
        self._received = 0
        self._ended = False

    async def read(self) -> bytes:
        """The next piece; empty at the end.

        :raise FileTooLarge: the file is longer than any may be.
        :raise BadForm: and whatever else ``Forms.next_file`` raises.
        """
        event = b"" if self._ended else await self._form.next_event()
        if isinstance(event, bytes):
            return self._counted(event)
        assert isinstance(event, FileEnds), "a file goes on until it ends"
        self._ended = True
        return b""

    def close(self) -> None:
        """The form goes on; nothing is held for this file alone."""

    def _counted(self, data: bytes) -> bytes:
        self._received += len(data)
        if self._received > self._form.most_bytes:
            raise FileTooLarge(limit=self._form.most_bytes, actual=self._received)
        return data

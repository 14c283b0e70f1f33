"""Multipart forms, piece by piece (spec http-api §3.4, RFC 7578).

Only files in fields named ``images[]`` are let in. Bytes go in through ``FormReader.feed`` however
they are divided; events come out. Parsing proper is the ``multipart`` library's work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from pictd.errors import BadForm

_FIELD = "images[]"
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:\\.|[^"\\])*"|[^;"]*)')
_TYPE = re.compile(r"\s*[^\s/;]+/[^\s/;]+\s*(;.*)?")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ESCAPED = re.compile(r'\\(["\\])')
_LONGEST_BOUNDARY = 256
_LONGEST_HEADER = 16384
_MOST_HEADERS = 32
_NO_DISPOSITION = "No Content-Disposition `form-data` header"


@attrs.frozen
class FileBegins:
    """:ivar filename: the last component of what the client said; never empty."""

    filename: str


class FileEnds:
    """The file is whole."""


Event = FileBegins | bytes | FileEnds


def boundary_of(content_type: bytes | None) -> str:
    """The boundary in a ``Content-Type`` header; the type itself may be any.

    :raise BadForm: there is none.
    """
    if content_type is None:
        raise BadForm("No Content-Type header found")
    text = content_type.decode("latin-1")
    if not _TYPE.fullmatch(text):
        raise BadForm("Cannot parse Content-Type header")
    boundary = _parameters(text).get("boundary", "")
    if not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        raise BadForm("Multipart boundary is not found")
    return boundary


class FormReader:
    """Bytes in, events out. After an error the reader is of no more use."""

    def __init__(self, boundary: str) -> None:
        self._parser = PushMultipartParser(
            boundary.encode("latin-1"),
            max_header_size=_LONGEST_HEADER,
            max_header_count=_MOST_HEADERS,
        )
        self._parts = 0

    def feed(self, data: bytes) -> Iterator[Event]:
        """What these bytes complete. The iterator must be used up before the next piece is fed.

        :param data: not empty.
        :raise BadForm: malformed, or holds what is not a file.
        """
        try:
            for event in self._parser.parse(data):
                yield self._translated(event)
        except MultipartError as error:
            raise _bad_form(error) from None

    def close(self) -> None:
        """No more bytes come.

        :raise BadForm: the form is not at its end, or has no part.
        """
        try:
            self._parser.close()
        except MultipartError:
            raise BadForm("Multipart stream is incomplete") from None
        if not self._parts:
            raise BadForm("Multipart stream is incomplete: it has no part")

    def _translated(self, event: MultipartSegment | bytes | None) -> Event:
        if event is None:
            return FileEnds()
        if isinstance(event, MultipartSegment):
            self._parts += 1
            return FileBegins(_file_name(event.headerlist))
        return bytes(event)


def _file_name(headers: list[tuple[str, str]]) -> str:
    """:raise BadForm: the headers are not those of a file in the field ``images[]``."""
    if any(_CONTROL.search(value) for _, value in headers):
        raise BadForm("invalid Header provided")
    disposition = next((value for name, value in headers if name == "Content-Disposition"), "")
    kind = disposition.partition(";")[0].strip().lower()
    parameters = _parameters(disposition)
    if kind != "form-data" or "name" not in parameters:
        raise BadForm(_NO_DISPOSITION)
    if parameters["name"] != _FIELD:
        raise BadForm("Found field with unexpected name or type")
    return _last_component(parameters.get("filename", ""))


def _last_component(filename: str) -> str:
    parts = [part for part in filename.split("/") if part not in ("", ".")]
    if not parts or parts[-1] == "..":
        raise BadForm("Failed to parse filename")
    return parts[-1]


def _parameters(header: str) -> dict[str, str]:
    """Names in lower case; of several with one name the first counts."""
    found = _PARAMETER.findall(header)
    return {name.lower(): _unquoted(value) for name, value in reversed(found)}


def _unquoted(value: str) -> str:
    return _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value.strip()


def _bad_form(error: MultipartError) -> BadForm:
    """The texts that clients of pict-rs know, where there is one."""
    text = str(error.args[0]) if error.args else "malformed"
    if "Content-Disposition" in text:
        return BadForm(_NO_DISPOSITION)
    if "header" in text.lower():
        return BadForm(f"invalid Header provided: {text}")
    return BadForm(f"The form is malformed: {text}")

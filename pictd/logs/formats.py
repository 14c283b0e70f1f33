"""What an event looks like: one line, but for ``pretty``, and for what follows a failure.

What strangers send may get into an event. Where it could pass for more lines, or for orders to a
terminal, it is written as escapes: a line that does not begin with a blank is pictd's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import attrs
from twisted.logger import LogEvent, formatEvent

from pictd.config.choices import LogFormat

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_FIELDS = {"format", "isError", "message", "system", "time", "why", "failure"}
_LEVELS = {"debug": "DEBUG", "info": "INFO", "warn": "WARN", "error": "ERROR", "critical": "ERROR"}
_COLOURS = {"DEBUG": "34", "INFO": "32", "WARN": "33", "ERROR": "31"}

Formatter = Callable[[LogEvent], str]


@attrs.frozen
class Line:
    """An event in words.

    :ivar time: UTC, RFC 3339, microseconds.
    :ivar target: the part of the program that tells it.
    :ivar trace: of a failure; else empty.
    """

    time: str
    level: str
    target: str
    message: str
    trace: str
    fields: Mapping[str, object]

    @classmethod
    def of(cls, event: LogEvent) -> Line:
        """Any event, also of Twisted's older kind."""
        moment = datetime.fromtimestamp(event.get("log_time", 0), UTC)
        level = getattr(event.get("log_level"), "name", "info")
        failure = event.get("log_failure")
        return cls(
            time=f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z",
            level=_LEVELS[level],
            target=str(event.get("log_namespace", "-")),
            message=formatEvent(event),
            trace=failure.getTraceback() if failure is not None else "",
            fields=fields_of(event),
        )

    def coloured_level(self, colours: bool) -> str:
        """As wide as all others."""
        padded = f"{self.level:>5}"
        return f"\x1b[{_COLOURS[self.level]}m{padded}\x1b[0m" if colours else padded


def formatter(format: LogFormat, colours: bool) -> Formatter:
    """What turns events into text, each with its end of line."""
    if format is LogFormat.JSON:
        return _json
    text = {LogFormat.COMPACT: _compact, LogFormat.PRETTY: _pretty}.get(format, _normal)

    def written(event: LogEvent) -> str:
        return text(Line.of(event), colours)

    return written


def _normal(line: Line, colours: bool) -> str:
    level = line.coloured_level(colours)
    return f"{line.time} {level} {line.target}: {_body(line)}\n"


def _compact(line: Line, colours: bool) -> str:
    return f"{line.time} {line.coloured_level(colours)} {_body(line)}\n"


def _pretty(line: Line, colours: bool) -> str:
    head = f"  {line.time} {line.coloured_level(colours)} {line.target}\n    {_body(line)}\n"
    fields = "".join(f"    {n}: {_quiet(str(v))}\n" for n, v in sorted(line.fields.items()))
    return f"{head}{fields}\n"


def _json(event: LogEvent) -> str:
    line = Line.of(event)
    fields = {name: plain(value) for name, value in line.fields.items()}
    if line.trace:
        fields["exception.details"] = line.trace
    told = {
        "timestamp": line.time,
        "level": line.level,
        "fields": {**fields, "message": line.message},
        "target": line.target,
    }
    return json.dumps(told) + "\n"


def _body(line: Line) -> str:
    """The message, and the trace below it."""
    return _quiet(f"{line.message}\n{line.trace}" if line.trace else line.message)


def _quiet(text: str) -> str:
    """Further lines are set in."""
    shown = _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text.rstrip())
    return shown.replace("\n", "\n    ")


def fields_of(event: LogEvent) -> Mapping[str, object]:
    """What was told beside the message."""
    return {name: event[name] for name in event if _is_field(name)}


def plain(value: object) -> object:
    """As JSON can hold it."""
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _is_field(name: str) -> bool:
    return not name.startswith("log_") and name not in _NOT_FIELDS

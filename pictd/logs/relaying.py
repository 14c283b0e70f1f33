"""Events on their way from one process to another, whose log they go to.

What an event says is settled where it happens: its text, its fields as plain values, and the trace
of its failure. The other end makes an event of them that looks the same in every format.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from twisted.logger import LogEvent, LogLevel, formatEvent

from pictd.logs.formats import fields_of, plain

_MOST = 64 * 1024
"""Characters of one text in an event; the rest is left out."""

_TEXT = "log_relayed"


@attrs.frozen
class RelayedFailure:
    """A failure of another process, for those who write it down."""

    trace: str

    def getTraceback(self) -> str:
        """As Twisted's failures tell it."""
        return self.trace


def packed(event: LogEvent) -> dict[str, object]:
    """An event in JSON's values, of bounded size."""
    failure = event.get("log_failure")
    return {
        "time": event.get("log_time", 0),
        "level": getattr(event.get("log_level"), "name", "info"),
        "namespace": event.get("log_namespace"),
        "text": formatEvent(event)[:_MOST],
        "trace": None if failure is None else failure.getTraceback()[-_MOST:],
        "fields": {name: _short(plain(value)) for name, value in fields_of(event).items()},
    }


def unpacked(told: Mapping[str, Any], **fields: object) -> LogEvent:
    """The event that ``packed`` was given, with more fields."""
    event = {
        **told["fields"],
        **fields,
        "log_time": told["time"],
        "log_level": LogLevel.lookupByName(told["level"]),
        "log_format": f"{{{_TEXT}}}",
        _TEXT: told["text"],
    }
    if told["namespace"] is not None:
        event["log_namespace"] = told["namespace"]
    if told["trace"] is not None:
        event["log_failure"] = RelayedFailure(told["trace"])
    return event


def _short(value: object) -> object:
    return value[:_MOST] if isinstance(value, str) else value

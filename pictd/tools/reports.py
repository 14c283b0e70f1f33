"""What became of a job in the fork server, and what that means to its caller."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Mapping
from enum import Enum
from typing import Self, cast

import attrs
from twisted.logger import Logger

from pictd.errors import (
    MediaFailed,
    MediaTimeout,
    MediaTooExpensive,
    OperationImpossible,
    PictdError,
    UnreadableMedia,
    UnsupportedMedia,
)

_log = Logger()

_MOST_TEXT = 500
_NO_MEMORY = re.compile("cannot allocate memory|out of (memory|space)", re.IGNORECASE)
_TOLD: Mapping[str, type[PictdError]] = {
    "Unreadable": UnreadableMedia,
    "Unsupported": UnsupportedMedia,
    "Impossible": OperationImpossible,
    "MemoryError": MediaTooExpensive,
}
# SIGKILL that nobody sent: the kernel, out of memory or at the hard limit of CPU time. SIGABRT and
# SIGILL: how libraries in C++ end themselves where memory is refused to them.
_LIMITS = {signal.SIGXCPU, signal.SIGXFSZ, signal.SIGKILL, signal.SIGABRT, signal.SIGILL}


class Outcome(Enum):
    """How a child ended."""

    OK = "ok"
    FAILED = "failed"
    KILLED = "killed"
    TIMEOUT = "timeout"
    FLOOD = "flood"
    HUNG = "hung"


@attrs.frozen
class Report:
    """The fork server's word on one child, which is reaped.

    :ivar status: of its exit; negative for a signal.
    :ivar cpu: seconds of processor time.
    :ivar rss: bytes of memory at its largest, with what it shares.
    :ivar output: what the child wrote, which is not to be trusted.
    """

    id: int
    outcome: Outcome
    status: int
    signal: int | None
    cpu: float
    rss: int
    output: str = attrs.field(repr=False)

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Self:
        """From the fork server's message."""
        return cls(**{**data, "outcome": Outcome(data["outcome"])})  # type: ignore[arg-type]


def answer(report: Report, task: str) -> Mapping[str, object]:
    """The JSON object that the task returned.

    :raise PictdError: it did not return one; the class says why, as ``IImaging.run`` promises.
    """
    if report.outcome is not Outcome.OK:
        _log.warn("Imaging task {task} ended: {report}", task=task, report=report)
        raise _ended(report)
    told = _parsed(report.output)
    result = told.get("result")
    if isinstance(result, dict):
        return result
    raise _failed(told, task)


def words(report: Report, program: str) -> str:
    """What a program wrote, the end of it; it did its work.

    :raise PictdError: it did not; the class says why, as ``IImaging.execute`` promises.
    """
    if report.outcome is Outcome.OK:
        return report.output
    last = _clean(report.output[-_MOST_TEXT:])
    _log.warn(
        "{program} ended: {report}; it said: {last}", program=program, report=report, last=last
    )
    if report.outcome is Outcome.FAILED and report.signal is None:
        raise MediaTooExpensive() if _NO_MEMORY.search(report.output) else UnreadableMedia()
    raise _ended(report)


def _ended(report: Report) -> PictdError:
    if report.outcome in (Outcome.TIMEOUT, Outcome.HUNG):
        return MediaTimeout()
    if report.outcome is Outcome.FAILED and report.signal in _LIMITS:
        return MediaTooExpensive()
    return MediaFailed()


def _failed(told: Mapping[str, object], task: str) -> PictdError:
    name, text = told.get("error"), _clean(told.get("text"))
    known = _TOLD.get(name) if isinstance(name, str) else None
    if known is None:
        trace = str(told.get("trace"))
        _log.error("Imaging task {task} failed: {text}\n{trace}", task=task, text=text, trace=trace)
        return MediaFailed()
    return known() if known is MediaTooExpensive else known(text or None)


def _parsed(output: str) -> Mapping[str, object]:
    """What a child wrote, if it is an object; else nothing."""
    try:
        told = json.loads(output)
    except (ValueError, RecursionError):
        return {}
    return cast(Mapping[str, object], told) if isinstance(told, dict) else {}


def _clean(text: object) -> str:
    """A child's words, fit for an answer: one short printable line."""
    words = text if isinstance(text, str) else ""
    return "".join(each if each.isprintable() else " " for each in words[:_MOST_TEXT])

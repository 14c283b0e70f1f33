"""Events look the same in the log of another process."""

from __future__ import annotations

import json
from pathlib import Path

from twisted.logger import LogEvent
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from pictd.config.choices import LogFormat
from pictd.logs.formats import formatter
from pictd.logs.relaying import packed, unpacked
from tests.logs.test_formats import event


def failure() -> Failure:
    """One with a trace."""
    try:
        raise ValueError("no such thing")
    except ValueError:
        return Failure()


def relayed(told: LogEvent, **fields: object) -> LogEvent:
    """What arrives."""
    return unpacked(json.loads(json.dumps(packed(told))), **fields)


class RelayingTests(SynchronousTestCase):
    """``packed``, JSON, ``unpacked``."""

    def test_every_format_shows_the_same(self) -> None:
        """Also of values that JSON doesn't have, of failures, and where texts hold braces."""
        events = (
            event("{path} {path!r} {path.name}", path=Path("/a/{b}")),
            event("it {what}: {log_failure}", "critical", what="{broke}", log_failure=failure()),
            event("{flag} {share:.1f} {nothing}", flag=True, share=0.25, nothing=None),
            {"log_time": 1.5, "message": ("old",), "isError": 0, "system": "-"},
        )
        for each in events:
            for format in LogFormat:
                written = formatter(format, False)
                self.assertEqual(written(relayed(each)), written(each))

    def test_fields_are_added(self) -> None:
        """As told at the other end."""
        line = json.loads(formatter(LogFormat.JSON, False)(relayed(event(), worker=2)))
        self.assertEqual((line["fields"]["worker"], line["fields"]["count"]), (2, 3))

    def test_size_is_bounded(self) -> None:
        """Whatever somebody had logged."""
        told = packed(event("{long}", long="x" * 10_000_000, log_failure=failure()))
        self.assertLess(len(json.dumps(told)), 300_000)

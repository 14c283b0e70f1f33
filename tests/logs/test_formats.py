"""What lines of the log look like."""

from __future__ import annotations

import json

from twisted.logger import LogEvent, LogLevel
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from pictd.config.choices import LogFormat
from pictd.logs.formats import formatter

MOMENT = 1_700_000_000.25
TIME = "2023-11-14T22:13:20.250000Z"


def event(text: str = "{count} files", level: str = "info", **fields: object) -> LogEvent:
    """As a logger makes it."""
    made = {"log_namespace": "pictd.part", "log_time": MOMENT, "log_format": text, "count": 3}
    return {**made, "log_level": LogLevel.lookupByName(level), **fields}


class FormatTests(SynchronousTestCase):
    """Without colours."""

    def line(self, format: LogFormat, event: LogEvent, colours: bool = False) -> str:
        """As it is written."""
        return formatter(format, colours)(event)

    def test_normal(self) -> None:
        """Time, level, part, message."""
        self.assertEqual(
            self.line(LogFormat.NORMAL, event()), f"{TIME}  INFO pictd.part: 3 files\n"
        )
        self.assertEqual(
            self.line(LogFormat.NORMAL, event(level="critical")),
            f"{TIME} ERROR pictd.part: 3 files\n",
        )

    def test_compact(self) -> None:
        """Without the part."""
        self.assertEqual(
            self.line(LogFormat.COMPACT, event(level="warn")), f"{TIME}  WARN 3 files\n"
        )

    def test_pretty(self) -> None:
        """Several lines, with all fields, and an empty one."""
        self.assertEqual(
            self.line(LogFormat.PRETTY, event(other="x")),
            f"  {TIME}  INFO pictd.part\n    3 files\n    count: 3\n    other: x\n\n",
        )

    def test_json(self) -> None:
        """One object in a line; fields keep their kind where JSON has it."""
        line = self.line(LogFormat.JSON, event(place=LogFormat.JSON, done=True))
        self.assertEqual(line.count("\n"), 1)
        self.assertEqual(
            json.loads(line),
            {
                "timestamp": TIME,
                "level": "INFO",
                "target": "pictd.part",
                "fields": {
                    "message": "3 files",
                    "count": 3,
                    "done": True,
                    "place": "LogFormat.JSON",
                },
            },
        )

    def test_colours(self) -> None:
        """Of the level alone, and never in JSON."""
        self.assertIn("\x1b[32m INFO\x1b[0m", self.line(LogFormat.NORMAL, event(), True))
        self.assertNotIn("\\u001b", self.line(LogFormat.JSON, event(), True))
        self.assertNotIn("\x1b", self.line(LogFormat.NORMAL, event()))

    def test_failures(self) -> None:
        """The trace follows, set in; in JSON it is a field."""
        failed = event("it failed") | {"log_failure": Failure(ValueError("why"))}
        first, *rest = self.line(LogFormat.NORMAL, failed).rstrip("\n").split("\n")
        self.assertTrue(first.endswith("it failed"))
        self.assertIn("ValueError: why", rest[-1])
        self.assertEqual([each for each in rest if not each.startswith("    ")], [])
        fields = json.loads(self.line(LogFormat.JSON, failed))["fields"]
        self.assertIn("ValueError: why", fields["exception.details"])

    def test_what_strangers_send(self) -> None:
        """It makes no line of its own, gives a terminal no orders, and can be encoded."""
        evil = event("got {given}", given=f"a\n{TIME} forged\x1b[2J\r\u2028\ud800")
        for format in LogFormat:
            line = self.line(format, evil)
            self.assertNotIn(f"\n{TIME}", line)
            self.assertEqual([each for each in "\x1b\r\u2028\ud800" if each in line], [])

    def test_older_events(self) -> None:
        """Those of Twisted's older kind have a line too."""
        line = self.line(LogFormat.NORMAL, {"log_format": "plain"})
        self.assertTrue(line.endswith("  INFO -: plain\n"), line)

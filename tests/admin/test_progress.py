"""How far long work is."""

from __future__ import annotations

import io

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from pictd.admin.progress import LINE_EVERY, Bars, Lines, Standing, progress_on


class Terminal(io.StringIO):
    """Says that it is one."""

    def isatty(self) -> bool:
        """It is."""
        return True


class LinesTests(SynchronousTestCase):
    """Where nobody looks at a bar."""

    def setUp(self) -> None:
        """Nothing is written yet."""
        self.clock, self.stream = Clock(), io.StringIO()
        self.progress = Lines(lambda line: print(line, file=self.stream), self.clock.seconds)

    def lines(self) -> list[str]:
        """What was written."""
        return self.stream.getvalue().splitlines()

    def test_now_and_then(self) -> None:
        """A line tells what is done, of how many, how fast, and how long it will take; not more
        often than is good for a journal."""
        self.progress.begin("files", 1000)
        for _ in range(200):
            self.clock.advance(LINE_EVERY / 200)
            self.progress.advance()
        self.assertEqual(self.lines(), ["files: 200 of 1000 (20%), 20 a second, 0:00:40 to go"])

    def test_the_end(self) -> None:
        """The last line has the whole number, once."""
        self.progress.begin("files", 3)
        self.clock.advance(1)
        self.progress.advance(3)
        self.progress.end()
        self.progress.end()
        self.assertEqual(self.lines(), ["files: 3 of 3 (100%), 3 a second"])

    def test_an_unknown_total(self) -> None:
        """Then there are no shares."""
        self.progress.begin("files", None)
        self.clock.advance(LINE_EVERY)
        self.progress.advance(50)
        self.assertEqual(self.lines(), ["files: 50, 5 a second"])

    def test_parts(self) -> None:
        """The next part ends the one before; nothing to do is told as well."""
        self.progress.begin("files", 0)
        self.progress.begin("jobs", 0)
        self.progress.end()
        self.assertEqual(self.lines(), ["files: 0, 0 a second", "jobs: 0, 0 a second"])

    def test_saying(self) -> None:
        """What people should know is not held back."""
        self.progress.begin("files", 2)
        self.progress.say("a.png: lost")
        self.assertEqual(self.lines(), ["a.png: lost"])


class BarsTests(SynchronousTestCase):
    """On a terminal."""

    def test_a_bar(self) -> None:
        """It names the work and shows its end; what is said stands on lines of its own."""
        stream = Terminal()
        progress = progress_on(stream, Clock().seconds)
        self.assertIsInstance(progress, Bars)
        progress.begin("files", 2)
        progress.advance()
        progress.say("a.png: lost")
        progress.advance()
        progress.end()
        self.assertIn("files: 100%", stream.getvalue())
        self.assertIn("\ra.png: lost\n".lstrip("\r"), stream.getvalue())

    def test_elsewhere(self) -> None:
        """A file gets lines."""
        self.assertIsInstance(progress_on(io.StringIO(), Clock().seconds), Lines)


class StandingTests(SynchronousTestCase):
    """Progress that can be asked."""

    def test_what_is_under_way(self) -> None:
        """The part, and how far it is; all is passed on."""
        said: list[str] = []
        standing = Standing(Lines(said.append, Clock().seconds))
        self.assertIsNone(standing.text)
        standing.begin("files", 3)
        standing.advance(2)
        self.assertEqual(standing.text, "files: 2 of 3")
        standing.say("a line")
        standing.end()
        self.assertIsNone(standing.text)
        self.assertEqual(said, ["a line", "files: 2 of 3 (66%), 2000 a second, 0:00:00 to go"])

    def test_without_a_total(self) -> None:
        """Only what is done."""
        standing = Standing(Lines(lambda _: None, Clock().seconds))
        standing.begin("files", None)
        self.assertEqual(standing.text, "files: 0")

"""Programs of this machine in place of a task (contract B12): real ones, on this kernel."""

from __future__ import annotations

import os
from typing import Any

from twisted.internet.defer import CancelledError

from pictd.errors import MediaFailed, MediaTimeout, MediaTooExpensive, UnreadableMedia
from tests.tools.children import ProgramTestCase, found, running


class ProgramTests(ProgramTestCase):
    """Programs that behave, and programs that do not."""

    async def shell(self, script: str, **changes: Any) -> str:
        """Run a script."""
        return await self.execute("sh", "-c", script, **changes)

    async def test_its_folder(self) -> None:
        """A program reads and writes in its folder, where it starts."""
        (self.folder / "a").write_bytes(b"word\n")
        self.assertEqual(await self.shell("read x < a; echo $x; echo $x > b"), "word\n")
        self.assertEqual((self.folder / "b").read_bytes(), b"word\n")

    async def test_its_inputs(self) -> None:
        """It reads what it was given, wherever that lies."""
        path = self.folder.with_name("input")
        path.write_bytes(b"given\n")
        self.assertEqual(await self.execute("cat", str(path), reads=(path,)), "given\n")

    async def test_nothing_else(self) -> None:
        """It sees no other file."""
        for path in ("/etc/passwd", __file__, f"/proc/{os.getpid()}/environ"):
            with self.assertRaises(UnreadableMedia):
                await self.execute("cat", path)

    async def test_nothing_of_the_daemon(self) -> None:
        """It inherits no environment and no open files."""
        told = await self.execute("env")
        self.assertEqual({line.partition("=")[0] for line in told.split()}, {"LANG", "TMPDIR"})
        each = "for n in 3 4 5 6 7 8 9; do command : 2>/dev/null >&$n && echo $n; done; true"
        self.assertEqual(await self.shell(each), "")

    async def test_no_other_program(self) -> None:
        """It becomes no other program, and starts none."""
        for script in (f"exec {found('true')}", f"{found('true')}; echo after"):
            with self.assertRaises(UnreadableMedia):
                await self.shell(script)

    async def test_the_end_of_its_words(self) -> None:
        """Of many words, the last are kept, and memory is bounded."""
        told = await self.shell("i=0; while [ $i -lt 9999 ]; do echo $i; i=$((i+1)); done")
        self.assertTrue(told.endswith("9997\n9998\n"))
        self.assertLess(len(told), 33_000)

    async def test_it_fails(self) -> None:
        """A failure is told."""
        with self.assertRaises(UnreadableMedia):
            await self.shell("echo no; exit 3")

    async def test_it_crashes(self) -> None:
        """A crash is told apart."""
        with self.assertRaises(MediaFailed):
            await self.execute("perl", "-e", 'print unpack("P8", pack("Q", 8))')

    async def test_it_is_missing(self) -> None:
        """So is a program that is not there."""
        with self.assertRaises(UnreadableMedia):
            await self.imaging().execute(["/nowhere/ffmpeg"], [], self.folder)

    async def test_no_full_disks(self) -> None:
        """It can't fill the disk."""
        with self.assertRaises(MediaTooExpensive):
            await self.shell("while :; do echo 0123456789abcdef; done > large", file_size=99_999)
        self.assertLessEqual((self.folder / "large").stat().st_size, 99_999)

    async def test_no_memory_without_end(self) -> None:
        """Nor take memory without end."""
        with self.assertRaises(MediaTooExpensive):
            await self.shell("x=12345678; while :; do x=$x$x; done")

    async def test_no_endless_work(self) -> None:
        """Nor work for ever, though it writes all the time."""
        with self.assertRaises(MediaTimeout):
            await self.shell("while :; do echo alive; done", seconds=1)

    async def test_no_endless_silence(self) -> None:
        """Nor hang, however long it may work."""
        with self.assertRaises(MediaTimeout):
            await self.execute("sleep", "3600", silence=1)

    async def test_cancelling(self) -> None:
        """Cancelling ends it, and waits for its end."""
        script = "echo $$ > pid; while :; do echo alive; done"
        work = self.begin(self.imaging().execute([found("sh"), "-c", script], [], self.folder))
        await self.until_exists(self.folder / "pid")
        while not (text := (self.folder / "pid").read_text()):
            pass
        work.cancel()
        with self.assertRaises(CancelledError):
            await work
        self.assertFalse(running(int(text)))

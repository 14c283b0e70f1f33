"""Programs of this machine, shut in."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, cast

from PIL import Image
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from pictd.tools.forkserver import MEBIBYTE
from pictd.tools.process import ChildProcess
from pictd.tools.programs import confined

LIMITS = {"memory": 512 * MEBIBYTE, "cpu": 10, "file_size": MEBIBYTE}


class ConfinedTests(TestCase):
    """A folder, and programs in it."""

    def setUp(self) -> None:
        """Make the folder."""
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir(parents=True)

    async def run_confined(self, *argv: str) -> tuple[bytes, str]:
        """Run a program to its end: what it wrote, and how it ended."""
        path = shutil.which(argv[0])
        assert path is not None
        ended: Deferred[str] = Deferred()
        output = bytearray()
        program = confined(argv[0], [path, *argv[1:]], self.folder, LIMITS)
        ChildProcess(program, output.extend, ended.callback).start(cast(Any, reactor))
        cause = await ended
        return bytes(output), cause

    def picture(self) -> Path:
        """A picture in the folder."""
        path = self.folder / "picture.jpeg"
        Image.new("RGB", (40, 30)).save(path)
        return path

    async def test_its_folder(self) -> None:
        """A program reads and writes in its folder."""
        (self.folder / "a").write_bytes(b"word\n")
        output, _ = await self.run_confined("sh", "-c", "read x < a; echo $x; echo $x > b")
        self.assertEqual((output, (self.folder / "b").read_bytes()), (b"word\n", b"word\n"))

    async def test_nothing_else(self) -> None:
        """It sees no other file."""
        output, cause = await self.run_confined("cat", "/etc/passwd", str(Path(__file__)))
        self.assertEqual(output, b"")
        self.assertIn("exit code 1", cause)

    async def test_no_children(self) -> None:
        """It starts no processes."""
        output, _ = await self.run_confined("sh", "-c", "echo before; cat /dev/null; echo after")
        self.assertEqual(output, b"before\n")

    async def test_limits(self) -> None:
        """It can't fill the disk."""
        await self.run_confined("sh", "-c", "while :; do echo 0123456789abcdef; done > large")
        self.assertLessEqual((self.folder / "large").stat().st_size, MEBIBYTE)

    async def test_exiftool(self) -> None:
        """exiftool works."""
        output, _ = await self.run_confined("exiftool", "-s3", "-ImageWidth", str(self.picture()))
        self.assertEqual(output, b"40\n")

    async def test_ffmpeg(self) -> None:
        """ffprobe and ffmpeg work, with their threads."""
        frames = ["-f", "lavfi", "-i", "testsrc=duration=1:size=64x48:rate=5"]
        output, cause = await self.run_confined(
            "ffmpeg", "-v", "error", *frames, "-c:v", "libvpx-vp9", str(self.folder / "v.webm")
        )
        self.assertIn("exit code 0", cause)
        size = ["-v", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0"]
        output, _ = await self.run_confined("ffprobe", *size, str(self.folder / "v.webm"))
        self.assertEqual(output, b"64,48\n")

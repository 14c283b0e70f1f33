"""What a program that was taken over can't do (contract B12): Perl and ffmpeg, on this kernel."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pictd.errors import MediaTimeout, MediaTooExpensive, UnreadableMedia
from tests.support.line import Line
from tests.support.movies import movie
from tests.tools.children import ProgramTestCase

_PASSWORDS = "/etc/passwd"
_NUMBERS = {
    "x86_64": {"ptrace": 101, "process_vm_readv": 310, "prlimit64": 302, "io_uring_setup": 425},
    "aarch64": {"ptrace": 117, "process_vm_readv": 270, "prlimit64": 261, "io_uring_setup": 425},
}[os.uname().machine]
"""Of system calls that Perl has no word for."""


_LISTS = {
    "hls": "#EXTM3U\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile {}\n",
}


class PerlTests(ProgramTestCase):
    """Each attempt is a condition in Perl; the fork server then still runs a task."""

    async def assert_refused(self, *attempts: str, **changes: Any) -> None:
        """None of them holds."""
        told = [f"print 'did {number};' if {each};" for number, each in enumerate(attempts)]
        said = await self.execute("perl", "-e", " ".join([*told, "print 'end'"]), **changes)
        self.assertEqual(said, "end")

    async def test_it_can_act(self) -> None:
        """What is allowed holds, so the other tests tell something."""
        with self.assertRaises(AssertionError):
            await self.assert_refused("open(my $f, '>', 'a')")
        self.assertTrue((self.folder / "a").exists())

    async def test_no_sockets(self) -> None:
        """Neither for this machine nor for others, of any kind."""
        kinds = ("2, 1", "2, 2", "2, 3", "10, 1", "1, 1", "16, 3", "17, 3", "40, 1")
        attempts = [f"socket(my $s, {kind}, 0)" for kind in kinds]
        await self.assert_refused(*attempts, "socketpair(my $a, my $b, 1, 1, 0)")

    async def test_no_processes(self) -> None:
        """Nor another process, or another program in its place."""
        await self.assert_refused("defined fork", "system('true') == 0", "exec('/bin/true')")

    async def test_no_signals(self) -> None:
        """It may not even ask whether it could signal the fork server, the daemon, or anybody."""
        targets = ("getppid", str(os.getpid()), "1", "-1", "-getppid")
        await self.assert_refused(*(f"kill(0, {each})" for each in targets))

    async def test_no_tracing(self) -> None:
        """Nor trace the fork server, or look into its memory."""
        attach = f"syscall({_NUMBERS['ptrace']}, 16, getppid(), 0, 0) == 0"
        vector = "my $v = pack('QQ', 0, 0)"
        read = f"syscall({_NUMBERS['process_vm_readv']}, getppid(), $v, 1, $v, 1, 0) >= 0"
        files = [f"open(my $f, '<', '/proc/' . getppid() . '/{each}')" for each in ("mem", "maps")]
        await self.assert_refused(attach, f"do {{ {vector}; {read} }}", *files)

    async def test_no_back_doors(self) -> None:
        """Nor set up what would act in its stead."""
        ring = f"do {{ my $p = 'x' x 120; syscall({_NUMBERS['io_uring_setup']}, 8, $p) >= 0 }}"
        await self.assert_refused(ring)

    async def test_limits_stay(self) -> None:
        """Its limits can't be lifted, and it stays in the group that is killed."""
        wide = "my $w = pack('QQ', -1, -1)"
        lift = f"syscall({_NUMBERS['prlimit64']}, 0, %d, $w, 0) == 0"
        attempts = [f"do {{ {wide}; {lift % which} }}" for which in (0, 1, 7, 9)]
        await self.assert_refused(*attempts, "setpgrp(0, getppid())")

    async def test_no_other_job(self) -> None:
        """The folder of another job can't be listed, read, changed or removed."""
        other = self.folder.with_name("other")
        other.mkdir()
        (other / "file").write_bytes(b"theirs")
        places = (str(other), "../other")
        for place in places:
            file = f"{place}/file"
            await self.assert_refused(
                f"opendir(my $d, '{place}')",
                f"open(my $f, '<', '{file}')",
                f"open(my $f, '>', '{file}')",
                f"open(my $f, '>', '{place}/more')",
                f"unlink('{file}')",
                f"rename('{file}', 'mine')",
                f"link('{file}', 'mine')",
                f"symlink('{file}', 'mine')",
                f"chmod(0, '{file}')",
            )
        self.assertEqual([each.read_bytes() for each in other.iterdir()], [b"theirs"])
        self.assertEqual(list(self.folder.iterdir()), [])

    async def test_inputs_stay(self) -> None:
        """What it reads it can't change."""
        path = self.folder.with_name("input")
        path.write_bytes(b"given")
        await self.assert_refused(
            f"open(my $f, '>>', '{path}')",
            f"open(my $f, '+<', '{path}')",
            f"truncate('{path}', 0)",
            f"unlink('{path}')",
            f"chmod(0, '{path}')",
            f"utime(0, 0, '{path}')",
            reads=(path,),
        )
        self.assertEqual(path.read_bytes(), b"given")

    async def test_no_four_gigabytes(self) -> None:
        """It can't have so much memory."""
        with self.assertRaises(MediaTooExpensive):
            await self.execute("perl", "-e", "my $x = 'x' x (4 * 1024 ** 3); sleep 99")

    async def test_no_ten_gigabytes(self) -> None:
        """Nor write so much, with holes or without."""
        far = "open(my $f, '>', 'a'); seek($f, 10 * 1024 ** 3, 0); print $f 'x'; close $f; sleep 99"
        full = "open(my $f, '>', 'b'); print $f 'x' x 100000 for 1 .. 100000; sleep 99"
        for script in (far, full):
            with self.assertRaises(MediaTooExpensive):
                await self.execute("perl", "-e", script)
        written = sum(each.stat().st_blocks * 512 for each in self.folder.iterdir())
        self.assertLessEqual(written, 5 * 1024**2)

    async def test_no_deafness(self) -> None:
        """It is ended on time, though it listens to nothing."""
        deaf = "$SIG{$_} = 'IGNORE' for keys %SIG; 1 while 1"
        with self.assertRaises(MediaTimeout):
            await self.execute("perl", "-e", deaf, seconds=1)


class FfmpegTests(ProgramTestCase):
    """ffmpeg with options that pictd never gives it, which let it do what it can."""

    def setUp(self) -> None:
        """A film that nobody may read, and somebody who waits for a call."""
        super().setUp()
        self.secret = self.folder.with_name("secret.mp4")
        self.secret.write_bytes(movie("mp4", "h264"))
        self.source = self.folder.with_name("upload")
        self.line = Line(self)

    async def follow(self, kind: str, text: str, *more: Path) -> str:
        """Have it follow a list of files."""
        self.source.write_text(text)
        free = ["-protocol_whitelist", "file,pipe,http,tcp,crypto,concat,subfile,data"]
        free += {"hls": ["-allowed_extensions", "ALL"], "concat": ["-safe", "0"]}[kind]
        order = ["-v", "error", *free, "-f", kind, "-i", str(self.source), "-frames:v", "1"]
        return await self.execute("ffmpeg", *order, "out.png", reads=(self.source, *more))

    async def test_lists(self) -> None:
        """A list leads to no other file, in any form."""
        for kind, form in _LISTS.items():
            for target in (
                self.secret,
                f"file://{self.secret}",
                f"concat:{self.secret}",
                f"subfile,,start,0,end,0,,:{self.secret}",
                _PASSWORDS,
            ):
                with self.assertRaises(UnreadableMedia):
                    await self.follow(kind, form.format(target))
        self.assertEqual(list(self.folder.iterdir()), [])

    async def test_lists_of_what_may_be_read(self) -> None:
        """They would be followed, were there no walls."""
        for kind, form in _LISTS.items():
            await self.follow(kind, form.format(self.secret), self.secret)
            (self.folder / "out.png").unlink()

    async def test_addresses(self) -> None:
        """Nobody is called, by a list or by name."""
        with self.assertRaises(UnreadableMedia):
            await self.follow("hls", f"#EXTM3U\n#EXTINF:1,\n{self.line.url}\n")
        with self.assertRaises(UnreadableMedia):
            await self.execute("ffmpeg", "-v", "error", "-i", self.line.url, "out.png")
        self.assertEqual(self.line.called, [])

    async def test_files_by_name(self) -> None:
        """It reads none but its input, though it be asked to."""
        for path in (_PASSWORDS, str(self.secret), f"/proc/{os.getpid()}/environ"):
            with self.assertRaises(UnreadableMedia):
                await self.execute(
                    "ffmpeg",
                    "-v",
                    "error",
                    "-f",
                    "data",
                    "-i",
                    path,
                    "-map",
                    "0",
                    "-f",
                    "data",
                    "a",
                )

    async def test_large_pictures(self) -> None:
        """It gets no gigabytes for a picture; where it goes on asking for them, its time ends."""
        card = "color=size=16000x16000,trim=end_frame=1,format=rgba64be"
        with self.assertRaises((MediaTooExpensive, MediaTimeout)):
            order = ("-v", "error", "-f", "lavfi", "-i", card, "-y", "a.png")
            await self.execute("ffmpeg", *order, seconds=2)

    async def test_large_files(self) -> None:
        """It fills no disk."""
        order = ("-f", "lavfi", "-i", "testsrc2=size=640x480", "-f", "rawvideo", "a")
        with self.assertRaises(MediaTooExpensive):
            await self.execute("ffmpeg", "-v", "error", *order)
        self.assertLessEqual((self.folder / "a").stat().st_size, 4 * 1024**2)

    async def test_endless_work(self) -> None:
        """It is ended on time, though it tells of progress."""
        order = ("-progress", "pipe:1", "-f", "lavfi", "-i", "testsrc2", "-f", "null", "-")
        with self.assertRaises(MediaTimeout):
            await self.execute("ffmpeg", "-v", "error", *order, seconds=1)

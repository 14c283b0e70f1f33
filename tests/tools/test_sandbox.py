"""What a taken-over child can't do (contract B12): real children, on this kernel."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

from pictd.errors import MediaFailed, MediaTooExpensive
from tests.tools.children import ChildrenTestCase

MUCH = 4 * 1024**3


class SandboxTests(ChildrenTestCase):
    """Every test also runs a good task afterwards, by the same fork server."""

    async def attempt(self, task: str, *reads: Path, **arguments: object) -> Mapping[str, object]:
        """Run a bad task, then a good one."""
        imaging = self.imaging()
        try:
            return await self.do(imaging, task, *reads, **arguments)
        finally:
            answer = await self.do(imaging, "echo", word="alive")
            self.assertEqual(answer, {"echo": {"word": "alive"}})

    async def assert_refused(self, task: str, *reads: Path, **arguments: object) -> None:
        """The task could not do what it tried."""
        self.assertIs((await self.attempt(task, *reads, **arguments))["did"], False)

    async def assert_done(self, task: str, *reads: Path, **arguments: object) -> None:
        """The task could do what it tried."""
        self.assertIs((await self.attempt(task, *reads, **arguments))["did"], True)

    def secret(self) -> Path:
        """A file beside the job's folder, not inside."""
        path = self.folder.with_name("secret")
        path.write_bytes(b"secret")
        return path

    async def test_no_sockets(self) -> None:
        """A child can't make a socket of any kind."""
        await self.assert_refused("open_socket")

    async def test_no_connections(self) -> None:
        """A child can't connect to a port that listens on this machine."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            await self.assert_refused("connect", port=server.getsockname()[1])

    async def test_no_system_files(self) -> None:
        """A child can't read what is neither its input nor its code."""
        await self.assert_refused("read", path="/etc/passwd")

    async def test_no_processes_files(self) -> None:
        """A child can't look into the daemon."""
        await self.assert_refused("read", path=f"/proc/{os.getpid()}/environ")

    async def test_no_listing(self) -> None:
        """A child can't look around."""
        await self.assert_refused("list_folder", path=str(self.folder.parent))

    async def test_no_other_files(self) -> None:
        """A child can't read its neighbour's file."""
        await self.assert_refused("read", path=str(self.secret()))

    async def test_inputs_are_readable(self) -> None:
        """A child reads what it was given, wherever it lies."""
        path = self.secret()
        await self.assert_done("read", path, path=str(path))

    async def test_inputs_are_not_writable(self) -> None:
        """A child can't change its input."""
        path = self.secret()
        await self.assert_refused("write", path, path=str(path))
        self.assertEqual(path.read_bytes(), b"secret")

    async def test_inputs_are_not_truncated(self) -> None:
        """Nor empty it through an open for reading."""
        path = self.secret()
        await self.assert_refused("truncate", path, path=str(path))
        self.assertEqual(path.read_bytes(), b"secret")

    async def test_inputs_keep_their_mode(self) -> None:
        """Nor lock others out of it."""
        path = self.secret()
        await self.assert_refused("change_mode", path, path=str(path))
        self.assertNotEqual(path.stat().st_mode & 0o777, 0)

    async def test_inputs_are_not_removed(self) -> None:
        """Nor delete it."""
        path = self.secret()
        await self.assert_refused("remove", path, path=str(path))
        self.assertTrue(path.exists())

    async def test_folder_is_writable(self) -> None:
        """A child writes in its folder, and reads there."""
        await self.assert_done("write", path=str(self.folder / "result"))
        await self.assert_done("read", path=str(self.folder / "result"))

    async def test_nothing_is_written_outside(self) -> None:
        """A child can't write beside its folder."""
        path = self.folder.with_name("escaped")
        await self.assert_refused("write", path=str(path))
        self.assertFalse(path.exists())

    async def test_no_links(self) -> None:
        """A child can't plant a link for the daemon to follow."""
        await self.assert_refused("link_outside", path="/etc/passwd")
        self.assertEqual(list(self.folder.iterdir()), [])

    async def test_no_processes(self) -> None:
        """A child can't fork."""
        await self.assert_refused("fork")

    async def test_no_programs(self) -> None:
        """A child can't run a program, beside itself or in its place."""
        await self.assert_refused("execute")

    async def test_no_signals(self) -> None:
        """A child can't end the fork server, the daemon, or anybody."""
        await self.assert_refused("kill_parent", daemon=os.getpid())

    async def test_no_tracing(self) -> None:
        """A child can't take over the fork server."""
        await self.assert_refused("trace_parent")

    async def test_limits_stay(self) -> None:
        """A child can't lift its limits, even if it is root."""
        await self.assert_refused("raise_limits")

    async def test_group_stays(self) -> None:
        """A child can't leave the group that is killed."""
        await self.assert_refused("leave_group")

    async def test_threads_work(self) -> None:
        """Decoders may use threads."""
        self.assertEqual(await self.attempt("use_threads"), {"found": [1]})

    async def test_codecs_work(self) -> None:
        """Every codec works inside."""
        self.assertEqual(await self.attempt("codecs"), {"failed": []})

    async def test_child_is_alone(self) -> None:
        """A child leads a group of its own, works in its folder, and holds none of the fork
        server's files: three that lead nowhere, and its answer."""
        told = await self.attempt("whereabouts")
        self.assertEqual((told["group"], told["folder"]), (told["pid"], str(self.folder)))
        opened = told["open"]
        assert isinstance(opened, list)
        self.assertEqual((opened[:3], len(opened)), ([0, 1, 2], 4))

    async def test_no_secrets_in_the_environment(self) -> None:
        """A child has none of the daemon's variables."""
        os.environ["PICTD__SERVER__API_KEY"] = "secret"
        self.addCleanup(os.environ.pop, "PICTD__SERVER__API_KEY")
        found = (await self.attempt("whereabouts"))["environment"]
        assert isinstance(found, list)
        self.assertEqual([each for each in found if "PICT" in each], [])

    async def test_memory_is_bounded(self) -> None:
        """Four gigabytes are refused; what the limit allows is not."""
        with self.assertRaises(MediaTooExpensive):
            await self.attempt("allocate", bytes=MUCH)
        await self.attempt("allocate", bytes=1024)

    async def test_files_are_bounded(self) -> None:
        """A file that grows without end is stopped at the limit."""
        with self.assertRaises(MediaTooExpensive):
            await self.attempt("fill_disk")
        self.assertLessEqual((self.folder / "large").stat().st_size, 4 * 1024**2)

    async def test_unknown_task(self) -> None:
        """A task that does not exist fails like a broken one."""
        with self.assertRaises(MediaFailed):
            await self.attempt("no_such_task")

"""From files to a bucket while the server serves (contract C8)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import attrs
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.threads import deferToThread

from pictd.store.objects.strays import SUSPECTS
from tests.support.buckets import Bucket
from tests.support.samples import still
from tests.support.swift import new_bucket
from tests.system.case import SystemTestCase, blobs, recorded

BEFORE = 30
"""Files uploaded before the move."""
_PROGRAM = [sys.executable, "-c", "from pictd.tap import main; main()", "migrate-store"]


@attrs.define
class Known:
    """What a client remembers of a file: its token, its bytes and those of a variant."""

    token: str
    original: bytes = attrs.field(repr=False)
    variant: bytes = attrs.field(repr=False)


class MovingTests(SystemTestCase):
    """A server, a bucket, and a client who does not care."""

    async def setUp(self) -> None:  # type: ignore[override]
        """Some files, and variants of them."""
        super().setUp()
        self.bucket = new_bucket()
        self.files: dict[str, Known] = {}
        self.deleted: list[str] = []
        self.seed = 0
        self.node = await self.started()
        for _ in range(BEFORE // 5):
            await gatherResults([Deferred.fromCoroutine(self.upload_one()) for _ in range(5)])

    async def upload_one(self) -> None:
        """A picture that is like no other."""
        self.seed += 1
        entry = (await self.upload(self.node, still("png", 64, 48, seed=self.seed))).entry
        alias = str(entry["file"])
        original, variant = [(await self.get(self.node, path)).body for path in paths(alias)]
        self.files[alias] = Known(str(entry["delete_token"]), original, variant)

    async def look_at(self, alias: str) -> None:
        """The same bytes as ever."""
        known = self.files[alias]
        replies = [await self.get(self.node, path) for path in paths(alias)]
        self.assertEqual([reply.status for reply in replies], [200, 200], self.node.log())
        self.assertEqual([reply.body for reply in replies], [known.original, known.variant])

    async def delete(self, alias: str) -> None:
        """And it is gone at once."""
        path = f"/image/delete/{self.files.pop(alias).token}/{alias}"
        self.assertEqual((await self.ask(self.node, "DELETE", path)).status, 204)
        self.deleted.append(alias)

    async def be_busy(self, turns: int) -> None:
        """Upload, look, delete."""
        for _ in range(turns):
            await self.upload_one()
            aliases = list(self.files)
            for alias in (aliases[0], aliases[len(aliases) // 2], aliases[-1]):
                await self.look_at(alias)
            await self.delete(aliases[1])

    def configure(self, bucket: Bucket, old: Path | None) -> None:
        """Of the next start, and of commands."""
        store = bucket.settings()
        self.node.more = {f"PICTD__{name}": value for name, value in store.items()}
        if old is not None:
            self.node.more["PICTD__OLD_STORE__TYPE"] = "filesystem"
            self.node.more["PICTD__OLD_STORE__PATH"] = str(old)

    def move(self, *flags: str) -> subprocess.Popen[str]:
        """Begin to, beside the server."""
        made = subprocess.Popen(
            [*_PROGRAM, *flags],
            env=self.node.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(_end, made)
        return made

    async def moved(self, *flags: str) -> str:
        """What it tells when all went well."""
        process = self.move(*flags)
        out, err = await deferToThread(process.communicate, None, 60)
        self.assertEqual(process.returncode, 0, err)
        return str(out)

    def identifiers(self) -> set[str]:
        """Of the objects in the bucket."""
        keys, own = self.bucket.keys(), (".pictd/", "health-check")
        return {key for key in keys if not key.startswith(own)}

    async def test_all_the_way(self) -> None:
        """Nobody notices, even where the command is killed; in the end everything is in the bucket
        and nothing else, and the files are as they were."""
        await self.node.stop()
        self.configure(self.bucket, old=self.node.files)
        await self.node.restarted()
        first = self.move("--concurrency=1")
        busy = Deferred.fromCoroutine(self.be_busy(2))
        await self.until(lambda: len(self.identifiers()) > 10, lambda: first.poll())
        self.assertIsNone(first.poll(), "it was too quick to be killed")
        first.kill()
        await busy
        busy = Deferred.fromCoroutine(self.be_busy(3))
        told = await self.moved()
        await busy
        self.assertIn("there already: ", told)
        self.assertIn("would be copied: 0 files", await self.moved("--dry-run"))
        await self.node.stop()
        left_behind = blobs(self.node)
        self.configure(self.bucket, old=None)
        await self.node.restarted()
        for alias in self.files:
            await self.look_at(alias)
        for alias in self.deleted:
            self.assertEqual((await self.get(self.node, paths(alias)[0])).status, 404)
        await self.until(lambda: not self.surplus(), self.surplus)
        self.assertEqual(recorded(self.node) - self.identifiers(), set())
        self.assertLessEqual(left_behind, recorded(self.node))

    def surplus(self) -> set[str]:
        """What is in the bucket and not recorded, nor suspected, which the next sweep removes."""
        keys = self.bucket.keys()
        suspects = {key.removeprefix(SUSPECTS) for key in keys}
        return self.identifiers() - recorded(self.node) - suspects

    async def test_a_server_without_its_old_store(self) -> None:
        """Serves what the new one has, and says which of the two is missing."""
        await self.node.stop()
        self.configure(self.bucket, old=self.node.files)
        await self.node.restarted()
        await self.upload_one()
        self.node.files.rename(self.node.files.with_name("unmounted"))
        reply = await self.get(self.node, "/readyz")
        self.assertEqual((reply.status, reply.json), (503, {"missing": ["old_store"]}))
        old, *_, new = self.files
        await self.look_at(new)
        self.assertEqual((await self.get(self.node, paths(old)[0])).status, 503)


def paths(alias: str) -> tuple[str, str]:
    """Of an original and a variant."""
    return f"/image/original/{alias}", f"/image/process.webp?src={alias}&resize=20"


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.kill()
        process.communicate()

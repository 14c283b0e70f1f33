"""The command line."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

from twisted.internet.utils import getProcessOutputAndValue
from twisted.logger import ILogObserver, LogEvent, Logger, LogLevel, formatEvent
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface import implementer

import pictd
from pictd.config.backends import FilesystemStore, ObjectStore, PostgresRepo, SqliteRepo
from pictd.config.flags import Flag, flags
from pictd.config.keys import GLOBAL, RUN
from pictd.config.load import Loaded
from pictd.config.toml import native
from pictd.tap import Options, announce

ROOT = Path(pictd.__file__).parent.parent
TWISTD = "from twisted.scripts.twistd import run; run()"
CONSOLE = "from pictd.tap import main; main()"
POSTGRES = ["postgres", "--url", "postgres:///d"]
BUCKET = ["-e", "http://h", "-b", "b", "-r", "r", "-a", "a", "-s", "s"]
LEVELS = {
    GLOBAL: ([], ["run"]),
    RUN: (["run"], []),
    "store.filesystem": (["run", "filesystem"], []),
    "store.object_storage": (["run", "object-storage", *BUCKET], []),
    "repo.sqlite": (["run", "filesystem", "sqlite"], []),
    "repo.sled": (["run", "filesystem", "sled"], []),
    "repo.postgres": (["run", "filesystem", *POSTGRES], []),
}
PLACES = {
    "PICTD__REPO__TYPE": "sqlite",
    "PICTD__REPO__PATH": "/tmp/no-such-folder/pictd.sqlite3",
    "PICTD__STORE__PATH": "/tmp/no-such-folder/files",
}
"""That every user could make."""
COMPANIONS = {
    "server.certificate": ["--private-key", "/k"],
    "server.private_key": ["--certificate", "/c"],
}


def loaded(*arguments: str, **environ: str) -> Loaded:
    """The configuration that a command line makes."""
    options = Options()
    options.parseOptions(list(arguments))
    return options.load(environ)


def old_store(flag: Flag) -> list[str]:
    """The flags that one of ``old_store`` needs beside it."""
    if flag.entry.union != "old_store" or flag.entry.path == "old_store.type":
        return ["--old-store-path", "/o"] if flag.entry.path == "old_store.type" else []
    kind = ["--old-store-type", flag.entry.variant]
    rest = ["endpoint", "bucket-name", "region", "access-key", "secret-key"]
    values = [a for name in rest for a in (f"--old-store-{name}", "http://h")]
    return kind + (values if flag.entry.variant == "object_storage" else [])


class FlagTests(SynchronousTestCase):
    """What flags set."""

    def test_every_flag_sets_its_key(self) -> None:
        """On its level, by its long name and its letter."""
        for scope, (before, after) in LEVELS.items():
            for flag in flags(scope):
                for name in filter(None, (f"--{flag.name}", flag.short and f"-{flag.short}")):
                    self.check(flag, name, before, after)

    def check(self, flag: Flag, name: str, before: list[str], after: list[str]) -> None:
        """One flag under one of its names."""
        path, example = flag.entry.path, native(flag.entry.key.rule.example)
        if isinstance(example, list):
            example = ",".join(example)
        path += ".small" if flag.entry.named else ""
        text = f"small={example}" if flag.entry.named else str(example)
        given = [name] if flag.value is not None else [name, text]
        beside = COMPANIONS.get(path, []) + old_store(flag)
        values = loaded(*before, *beside, *given, *after).values
        expected = flag.value if flag.value is not None else flag.entry.key.rule.parse(example)
        self.assertEqual(values[path], expected, name)

    def test_switches_have_a_twin(self) -> None:
        """So that a flag can undo what the file says (contract D9)."""
        on = {"PICTD__SERVER__READ_ONLY": "true"}
        self.assertFalse(loaded("run", "--no-read-only", **on).config.server.read_only)
        self.assertTrue(loaded("run", **on).config.server.read_only)
        self.assertFalse(loaded("run", "--media-video-disable").config.media.video.enable)
        off = {"PICTD__MEDIA__VIDEO__ENABLE": "false"}
        self.assertTrue(loaded("run", "--no-media-video-disable", **off).config.media.video.enable)

    def test_a_list_is_given_flag_by_flag(self) -> None:
        """Spec 1.4."""
        media = loaded("run", "--media-filters", "resize", "--media-filters", "blur").config.media
        self.assertEqual(media.filters, ("resize", "blur"))

    def test_presets_are_given_by_name(self) -> None:
        """Any number of them."""
        given = ("--media-presets", "a=resize=1", "--media-presets", "B=resize=2")
        self.assertEqual(list(loaded("run", *given).config.media.presets), ["a", "b"])

    def test_what_is_not_given_resets_nothing(self) -> None:
        """Quirks Q1 to Q5 of pict-rs are gone (contract D9)."""
        environ = {
            "PICTRS__SERVER__CLEANUP_TEMPORARY_DIRECTORY": "false",
            "PICTRS__MEDIA__VIDEO__QUALITY__CRF_240": "9",
            "PICTRS__REPO__CERTIFICATE_FILE": "/c",
            "PICTRS__STORE__USE_PATH_STYLE": "true",
        }
        given = ["run", "--media-video-quality-720", "7", "object-storage", *BUCKET, *POSTGRES]
        config = loaded(*given, **environ).config
        assert isinstance(config.repo, PostgresRepo) and isinstance(config.store, ObjectStore)
        self.assertFalse(config.server.cleanup_temporary_directory)
        self.assertEqual(config.media.video.quality.crf_240, 9)
        self.assertEqual(config.media.video.quality.crf_max, 32)
        self.assertEqual(config.repo.certificate_file, Path("/c"))
        self.assertTrue(config.store.use_path_style)


class SubcommandTests(SynchronousTestCase):
    """Levels chain on one line (spec 4.1)."""

    def test_store_and_repo(self) -> None:
        """Each level's options come before the next name."""
        config = loaded("run", "-a", "[::1]:1", "filesystem", "-p", "X", "sled", "-p", "Y").config
        assert isinstance(config.repo, SqliteRepo)
        self.assertEqual(config.store, FilesystemStore(Path("X")))
        self.assertEqual(config.repo.sled_directory, Path("Y"))

    def test_naming_a_store_chooses_it(self) -> None:
        """Over file and environment; what is not given with it still comes from there."""
        environ = {"PICTRS__STORE__TYPE": "object_storage", "PICTRS__STORE__PATH": "/e"}
        self.assertEqual(
            loaded("run", "filesystem", **environ).config.store, FilesystemStore(Path("/e"))
        )

    def test_an_object_store_completed_by_the_environment(self) -> None:
        """No flag is mandatory where the key is set elsewhere (spec 2.6)."""
        environ = {
            f"PICTRS__STORE__{name}": "http://h"
            for name in ("ENDPOINT", "BUCKET_NAME", "REGION", "ACCESS_KEY", "SECRET_KEY")
        }
        store = loaded("run", "object-storage", "-u", **environ).config.store
        assert isinstance(store, ObjectStore)
        self.assertEqual((store.endpoint, store.use_path_style), ("http://h", True))

    def test_the_file_and_where_to_save(self) -> None:
        """Options of the uppermost level."""
        folder = Path(self.mktemp())
        folder.mkdir()
        (folder / "a.toml").write_text("[server]\nworkers = 7\n")
        saved = folder / "b.toml"
        self.assertEqual(
            loaded(
                "-c", str(folder / "a.toml"), "--save-to", str(saved), "run"
            ).config.server.workers,
            7,
        )
        self.assertEqual(tomllib.loads(saved.read_text())["server"]["workers"], 7)


@implementer(ILogObserver)
class Seen:
    """A log that is kept."""

    def __init__(self) -> None:
        self.events: list[LogEvent] = []

    def __call__(self, event: LogEvent) -> None:
        """Keep it."""
        self.events.append(event)


class AnnounceTests(SynchronousTestCase):
    """Doubts are seen where the log is."""

    def test_warnings_are_logged(self) -> None:
        """Each as a warning of its own (contract D2)."""
        seen = Seen()
        announce(("one {brace}", "two"), Logger("pictd", observer=seen))
        self.assertEqual([event["log_level"] for event in seen.events], [LogLevel.warn] * 2)
        texts = [formatEvent(event) for event in seen.events]
        self.assertEqual(texts, ["configuration: one {brace}", "configuration: two"])


class TerminalTests(TestCase):
    """What a shell sees."""

    timeout = 60

    async def said(
        self, *arguments: str, program: str = CONSOLE, **environ: str
    ) -> tuple[str, str, int]:
        """(standard output, standard error, exit status)."""
        folder = Path(self.mktemp())
        folder.mkdir()
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | environ
        out, err, status = await getProcessOutputAndValue(
            sys.executable, ["-c", program, *arguments], env=env, path=str(folder)
        )
        self.assertEqual(list(folder.iterdir()), [], "no pid file, no log")
        self.assertNotIn(b"Traceback", out + err)
        return out.decode(), err.decode(), status

    async def test_information(self) -> None:
        """Goes to standard output, and is a success."""
        for arguments, word in (
            (["--version"], "pictd "),
            (["-V"], "pictd "),
            (["--help"], "--save-to"),
            (["help"], "check"),
            (["import", "--help"], "--replace"),
            (["check", "--help"], "--repair"),
            (["run", "--help"], "--api-key"),
            (["run", "--help"], "Usage: pictd [options] run [options]"),
            (["run", "help"], "object-storage"),
            (["run", "filesystem", "-h"], "--path"),
            (["run", "filesystem", "sled", "--help"], "--cache-capacity"),
        ):
            out, err, status = await self.said(*arguments)
            self.assertEqual((status, err), (0, ""), arguments)
            self.assertIn(word, out)

    async def test_wrong_usage(self) -> None:
        """Is told on standard error, and exits with 2 (spec 4.2)."""
        for arguments, word in (
            ([], "run, check, export, import, migrate-repo, migrate-store, prune-missing or stats"),
            (["import"], "exported database"),
            (["import", "x", "postgres"], "postgres"),
            (["check", "--hashes", "some"], "some is not all, a number"),
            (["check", "--after", "abc"], "--after"),
            (["no-such-command"], "no-such-command"),
            (["run", "--no-such-flag"], "--no-such-flag"),
            (["run", "--max-file-count", "many"], "many is not a whole number"),
            (["run", "sled"], "sled"),
            (["run", "extra"], "extra"),
            (["run", "--save-to", "x"], "--save-to"),
            (["run", "filesystem", "--no-such-flag"], "--no-such-flag"),
            (["run", "--media-max-width", "3"], "now --media-image-max-width"),
            (["run", "--media-presets", "small"], "NAME=VALUE"),
        ):
            out, err, status = await self.said(*arguments)
            self.assertEqual((status, out), (2, ""), arguments)
            self.assertIn(word, err)

    async def test_a_wrong_configuration(self) -> None:
        """Is told on standard error, and exits with 1."""
        _, err, status = await self.said("run", PICTRS__SERVER__ADDRESS="localhost:1")
        self.assertEqual(status, 1)
        self.assertIn("server.address: localhost:1 is not a numeric address", err)

    async def test_a_missing_file(self) -> None:
        """Likewise."""
        _, err, status = await self.said("-c", "no-such-file.toml", "run")
        self.assertEqual(status, 1)
        self.assertIn("no-such-file.toml", err)

    async def test_a_certificate_that_is_not_there(self) -> None:
        """Likewise, by the key that names it."""
        tls = {"PICTD__SERVER__CERTIFICATE": "/no/c.pem", "PICTD__SERVER__PRIVATE_KEY": "/no/k.pem"}
        environ = {"PICTD__SERVER__ADDRESS": "127.0.0.1:0", **tls, **PLACES}
        _, err, status = await self.said("run", **environ)
        self.assertEqual(status, 1)
        self.assertIn("server.certificate: /no/c.pem: No such file", err)
        out, _, status = await self.said("check", **environ)
        self.assertEqual(status, 1)
        self.assertIn("server.certificate: /no/c.pem: No such file", out)

    async def test_check(self) -> None:
        """Writes to the terminal, and exits with its finding."""
        out, err, status = await self.said("check", **PLACES)
        self.assertEqual((out.splitlines()[-1], err, status), ("ok", "", 0))
        out, _, status = await self.said("check", PICTRS__MEDIA__FORMAT="webp", **PLACES)
        self.assertEqual(status, 1)
        self.assertIn("media.image.format", out)

    async def test_check_under_a_daemonising_twistd(self) -> None:
        """Stays in the foreground, and leaves no pid file."""
        out, _, status = await self.said("pictd", "check", program=TWISTD, **PLACES)
        self.assertEqual((out.splitlines()[-1], status), ("ok", 0))

    async def test_check_of_what_is_not_there(self) -> None:
        """What the server would refuse to start with is a finding."""
        out, _, status = await self.said("check", PICTD__MEDIA__PRESETS_ONLY="true", **PLACES)
        self.assertEqual(status, 1)
        self.assertIn("media.presets", out)

    async def test_check_of_a_broken_installation(self) -> None:
        """The finding is on standard output; what the child said of it, on standard error."""
        broken = Path(self.mktemp()).absolute()
        broken.mkdir()
        (broken / "numpy.py").write_text("raise ImportError('no numpy today')\n")
        path = f"{ROOT}{os.pathsep}{broken}"
        out, err, status = await getProcessOutputAndValue(
            sys.executable, ["-c", CONSOLE, "check"], {**PLACES, "PYTHONPATH": path}, str(broken)
        )
        self.assertEqual(status, 1)
        self.assertIn(b"imaging children do not work here", out)
        self.assertIn(b"no numpy today", err)

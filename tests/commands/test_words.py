"""What the flags and words of the operator's commands mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from pictd.admin.samples import Share
from pictd.admin.survey import Order
from pictd.commands.check import Check
from pictd.commands.export import Export
from pictd.commands.restore import Import
from pictd.model.formats import Format
from pictd.model.hashes import Hash


class _Idle:
    """In the place of the work."""

    def postOptions(self) -> None:
        """Do nothing."""


class IdleImport(_Idle, Import):
    """Only reads the words."""


class IdleExport(_Idle, Export):
    """Only reads the words."""


class IdleCheck(_Idle, Check):
    """Only reads the words."""


class ImportTests(SynchronousTestCase):
    """``import``."""

    def read(self, words: Sequence[str]) -> tuple[Path | None, bool, dict[str, object]]:
        """Path, whether to replace, and which keys are set."""
        level = IdleImport()
        level.parseOptions(words)
        given = {path: each.raw for part in level.levels() for path, each in part.given.items()}
        return level.source, level.replace, given

    def test_the_path_among_flags(self) -> None:
        """Before or behind them."""
        for words in (["--replace", "x"], ["x", "--replace"]):
            self.assertEqual(self.read(words), (Path("x"), True, {}))
        self.assertEqual(self.read(["x"]), (Path("x"), False, {}))

    def test_what_names_the_backends(self) -> None:
        """Comes last."""
        named = {"store.type": "filesystem", "repo.type": "sqlite", "repo.path": "y"}
        backends = ["filesystem", "sqlite", "-p", "y"]
        self.assertEqual(self.read(["x", *backends]), (Path("x"), False, named))
        self.assertEqual(self.read(["x", "--replace", *backends]), (Path("x"), True, named))

    def test_too_little_and_too_much(self) -> None:
        """Is wrong usage."""
        for words in ([], ["--replace"], ["x", "y"], ["x", "--no-such-flag"]):
            self.assertRaises(usage.UsageError, self.read, words)


class ExportTests(SynchronousTestCase):
    """``export``."""

    def test_where_to(self) -> None:
        """A folder, or where the configuration says."""
        for words, to in (([], None), (["--to", "x"], Path("x"))):
            level = IdleExport()
            level.parseOptions(words)
            self.assertEqual(level.to, to)


class CheckTests(SynchronousTestCase):
    """``check``."""

    def read(self, *words: str) -> Order | None:
        """What is to be looked at beside the configuration."""
        level = IdleCheck()
        level.parseOptions(words)
        return level.order

    def test_the_configuration_alone(self) -> None:
        """Where nothing is said."""
        self.assertIsNone(self.read())
        self.assertIsNone(self.read("filesystem", "sqlite"))

    def test_what_is_stored(self) -> None:
        """Every flag says so, and they add up."""
        self.assertEqual(self.read("--data"), Order())
        self.assertEqual(self.read("--repair", "--data"), Order(repair=True))
        both = self.read("--hashes", "5%", "--repair")
        self.assertEqual(both, Order(Share(part=0.05), repair=True))

    def test_going_on(self) -> None:
        """As a survey that ended early says it."""
        hash = Hash(bytes(32), 7, Format.IMAGE_PNG)
        self.assertEqual(self.read("--after", hash.hex), Order(after=hash))

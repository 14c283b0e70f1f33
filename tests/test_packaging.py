"""What is installed elsewhere: the wheel, and the commands it brings."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from twisted.internet.utils import getProcessOutputAndValue
from twisted.trial.unittest import SynchronousTestCase, TestCase

import pictd

ROOT = Path(pictd.__file__).parent.parent
SOURCES = ("pictd", "twisted", "setup.cfg", "pyproject.toml", "LICENSE", "README.md")
TWISTD = "import sys; from twisted.scripts.twistd import run; sys.exit(run())"
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")


def metadata() -> configparser.ConfigParser:
    """The project's own."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def copy_sources(target: Path) -> None:
    """All that a wheel is made of, without what an earlier build may have left lying about."""
    leftovers = shutil.ignore_patterns("__pycache__", "dropin.cache")
    target.mkdir()
    for source in (ROOT / name for name in SOURCES):
        if source.is_dir():
            shutil.copytree(source, target / source.name, ignore=leftovers)
        elif source.exists():
            shutil.copy(source, target)


def shipped_data() -> Iterator[str]:
    """Every file of the package that is not Python, as the wheel must name it."""
    for path in (ROOT / "pictd").rglob("*"):
        if path.suffix == ".sql" or path.name == "py.typed":
            yield str(path.relative_to(ROOT))


class WheelTests(TestCase):
    """A wheel is built as it is for everybody, and installed where nothing else of ours is."""

    timeout = 300

    def folder(self) -> Path:
        """A new one, with its whole path: commands run in it."""
        folder = Path(self.mktemp()).resolve()
        folder.mkdir(parents=True)
        return folder

    async def run_in(self, folder: Path, *command: str) -> str:
        """Run a command to its end. :return: what it printed; the test fails if it fails."""
        environ = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        out, err, status = await getProcessOutputAndValue(
            command[0], command[1:], environ, str(folder)
        )
        self.assertEqual(status, 0, (out + err).decode(errors="replace"))
        return str(out.decode())

    async def build(self, folder: Path) -> Path:
        """A wheel of this tree."""
        copy_sources(folder / "source")
        wheel = (*PIP, "wheel", "-q", "--no-index", "--no-deps", "--no-build-isolation")
        await self.run_in(folder, *wheel, "-w", str(folder / "dist"), str(folder / "source"))
        (built,) = (folder / "dist").glob("*.whl")
        return built

    async def install(self, wheel: Path, folder: Path) -> Path:
        """Put the wheel into a new environment, whose dependencies are those of this one.

        :return: the folder of the environment's commands.
        """
        venv.create(folder, symlinks=True)
        (packages,) = folder.glob("lib/python3*/site-packages")
        install = (*PIP, "--python", str(folder / "bin/python"), "install", "-q", "--no-index")
        await self.run_in(folder, *install, "--no-deps", str(wheel))
        # Path files of a folder that is named in a path file are not read: the tree under test,
        # where it is installed for editing, stays out.
        (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
        return folder / "bin"

    async def test_commands_work_elsewhere(self) -> None:
        """In a clean environment the plugin is found by twistd, and ``pictd`` is the same."""
        folder = self.folder()
        commands = await self.install(await self.build(folder), folder / "clean")
        python = str(commands / "python")
        where = await self.run_in(folder, python, "-c", "import pictd; print(pictd.__file__)")
        self.assertIn(str(folder / "clean"), where)
        version = metadata()["metadata"]["version"]
        twistd = (python, "-c", TWISTD, "--nodaemon", "--pidfile=", "pictd")
        for command in ((str(commands / "pictd"),), twistd):
            self.assertIn(version, await self.run_in(folder, *command, "--version"))

    async def test_wheel_holds_what_is_not_python(self) -> None:
        """The plugin, the schema files and the mark that there are annotations travel along."""
        folder = self.folder()
        with zipfile.ZipFile(await self.build(folder)) as wheel:
            names = set(wheel.namelist())
        expected = {"twisted/plugins/pictd_plugin.py", "pictd/py.typed", *shipped_data()}
        self.assertEqual(expected - names, set())

    async def test_wheel_holds_nothing_else(self) -> None:
        """Tests stay at home, and no package of Twisted's own is overwritten."""
        folder = self.folder()
        with zipfile.ZipFile(await self.build(folder)) as wheel:
            names = wheel.namelist()
        own = ("pictd/", "pictd-", "twisted/plugins/pictd_plugin.py")
        self.assertEqual([name for name in names if not name.startswith(own)], [])


def canonical(requirement: str) -> str:
    """The name of a requirement as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=! ]", requirement)[0]).lower()


def requirements() -> Sequence[str]:
    """The names of all direct dependencies, those of the tests included."""
    options = metadata()
    listed = [options["options"]["install_requires"], *options["options.extras_require"].values()]
    return [canonical(line) for text in listed for line in text.split("\n") if line]


class RequirementTests(SynchronousTestCase):
    """Installations are reproducible."""

    def test_every_requirement_is_pinned(self) -> None:
        """The file of constraints names one version of each direct dependency."""
        lines = (ROOT / "setup/constraints.txt").read_text().splitlines()
        pinned = {canonical(line) for line in lines if "==" in line}
        self.assertEqual(set(requirements()) - pinned, set())

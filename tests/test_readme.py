"""The README is true: its commands work, and what it names is there."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from PIL import Image
from twisted.internet.utils import getProcessOutputAndValue
from twisted.trial.unittest import SkipTest, SynchronousTestCase, TestCase

from pictd.config.layers import KEYS, entry_of
from pictd.config.load import load
from tests.support import readme, samples
from tests.support.process import ServerProcess
from tests.test_layers import RANKS

ADDRESS = "127.0.0.1:8080"
"""Of the README's server."""

GOALS = {"run": ["environment.sh run", "run.sh"], "test": ["environment.sh test", "check.py"]}
"""What each goal of the Makefile has to call."""


class CommandTestCase(TestCase):
    """Runs what a reader would type, in a folder of its own."""

    timeout = 120

    def setUp(self) -> None:
        """Make the folder, with the commands of this pictd in it."""
        self.folder = Path(self.mktemp()).absolute()
        commands = self.folder / "bin"
        commands.mkdir(parents=True)
        (commands / "pictd").write_text(
            f'#!/bin/sh\nexec {sys.executable} -c "from pictd.tap import main; main()" "$@"\n'
        )
        (commands / "pictd").chmod(0o755)
        self.server = ServerProcess(self.folder)
        self.environ = {
            **self.server.environment,
            "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(readme.ROOT),
        }

    async def run_line(self, line: str) -> str:
        """What a line of shell prints; the test fails if the line fails."""
        out, err, status = await getProcessOutputAndValue(
            "/bin/sh", ["-c", line], self.environ, str(self.folder)
        )
        self.assertEqual(status, 0, f"{line}\n{(out + err).decode(errors='replace')}")
        return str(out.decode())


class ConsoleTests(CommandTestCase):
    """Every line of the blocks marked ``console``."""

    def test_each_line_is_of_a_kind_that_is_tried(self) -> None:
        """Nothing in them goes by untested."""
        kinds = {re.sub(r"^(\w+=\S+ )+", "", line).split()[0] for line in readme.commands()}
        self.assertEqual(kinds, {"make", "pictd", "curl"})

    async def test_make(self) -> None:
        """The goals are there, and call what they should."""
        lines = [line for line in readme.commands() if line.startswith("make ")]
        self.assertEqual(lines, ["make run", "make test"])
        for goal, calls in GOALS.items():
            planned = await self.run_line(f"make -C '{readme.ROOT}' -n {goal}")
            for call in calls:
                self.assertIn(f"setup/{call}", planned)

    async def test_pictd(self) -> None:
        """Each exits with 0, beside a server unless it says otherwise, with the shipped file for
        the operator's."""
        shutil.copytree(readme.ROOT / "etc", self.folder / "etc/pictd")
        self.addCleanup(self.server.end)
        await self.server.restarted()
        lines = [line for line in readme.lines() if re.search(r"(^|\s)pictd ", line)]
        self.assertGreater(len(lines), 2)
        for line in lines:
            if "with pictd stopped" in line:
                await self.server.stop()
            said = await self.run_line(line.replace("/etc/", f"{self.folder}/etc/"))
            if line.startswith("pictd export"):
                self.environ["COPY"] = said.strip()

    async def test_what_is_saved(self) -> None:
        """Is a configuration again, for its owner only."""
        (line,) = (line for line in readme.commands() if "--save-to" in line)
        await self.run_line(line)
        saved = self.folder / "effective.toml"
        self.assertEqual(load(saved, {}, {}).warnings, ())
        self.assertEqual(stat.S_IMODE(saved.stat().st_mode), 0o600)


class RequestTests(CommandTestCase):
    """The lines with ``curl``, against the real server."""

    async def test_curl(self) -> None:
        """Each succeeds, in the order of the README, with what an upload answered."""
        (self.folder / "photo.jpg").write_bytes(samples.still("jpeg", 1000, 700))
        self.environ["KEY"] = self.server.environment["PICTD__SERVER__API_KEY"]
        self.addCleanup(self.server.end)
        await self.server.restarted()
        upload, *lines = (line for line in readme.commands() if line.startswith("curl "))
        await self.upload(upload)
        for line in lines:
            if "/purge" in line:  # by then the file was deleted by its token
                await self.upload(upload)
            answer = await self.ask(line)
            if line.endswith("/backgrounded"):
                (queued,) = json.loads(answer)["uploads"]
                self.environ["UPLOAD"] = queued["upload_id"]

    async def upload(self, line: str) -> None:
        """The first line; its answer has the shape that is shown, and fills in the others."""
        told = json.loads(await self.ask(line))
        self.assertEqual(shape(told), shape(json.loads(readme.blocks("json")[0])))
        self.environ["FILE"] = told["files"][0]["file"]
        self.environ["TOKEN"] = told["files"][0]["delete_token"]

    async def ask(self, line: str) -> str:
        """The body of a good answer; a picture where it went to a file."""
        self.assertIn(f"http://{ADDRESS}/", line)
        line = line.replace(ADDRESS, f"127.0.0.1:{self.server.port}")
        asking = line.replace("curl ", "curl -f -w '\\n%{http_code}' ", 1)
        body, _, status = (await self.run_line(asking)).rpartition("\n")
        self.assertRegex(status, "^2..$", line)
        output = re.search(r" -o (\S+)", line)
        if output is not None:
            with Image.open(self.folder / output[1]) as picture:
                picture.load()
        return body


def shape(value: object) -> object:
    """Of an answer in JSON: the keys of its objects, and nothing of their values."""
    if isinstance(value, Mapping):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else None


class SystemdTests(CommandTestCase):
    """The steps to a service."""

    def setUp(self) -> None:
        """Read the steps, and the unit that they install."""
        super().setUp()
        (block,) = readme.blocks("sh")
        self.steps = block.splitlines()
        self.unit = (readme.ROOT / "systemd/pictd.service").read_text()

    async def test_files_go_where_the_unit_looks(self) -> None:
        """Every file that the unit names in /etc is there after the steps, and is what it is."""
        for step in self.steps:
            if step.startswith("install "):
                aside = step.replace(" /etc/", f" {self.folder}/etc/")
                await self.run_line(f"cd '{readme.ROOT}' && {aside}")
        named = re.findall(r"/(etc/pictd/[\w.]+)", re.sub(r"#.*", "", self.unit))
        self.assertEqual(len(named), 2)
        for name in named:
            self.assertTrue((self.folder / name).exists(), name)
        installed = self.folder / "etc/systemd/system/pictd.service"
        self.assertEqual(installed.read_text(), self.unit)
        self.assertEqual(load(self.folder / "etc/pictd/pictd.toml", {}, {}).warnings, ())

    def test_the_program_is_where_the_unit_looks(self) -> None:
        """In the environment that the steps make and install into."""
        match = re.search(r"^ExecStart=(\S+)/bin/twistd ", self.unit, re.MULTILINE)
        assert match is not None
        self.assertIn(f"python3 -m venv {match[1]}", self.steps)
        self.assertIn(f"{match[1]}/bin/pip install .", self.steps)
        self.assertEqual(self.steps[-1], "systemctl enable --now pictd")

    async def test_systemd_understands_the_unit(self) -> None:
        """Every setting is one that systemd knows."""
        if shutil.which("systemd-analyze") is None:
            raise SkipTest("systemd-analyze is not installed")
        unit = re.sub(r"(?<=^ExecStart=)\S+", "/bin/true", self.unit, flags=re.MULTILINE)
        (self.folder / "pictd.service").write_text(unit)
        told = await self.run_line("systemd-analyze verify --man=no ./pictd.service 2>&1")
        self.assertEqual([line for line in told.splitlines() if "pictd.service" in line], [])


class NameTests(SynchronousTestCase):
    """What the README names is there."""

    def test_links(self) -> None:
        """Every relative link leads to a file or folder."""
        links = [link for link in readme.links() if "://" not in link]
        self.assertGreater(len(links), 2)
        self.assertEqual([link for link in links if not (readme.ROOT / link).exists()], [])

    def test_keys(self) -> None:
        """Every key is one of the configuration's."""
        tables = {path.split(".")[0] for path in KEYS}
        named = [
            word.strip(",;()")
            for word in readme.quoted()
            if re.match(r"[a-z_]+\.[a-z_.0-9]+", word) and word.split(".")[0] in tables
        ]
        self.assertGreater(len(named), 8)
        self.assertEqual([name for name in named if entry_of(name) is None], [])

    def test_variables(self) -> None:
        """So is every variable of the environment."""
        named = re.findall(r"PICT(?:D|RS)__([A-Z_0-9]+)", readme.text())
        paths = [name.lower().replace("__", ".") for name in named]
        self.assertGreater(len(paths), 1)
        self.assertEqual([path for path in paths if entry_of(path) is None], [])

    def test_words(self) -> None:
        """Every word of the list is used for a name in the code or the configuration."""
        words = [word.replace(" ", "") for word in readme.words()]
        self.assertGreater(len(words), 15)
        names = " ".join([*names_in_code(), *KEYS]).lower().replace("_", "")
        self.assertEqual([word for word in words if word not in names], [])


def names_in_code() -> Iterator[str]:
    """Of all modules, classes, attributes and functions of the package."""
    for path in (readme.ROOT / "pictd").rglob("*.py"):
        yield path.stem
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                yield node.target.id


class LayoutTests(SynchronousTestCase):
    """The map is whole."""

    def test_folders_of_the_package(self) -> None:
        """Each is drawn, and nothing else."""
        folders = {path.parent.name for path in (readme.ROOT / "pictd").glob("*/__init__.py")}
        self.assertEqual(readme.layout()["folders"], folders)

    def test_modules_of_the_package(self) -> None:
        """So are the modules beside the folders."""
        modules = {path.stem for path in (readme.ROOT / "pictd").glob("*.py")}
        self.assertEqual(readme.layout()["modules"], modules - {"__init__"})

    def test_folders_beside_the_package(self) -> None:
        """What git keeps, and no more; hidden ones are for tools."""
        listed = subprocess.run(
            ["git", "ls-files"], cwd=readme.ROOT, capture_output=True, text=True, check=False
        )
        if listed.returncode:
            raise SkipTest("not in a clone")
        kept = {name.split("/")[0] for name in listed.stdout.splitlines() if "/" in name}
        beside = {name for name in kept if not name.startswith(".")}
        self.assertEqual(readme.layout()["beside"], beside)

    def test_order_of_imports(self) -> None:
        """The order in words is the one that is enforced."""
        told = readme.ranks()
        ranked = [{RANKS[name] for name in rank} for rank in told]
        self.assertEqual([len(rank) for rank in ranked], [1] * len(ranked))
        self.assertEqual(ranked, sorted(ranked, key=min))
        drawn = readme.layout()
        everything = drawn["folders"] | drawn["modules"]
        self.assertEqual({name for rank in told for name in rank}, everything)

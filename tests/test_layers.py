"""The direction of imports: a folder imports only folders of lower rank, never a sibling."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import pictd

ROOT = Path(pictd.__file__).parent
RANKS = {
    "model": 0,
    "errors": 0,
    "figures": 0,
    "sled": 0,
    "config": 1,
    "interfaces": 1,
    "metrics": 1,
    "stages": 1,
    "coalescing": 1,
    "patience": 1,
    "progress": 1,
    "together": 1,
    "inflow": 1,
    "signals": 1,
    "store": 2,
    "repo": 2,
    "tools": 2,
    "remote": 2,
    "imaging": 2,
    "logs": 2,
    "claiming": 2,
    "ingest": 3,
    "generate": 3,
    "catalog": 3,
    "migration": 3,
    "jobs": 4,
    "web": 5,
    "admin": 5,
    "assembly": 6,
    "commands": 7,
    "workforce": 7,
    "tap": 8,
}
FORBIDDEN = ("utils", "helpers", "common", "base", "manager", "handler", "engine")


def room(module: str) -> str:
    """``pictd.web.site`` lies in ``web``."""
    return module.split(".")[1] if "." in module else ""


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, by its full name; also inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def own_modules() -> Iterator[tuple[str, Path]]:
    """(room, file) of every module of the package."""
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[0] != "__init__":
            yield parts[0], path


class LayersTests(SynchronousTestCase):
    """The map of the house, and that the code keeps to it."""

    def test_every_room_is_on_the_map(self) -> None:
        """A new top-level folder or module needs a rank."""
        self.assertEqual({name for name, _ in own_modules()} - set(RANKS), set())

    def test_imports_go_down(self) -> None:
        """No folder imports one of its own rank or above."""
        wrong = [
            f"{path.relative_to(ROOT)} imports {module}"
            for name, path in own_modules()
            for module in imports(path)
            if module.startswith("pictd.")
            and room(module) != name
            and RANKS[room(module)] >= RANKS[name]
        ]
        self.assertEqual(wrong, [])

    def test_imaging_knows_only_the_model(self) -> None:
        """What runs in the sandboxed child has neither Twisted nor the daemon's parts."""
        wrong = [
            f"{path.relative_to(ROOT)} imports {module}"
            for name, path in own_modules()
            for module in imports(path)
            if name == "imaging"
            and (
                module.startswith("twisted")
                or (module.startswith("pictd.") and room(module) not in ("imaging", "model"))
            )
        ]
        self.assertEqual(wrong, [])

    def test_model_does_no_io(self) -> None:
        """Values and pure rules import neither Twisted nor the operating system."""
        wrong = [
            f"{path.relative_to(ROOT)} imports {module}"
            for name, path in own_modules()
            for module in imports(path)
            if name == "model" and module.split(".")[0] in ("twisted", "os", "time", "socket")
        ]
        self.assertEqual(wrong, [])

    def test_packages_say_what_they_are_and_nothing_else(self) -> None:
        """``__init__.py`` is a docstring."""
        for path in ROOT.rglob("__init__.py"):
            body = ast.parse(path.read_text()).body
            self.assertEqual(len(body), 1, path)
            self.assertIsInstance(body[0], ast.Expr, path)

    def test_no_module_has_a_name_that_says_nothing(self) -> None:
        """Such a module collects what has no place."""
        self.assertEqual([str(p) for _, p in own_modules() if p.stem in FORBIDDEN], [])

"""What the README says, in pieces that can be held against the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pictd

ROOT = Path(pictd.__file__).parent.parent

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LAYOUT = re.compile(r"^## Layout\n\n((?:    .*\n)+)\n(.*)", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"(?:^|  )(\w+)(/|\.py)(?= )", re.MULTILINE)


def text() -> str:
    """All of it."""
    return (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """Every fenced block of a language."""
    return [body for name, body in _BLOCK.findall(text()) if name == language]


def commands() -> Iterator[str]:
    """Every line that a reader would type, in order, without the remark behind it."""
    return (re.sub(r"\s+# .*", "", line) for line in lines())


def lines() -> Iterator[str]:
    """The same, with the remarks."""
    for block in blocks("console"):
        for line in block.splitlines():
            assert line.startswith("$ "), line
            yield line.removeprefix("$ ")


def links() -> list[str]:
    """The targets of all links."""
    return re.findall(r"\]\(([^)]+)\)", text())


def quoted() -> Iterator[str]:
    """Every word in code type, and every word of the blocks."""
    for span in re.findall(r"`([^`\n]+)`", _BLOCK.sub("", text())):
        yield from span.split()
    for _, block in _BLOCK.findall(text()):
        yield from block.split()


def words() -> list[str]:
    """Those of the table of words."""
    section = text().split("\n## Words\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE)
    return [word for row in rows[1:] for word in row.split(", ")]


def layout() -> Mapping[str, set[str]]:
    """``folders`` and ``modules`` of the package, as drawn; and ``beside`` it: folders again."""
    match = _LAYOUT.search(text())
    assert match is not None
    above, inside = match[1].split("    pictd/\n")
    own = "".join(f"{line}\n" for line in inside.splitlines() if line.startswith("      "))
    rest = re.findall(r"(?:^|  )(\w+)/", inside.replace(own, ""), re.MULTILINE)
    found = _NAME.findall(own)
    return {
        "folders": {name for name, kind in found if kind == "/"},
        "modules": {name for name, kind in found if kind == ".py"},
        "beside": {*rest, *re.findall(r"^    (\w+)/", above, re.MULTILINE), "pictd"},
    }


def ranks() -> list[list[str]]:
    """The order of imports, lowest first."""
    match = _LAYOUT.search(text())
    assert match is not None
    order = " ".join(match[2].split()).split("enforces: ")[1].rstrip(". ")
    return [rank.split(", ") for rank in order.split(" — ")]

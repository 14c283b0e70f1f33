"""``etc/pictd.toml``."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import pictd
from pictd.config.layers import ENTRIES, entry_of
from pictd.config.load import load
from pictd.config.sample import sample

SHIPPED = Path(pictd.__file__).parent.parent / "etc" / "pictd.toml"


class SampleTests(SynchronousTestCase):
    """The shipped file documents every key."""

    def test_it_is_current(self) -> None:
        """``python -m pictd.config.sample > etc/pictd.toml`` makes it so."""
        self.assertEqual(SHIPPED.read_text(), sample())

    def test_it_changes_nothing(self) -> None:
        """As shipped it is the default configuration."""
        loaded = load(SHIPPED, {}, {})
        self.assertEqual(loaded.config, load(None, {}, {}).config)
        self.assertEqual(loaded.warnings, ())

    def test_every_key_is_in_it_and_can_be_uncommented(self) -> None:
        """Each line alone, under the head of its table, is a setting that its key takes."""
        found, table = set(), ""
        for line in sample().splitlines():
            if line.startswith("["):
                table = line
            if re.match(r"#[a-z]", line):
                path, value = self.setting(f"{table}\n{line[1:]}\n")
                entry = entry_of(path)
                assert entry is not None, line
                found.add(entry.path)
                if not entry.path.endswith(".path"):
                    entry.key.rule.parse(value)
        self.assertEqual(found, {entry.path for entry in ENTRIES})

    def setting(self, text: str) -> tuple[str, object]:
        """The only key of a TOML text, by its full name."""
        path, value = "", tomllib.loads(text)
        while isinstance(value, dict):
            ((name, value),) = value.items()
            path = f"{path}.{name}" if path else name
        return path, value

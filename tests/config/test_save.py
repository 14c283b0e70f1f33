"""``--save-to``."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from pictd.config.findings import ConfigError
from pictd.config.layers import ENTRIES
from pictd.config.load import load
from pictd.config.save import save
from pictd.config.toml import native
from tests.config.samples import needed, place, write_json


class SaveTests(SynchronousTestCase):
    """The file is the configuration in force (spec 2.8)."""

    def setUp(self) -> None:
        """A folder for the file."""
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.path = self.folder / "saved.toml"

    def test_every_key_survives(self) -> None:
        """What is saved loads as the same, without a warning."""
        for entry in ENTRIES:
            settings = needed(entry) | {place(entry): native(entry.key.rule.example)}
            loaded = load(write_json(self.folder / "in.json", settings), {}, {})
            save(loaded.values, self.path)
            again = load(self.path, {}, {})
            self.assertEqual(again.config, loaded.config, entry.path)
            self.assertEqual(again.warnings, (), entry.path)

    def test_text_of_any_kind_survives(self) -> None:
        """Quotes, backslashes, control characters, other scripts."""
        odd = 'a"b\\c\n\t\x7f\x01ключ😀'
        loaded = load(write_json(self.folder / "in.json", {"server.api_key": odd}), {}, {})
        save(loaded.values, self.path)
        self.assertEqual(load(self.path, {}, {}).config.server.api_key, odd)

    def test_only_the_chosen_kinds_are_written(self) -> None:
        """And nothing that is unset, but for empty tables."""
        save(load(None, {}, {}).values, self.path)
        data = tomllib.loads(self.path.read_text())
        self.assertEqual(data["store"], {"type": "filesystem", "path": "/mnt/files"})
        self.assertEqual((data["metrics"], data["old_repo"]), ({}, {}))
        self.assertNotIn("old_store", data)
        self.assertEqual(data["media"]["retention"]["variants"], "7d")

    def test_only_the_owner_reads_it(self) -> None:
        """Also where the file was open to all before (contract D6)."""
        self.path.write_text("old text that is no toml")
        self.path.chmod(0o644)
        save({}, self.path)
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)

    def test_a_failure_leaves_what_was_there(self) -> None:
        """And no other file beside it."""
        self.path.mkdir()
        error = self.assertRaises(ConfigError, save, {}, self.path)
        self.assertIn("--save-to", str(error))
        self.assertEqual(list(self.folder.iterdir()), [self.path])

    def test_a_folder_that_is_not_there(self) -> None:
        """Is told, with the path."""
        path = self.folder / "none" / "x.toml"
        self.assertIn(str(path), str(self.assertRaises(ConfigError, save, {}, path)))

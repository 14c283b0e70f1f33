"""The configuration on its way to another process."""

from __future__ import annotations

import json
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from pictd.config.handing import handed, received
from pictd.config.layers import ENTRIES
from pictd.config.load import load
from pictd.config.toml import native
from tests.config.samples import needed, place, write_json


class HandingTests(SynchronousTestCase):
    """What arrives is what was sent."""

    def test_every_key_arrives(self) -> None:
        """Through JSON, as the same."""
        folder = Path(self.mktemp())
        folder.mkdir()
        for entry in ENTRIES:
            settings = needed(entry) | {place(entry): native(entry.key.rule.example)}
            loaded = load(write_json(folder / "in.json", settings), {}, {})
            told = json.loads(json.dumps(handed(loaded.values)))
            self.assertEqual(received(told), loaded.config, entry.path)

    def test_defaults_arrive(self) -> None:
        """What is unset stays unset."""
        loaded = load(None, {}, {})
        self.assertEqual(received(handed(loaded.values)), loaded.config)

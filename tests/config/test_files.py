"""Reading configuration files."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from pictd.config.files import read_file
from pictd.config.findings import ConfigError
from pictd.config.load import load


class ReadFileTests(SynchronousTestCase):
    """Formats follow from the extension (spec 2.2)."""

    def setUp(self) -> None:
        """A folder for the files."""
        self.folder = Path(self.mktemp())
        self.folder.mkdir()

    def write(self, name: str, text: str) -> Path:
        """A file in the folder."""
        (self.folder / name).write_text(text)
        return self.folder / name

    def said(self, path: Path) -> str:
        """Why a file is refused, in one line."""
        error = self.assertRaises(ConfigError, read_file, path)
        self.assertEqual(str(error).count("\n"), 0)
        return str(error)

    def test_formats(self) -> None:
        """TOML, JSON, YAML; names in any letter case."""
        texts = {
            "a.toml": '[SERVER]\nApi_Key = "k"\n',
            "a.json": '{"server": {"API_KEY": "k"}}',
            "a.yaml": "server:\n  api_key: k\n",
            "a.YML": "server: {api_key: k}\n",
        }
        for name, text in texts.items():
            config = load(self.write(name, text), {}, {}).config
            self.assertEqual(config.server.api_key, "k", name)

    def test_yaml_does_not_guess(self) -> None:
        """A key of digits stays as it is written; null unsets (contract D3)."""
        text = "server: {api_key: 00123, read_only: yes}\nmedia: {preprocess_steps: null}\n"
        config = load(self.write("a.yaml", text), {}, {}).config
        self.assertEqual((config.server.api_key, config.server.read_only), ("00123", True))
        self.assertIsNone(config.media.preprocess_steps)

    def test_an_empty_file(self) -> None:
        """Sets nothing."""
        for name in ("a.toml", "a.yaml"):
            self.assertEqual(read_file(self.write(name, "")), {})

    def test_a_missing_extension_is_looked_for(self) -> None:
        """As pict-rs does."""
        self.write("pictd.toml", "a = 1\n")
        self.assertEqual(read_file(self.folder / "pictd"), {"a": 1})

    def test_a_missing_file(self) -> None:
        """Is named."""
        self.assertIn("no-such-file.toml", self.said(self.folder / "no-such-file.toml"))

    def test_text_that_does_not_parse(self) -> None:
        """The file is named, and the line where the format tells it."""
        for name, text in {
            "c.toml": "[server\n",
            "c.json": '{"server": ',
            "c.yaml": "server: [\n",
        }.items():
            said = self.said(self.write(name, text))
            self.assertIn(name, said)
            self.assertIn("line", said)

    def test_bytes_that_are_no_text(self) -> None:
        """Are an error like any other."""
        (self.folder / "c.toml").write_bytes(b"a = '\xff'")
        self.assertIn("c.toml", self.said(self.folder / "c.toml"))

    def test_other_formats(self) -> None:
        """The message names those that are read (contract D10)."""
        for name in ("c.ini", "c.ron"):
            said = self.said(self.write(name, "()"))
            self.assertIn(name, said)
            self.assertIn("TOML, JSON or YAML", said)
        self.assertIn("RON", self.said(self.folder / "c"))

    def test_a_file_that_is_a_list(self) -> None:
        """Holds no keys."""
        self.assertIn("table", self.said(self.write("c.json", "[1]")))

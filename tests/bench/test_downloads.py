"""The floor of a download."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from bench.bare_client import seconds_of
from bench.client import Refused
from bench.file_server import offering


class DownloadTests(SynchronousTestCase):
    """A server with one file."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        (self.folder / "file").write_bytes(b"picture" * 1000)

    def test_each_file_has_its_time(self) -> None:
        """In seconds."""
        with offering(self.folder) as port:
            taken = seconds_of([f"http://127.0.0.1:{port}/file"] * 3)
        self.assertEqual(len(taken), 3)
        self.assertTrue(all(0 < each < 1 for each in taken), taken)

    def test_what_is_not_there_is_no_figure(self) -> None:
        """It says so."""
        with offering(self.folder) as port, self.assertRaises(Refused) as caught:
            seconds_of([f"http://127.0.0.1:{port}/other"])
        self.assertIn("404 answered", str(caught.exception))

"""What exiftool finds in stored files: a judge that shares no code with what it judges."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.imaging.task_case import TaskCase
from tests.support import samples
from tests.support.samples import SECRET

TAGS = [
    f"-EXIF:Artist={SECRET.decode()}",
    "-GPSLatitude=51.5",
    "-GPSLatitudeRef=N",
    f"-XMP:Creator={SECRET.decode()}",
    f"-IPTC:Keywords={SECRET.decode()}",
    f"-Comment={SECRET.decode()}",
]
ABOUT_PEOPLE = ("IFD", "ExifIFD", "GPS", "XMP", "IPTC", "Photoshop", "MakerNotes", "Trailer")


class SecondOpinionTests(TaskCase):
    """Of every format that exiftool can write to."""

    def tagged(self, fmt: str) -> bytes:
        """A picture with everything in it that exiftool can put there."""
        path = Path(self.mktemp()).with_suffix({"jpeg": ".jpg"}.get(fmt, f".{fmt}"))
        path.write_bytes(samples.still(fmt, icc_profile=samples.swapped_profile()))
        command = ["exiftool", "-q", "-q", "-m", "-overwrite_original", *TAGS, str(path)]
        subprocess.run(command, check=True, timeout=60)
        return path.read_bytes()

    def tags(self, data: bytes) -> dict[str, Any]:
        """All that exiftool sees, as ``Group:Name``, also in unknown and trailing parts."""
        path = Path(self.mktemp())
        path.write_bytes(data)
        command = ["exiftool", "-j", "-G1", "-a", "-u", "-U", "-ee", str(path)]
        told = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
        found: dict[str, Any] = json.loads(told)[0]
        return found

    def test_nothing_about_people_is_left(self) -> None:
        """But the colour profile is."""
        for fmt in ("jpeg", "png", "avif"):
            sent = self.tagged(fmt)
            self.assertIn(SECRET.decode(), str(self.tags(sent)), fmt)
            stored = Path(self.normalise(sent)["result"]["path"]).read_bytes()
            left = self.tags(stored)
            groups = [key for key in left if key.startswith(ABOUT_PEOPLE)]
            self.assertEqual(groups, [], fmt)
            self.assertNotIn(SECRET.decode(), str(left), fmt)
            self.assertTrue([key for key in left if key.startswith("ICC")], fmt)

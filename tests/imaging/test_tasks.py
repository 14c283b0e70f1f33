"""The smaller tasks of an imaging child."""

from __future__ import annotations

from typing import Any

from pictd.imaging.tasks import TASKS
from tests.imaging.task_case import TaskCase
from tests.support import samples


class MeasureTests(TaskCase):
    """``describe``, ``blurhash``, ``capabilities``."""

    def test_describe(self) -> None:
        """By headers."""
        found = self.run_task("describe", samples.animation("gif"))["measured"]
        self.assertEqual((found["format"], found["frames"]), ({"Animation": "gif"}, 3))

    def test_an_avif_turned_by_its_container(self) -> None:
        """It is as large as it is seen."""
        data = samples.still("avif", exif=samples.exif(6))
        found = self.run_task("describe", data)["measured"]
        self.assertEqual((found["width"], found["height"]), (90, 120))
        self.assertEqual(samples.opened(self.render(data, "png")).size, (90, 120))

    def test_blurhash(self) -> None:
        """The same as at ingest."""
        data = samples.still("jpeg")
        found = self.run_task("blurhash", data)["blurhash"]
        self.assertEqual(found, self.normalise(data)["result"]["blurhash"])

    def test_capabilities(self) -> None:
        """All of this machine's formats are there."""
        found: dict[str, Any] = TASKS["capabilities"]({})
        self.assertLessEqual({"avif", "jxl", "heif"}, set(found["read"]))
        self.assertTrue(all(found["libraries"].values()), found["libraries"])
        for each in ({"Animation": "apng"}, {"Image": "jxl"}):
            self.assertIn(each, found["write"])

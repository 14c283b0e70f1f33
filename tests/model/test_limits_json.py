"""Rules and measurements between the daemon and its children."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from pictd.model.formats import Format, Kind
from pictd.model.limits import Bounds, Measured, Rules

RULES = Rules(
    Bounds(1, 2, 3, None, 5), Bounds(frames=7), None, Bounds(width=9), frozenset({Kind.IMAGE})
)
MEASURED = Measured(Format.ANIMATION_GIF, 640, 480, 12, 99)


class RulesTests(SynchronousTestCase):
    """Rules as JSON."""

    def test_round_trip(self) -> None:
        """What goes through JSON text comes back the same."""
        self.assertEqual(Rules.from_json(json.loads(json.dumps(RULES.as_json()))), RULES)

    def test_video_bounds_travel(self) -> None:
        """Video that is switched on keeps its bounds."""
        rules = Rules(Bounds(), Bounds(), Bounds(area=4))
        self.assertEqual(Rules.from_json(json.loads(json.dumps(rules.as_json()))), rules)

    def test_anything_else_is_refused(self) -> None:
        """Missing members, wrong kinds and wrong types are told as ``ValueError``."""
        good = RULES.as_json()
        wrong: list[object] = [None, [], {}, good | {"allowed": 3}]
        for bad in [*wrong, good | {"image": {"width": "1"}}]:
            with self.assertRaises(ValueError):
                Rules.from_json(bad)


class MeasuredTests(SynchronousTestCase):
    """Measurements as JSON."""

    def test_round_trip(self) -> None:
        """What goes through JSON text comes back the same."""
        self.assertEqual(Measured.from_json(json.loads(json.dumps(MEASURED.as_json()))), MEASURED)

    def test_numbers_are_checked(self) -> None:
        """A child can't pass off text, truth values, fractions or negative numbers as counts."""
        wrong: list[object] = ["5", True, 1.5, -1, None, []]
        for bad in wrong:
            with self.assertRaises(ValueError):
                Measured.from_json(MEASURED.as_json() | {"width": bad})

    def test_unknown_formats_are_refused(self) -> None:
        """A format outside the closed world is told as ``ValueError``."""
        with self.assertRaises(ValueError):
            Measured.from_json(MEASURED.as_json() | {"format": {"Image": "bmp"}})

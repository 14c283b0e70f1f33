"""Bounds, and the order in which they are told (spec http-api §3.2)."""

from __future__ import annotations

import attrs
from twisted.trial.unittest import SynchronousTestCase

from pictd.model.formats import Format, Kind
from pictd.model.limits import Bounds, Measured, Reason, Refusal, Rules, refusal

LOOSE = Bounds(10_000, 10_000, 10**8, 900, 10**8)
RULES = Rules(LOOSE, LOOSE, LOOSE)
STILL = Measured(Format.IMAGE_PNG, 64, 48, None, 1000)
MOVING = Measured(Format.ANIMATION_GIF, 64, 48, 4, 1000)
FILM = Measured(Format.VIDEO_MP4, 64, 48, 20, 1000)


class RefusalTests(SynchronousTestCase):
    """The first rule that is broken."""

    def test_equal_is_within(self) -> None:
        """Bounds are inclusive."""
        exact = Bounds(64, 48, 3072, 4, 1000)
        self.assertIsNone(refusal(MOVING, Rules(exact, exact, exact, exact)))

    def test_each_bound(self) -> None:
        """Says its limit and what was measured."""
        for bounds, expected in (
            (Bounds(width=63), Refusal(Reason.WIDTH, 63, 64)),
            (Bounds(height=47), Refusal(Reason.HEIGHT, 47, 48)),
            (Bounds(area=3071), Refusal(Reason.AREA, 3071, 3072)),
            (Bounds(frames=3), Refusal(Reason.FRAMES, 3, 4)),
            (Bounds(file_size=999), Refusal(Reason.FILE_SIZE, 999, 1000)),
        ):
            self.assertEqual(refusal(MOVING, attrs.evolve(RULES, requested=bounds)), expected)
            self.assertEqual(refusal(MOVING, attrs.evolve(RULES, animation=bounds)), expected)

    def test_order_of_the_request_and_of_the_configuration_differ(self) -> None:
        """Frames come before the area only in the request's own bounds."""
        both = Bounds(area=1, frames=1)
        requested = refusal(MOVING, attrs.evolve(RULES, requested=both))
        configured = refusal(MOVING, attrs.evolve(RULES, animation=both))
        assert requested is not None and configured is not None
        self.assertEqual((requested.reason, configured.reason), (Reason.FRAMES, Reason.AREA))

    def test_unknown_frames(self) -> None:
        """Pass the request's bound, and count as one for the configured one."""
        none = Bounds(frames=0)
        self.assertIsNone(refusal(STILL, attrs.evolve(RULES, requested=none)))
        found = refusal(STILL, attrs.evolve(RULES, image=none))
        self.assertEqual(found, Refusal(Reason.FRAMES, 0, 1))

    def test_kinds(self) -> None:
        """The request's bounds, then its kinds, then the configuration."""
        rules = attrs.evolve(RULES, allowed=frozenset([Kind.IMAGE]), animation=Bounds(width=1))
        self.assertEqual(refusal(MOVING, rules), Refusal(Reason.DISALLOWED))
        rules = attrs.evolve(rules, requested=Bounds(width=2))
        self.assertEqual(refusal(MOVING, rules), Refusal(Reason.WIDTH, 2, 64))

    def test_video_may_be_off(self) -> None:
        """Which the request's own switch precedes."""
        off = attrs.evolve(RULES, video=None)
        self.assertEqual(refusal(FILM, off), Refusal(Reason.VIDEO_DISABLED))
        barred = attrs.evolve(off, allowed=frozenset([Kind.IMAGE]))
        self.assertEqual(refusal(FILM, barred), Refusal(Reason.DISALLOWED))

    def test_the_way_into_a_child_and_back(self) -> None:
        """Rules and measurements survive as JSON."""
        rules = attrs.evolve(RULES, video=None, allowed=frozenset([Kind.IMAGE]))
        self.assertEqual(Rules.from_json(rules.as_json()), rules)
        for measured in (STILL, MOVING, FILM):
            self.assertEqual(Measured.from_json(measured.as_json()), measured)

"""The store in a bucket, on another S3 service, which differs from the first where it may."""

from __future__ import annotations

from tests.store import test_object_mishaps, test_objects
from tests.support.buckets import store_in
from tests.support.rgw import OnRgw


class ObjectStoreTests(OnRgw, test_objects.ObjectStoreTests):
    """See there."""


class FiguresTests(OnRgw, test_objects.FiguresTests):
    """See there."""


class PartsTests(OnRgw, test_objects.PartsTests):
    """See there."""


class CrashTests(OnRgw, test_objects.CrashTests):
    """See there."""


class RequestTests(OnRgw, test_objects.RequestTests):
    """See there."""


class SpansTests(OnRgw, test_objects.SpansTests):
    """See there."""


class ReadingTests(OnRgw, test_object_mishaps.ReadingTests):
    """See there."""


class WritingTests(OnRgw, test_object_mishaps.WritingTests):
    """See there."""


class AwayTests(OnRgw, test_object_mishaps.AwayTests):
    """See there."""


class TlsTests(OnRgw, test_object_mishaps.TlsTests):
    """See there."""


class RefusedTests(OnRgw, test_object_mishaps.RefusedTests):
    """See there."""

    async def test_a_wrong_region(self) -> None:
        """Is none here: buckets have no region."""
        await store_in(self, self.other(region="mars-1")).check()

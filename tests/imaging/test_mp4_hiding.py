"""Every place in a stored MP4 where something could be hidden."""

from __future__ import annotations

import struct
from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from pictd.imaging.containers.isobmff import mp4
from tests.support import movies, samples
from tests.support.mp4 import (
    TABLE,
    Path,
    body,
    changed,
    followed_by,
    inserted,
    leaves,
    one_in_a_chunk,
    overwritten,
    parents,
    shifted,
    sizes_in,
    stored,
    turned,
    with_box,
    with_row,
)
from tests.support.samples import SECRET

COLOUR = ("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc")


class HidingPlaceTests(SynchronousTestCase):
    """A stored film, changed in one place."""

    def setUp(self) -> None:
        """One of each kind of sample entry, with everything that is optional."""
        turning = turned(movies.movie("mp4", "h264", audio="aac"), 0, 1, -1, 0, 64, 0)
        deep = ("-pix_fmt", "yuv420p10le", *COLOUR)
        self.films = {
            "h264": stored(turning),
            "h265": stored(movies.movie("mp4", "h265", *deep, audio="opus")),
            "av1": stored(movies.movie("mp4", "av1", audio="opus")),
            "vp9": stored(movies.movie("mp4", "vp9")),
        }

    def assert_found(self, path: Path, change: Callable[[bytes], bytes]) -> None:
        """A film whose box on this path is changed like that is still a film, and not clean."""
        made = changed(self.films["h264"], path, change)
        self.assertNotEqual(made, self.films["h264"])
        self.assertFalse(mp4.is_clean(made), (path, change(bytes(200))[:80]))

    def test_nothing_changed(self) -> None:
        """The tools of these tests leave a clean film clean."""
        for name, data in self.films.items():
            same = changed(data, (b"moov",), bytes)
            self.assertEqual(same, data)
            self.assertTrue(mp4.is_clean(same), name)

    def test_boxes_everywhere(self) -> None:
        """One more box in any box that holds boxes, and on the outermost level."""
        for name, data in self.films.items():
            for kind in (b"uuid", b"udta", b"free", b"skip", b"meta", b"btrt", b"name", b"stts"):
                self.assertFalse(mp4.is_clean(data + samples.box(kind, SECRET)), (name, kind))
                for path in parents(data):
                    made = with_box(data, path, kind, SECRET)
                    self.assertFalse(mp4.is_clean(made), (name, path, kind))

    def test_longer_boxes(self) -> None:
        """A secret at the end of any box that holds none."""
        for name, data in self.films.items():
            for path in leaves(data):
                made = changed(data, path, followed_by(SECRET))
                self.assertFalse(mp4.is_clean(made), (name, path))

    def test_behind_and_before(self) -> None:
        """Bytes after the film, and boxes between its own."""
        data = self.films["h264"]
        self.assertFalse(mp4.is_clean(data + SECRET))
        self.assertFalse(mp4.is_clean(data + b"\0"))
        self.assertFalse(mp4.is_clean(samples.box(b"free", SECRET) + data))
        self.assert_found((b"free",), lambda _: SECRET)
        self.assert_found((b"ftyp",), lambda found: found + SECRET[:4])
        self.assert_found((b"ftyp",), lambda found: found[:4] + SECRET[:4] + found[8:])

    def test_times(self) -> None:
        """Of creation and of change, in each header."""
        for path in ((b"mvhd",), (b"trak", b"tkhd"), (b"trak", b"mdia", b"mdhd")):
            for at in (4, 8):
                self.assert_found((b"moov", *path), overwritten(at, b"\xe3\x01\x02\x03"))

    def test_names(self) -> None:
        """Of tracks, of the encoder, of the language."""
        media = (b"moov", b"trak", b"mdia")
        self.assert_found((*media, b"hdlr"), overwritten(24, SECRET[:12]))
        self.assert_found((*media, b"hdlr"), overwritten(4, SECRET[:4]))
        self.assert_found((*media, b"hdlr"), overwritten(12, SECRET[:12]))
        self.assert_found((*media, b"mdhd"), overwritten(20, b"\x10\xa5"))
        self.assert_found((*media, b"mdhd"), overwritten(22, b"\x10\xa5"))
        entry = (*TABLE, b"stsd", b"avc1")
        self.assert_found(entry, overwritten(42, bytes([14]) + SECRET))
        self.assert_found(entry, overwritten(43, SECRET))
        self.assert_found(entry, overwritten(42, b"\x0cLavc libx264" + SECRET))

    def test_reserved_fields(self) -> None:
        """What has no meaning is zero."""
        for path, places in (
            ((b"moov", b"mvhd"), (20, 24, 26, 36, 72, 92)),
            ((b"moov", b"trak", b"tkhd"), (16, 24, 32, 36, 48)),
            ((*TABLE[:4], b"vmhd"), (4, 8)),
            ((*TABLE[:4], b"dinf", b"dref"), (8, 20)),
            ((*TABLE, b"stsd", b"avc1"), (0, 8, 16, 28, 36, 74)),
            ((*TABLE, b"stsd"), (0, 4)),
            ((*TABLE, b"stts"), (0,)),
        ):
            for at in places:
                self.assert_found(path, overwritten(at, b"\x51\x52"))

    def test_matrices(self) -> None:
        """A picture is turned, mirrored or scaled; other numbers say something else."""
        for at in (40, 44, 48, 52, 56, 60, 66, 70, 72):
            self.assert_found((b"moov", b"trak", b"tkhd"), overwritten(at, b"\x51\x52"))
        self.assert_found((b"moov", b"mvhd"), overwritten(40, b"\x51\x52"))

    def test_rows(self) -> None:
        """Rows of tables that are about no sample."""
        row = struct.pack(">II", 0, 0x51525354)
        for kind, more in ((b"stts", row), (b"ctts", row), (b"stsc", row + b"\0\0\0\1")):
            self.assert_found((*TABLE, kind), with_row(more))
        self.assert_found((*TABLE, b"stss"), with_row(b"QRST"))
        self.assert_found((*TABLE, b"stco"), with_row(b"\0\0\0\x51"))
        self.assert_found((*TABLE, b"stsz"), with_row(b"\0\0\0\0", 8))
        self.assert_found((b"moov", b"trak", b"edts", b"elst"), with_row(bytes(4) + SECRET[:8]))

    def test_gaps(self) -> None:
        """Bytes between, before and behind the samples, with all places put right."""
        data = one_in_a_chunk(self.films["vp9"])
        self.assertTrue(mp4.is_clean(data))
        size = sizes_in(data)[0]
        for at, first in ((0, 0), (size, 1), (len(body(data, b"mdat")), 6)):
            made = changed(data, (b"mdat",), inserted(at))
            made = changed(made, (*TABLE, b"stco"), shifted(len(SECRET), first))
            self.assertEqual(movies.probed(made)["streams"][0]["nb_read_frames"], "6")
            self.assertFalse(mp4.is_clean(made))

    def test_overlaps(self) -> None:
        """Samples that share bytes, so that others belong to none."""
        data = self.films["vp9"]
        first, second, *_ = sizes_in(data)
        swapped = struct.pack(">II", first - 2, second)
        made = changed(data, (*TABLE, b"stsz"), overwritten(12, swapped))
        self.assertFalse(mp4.is_clean(made))
        made = changed(data, (*TABLE, b"stsz"), overwritten(12, struct.pack(">I", first + 2)))
        self.assertFalse(mp4.is_clean(made))

    def test_parameters(self) -> None:
        """Bytes behind the sets of parameters, and sets of another kind."""
        for name, path in (
            ("h264", (b"avc1", b"avcC")),
            ("h265", (b"hev1", b"hvcC")),
            ("av1", (b"av01", b"av1C")),
            ("vp9", (b"vp09", b"vpcC")),
        ):
            data = self.films[name]
            for more in (SECRET, b"\0", b"\x2a\x0e" + SECRET):
                made = changed(data, (*TABLE, b"stsd", *path), followed_by(more))
                self.assertFalse(mp4.is_clean(made), name)
        self.assert_found((*TABLE, b"stsd", b"avc1", b"avcC"), overwritten(8, b"\x66"))

    def test_sound(self) -> None:
        """The description of sound holds what a decoder needs."""
        data = self.films["h264"]
        at = data.index(b"esds") - 4
        for more in (b"\0", SECRET):
            made = data.replace(
                data[at : at + 54], samples.box(b"esds", data[at + 8 : at + 54] + more)
            )
            self.assertFalse(mp4.is_clean(made))
        for offset in (13, 14, 15, 20, 49):
            spoilt = data[: at + offset] + b"\x51" + data[at + offset + 1 :]
            self.assertFalse(mp4.is_clean(spoilt), offset)

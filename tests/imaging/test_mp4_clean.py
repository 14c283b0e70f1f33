"""A stored MP4 holds its picture and its sound, and every hiding place is found."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence

from twisted.trial.unittest import SynchronousTestCase

from pictd.imaging.containers import mp4
from tests.imaging.mp4_editing import TABLE, Path, body, changed, leaves, parents, stored, with_box
from tests.support import movies, samples
from tests.support.samples import SECRET

TAGS = ("-metadata", f"title={SECRET.decode()}", "-metadata:s", f"handler_name={SECRET.decode()}")
LANGUAGE = ("-metadata:s", "language=deu")
HDR = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
X265 = f"log-level=none:pools=none:frame-threads=1:hdr10=1:{HDR}:max-cll=1000,400"
COLOUR = ("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc")


def sources() -> Mapping[str, bytes]:
    """Films as people have them, with tags, by what they are."""
    found = {
        f"{codec} in {container} with {audio or 'no sound'}": movies.movie(
            container, codec, *TAGS, *LANGUAGE, audio=audio
        )
        for container, codec, audio in (
            *((container, codec, "") for container in ("mp4", "matroska") for codec in CODECS),
            *((container, "h264", "aac") for container in ("mp4", "mov", "matroska")),
            ("mp4", "h265", "opus"),
            ("matroska", "av1", "opus"),
        )
    }
    still = movies.movie("mp4", "h264", *TAGS, frames=1)
    timecode = movies.movie("mov", "h264", "-timecode", "01:00:00:00", *TAGS)
    fragments = ("-movflags", "frag_keyframe+empty_moov", "-g", "3")
    deep = ("-pix_fmt", "yuv420p10le", *COLOUR, "-x265-params", X265)
    found |= {
        "one frame": still,
        "a time code": timecode,
        "fragments": movies.movie("mp4", "h264", *fragments, audio="aac"),
        "high dynamic range": movies.movie("mp4", "h265", *deep, "-tag:v", "hvc1"),
        "high dynamic range in Matroska": movies.movie("matroska", "h265", *deep),
        "wide pixels": movies.movie("mp4", "h264", "-vf", "setsar=4/3"),
        "interlaced": movies.movie("mov", "h264", "-x264opts", "tff=1", "-flags", "+ildct+ilme"),
        "delayed sound": movies.movie("mp4", "h264", "-af", "adelay=200", audio="aac"),
    }
    return found


CODECS = ("h264", "h265", "av1", "vp9")


class StoredTests(SynchronousTestCase):
    """Files that ffmpeg makes for the store."""

    def test_clean(self) -> None:
        """Whatever the source, its copy is clean, and the source itself is not."""
        for name, data in sources().items():
            copy = stored(data)
            self.assertTrue(mp4.is_clean(copy), name)
            self.assertNotIn(SECRET, copy, name)
            self.assertFalse(mp4.is_clean(data), name)

    def test_again(self) -> None:
        """The same source gives the same bytes, and a copy of the copy is clean."""
        for codec in CODECS:
            data = movies.movie("mp4", codec, *TAGS, audio="aac")
            once = stored(data)
            self.assertEqual(once, stored(data + samples.box(b"free", b"")), codec)
            self.assertTrue(mp4.is_clean(stored(once)), codec)

    def test_encoded_anew(self) -> None:
        """Pictures and sound that ffmpeg encoded for the store are clean, too."""
        data = movies.movie("mp4", "mpeg4", *TAGS, audio="mp3")
        for codec in ("libx264", "libx265", "libaom-av1"):
            options = ("-c:v", codec, "-c:a", "aac", "-threads", "1")
            self.assertTrue(mp4.is_clean(stored(data, *options)), codec)

    def test_turned(self) -> None:
        """The way a telephone was held stays, as telephones write it."""
        data = movies.movie("mp4", "h264")
        for values in (
            (0, 1, -1, 0, 64, 0),
            (-1, 0, 0, -1, 96, 64),
            (0, -1, 1, 0, 0, 96),
            (-1, 0, 0, 1, 96, 0),
        ):
            copy = stored(turned(data, *values))
            self.assertTrue(mp4.is_clean(copy), values)
            self.assertEqual(mp4.outline(copy).size, (96, 64))
            matrix = body(copy, b"moov", b"trak", b"tkhd")[40:76]
            self.assertEqual(struct.unpack(">9i", matrix)[:2], (values[0] << 16, values[1] << 16))

    def test_colours(self) -> None:
        """A profile, the brightness of the master and Dolby Vision stay."""
        film = movies.movie("mp4", "h265", "-tag:v", "hvc1")
        profile = b"prof" + samples.swapped_profile()
        dolby = b"\1\0\x10\x25\x10" + bytes(19)
        for kind, content in (
            (b"colr", profile),
            (b"clli", b"\1\0\0\x80"),
            (b"mdcv", bytes(range(24))),
            (b"dvcC", dolby),
        ):
            entry = (*TABLE, b"stsd", b"hvc1")
            self.assertTrue(mp4.is_clean(stored(with_box(film, entry, kind, content))), kind)
            self.assertTrue(mp4.is_clean(with_box(stored(film), entry, kind, content)), kind)
            longer = with_box(stored(film), entry, kind, content + SECRET)
            self.assertFalse(mp4.is_clean(longer), kind)

    def test_other_files(self) -> None:
        """What is no film, or none of one picture and one sound, is not clean."""
        film = movies.movie("mp4", "h264", audio="aac")
        two = movies.remade(film, "mov", "-map", "0:v", "-map", "0:v", "-c", "copy")
        options = ("-map", "0:v:1", "-movflags", "+faststart+frag_keyframe")
        for data in (
            b"",
            b"\0" * 100,
            samples.still("avif"),
            samples.still("jpeg"),
            stored(two, *options),
            stored(film, "-map", "-0:v"),
            stored(movies.movie("mp4", "h264", audio="mp3")),
        ):
            self.assertFalse(mp4.is_clean(data))


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


def turned(data: bytes, a: int, b: int, c: int, d: int, x: int, y: int) -> bytes:
    """The film with this matrix in its first track."""
    values = (a << 16, b << 16, 0, c << 16, d << 16, 0, x << 16, y << 16, 1 << 30)
    matrix = struct.pack(">9i", *values)
    return changed(data, (b"moov", b"trak", b"tkhd"), overwritten(40, matrix))


def overwritten(at: int, new: bytes) -> Callable[[bytes], bytes]:
    """A change of some bytes."""
    return lambda found: found[:at] + new + found[at + len(new) :]


def with_row(row: bytes, at: int = 4) -> Callable[[bytes], bytes]:
    """A change of a table: one more row, and counted."""

    def change(found: bytes) -> bytes:
        (count,) = struct.unpack(">I", found[at : at + 4])
        return found[:at] + struct.pack(">I", count + 1) + found[at + 4 :] + row

    return change


def followed_by(more: bytes) -> Callable[[bytes], bytes]:
    """A change at the end."""
    return lambda found: found + more


def shifted(by: int, first: int = 0) -> Callable[[bytes], bytes]:
    """A change of a table of places, from this one on."""

    def change(found: bytes) -> bytes:
        places = [place for (place,) in struct.iter_unpack(">I", found[8:])]
        moved = [place + by * (n >= first) for n, place in enumerate(places)]
        return found[:8] + struct.pack(f">{len(moved)}I", *moved)

    return change


def inserted(at: int) -> Callable[[bytes], bytes]:
    """A change that puts a secret somewhere."""
    return lambda found: found[:at] + SECRET + found[at:]


def one_in_a_chunk(data: bytes) -> bytes:
    """The film of one chunk, in as many chunks as its first track has samples."""
    sizes = sizes_in(data)
    start = data.index(b"mdat") + 4
    places = [start + sum(sizes[:n]) for n in range(len(sizes))]
    table = struct.pack(f">II{len(places)}I", 0, len(places), *places)
    data = changed(data, (*TABLE, b"stsc"), lambda _: struct.pack(">5I", 0, 1, 1, 1, 1))
    return changed(data, (*TABLE, b"stco"), lambda _: table)


def sizes_in(data: bytes) -> Sequence[int]:
    """Of the samples of the first track."""
    return [size for (size,) in struct.iter_unpack(">I", body(data, *TABLE, b"stsz")[12:])]

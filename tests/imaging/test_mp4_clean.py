"""A stored MP4 holds its picture and its sound, and every hiding place is found."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from twisted.trial.unittest import SynchronousTestCase

from pictd.imaging.containers.isobmff import mp4
from tests.support import movies, samples
from tests.support.mp4 import TABLE, body, stored, turned, with_box
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

    def test_mp3(self) -> None:
        """It may be copied, and is clean as well."""
        self.assertTrue(mp4.is_clean(stored(movies.movie("mp4", "h264", audio="mp3"))))

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
        ):
            self.assertFalse(mp4.is_clean(data))

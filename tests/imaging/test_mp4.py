"""What the headers of MP4 and QuickTime films tell."""

from __future__ import annotations

import mmap
import struct
import time
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from pictd.imaging.containers.isobmff import mp4
from pictd.imaging.containers.outline import Outline
from pictd.imaging.failures import ImagingFailure, Unreadable, Unsupported
from pictd.model.codecs import AudioCodec, VideoCodec
from pictd.model.formats import Format
from pictd.model.streams import Container, Streams
from tests.support import movies, samples
from tests.support.mp4 import TABLE, changed, joined

FRAGMENTS = ("-movflags", "frag_keyframe+empty_moov", "-g", "3")


def streams(data: bytes) -> Streams:
    """Those of a film that is taken."""
    found = mp4.outline(data).streams
    if found is None:
        raise AssertionError("the film has no streams")
    return found


class OutlineTests(SynchronousTestCase):
    """Headers of whole files."""

    def assert_agrees(self, data: bytes) -> Outline:
        """Size and frames are what ffprobe finds by decoding."""
        found = mp4.outline(data)
        picture = movies.probed(data)["streams"][0]
        self.assertEqual(found.size, (picture["width"], picture["height"]))
        self.assertEqual(found.frames, int(picture["nb_read_frames"]))
        return found

    def test_codecs(self) -> None:
        """Each is told with the format that it is stored in."""
        for name, form in (
            ("h264", Format.VIDEO_MP4),
            ("h265", Format.VIDEO_MP4),
            ("av1", Format.VIDEO_MP4),
            ("vp9", Format.VIDEO_WEBM),
        ):
            data = movies.movie("mp4", name)
            self.assertTrue(mp4.accepts(data))
            found = self.assert_agrees(data)
            self.assertEqual(found.format, form)
            self.assertEqual(found.streams, Streams(Container.MOV, VideoCodec(name)))

    def test_quicktime(self) -> None:
        """A film that says it is QuickTime, and one that says nothing."""
        data = movies.movie("mov", "h264", audio="aac")
        self.assertEqual(data[8:12], b"qt  ")
        self.assert_agrees(data)
        old = data[: data.index(b"ftyp") - 4] + data[struct.unpack(">I", data[:4])[0] :]
        self.assertTrue(mp4.accepts(old))
        self.assertEqual(streams(old), streams(data))

    def test_sound(self) -> None:
        """The codec of sound is told where it has a name here, whatever the container."""
        for container, name, expected in (
            ("mp4", "aac", AudioCodec.AAC),
            ("mov", "aac", AudioCodec.AAC),
            ("mp4", "opus", AudioCodec.OPUS),
            ("mp4", "vorbis", AudioCodec.VORBIS),
            ("mp4", "mp3", None),
        ):
            found = streams(movies.movie(container, "h264", audio=name))
            self.assertTrue(found.has_sound)
            self.assertIs(found.audio, expected, name)

    def test_uncompressed_sound(self) -> None:
        """Its table of sizes counts something else than bytes, and is not held against it."""
        data = movies.movie("mov", "h264", "-c:a", "pcm_s16be", audio="aac")
        self.assertEqual((streams(data).has_sound, streams(data).audio), (True, None))

    def test_one_frame(self) -> None:
        """It is a video without a count."""
        found = mp4.outline(movies.movie("mp4", "av1", frames=1))
        self.assertEqual((found.format, found.frames), (Format.VIDEO_MP4, None))

    def test_no_frame(self) -> None:
        """The beginning of a film in fragments holds no picture."""
        data = movies.movie("mp4", "h264", *FRAGMENTS)
        begin = data[: data.index(b"moof") - 4]
        self.assertTrue(mp4.accepts(begin))
        self.assertRaises(Unreadable, mp4.outline, begin)

    def test_fragments(self) -> None:
        """Frames are counted over all fragments, however their data is found."""
        for flags in ("", "+default_base_moof", "+omit_tfhd_offset", "+dash+global_sidx"):
            options = (FRAGMENTS[0], FRAGMENTS[1] + flags, *FRAGMENTS[2:])
            data = movies.movie("mp4", "h264", *options, frames=10, audio="aac")
            self.assertGreater(data.count(b"moof"), 2)
            self.assertEqual(self.assert_agrees(data).frames, 10)

    def test_a_mapped_file(self) -> None:
        """What is mapped is read as what is in memory."""
        data = movies.movie("mp4", "h264", audio="aac")
        path = Path(self.mktemp())
        path.write_bytes(data)
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
            self.assertTrue(mp4.accepts(mapped))
            self.assertEqual(mp4.outline(mapped), mp4.outline(data))

    def test_many_samples(self) -> None:
        """A hundred thousand are counted in a fifth of a second."""
        count = 100_000
        data = movies.movie("mp4", "h264")
        many = struct.pack(">III", 0, 0, count) + struct.pack(f">{count}I", *[1] * count)
        data = changed(data, (*TABLE, b"stsz"), lambda _: many)
        data = changed(data, (*TABLE, b"stsc"), lambda _: struct.pack(">5I", 0, 1, 1, count, 1))
        data = changed(data, (b"mdat",), lambda found: found + bytes(count))
        start = time.perf_counter()
        self.assertEqual(mp4.outline(data).frames, count)
        self.assertLess(time.perf_counter() - start, 0.2)


class PositionTests(SynchronousTestCase):
    """Which of several pictures it is, as ffmpeg's ``0:V`` counts them."""

    def assert_found(self, data: bytes, position: int) -> None:
        """The picture is there, and ffmpeg finds it by its position."""
        self.assertEqual(streams(data).picture, position)
        options = ("-map", f"0:V:{position}", "-c", "copy")
        copied = movies.probed(movies.remade(data, "mp4", *options))
        self.assertEqual([each["codec_name"] for each in copied["streams"]], ["h264"])

    def test_other_pictures_first(self) -> None:
        """Tracks of pictures count, even those that are not taken."""
        for name in ("mjpeg", "mpeg4"):
            self.assert_found(joined(movies.movie("mov", name), movies.movie("mov", "h264")), 1)

    def test_sound_first(self) -> None:
        """Sound does not count."""
        data = movies.movie("mov", "h264", "-map", "1:a", "-map", "0:v", audio="aac")
        self.assert_found(data, 0)

    def test_a_cover(self) -> None:
        """A picture among the tags does not count, even where ffmpeg meets it first."""
        data = movies.movie("mp4", "h264")
        jpeg = struct.pack(">II", 13, 0) + samples.still("jpeg")
        cover = samples.box(b"ilst", samples.box(b"covr", samples.box(b"data", jpeg)))
        handler = samples.box(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))
        tags = samples.box(b"udta", samples.box(b"meta", bytes(4) + handler + cover))
        data = changed(data, (b"moov",), lambda found: found[:108] + tags + found[108:])
        kinds = [each["codec_name"] for each in movies.probed(data)["streams"]]
        self.assertEqual(kinds, ["mjpeg", "h264"])
        self.assert_found(data, 0)

    def test_pictures_of_chapters(self) -> None:
        """A track that another one uses for its chapters does not count."""
        data = joined(movies.movie("mov", "mjpeg"), movies.movie("mov", "h264"))
        reference = samples.box(b"tref", samples.box(b"chap", struct.pack(">I", 1)))
        at = data.rindex(b"trak")
        (size,) = struct.unpack(">I", data[at - 4 : at])
        user = samples.box(b"trak", data[at + 4 : at - 4 + size] + reference)
        moov = data.index(b"moov") + 4
        content = data[moov : at - 4] + user + data[at - 4 + size :]
        self.assert_found(data[: moov - 8] + samples.box(b"moov", content), 0)


class RefusalTests(SynchronousTestCase):
    """Files that are films and are not taken, or are not films."""

    def assert_refused(self, data: bytes, kind: type[ImagingFailure], words: str) -> None:
        """It is accepted as a film, and the refusal has these words."""
        self.assertTrue(mp4.accepts(data))
        refused = self.assertRaises(kind, mp4.outline, data)
        self.assertIn(words, str(refused))

    def test_other_codecs(self) -> None:
        """They are called what people call them."""
        prores = ("-c:v", "prores", "-pix_fmt", "yuv422p10le")
        for data, words in (
            (movies.movie("mp4", "mpeg4"), "MPEG-4 part 2 (mp4v)"),
            (movies.movie("mov", "mjpeg"), "MJPEG (jpeg)"),
            (movies.movie("mov", "mjpeg", "-c:v", "png", "-pix_fmt", "rgb24"), "PNG (png)"),
            (movies.movie("mov", "mjpeg", *prores), "ProRes (apcn)"),
        ):
            self.assert_refused(data, Unsupported, words)

    def test_sound_only(self) -> None:
        """An M4A."""
        data = movies.movie("ipod", "h264", "-vn", audio="aac")
        self.assert_refused(data, Unsupported, "a file of sound only is not taken")

    def test_encrypted(self) -> None:
        """A picture that needs a key."""
        key = "0" * 32
        options = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", key)
        data = movies.movie("mp4", "h264", *options, "-encryption_kid", key)
        self.assert_refused(data, Unsupported, "encrypted")

    def test_a_compressed_header(self) -> None:
        """An old way of QuickTime."""
        data = samples.box(b"moov", samples.box(b"cmov", bytes(20)))
        self.assert_refused(data, Unsupported, "compressed header")

    def test_no_header(self) -> None:
        """A recording that was broken off."""
        data = movies.movie("mp4", "h264")
        self.assert_refused(data[: data.index(b"moov") - 4], Unreadable, "no header")

    def test_still_pictures(self) -> None:
        """AVIF, moving or not, and HEIF are no films."""
        heif = samples.box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
        for data in (samples.still("avif"), samples.animation("avif"), heif, b"", b"\0" * 40):
            self.assertFalse(mp4.accepts(data))

    def test_boxes_without_a_header(self) -> None:
        """Bytes that begin as a QuickTime file might, and have nothing to show."""
        self.assertFalse(mp4.accepts(samples.box(b"mdat", bytes(100))))

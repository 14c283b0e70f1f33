"""What is read from Matroska and WebM files: tracks, sizes, frames that are shown."""

from __future__ import annotations

import time
from mmap import ACCESS_READ, mmap
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from pictd.imaging.containers.matroska import movie as matroska
from pictd.imaging.failures import Unreadable, Unsupported
from pictd.model.codecs import AudioCodec, VideoCodec
from pictd.model.formats import Format
from pictd.model.streams import Container, Streams
from tests.support import ebml
from tests.support.ebml import CLUSTER, SEGMENT, TRACK_ENTRY, TRACKS, element, number
from tests.support.movies import CODECS, movie, probed, remade

CLIP = movie("webm", "vp9", frames=12)
SHOWN_VP9, HIDDEN_VP9 = 0x86, 0x84
"""How a frame begins that draws upon others."""


def frames(data: bytes) -> int | None:
    """As the outline tells them."""
    return matroska.outline(data).frames


def counted(data: bytes) -> int:
    """As a decoder counts them."""
    return next(int(s["nb_read_frames"]) for s in probed(data)["streams"] if "width" in s)


def blocks(data: bytes) -> list[bytes]:
    """The bodies of the simple blocks."""
    return ebml.bodies(data, (SEGMENT, CLUSTER, ebml.SIMPLE_BLOCK))


def with_blocks(data: bytes, *made: bytes) -> bytes:
    """The video with these in its first Cluster instead."""
    return ebml.replaced(data, (SEGMENT, CLUSTER), number(ebml.TIMESTAMP, 0) + b"".join(made))


def with_tracks(data: bytes, *entries: bytes) -> bytes:
    """The video with these tracks before its own."""
    return ebml.changed(data, (SEGMENT, TRACKS), lambda body: b"".join(entries) + body)


def entry(codec: bytes, kind: int = 1, numbered: int = 9) -> bytes:
    """A track."""
    parts = number(ebml.NUMBER, numbered), number(ebml.TRACK_TYPE, kind)
    return element(TRACK_ENTRY, *parts, element(ebml.CODEC, codec))


class AcceptsTests(SynchronousTestCase):
    """By the header alone."""

    def test_both_kinds(self) -> None:
        """WebM and Matroska."""
        self.assertTrue(matroska.accepts(CLIP))
        self.assertTrue(matroska.accepts(movie("matroska", "h264")))

    def test_others(self) -> None:
        """Another kind of document, a header that is cut, or without an end, is none."""
        other = ebml.replaced(CLIP, (ebml.HEADER, ebml.DOCTYPE), b"secret")
        for data in (b"", other, CLIP[:20], CLIP[:4] + ebml.UNSIZED, b"\x1a\x45\xdf\xa3"):
            self.assertFalse(matroska.accepts(data))


class StreamsTests(SynchronousTestCase):
    """Of which codecs, and which track."""

    def test_codecs(self) -> None:
        """Of all that are taken: size, frames, codec and the format that it is stored as."""
        for codec in CODECS:
            found = matroska.outline(movie("matroska", codec, frames=7, size=(98, 66)))
            self.assertEqual((found.size, found.frames), ((98, 66), 7), codec)
            self.assertEqual(found.streams, Streams(Container.MATROSKA, VideoCodec(codec)))
            mp4 = codec.startswith("h")
            self.assertEqual(found.format, Format.VIDEO_MP4 if mp4 else Format.VIDEO_WEBM)

    def test_sound(self) -> None:
        """A codec that is known is told; of another only that there is one."""
        for audio in ("aac", "opus", "vorbis", "mp3"):
            streams = matroska.outline(movie("matroska", "h264", audio=audio)).streams
            assert streams is not None
            known = None if audio == "mp3" else AudioCodec(audio)
            self.assertEqual((streams.has_sound, streams.audio), (True, known))

    def test_alpha(self) -> None:
        """As the track tells it, for the codecs that have it."""
        for codec in ("vp8", "vp9", "av1"):
            path = (SEGMENT, TRACKS, TRACK_ENTRY, ebml.VIDEO)
            made = ebml.inserted(movie("webm", codec), path, number(ebml.ALPHA_MODE, 1))
            streams = matroska.outline(made).streams
            assert streams is not None
            self.assertEqual(streams.alpha, codec != "av1")

    def test_position(self) -> None:
        """Counted as ffmpeg counts: of moving pictures those that name any codec."""
        for before, expected in (
            ([entry(b"V_OTHER")], 1),
            ([entry(b"V_MJPEG"), entry(b"V_OTHER", numbered=8)], 2),
            ([entry(b"")], 0),
            ([entry(b"S_TEXT/UTF8", 17)], 0),
            ([entry(b"V_OTHER", 3)], 0),
        ):
            made = with_tracks(CLIP, *before)
            streams = matroska.outline(made).streams
            assert streams is not None
            self.assertEqual(streams.picture, expected)
            copy = remade(made, "webm", "-map", f"0:V:{expected}", "-c", "copy")
            self.assertEqual(frames(copy), 12)

    def test_first_of_two(self) -> None:
        """Of two pictures that are taken the first."""
        two = remade(CLIP, "webm", "-map", "0", "-map", "0", "-c:v:0", "copy", "-c:v:1", "libvpx")
        streams = matroska.outline(two).streams
        assert streams is not None
        self.assertEqual((streams.video, streams.picture), (VideoCodec.VP9, 0))

    def test_other_codecs(self) -> None:
        """The refusal names the codec."""
        failure = self.assertRaises(Unsupported, matroska.outline, movie("matroska", "mjpeg"))
        self.assertIn("V_MJPEG", str(failure))

    def test_sound_alone(self) -> None:
        """It is no video."""
        sound = remade(movie("webm", "vp8", audio="opus"), "webm", "-map", "0:a", "-c", "copy")
        self.assertRaises(Unsupported, matroska.outline, sound)

    def test_two_tracks_of_one_number(self) -> None:
        """Nobody can tell which of them a block is of."""
        self.assertRaises(Unreadable, matroska.outline, with_tracks(CLIP, entry(b"V_X", 1, 1)))


class FrameTests(SynchronousTestCase):
    """How many are shown."""

    def hidden(self, codec: str, *options: str) -> bytes:
        """A video with frames that are not shown; it takes two passes to get one."""
        path = self.mktemp()
        first = ("-pass", "1", "-passlogfile", path, *options)
        movie("webm", codec, *first, frames=30)
        return movie("webm", codec, "-pass", "2", "-passlogfile", path, *options, frames=30)

    def test_one(self) -> None:
        """It has no count."""
        for codec in CODECS:
            self.assertIsNone(frames(movie("matroska", codec, frames=1)), codec)

    def test_none(self) -> None:
        """A video without a frame is none."""
        self.assertRaises(Unreadable, matroska.outline, with_blocks(CLIP))
        nothing = element(ebml.SIMPLE_BLOCK, b"\x81\0\0\x80")
        self.assertRaises(Unreadable, matroska.outline, with_blocks(CLIP, nothing))

    def test_frames_out_of_order(self) -> None:
        """They are counted as any."""
        for codec in ("h264", "h265", "av1"):
            made = movie("matroska", codec, frames=25)
            self.assertEqual((frames(made), counted(made)), (25, 25), codec)

    def test_hidden_frames(self) -> None:
        """A block may hold a frame that is only drawn upon, or one of those with one that is."""
        options = ("-deadline", "good", "-auto-alt-ref", "1", "-lag-in-frames", "16", "-b:v", "60k")
        for codec in ("vp8", "vp9"):
            made = self.hidden(codec, *options, "-cpu-used", "4")
            self.assertEqual((frames(made), counted(made)), (30, 30), codec)
            with_hidden = [each for each in blocks(made) if each[-1] >> 5 == 6]
            self.assertTrue(with_hidden if codec == "vp9" else len(blocks(made)) > 30)

    def test_shown_later(self) -> None:
        """A block that shows a frame from before is a frame; a hidden frame by itself is none."""
        first, second = blocks(CLIP)[:2]
        shows_another = b"\x81\0\0\0\x88"
        hidden = second[:4] + bytes([HIDDEN_VP9]) + second[5:]
        for more, expected in ((shows_another, 2), (hidden, None), (b"\x81\0\0\0\x40\0", None)):
            made = with_blocks(CLIP, *(element(ebml.SIMPLE_BLOCK, b) for b in (first, more)))
            self.assertEqual(frames(made), expected)

    def test_lacing(self) -> None:
        """A block may hold several frames, with their sizes coded in three ways."""
        made = [b"\x81\0\0" + each[4:] for each in blocks(CLIP)[:3]]
        parts = [each[3:] for each in made]
        xiph = b"".join(b"\xff" * (len(p) // 255) + bytes([len(p) % 255]) for p in parts[:2])
        step = len(parts[1]) - len(parts[0]) + (1 << 13) - 1
        coded = (0x4000 | len(parts[0])).to_bytes(2, "big") + (0x4000 | step).to_bytes(2, "big")
        same = [parts[0]] * 3
        for flags, sizes, held in ((2, xiph, parts), (6, coded, parts), (4, b"", same)):
            block = b"\x81\0\0" + bytes([0x80 | flags]) + b"\2" + sizes + b"".join(held)
            laced = with_blocks(CLIP, element(ebml.SIMPLE_BLOCK, block))
            self.assertEqual((frames(laced), counted(laced)), (3, 3), flags)
            self.assertRaises(Unreadable, frames, with_blocks(CLIP, self.cut(block, flags)))

    def cut(self, block: bytes, flags: int) -> bytes:
        """The block with less in it than the sizes say."""
        return element(ebml.SIMPLE_BLOCK, block[:-1] if flags == 4 else block[:20])

    def test_groups(self) -> None:
        """Blocks in groups are counted as others are."""
        made = [each[:3] + b"\0" + each[4:] for each in blocks(CLIP)]
        groups = [element(ebml.BLOCK_GROUP, element(ebml.BLOCK, each)) for each in made]
        self.assertEqual(frames(with_blocks(CLIP, *groups)), 12)

    def test_left_out_beginnings(self) -> None:
        """What every frame begins with need not be in the file."""
        later = [each for each in blocks(CLIP) if each[4] == SHOWN_VP9]
        short = [element(ebml.SIMPLE_BLOCK, each[:4] + each[5:]) for each in later]
        for left_out, expected in ((bytes([SHOWN_VP9]), 11), (bytes([HIDDEN_VP9]), 0)):
            stripping = element(0x5034, number(0x4254, 3), element(0x4255, left_out))
            encodings = element(ebml.ENCODINGS, element(0x6240, stripping))
            made = ebml.inserted(
                with_blocks(CLIP, *short), (SEGMENT, TRACKS, TRACK_ENTRY), encodings
            )
            if expected:
                self.assertEqual(frames(made), expected)
            else:
                self.assertRaises(Unreadable, frames, made)

    def test_compressed_frames(self) -> None:
        """They are not taken."""
        path = (SEGMENT, TRACKS, TRACK_ENTRY)
        for method in (element(0x5034, number(0x4254, 0)), element(0x5034), element(0x5035)):
            part = element(ebml.ENCODINGS, element(0x6240, method))
            made = ebml.inserted(CLIP, path, part)
            self.assertRaises(Unsupported, matroska.outline, made)


class LayoutTests(SynchronousTestCase):
    """How the parts of a file may lie."""

    def test_sizes_that_are_not_known(self) -> None:
        """As live recorders write them."""
        options = ("-live", "1", "-cluster_time_limit", "100")
        made = movie("webm", "vp9", *options, frames=12, audio="opus")
        self.assertIn(ebml.unsized(SEGMENT), made)
        self.assertEqual((frames(made), counted(made)), (12, 12))
        clusters = [
            ebml.unsized(CLUSTER, number(ebml.TIMESTAMP, 0), element(ebml.SIMPLE_BLOCK, each))
            for each in blocks(CLIP)
        ]
        tracks = element(TRACKS, *ebml.bodies(CLIP, (SEGMENT, TRACKS)))
        header = element(ebml.HEADER, *ebml.bodies(CLIP, (ebml.HEADER,)))
        live = header + ebml.unsized(SEGMENT, tracks, *clusters)
        self.assertEqual((frames(live), counted(live)), (12, 12))

    def test_tracks_at_the_end(self) -> None:
        """They need not come first."""
        parts = [
            element(kind, *ebml.bodies(CLIP, (SEGMENT, kind)))
            for kind in (ebml.INFO, CLUSTER, TRACKS)
        ]
        self.assertEqual(frames(ebml.replaced(CLIP, (SEGMENT,), b"".join(parts))), 12)

    def test_several_segments(self) -> None:
        """Only the first is looked at."""
        self.assertEqual(frames(CLIP + CLIP), 12)

    def test_cut_files(self) -> None:
        """Frames that are there whole are counted, as a player shows them."""
        for codec in CODECS:
            data = movie("matroska", codec, frames=12)
            second = data.index(blocks(data)[1])
            for at in range(second + 40, len(data), (len(data) - second) // 7):
                self.assertEqual(frames(data[:at]) or 1, counted(data[:at]), (codec, at))

    def test_files_cut_in_a_head(self) -> None:
        """What comes before still counts."""
        data = movie("matroska", "vp8", frames=12)
        fifth = data.index(blocks(data)[4])
        for at in range(fifth - 3, fifth + 5):
            self.assertEqual((frames(data[:at]), counted(data[:at])), (4, 4), at - fifth)

    def test_parts_that_go_on_after_the_whole(self) -> None:
        """The file is broken."""
        for path in ((SEGMENT,), (SEGMENT, CLUSTER), (SEGMENT, TRACKS, TRACK_ENTRY)):
            made = ebml.changed(CLIP, path, lambda body: body[:-3])
            self.assertRaises(Unreadable, matroska.outline, made)

    def test_far_too_many_parts(self) -> None:
        """There is an end to the patience."""
        many = ebml.inserted(CLIP, (SEGMENT, CLUSTER), b"\xec\x80" * 1_000_001)
        self.assertIn("too many", str(self.assertRaises(Unreadable, matroska.outline, many)))
        crowd = element(ebml.VOID) * 2000
        for path in ((SEGMENT, TRACKS), (SEGMENT, TRACKS, TRACK_ENTRY)):
            many = ebml.inserted(CLIP, path, crowd)
            self.assertIn("too many", str(self.assertRaises(Unreadable, matroska.outline, many)))
        laced = element(ebml.SIMPLE_BLOCK, b"\x81\0\0\x04\xff") * 5000
        many = ebml.inserted(CLIP, (SEGMENT, CLUSTER), laced)
        self.assertIn("too many", str(self.assertRaises(Unreadable, matroska.outline, many)))

    def test_mapped_files(self) -> None:
        """A file need not be in memory."""
        path = Path(self.mktemp())
        path.write_bytes(CLIP)
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as mapped:
            self.assertTrue(matroska.accepts(mapped))
            self.assertEqual(matroska.outline(mapped), matroska.outline(CLIP))
            self.assertEqual(matroska.is_clean(mapped), matroska.is_clean(CLIP))

    def test_long_videos(self) -> None:
        """An hour is read in a moment."""
        block = element(ebml.SIMPLE_BLOCK, blocks(CLIP)[1])
        many = ebml.inserted(CLIP, (SEGMENT, CLUSTER), block * 90_000)
        before = time.process_time()
        self.assertEqual(frames(many), 90_012)
        self.assertLess(time.process_time() - before, 2)

"""That a WebM file is clean only where it holds nothing but its picture and its sound."""

from __future__ import annotations

import struct

from twisted.trial.unittest import SynchronousTestCase

from pictd.imaging.containers.matroska import movie as matroska
from pictd.imaging.containers.matroska.clean import overwrites
from pictd.imaging.containers.matroska.codec_private import is_av1, is_opus, is_vorbis, is_vp9
from pictd.imaging.failures import Unreadable
from tests.support import ebml
from tests.support.ebml import CLUSTER, SEGMENT, TRACK_ENTRY, TRACKS, element, number
from tests.support.movies import movie, probed, remade
from tests.support.samples import SECRET

COPY = [
    *("-c", "copy", "-map_metadata", "-1", "-map_metadata:s", "-1", "-map_chapters", "-1"),
    *("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"),
]
SOUND = ("", "opus", "vorbis")
FREE = {ebml.SIMPLE_BLOCK, ebml.BLOCK, ebml.ADDITIONAL}
TITLE, NAME, LANGUAGE, ATTACHMENTS, CHAPTERS, UNKNOWN = (
    0x7BA9,
    0x536E,
    0x22B59C,
    0x1941A469,
    0x1043A770,
    0x4FFF,
)
TAG = element(
    ebml.TAGS, element(0x7373, element(0x67C8, element(0x45A3, b"A"), element(0x4487, SECRET)))
)
ENTRY = (SEGMENT, TRACKS, TRACK_ENTRY)


def stored(data: bytes, *options: str, sound: bool = False) -> bytes:
    """As pictd stores a WebM whose streams stay as they are."""
    tracks = ["-map", "0:V:0", *(["-map", "0:a:0"] if sound else [])]
    return remade(data, "webm", *tracks, *COPY, *options)


def transparent(codec: str) -> bytes:
    """A clean video with a second picture."""
    options = ("-auto-alt-ref", "0", "-vf", "format=yuva420p", "-pix_fmt", "yuva420p")
    made = movie("webm", codec, *options, "-metadata", "title=t")
    return stored(made, "-metadata:s:v:0", "alpha_mode=1")


def cleaned(data: bytes) -> bytes:
    """The file after the overwrites."""
    made = bytearray(data)
    for at, written in overwrites(data):
        made[at : at + len(written)] = written
    return bytes(made)


def is_clean(data: bytes) -> bool:
    """By name, because it is asked so often."""
    return matroska.is_clean(data)


CLEAN = stored(movie("webm", "av1", audio="opus"), sound=True)
BUSY = {
    "sound": CLEAN,
    "vorbis": stored(movie("webm", "vp9", audio="vorbis"), sound=True),
    "alpha": transparent("vp8"),
}


class StoredTests(SynchronousTestCase):
    """What ffmpeg writes where it is told to leave out what it can."""

    def test_every_codec(self) -> None:
        """It is clean, with sound and without, and the same bytes each time."""
        for codec in ("vp8", "vp9", "av1"):
            for audio in SOUND:
                named = ("-metadata", f"title={SECRET.decode()}", "-metadata:s:v", "language=ger")
                sent = movie("matroska", codec, *named, audio=audio)
                self.assertFalse(is_clean(sent))
                made = stored(sent, sound=bool(audio))
                self.assertTrue(is_clean(made), (codec, audio))
                remade.cache_clear()
                self.assertEqual(stored(sent, sound=bool(audio)), made)

    def test_files_from_mp4(self) -> None:
        """A picture from another container is as clean; one that is turned, too."""
        for codec in ("vp9", "av1"):
            sent = movie("mp4", codec, "-metadata:s:v", "rotate=90", audio="opus")
            self.assertTrue(is_clean(stored(sent, sound=True)), codec)

    def test_transparency(self) -> None:
        """The second picture stays where the track tells of it, and else is a leftover."""
        for codec in ("vp8", "vp9"):
            made = transparent(codec)
            self.assertTrue(is_clean(made), codec)
            streams = matroska.outline(made).streams
            self.assertTrue(streams is not None and streams.alpha)
            told = (*ENTRY, ebml.VIDEO, ebml.ALPHA_MODE)
            self.assertFalse(is_clean(ebml.replaced(made, told, b"\0")))

    def test_coded_anew(self) -> None:
        """ffmpeg names the encoder, and nothing else."""
        for codec in ("vp8", "vp9", "av1"):
            made = movie("webm", codec, audio="opus")
            self.assertIn(b"ENCODER", made)
            self.assertTrue(is_clean(made), codec)

    def test_files_as_sent(self) -> None:
        """Without the options a file tells more."""
        self.assertFalse(is_clean(remade(CLEAN, "webm", "-c", "copy")))
        self.assertFalse(is_clean(movie("matroska", "h264")))
        self.assertFalse(is_clean(movie("webm", "vp9", "-live", "1")))


class HidingTests(SynchronousTestCase):
    """Where a secret may hide in a file that was clean."""

    def test_in_every_element(self) -> None:
        """Something more in any of them is seen; room that is empty is not."""
        more = [
            element(ebml.VOID, SECRET),
            *(element(kind, SECRET) for kind in (UNKNOWN, TITLE, NAME, ATTACHMENTS, CHAPTERS)),
            element(0x258688, SECRET),
            element(0xBF, SECRET[:4]),
            TAG,
        ]
        for name, data in BUSY.items():
            for place in ebml.places(data):
                if not place.is_parent:
                    continue
                for each in more:
                    self.assertFalse(is_clean(place.put(place.body + each)), (name, place.path))
                empty = place.put(place.body + element(ebml.VOID, bytes(9)))
                grouped = not place.path or place.path[-1] == 0x67C8
                self.assertEqual(is_clean(empty), not grouped, (name, place.path))

    def test_in_place_of_every_value(self) -> None:
        """A secret instead of any text or number is seen, or after one.

        Frames are the picture itself; so are the tables that end what Vorbis tells its decoder.
        """
        for name, data in BUSY.items():
            for place in ebml.places(data):
                if place.is_parent or place.path[-1] in FREE:
                    continue
                ends_in_tables = b"\5vorbis" in place.body
                after = SECRET if ends_in_tables else place.body + SECRET
                for secret in (SECRET, SECRET[:8], after):
                    self.assertFalse(is_clean(place.put(secret)), (name, place.path))

    def test_around_the_video(self) -> None:
        """Nothing comes before, after, or instead."""
        for made in (CLEAN + SECRET, SECRET + CLEAN, CLEAN + CLEAN, CLEAN[:-1], b"", SECRET):
            self.assertFalse(is_clean(made))

    def test_other_tracks(self) -> None:
        """There are one picture and at most one sound, and their blocks alone."""
        entry = ebml.bodies(CLEAN, ENTRY)
        for more in (entry[0], entry[1]):
            other = ebml.replaced(element(TRACK_ENTRY, more), (TRACK_ENTRY, ebml.NUMBER), b"\2")
            self.assertFalse(is_clean(ebml.inserted(CLEAN, (SEGMENT, TRACKS), other)))
        again = element(TRACKS, *ebml.bodies(CLEAN, (SEGMENT, TRACKS)))
        self.assertFalse(is_clean(ebml.inserted(CLEAN, (SEGMENT,), again)))
        for head, clean in (
            (b"\x81\0\0\0", True),
            (b"\x83\0\0\0", False),
            (b"\x81\0\0\x40", False),
        ):
            block = element(ebml.SIMPLE_BLOCK, head + SECRET)
            self.assertEqual(is_clean(ebml.inserted(CLEAN, (SEGMENT, CLUSTER), block)), clean)

    def test_additions(self) -> None:
        """What comes with a frame is clean only as the second picture of a picture that has one."""
        plain, two = BUSY["sound"], BUSY["alpha"]
        for data, track, kind, clean in (
            (two, b"\x81", 1, True),
            (two, b"\x81", 4, False),
            (plain, b"\x81", 1, False),
            (plain, b"\x82", 1, False),
        ):
            addition = element(ebml.ADDITION, number(0xEE, kind), element(ebml.ADDITIONAL, SECRET))
            block = element(ebml.BLOCK, track + b"\0\0\0" + SECRET)
            group = element(ebml.BLOCK_GROUP, block, element(ebml.ADDITIONS, addition))
            made = ebml.inserted(data, (SEGMENT, CLUSTER), group)
            self.assertEqual(is_clean(made), clean, (track, kind))

    def test_what_a_decoder_is_told(self) -> None:
        """No words stand there, in no codec."""
        opus, vorbis = ebml.bodies(BUSY["sound"], (*ENTRY, ebml.CODEC_PRIVATE))[1], vorbis_headers()
        av1 = ebml.bodies(BUSY["sound"], (*ENTRY, ebml.CODEC_PRIVATE))[0]
        self.assertTrue(all((is_opus(opus), is_vorbis(vorbis), is_av1(av1), is_vp9(b"\1\1\0"))))
        self.assertTrue(is_av1(av1 + b"\x2a\x06\1" + bytes(5)))
        self.assertFalse(is_av1(av1 + b"\x2a\x0f\4" + SECRET))
        self.assertFalse(is_av1(av1 + b"\x7a\x0e" + SECRET))
        for test in (is_av1, is_vp9, is_opus):
            for body in (SECRET, av1[:3], opus + SECRET, b"\1\1\xff", b"\5\1\1"):
                self.assertFalse(test(body))

    def test_comments_of_vorbis(self) -> None:
        """ffmpeg copies them unseen; but for the name of an encoder they are leftovers."""
        for comment, clean in ((b"encoder=Lavc59 libvorbis", True), (b"artist=" + SECRET, False)):
            self.assertEqual(is_vorbis(vorbis_headers(comment)), clean)
        self.assertFalse(is_vorbis(vorbis_headers(vendor=SECRET)))
        for broken in (SECRET, vorbis_headers()[:40], b""):
            self.assertRaises(Unreadable, is_vorbis, broken)


class OverwriteTests(SynchronousTestCase):
    """How a file gets clean that ffmpeg leaves something in."""

    def test_leftovers(self) -> None:
        """They are gone, nothing has moved, and the video is still the same."""
        for path, more in (
            ((SEGMENT, CLUSTER), element(ebml.BLOCK_GROUP, element(ebml.ADDITIONS, SECRET))),
            ((SEGMENT,), TAG),
            (ENTRY, element(NAME, SECRET)),
            ((SEGMENT, ebml.INFO), element(TITLE, SECRET)),
            ((SEGMENT, CLUSTER), ebml.short(UNKNOWN, SECRET)),
        ):
            sent = ebml.inserted(CLEAN, path, more)
            made = cleaned(sent)
            self.assertTrue(is_clean(made), path)
            self.assertEqual(len(made), len(sent))
            self.assertNotIn(SECRET, made)
            self.assertEqual(matroska.outline(made), matroska.outline(CLEAN))

    def test_clean_files(self) -> None:
        """Nothing is written over them."""
        for data in BUSY.values():
            self.assertEqual(overwrites(data), [])

    def test_what_ffmpeg_copies(self) -> None:
        """What a VP8 track tells the decoder, additions to opaque frames, comments of Vorbis."""
        sent = movie("webm", "vp8", audio="vorbis")
        told = element(ebml.CODEC_PRIVATE, SECRET)
        first = ebml.inserted(sent, ENTRY, told)
        private = ebml.bodies(sent, (*ENTRY, ebml.CODEC_PRIVATE))[0]
        for dirty in (first, sent.replace(private, with_vendor(private))):
            made = stored(dirty, sound=True)
            self.assertIn(SECRET, made)
            self.assertFalse(is_clean(made))
            after = cleaned(made)
            self.assertTrue(is_clean(after))
            self.assertNotIn(SECRET, after)
            self.assertEqual(sounds(after), sounds(made))

    def test_other_files(self) -> None:
        """What can't become clean is not touched."""
        for data in (CLEAN + SECRET, movie("webm", "vp9", "-live", "1"), b""):
            self.assertRaises(Unreadable, overwrites, data)


def vorbis_headers(*comments: bytes, vendor: bytes = b"Lavf") -> bytes:
    """As they stand in a track; the last of them is none that a decoder takes."""
    said = b"".join(struct.pack("<I", len(each)) + each for each in comments)
    comment = b"\3vorbis" + struct.pack("<I", len(vendor)) + vendor
    comment += struct.pack("<I", len(comments)) + said + b"\1"
    identification = b"\1vorbis" + bytes(23)
    return bytes([2, len(identification), len(comment)]) + identification + comment + b"\5vorbis"


def with_vendor(private: bytes) -> bytes:
    """The headers with a secret in place of the end of the vendor's name."""
    at = private.index(b"Xiph.Org")
    return private[: at + 4] + SECRET + private[at + 4 + len(SECRET) :]


def sounds(data: bytes) -> list[str]:
    """Frames of each stream, by decoding."""
    return [stream["nb_read_frames"] for stream in probed(data)["streams"]]

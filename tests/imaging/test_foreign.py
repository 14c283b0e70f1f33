"""What is told of files that come from elsewhere (spec media §1.6; contract B6, B9)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from pictd.imaging.containers.registry import outline_of
from pictd.imaging.failures import Unreadable, Unsupported
from pictd.model.formats import Format
from tests.support.movies import movie, remade
from tests.support.samples import animation, picture, saved, still
from tests.system.hostile.foreign import foreign

_TAKEN = {
    "picture of mpo": (Format.IMAGE_JPEG, None),
    "pages of mpo": (Format.IMAGE_JPEG, None),
    "zip after a png": (Format.IMAGE_PNG, None),
    "film of h265 in matroska": (Format.VIDEO_MP4, 2),
    "film of vp9 in mp4": (Format.VIDEO_WEBM, 2),
    "film of h264 in 3gp": (Format.VIDEO_MP4, 2),
    "film whose samples lie elsewhere": (Format.VIDEO_MP4, 3),
    **{
        f"film that says {brand}": (Format.VIDEO_MP4, None)
        for brand in ("jxl ", "qt  ", "M4A ", "zzzz")
    },
    # Almost all bytes are a header of JPEG XL; only decoding shows that nothing comes after it.
    "start of jxl, then noise": (Format.IMAGE_JXL, None),
    "start of jxl, then zeros": (Format.IMAGE_JXL, None),
}
_NAMED = {
    **dict.fromkeys(("mp3 with a cover", "sound of mp3"), "MP3"),
    **dict.fromkeys(("flac with a cover", "sound of flac"), "FLAC"),
    **dict.fromkeys(("m4a with a cover", "sound of mp4", "sound of webm"), "sound"),
    **dict.fromkeys(("film of mjpeg in mov", "film of mjpeg in matroska"), "JPEG"),
    "film of mjpeg in avi": "AVI",
    "film of png in mov": "PNG",
    "film of prores in mov": "ProRes",
    "film of mpeg4 in mp4": "MPEG-4",
    "film of h264 in flv": "FLV",
    "film of h264 in mpegts": "MPEG",
    "picture of bmp": "BMP",
    "picture of jpeg2000": "JPEG 2000",
    "picture of pcx": "PCX",
    "picture of ppm": "PNM",
    "pages of tiff": "TIFF",
    "pages of pdf": "PDF",
    "icon of a png": "icon",
    "zip": "ZIP",
    "svg": "SVG",
}


class ForeignTests(SynchronousTestCase):
    """Pictures, sounds, films, archives and texts that other programs make."""

    def setUp(self) -> None:
        """Make them."""
        self.files = dict(foreign())

    def test_what_is_taken(self) -> None:
        """By what the file is, whatever it says of itself."""
        for name, expected in _TAKEN.items():
            outline = outline_of(self.files[name])
            self.assertEqual((outline.format, outline.frames), expected, name)

    def test_what_is_not(self) -> None:
        """All others are refused."""
        for name, data in self.files.items():
            if name not in _TAKEN:
                with self.assertRaises((Unreadable, Unsupported), msg=name):
                    outline_of(data)

    def test_what_is_named(self) -> None:
        """What is known and not taken is called by its name: a film of JPEGs is no JPEG, and a
        sound with a cover no picture."""
        for name, word in _NAMED.items():
            error = self.assertRaises(Unsupported, outline_of, self.files[name])
            self.assertIn(word, str(error), name)


class KindTests(SynchronousTestCase):
    """What a file of a kind that is taken counts as."""

    def assert_kind(self, data: bytes, format: Format, frames: int | None) -> None:
        """It is of this format, with so many frames."""
        outline = outline_of(data)
        self.assertEqual((outline.format, outline.frames), (format, frames))

    def test_one_frame_of_av1(self) -> None:
        """It is what its container says: a picture as AVIF, else a film."""
        self.assert_kind(still("avif"), Format.IMAGE_AVIF, None)
        self.assert_kind(movie("mp4", "av1", frames=1), Format.VIDEO_MP4, None)
        self.assert_kind(movie("webm", "av1", frames=1), Format.VIDEO_WEBM, None)

    def test_a_moving_avif(self) -> None:
        """It is an animation with all of its frames, not a film."""
        self.assert_kind(animation("avif"), Format.ANIMATION_AVIF, 3)

    def test_an_apng_whose_picture_is_no_frame(self) -> None:
        """The picture for those who know no animations is not counted."""
        apng = animation("apng", default_image=True)
        self.assert_kind(apng, Format.ANIMATION_APNG, 2)

    def test_one_frame_in_a_png(self) -> None:
        """Where ffmpeg writes a single frame, it is a still."""
        one = remade(movie("mp4", "h264"), "apng", "-frames:v", "1", "-c:v", "apng")
        self.assert_kind(one, Format.IMAGE_PNG, None)

    def test_two_gifs(self) -> None:
        """What follows the end of the first is not of it."""
        both = animation("gif") + saved(picture(60, 45), "gif")
        self.assert_kind(both, Format.ANIMATION_GIF, 3)

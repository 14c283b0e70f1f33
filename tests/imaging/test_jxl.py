"""JPEG XL in and out."""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from pictd.imaging.colour import in_srgb
from pictd.imaging.containers.registry import is_clean, outline_of, stripped
from pictd.imaging.decode import Film, Frame
from pictd.imaging.encode import encode
from pictd.imaging.failures import Impossible, Unreadable, Unsupported
from pictd.imaging.jxl import decoder, encoder, library
from pictd.model.formats import Format
from tests.imaging.task_case import TaskCase
from tests.support import jxl, samples
from tests.support.samples import SECRET

SIZES = (
    *((1, 1), (1, 7), (8, 8), (16, 8), (64, 48), (60, 50), (120, 100), (48, 32), (160, 90)),
    *((100, 80), (200, 100), (257, 256), (256, 256), (264, 8), (600, 9), (9, 8200), (8200, 9)),
)
MODES = ("RGB", "RGBA", "L", "LA")


def boxed(codestream: bytes) -> bytes:
    """In a container."""
    return samples.jxl_boxes((b"jxlc", codestream))


class HeaderTests(TaskCase):
    """What a codestream says of itself."""

    def test_sizes(self) -> None:
        """Sides that are multiples of 8, sides with a ratio, and sides of every length."""
        for size in SIZES:
            data = samples.saved(Image.new("RGB", size), "jxl", effort=1)
            self.assertEqual(outline_of(data).size, size)
            self.assertEqual(outline_of(boxed(data)).size, size)

    def test_ratios(self) -> None:
        """Each of the seven, of a height of 60 and of one that does not divide."""
        for height, widths in (
            (60, (60, 72, 80, 90, 106, 75, 120)),
            (61, (61, 73, 81, 91, 108, 76, 122)),
        ):
            for ratio, width in enumerate(widths, 1):
                size = (0, 1), (0, 2), (height - 1, 9), (ratio, 3)
                found = outline_of(jxl.header((1, 1), size=size))
                self.assertEqual(found.size, (width, height))

    def test_what_another_encoder_writes(self) -> None:
        """Of sizes like those that come in practice."""
        for size in ((64, 48), (1920, 1080), (334, 78)):
            self.assertEqual(outline_of(jxl.made_by_ffmpeg(*size)).size, size)

    def test_limits_see_the_picture_as_it_is_shown(self) -> None:
        """Turned by its codestream."""
        data = jxl.turned(samples.still("jxl", *jxl.DEFAULT_SIZE), 6)
        measured = self.run_task("describe", data)["measured"]
        self.assertEqual((measured["width"], measured["height"]), (48, 64))

    def test_exif_turns_nothing(self) -> None:
        """The orientation in a box does not count."""
        exif = b"Exif", bytes(4) + samples.exif(6)
        data = samples.jxl_boxes(exif, (b"jxlc", samples.still("jxl")))
        self.assertEqual(outline_of(data).orientation, 1)

    def test_what_holds_a_second_picture_is_refused(self) -> None:
        """An animation, a preview, and a channel of depth or with a name."""
        depth = [(0, 1), (0, 3), (1, 1), (1, 2), (0, 1), (1, 2)]
        named = [(0, 1), (0, 3), (1, 1), (1, 2), (0, 1), (0, 2), (0, 3), (0, 2), (1, 2), (6, 4)]
        several = [(0, 1), (0, 3), (1, 1), (2, 2), (0, 4)]
        for metadata in (
            jxl.extra_fields(moves=1),
            jxl.extra_fields(preview=1),
            [(0, 1), *depth],
            [(0, 1), *named],
            [(0, 1), *several],
        ):
            data = jxl.header(*metadata, (0, 64))
            self.assertRaises(Unsupported, outline_of, data)
            self.assertRaises(Unsupported, stripped, data)


class PixelTests(TaskCase):
    """Decoding, held against another program's."""

    def test_decoded_as_by_others(self) -> None:
        """Colours, greys and transparency, lossy and lossless."""
        for mode in MODES:
            for distance in (0.0, 1.0):
                sent = samples.still("jxl", mode=mode, distance=distance)
                found = samples.opened(self.render(sent, "png"))
                other = jxl.as_ffmpeg_sees(sent, mode, found.size)
                self.assertEqual(found.mode, mode)
                self.assertGreater(samples.psnr(found, other), 50)
                if mode in ("RGBA", "LA"):
                    alphas = [each.getchannel("A").convert("RGB") for each in (found, other)]
                    self.assertGreater(samples.psnr(*alphas), 50)

    def test_lossless(self) -> None:
        """A quality of 100 keeps every bit."""
        for mode in MODES:
            image = samples.picture(mode=mode)
            made = encode(Film(image.size, iter([Frame(image, 0)])), Format.IMAGE_JXL, 100)
            self.assertEqual(samples.opened(made).tobytes(), image.tobytes())

    def test_quality(self) -> None:
        """More is larger."""
        image = samples.picture(400, 300)
        sizes = [
            len(encode(Film(image.size, iter([Frame(image, 0)])), Format.IMAGE_JXL, quality))
            for quality in (5, 20, 30, 50, 75, 90, 97, 100)
        ]
        self.assertEqual(sizes, sorted(set(sizes)))

    def test_orientation(self) -> None:
        """It stays as it is where the file stays, and is applied once where it does not."""
        plain = samples.still("jxl", *jxl.DEFAULT_SIZE)
        for value in range(1, 9):
            sent = jxl.turned(plain, value)
            self.assertEqual(outline_of(sent).orientation, value)
            self.assertEqual(self.kept(sent), sent)
            made = samples.opened(self.kept(sent, image_format="png"))
            other = jxl.as_ffmpeg_sees(sent, "RGB", made.size)
            self.assertGreater(samples.psnr(made, other), 50, value)
            tagged = samples.opened(plain)
            tagged.getexif()[0x0112] = value
            self.assertEqual(ImageOps.exif_transpose(tagged).tobytes(), made.tobytes())

    def test_conversion(self) -> None:
        """From every still and to every still."""
        for fmt in samples.CONTAINERS:
            for sent, target in ((samples.still(fmt), "jxl"), (samples.still("jxl"), fmt)):
                kept = self.kept(sent, image_format=target)
                self.assertTrue(is_clean(kept))
                self.assertGreater(samples.psnr(samples.opened(kept), samples.opened(sent)), 27)

    def test_transparency_survives(self) -> None:
        """In both directions."""
        for sent, target in (("png", "jxl"), ("jxl", "webp")):
            data = samples.still(sent, mode="RGBA", **({"distance": 0} if sent == "jxl" else {}))
            made = samples.opened(self.kept(data, image_format=target)).getchannel("A")
            true = samples.picture(mode="RGBA").getchannel("A")
            self.assertGreater(samples.psnr(made.convert("RGB"), true.convert("RGB")), 40)


class ProfileTests(TaskCase):
    """Colours stay what they mean (contract B3)."""

    def test_a_lossless_picture_has_its_profile(self) -> None:
        """It comes out of the codestream, and goes into what is made of it."""
        profile = samples.swapped_profile()
        sent = samples.still("jxl", distance=0, icc_profile=profile)
        for target in ("png", "jpeg", "webp", "avif"):
            kept = samples.opened(self.kept(sent, image_format=target))
            self.assertEqual(kept.info["icc_profile"], profile)
        self.assertEqual(self.kept(sent), sent)

    def test_a_lossy_picture_has_its_colours(self) -> None:
        """They come out as sRGB."""
        profile = samples.swapped_profile()
        expected = in_srgb(samples.picture(), profile)
        sent = samples.still("png", icc_profile=profile)
        kept = self.kept(sent, image_format="jxl")
        self.assertGreater(samples.psnr(samples.opened(kept), expected), 30)
        self.assertGreater(samples.psnr(samples.opened(self.render(kept, "png")), expected), 30)

    def test_a_profile_that_libjxl_does_not_take(self) -> None:
        """The picture is written all the same: here with its numbers, as the profile is empty."""
        head = samples.swapped_profile()[4:128]
        empty = (132).to_bytes(4, "big") + head + bytes(4)
        for best in (False, True):
            quality = {"image": {"jxl": 100} if best else {}, "animation": {}}
            sent = samples.still("png", icc_profile=empty)
            kept = self.kept(sent, image_format="jxl", quality=quality)
            self.assertGreater(samples.psnr(samples.opened(kept), samples.picture()), 30)

    def test_srgb_needs_none(self) -> None:
        """Nothing is added to a picture that came without."""
        for mode in MODES:
            made = samples.opened(self.render(samples.still("jxl", mode=mode), "png"))
            self.assertNotIn("icc_profile", made.info)


class StoredTests(TaskCase):
    """What is left of an upload."""

    def test_what_follows_the_picture_goes(self) -> None:
        """Behind a bare codestream, behind one in its box, and behind the box."""
        for mode in MODES:
            plain = samples.still("jxl", mode=mode)
            for tail in (SECRET, bytes(5000), plain, b"\0"):
                self.assertEqual(self.kept(plain + tail), plain)
                self.assertEqual(self.kept(boxed(plain + tail)), boxed(plain))
                self.assertEqual(self.kept(boxed(plain) + tail), boxed(plain))

    def test_what_is_stored_is_clean(self) -> None:
        """And a second upload of it changes nothing."""
        for sent in (samples.still("jxl") + SECRET, boxed(samples.still("jxl") + SECRET)):
            kept = self.kept(sent)
            self.assertTrue(is_clean(kept))
            self.assertEqual(self.kept(kept), kept)

    def test_the_level_of_a_codestream_stays(self) -> None:
        """It tells decoders what they have to be able to do."""
        data = samples.jxl_boxes((b"jxll", b"\x0a"), (b"jxlc", samples.still("jxl")))
        self.assertEqual(stripped(data), data)

    def test_files_cut_short_are_refused(self) -> None:
        """Wherever the cut is, in a container or out of it."""
        for data in (samples.still("jxl"), boxed(samples.still("jxl", distance=0))):
            for part in range(40):
                cut = data[: len(data) * part // 40]
                self.assertRaises((Unreadable, Unsupported), self.normalise, cut)
            self.assertRaises(Unreadable, self.normalise, data[:-1])

    def test_parts_in_disorder_are_refused(self) -> None:
        """And parts of which the last is missing."""
        code = samples.still("jxl")
        first, last = (b"jxlp", bytes(4) + code[:50]), (b"jxlp", b"\x80\0\0\1" + code[50:])
        self.assertEqual(self.kept(samples.jxl_boxes(first, last)), boxed(code))
        for wrong in ((last, first), (first,), (first, first, last), (first, (b"jxlp", b""))):
            self.assertRaises(Unreadable, outline_of, samples.jxl_boxes(*wrong))

    def test_a_format_that_is_switched_off(self) -> None:
        """By its own name."""
        answer = self.normalise(samples.still("jxl"), disabled=["jxl"])
        self.assertEqual((answer["refused"], answer["switched_off"]), (True, "jxl"))


class LibraryTests(TaskCase):
    """The library of the machine."""

    def test_it_tells_its_version(self) -> None:
        """Of the decoder."""
        jxl_library = library.installed()
        assert jxl_library is not None
        self.assertRegex(library.version(jxl_library), r"\A0\.\d+\.\d+\Z")

    def test_a_machine_without_it(self) -> None:
        """Nothing is loaded; files are not taken, and not written."""
        missing = library.load(["libjxl.so.nowhere"])
        self.assertIsNone(missing)
        raster = encoder.Raster("L", (1, 1), b"\0")
        self.assertRaises(Unsupported, decoder.Decoder, missing, samples.still("jxl"))
        self.assertRaises(Impossible, encoder.encode, missing, raster, encoder.Settings(1.0, 1))

    def test_a_picture_that_is_not_what_its_size_says(self) -> None:
        """The encoder is not led beyond the end of the pixels."""
        raster = encoder.Raster("RGB", (100, 100), bytes(100))
        settings = encoder.Settings(1.0, 1)
        self.assertRaises(Impossible, encoder.encode, library.installed(), raster, settings)

    def test_garbled_files_do_no_harm(self) -> None:
        """A byte changed anywhere gives a picture or a refusal."""
        data = samples.still("jxl", 40, 30)
        for at in range(2, len(data), 7):
            garbled = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
            try:
                Image.open(io.BytesIO(garbled), formats=["JXL"]).load()
            except (Unreadable, Unsupported):
                continue

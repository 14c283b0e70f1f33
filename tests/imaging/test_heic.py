"""HEIC in, and web formats in its place."""

from __future__ import annotations

import struct
from pathlib import Path

import pi_heif

from pictd.imaging.containers.registry import container_of, is_clean, outline_of, stripped
from pictd.imaging.failures import Unreadable, Unsupported
from pictd.model.formats import Format
from tests.imaging.task_case import TaskCase
from tests.support import heic, samples
from tests.support.samples import SECRET

SIDE = 64


def tiled(*more: bytes) -> bytes:
    """Two tiles side by side."""
    tiles = (heic.heic(samples.picture(SIDE, SIDE, seed)) for seed in (1, 2))
    return heic.grid(*tiles, *more, coded_size=(SIDE, SIDE))


class OutlineTests(TaskCase):
    """What the boxes tell."""

    def test_sizes(self) -> None:
        """Even and odd ones."""
        for size in ((64, 64), (120, 90), (121, 91), (65, 300)):
            self.assertEqual(outline_of(heic.heic(samples.picture(*size))).size, size)

    def test_sizes_of_turned_pictures(self) -> None:
        """As a viewer sees them, and that is what limits are held against."""
        for value in range(1, 9):
            data = heic.heic(samples.picture(120, 80), exif=samples.exif(value))
            size = (120, 80) if value < 5 else (80, 120)
            self.assertEqual((outline_of(data).size, outline_of(data).orientation), (size, 1))
            measured = self.normalise(data)["measured"]
            self.assertEqual((measured["width"], measured["height"]), size)

    def test_a_grid_has_the_size_of_the_whole(self) -> None:
        """Not that of a tile."""
        self.assertEqual(outline_of(tiled()).size, (2 * SIDE, SIDE))

    def test_cropped_and_turned(self) -> None:
        """In the order of the properties, as the decoder does it."""
        aperture = samples.box(b"clap", struct.pack(">IIIIiIiI", 100, 1, 40, 1, 0, 1, 0, 1))
        turn = samples.box(b"irot", b"\1")
        for more, size in (((aperture,), (100, 40)), ((aperture, turn), (40, 100))):
            data = tiled(*more)
            self.assertEqual(outline_of(data).size, size)
            self.assertEqual(heic.as_others_see(data).size, size)
            self.assertEqual(samples.opened(self.kept(data)).size, size)

    def test_what_it_becomes(self) -> None:
        """A JPEG, or a WebP where there is transparency."""
        for mode, expected in (
            ("RGB", Format.IMAGE_JPEG),
            ("L", Format.IMAGE_JPEG),
            ("RGBA", Format.IMAGE_WEBP),
        ):
            found = outline_of(heic.heic(samples.picture(mode=mode)))
            self.assertEqual((found.format, found.decoder), (expected, "heic"))

    def test_brands(self) -> None:
        """Of AVIF none; of others, those that leave the codec open, too."""
        data = heic.heic(samples.picture())
        for brand in (b"heic", b"heix", b"mif1", b"msf1", b"hevc"):
            branded = data[:8] + brand + data[12:]
            self.assertEqual(container_of(branded).codec, "HEIF")
        self.assertEqual(container_of(samples.still("avif")).codec, "AVIF")
        mixed = data[:20] + b"avif" + data[24:]
        self.assertNotEqual(container_of(mixed).codec, "HEIF")

    def test_a_file_without_a_still(self) -> None:
        """A sequence alone, and pictures of other codecs."""
        moving = samples.box(b"ftyp", b"hevc\0\0\0\0msf1hevc") + samples.box(b"moov", b"")
        data = heic.heic(samples.picture())
        for wrong in (moving, data.replace(b"hvc1", b"vvc1"), data.replace(b"hvc1", b"av01")):
            self.assertRaises(Unsupported, outline_of, wrong)


class StoredTests(TaskCase):
    """What is stored in its place."""

    def assert_stored(self, data: bytes, least: float = 30) -> None:
        """Clean, and the picture that others see."""
        kept = self.kept(data)
        self.assertTrue(is_clean(kept))
        self.assertNotIn(SECRET, kept)
        found, other = samples.opened(kept), heic.as_others_see(data)
        self.assertEqual(found.size, other.size)
        self.assertGreater(samples.psnr(found, other), least)

    def test_all_orientations(self) -> None:
        """Turned once, and without what EXIF and XMP held."""
        for value in range(1, 9):
            xmp = b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"
            sent = heic.heic(samples.picture(), exif=samples.exif(value), xmp=xmp)
            self.assertIn(SECRET, sent)
            self.assert_stored(sent)

    def test_colour_models(self) -> None:
        """Colour, grey and transparency."""
        for mode in ("RGB", "L", "RGBA"):
            self.assert_stored(heic.heic(samples.picture(mode=mode)), 27)

    def test_ten_bits(self) -> None:
        """They become eight."""
        for mode in ("RGB", "L"):
            image = samples.picture(mode=mode)
            kept = samples.opened(self.kept(heic.deep(image)))
            self.assertEqual(kept.mode, mode)
            self.assertGreater(samples.psnr(kept, image), 30)

    def test_transparency(self) -> None:
        """It is the same in the WebP."""
        image = samples.picture(mode="RGBA")
        kept = samples.opened(self.kept(heic.heic(image))).getchannel("A")
        alphas = kept.convert("RGB"), image.getchannel("A").convert("RGB")
        self.assertGreater(samples.psnr(*alphas), 40)

    def test_a_grid(self) -> None:
        """Both tiles, in their places."""
        self.assert_stored(tiled())

    def test_a_burst(self) -> None:
        """The chosen picture, wherever it stands."""
        images = [samples.picture(seed=seed) for seed in (1, 2, 3)]
        for primary, image in enumerate(images):
            kept = samples.opened(self.kept(heic.burst(images, primary)))
            self.assertGreater(samples.psnr(kept, image), 27)

    def test_the_configured_format(self) -> None:
        """Any still, also the one that it would become of itself."""
        sent = heic.heic(samples.picture())
        for target in samples.STILLS:
            kept = self.kept(sent, image_format=target)
            self.assertEqual(samples.opened(kept).format, target.upper())
            self.assertGreater(samples.psnr(samples.opened(kept), heic.as_others_see(sent)), 30)

    def test_the_profile_stays(self) -> None:
        """Byte for byte (contract B3)."""
        profile = samples.swapped_profile()
        for mode in ("RGB", "RGBA"):
            sent = heic.heic(samples.picture(mode=mode), icc_profile=profile)
            self.assertEqual(samples.opened(self.kept(sent)).info.get("icc_profile"), profile)

    def test_operations(self) -> None:
        """In their order."""
        sent = heic.heic(samples.picture(), exif=samples.exif(6))
        result = self.normalise(sent, operations=[("crop", "1x1"), ("resize", "50")])["result"]
        self.assertEqual((result["width"], result["height"]), (50, 50))

    def test_the_file_itself_is_never_stored(self) -> None:
        """It is not clean, and there is no strip of it."""
        data = heic.heic(samples.picture())
        self.assertFalse(is_clean(data))
        self.assertRaises(Unsupported, stripped, data)

    def test_switched_off(self) -> None:
        """By its own name; what it would become does not matter."""
        data = heic.heic(samples.picture())
        answer = self.normalise(data, disabled=["heic"])
        self.assertEqual((answer["refused"], answer["switched_off"]), (True, "heic"))
        self.assertIn("result", self.normalise(data, disabled=["jpeg"]))


class BrokenTests(TaskCase):
    """What is refused, and how."""

    def test_files_cut_short_are_refused(self) -> None:
        """Wherever the cut is."""
        for data in (heic.heic(samples.picture()), tiled()):
            for part in range(50):
                cut = data[: len(data) * part // 50]
                self.assertRaises((Unreadable, Unsupported), self.normalise, cut)
            self.assertRaises(Unreadable, self.normalise, data[:-1])

    def test_garbled_files_do_no_harm(self) -> None:
        """A byte changed anywhere gives a clean picture or a refusal."""
        data = heic.heic(samples.picture(60, 45))
        for at in range(0, len(data), 23):
            garbled = data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]
            try:
                self.assertTrue(is_clean(self.kept(garbled)))
            except (Unreadable, Unsupported):
                continue

    def test_a_size_that_lies_is_refused(self) -> None:
        """Limits can't be passed by it."""
        data = heic.heic(samples.picture())
        at = data.index(b"ispe") + 8
        for size in ((60, 45), (120, 900)):
            lying = data[:at] + struct.pack(">II", *size) + data[at + 8 :]
            self.assertRaises(Unreadable, self.normalise, lying)

    def test_a_picture_without_extent_is_refused(self) -> None:
        """A size of nothing."""
        data = heic.heic(samples.picture())
        at = data.index(b"ispe") + 8
        self.assertRaises(Unreadable, outline_of, data[:at] + bytes(8) + data[at + 8 :])


class DecoderTests(TaskCase):
    """The decoder that is shipped."""

    def test_it_can_only_read(self) -> None:
        """No encoder under the GPL comes with it."""
        found = pi_heif.libheif_info()
        self.assertTrue(found["decoders"])
        self.assertFalse(found["HEIF"])
        folder = Path(pi_heif.__file__).parents[1] / "pi_heif.libs"
        self.assertEqual(list(folder.glob("*x265*")), [])

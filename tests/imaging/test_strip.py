"""A strip: the picture stays to the bit, everything else goes, and broken files are refused."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

from twisted.trial.unittest import SynchronousTestCase

from pictd.imaging.containers.registry import is_clean, outline_of, stripped
from pictd.imaging.failures import Unreadable, Unsupported
from tests.support import samples
from tests.support.hiding import hiding_places, jxl_parts
from tests.support.samples import SECRET

MODES = {
    "jpeg": ("RGB", "L", "CMYK"),
    "png": ("RGB", "RGBA", "P", "L", "LA", "1", "I;16"),
    "webp": ("RGB", "RGBA"),
    "avif": ("RGB", "RGBA", "L"),
}


def every_sample() -> Mapping[str, bytes]:
    """A file of each kind that is taken."""
    found = {
        f"{fmt} {mode}": samples.still(fmt, mode=mode)
        for fmt, modes in MODES.items()
        for mode in modes
        if mode != "I;16"
    }
    grey = samples.picture(mode="L")
    found["png I;16"] = samples.saved(grey.convert("I;16"), "png")
    found["gif"] = samples.still("gif")
    found["progressive jpeg"] = samples.still("jpeg", progressive=True)
    found["lossless webp"] = samples.still("webp", mode="RGBA", lossless=True)
    codestream = samples.still("jxl")
    found["jxl"] = samples.jxl_boxes((b"jxlc", codestream))
    found["jxl in parts"] = samples.jxl_boxes(*jxl_parts(codestream))
    found |= {f"moving {fmt}": samples.animation(fmt) for fmt in samples.MOVING}
    found |= {
        f"moving transparent {fmt}": samples.animation(fmt, mode="RGBA")
        for fmt in ("apng", "webp", "avif")
    }
    return found


class StripTests(SynchronousTestCase):
    """What remains and what does not."""

    def test_pixels_and_times_stay(self) -> None:
        """Every frame decodes to the same bits, for the same time."""
        for name, data in every_sample().items():
            self.assertEqual(samples.pixels(stripped(data)), samples.pixels(data), name)

    def test_a_strip_of_a_strip_changes_nothing(self) -> None:
        """So a stored file can be checked by stripping it."""
        for name, data in every_sample().items():
            self.assertTrue(is_clean(stripped(data)), name)

    def test_a_clean_file_is_not_copied(self) -> None:
        """Where the parts of a file are not touched, it takes no second place in memory."""
        for fmt in ("jpeg", "png", "apng"):
            clean = stripped(samples.animation(fmt) if fmt == "apng" else samples.still(fmt))
            self.assertIs(stripped(clean), clean, fmt)

    def test_hiding_places_are_emptied(self) -> None:
        """Wherever the secret was, the file becomes what it is without."""
        for name, (plain, hidden) in hiding_places().items():
            self.assertIn(SECRET[:12], hidden, name)
            self.assertEqual(stripped(hidden), stripped(plain), name)
            self.assertFalse(is_clean(hidden), name)

    def test_the_quick_look_agrees_with_the_strip(self) -> None:
        """On clean files, on files with secrets, and on files with fill bytes between segments."""
        found = [*every_sample().values()]
        found += [data for pair in hiding_places().values() for data in pair]
        jpeg = stripped(samples.still("jpeg", progressive=True))
        markers = b"\xff\xda", b"\xff\xc4", b"\xff\xd9"
        at = [n for n in range(len(jpeg)) if jpeg[n : n + 2] in markers]
        found += [jpeg[:n] + b"\xff" + jpeg[n:] for n in at]
        for data in found:
            self.assertEqual(is_clean(data), stripped(data) == data, data[:40])

    def test_colour_profiles_stay_byte_for_byte(self) -> None:
        """In every still format that has them."""
        profile = samples.swapped_profile()
        for fmt in samples.CONTAINERS:
            kept = samples.opened(stripped(samples.still(fmt, icc_profile=profile)))
            self.assertEqual(kept.info.get("icc_profile"), profile, fmt)

    def test_bytes_after_the_end_of_a_profile_go(self) -> None:
        """A profile says how long it is."""
        profile = samples.swapped_profile()
        data = samples.still("jpeg", icc_profile=profile + SECRET)
        self.assertEqual(stripped(data), stripped(samples.still("jpeg", icc_profile=profile)))

    def test_an_incomplete_profile_goes(self) -> None:
        """A piece of two is none."""
        plain = samples.still("jpeg")
        piece = b"ICC_PROFILE\0\1\2" + samples.swapped_profile()
        self.assertEqual(stripped(samples.jpeg_with(plain, 0xE2, piece)), stripped(plain))

    def test_an_avif_keeps_its_rotation(self) -> None:
        """It is part of how the picture is coded."""
        for value in range(1, 9):
            data = samples.still("avif", exif=samples.exif(value))
            kept = stripped(data)
            self.assertEqual(samples.opened(kept).getexif().get(0x0112, 1), value)
            self.assertEqual(outline_of(kept).orientation, value)

    def test_creation_times_of_an_avif_go(self) -> None:
        """Two files of which one tells when it was made become one."""
        data = samples.animation("avif")
        at = data.index(b"mvhd") + 8
        dated = data[:at] + struct.pack(">II", 3_600_000_000, 3_600_000_001) + data[at + 8 :]
        self.assertNotEqual(dated, data)
        self.assertEqual(stripped(dated), stripped(data))

    def test_loop_counts_stay(self) -> None:
        """How often an animation is shown is part of it."""
        for fmt in ("gif", "apng", "webp"):
            data = samples.animation(fmt, loop=3)
            self.assertEqual(samples.opened(stripped(data)).info["loop"], 3, fmt)


class BrokenTests(SynchronousTestCase):
    """What is refused, and how."""

    def test_files_cut_short_are_refused(self) -> None:
        """Wherever the cut is: by its reader, and never by anything but a refusal."""
        for name, data in every_sample().items():
            for part in range(50):
                cut = data[: len(data) * part // 50]
                with self.assertRaises((Unreadable, Unsupported), msg=f"{name} {part}/50"):
                    stripped(cut)

    def test_garbled_files_raise_nothing_else(self) -> None:
        """Readers trust no length: a byte changed anywhere gives a result or a refusal."""
        for data in every_sample().values():
            for at in range(0, min(len(data), 2000), 13):
                garbled = data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]
                try:
                    stripped(garbled)
                    outline_of(garbled)
                except (Unreadable, Unsupported):
                    continue

    def test_what_is_not_taken_is_named(self) -> None:
        """People learn what it was that they sent."""
        for name, data in (
            ("BMP", samples.saved(samples.picture(), "bmp")),
            ("TIFF", samples.saved(samples.picture(), "tiff")),
            ("PDF", b"%PDF-1.4\n"),
            ("SVG", b'<?xml version="1.0"?>\n<svg xmlns="x">'),
            ("video", b"\0\0\0\x18ftypisom" + bytes(12)),
            ("WebM", b"\x1a\x45\xdf\xa3" + bytes(20)),
        ):
            error = self.assertRaises(Unsupported, stripped, data)
            self.assertIn(name, str(error))

    def test_what_is_no_media_is_unreadable(self) -> None:
        """Text, zeros, nothing."""
        for data in (b"hello world\n" * 100, bytes(5000), b"x", b""):
            self.assertRaises(Unreadable, stripped, data)

    def test_a_wrong_checksum_is_refused(self) -> None:
        """Of any chunk of a PNG."""
        data = bytearray(samples.still("png"))
        data[-20] ^= 1
        self.assertRaises(Unreadable, stripped, bytes(data))

    def test_an_apng_has_the_frames_that_it_announces(self) -> None:
        """Else limits could be held against a lie."""
        data = samples.animation("apng")
        at = data.index(b"acTL")
        body = b"acTL" + struct.pack(">II", 2, 0)
        lying = data[:at] + body + struct.pack(">I", zlib.crc32(body)) + data[at + 16 :]
        self.assertRaises(Unreadable, outline_of, lying)

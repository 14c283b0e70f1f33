"""The grammar of operations, and the keys of variants (spec media §4, §12.1)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from pictd.model.formats import Format, Kind, Output
from pictd.model.operations import BadOperation, Chain, allowed, parse_chain, parse_key

KEYS = [
    ("thumbnail=256&blur=3.0", "jpg", "thumbnail/256/blur/3/jpeg"),
    ("resize=mitchell.200", "webp", "resize/Mitchell.200/webp"),
    ("resize=.a10000", "jpg", "resize/.a10000/jpeg"),
    ("resize=.aa0100", "png", "resize/.a100/png"),
    ("resize=RobidouxSharp.a40000", "png", "resize/RobidouxSharp.a40000/png"),
    ("resize=.200", "jpg", "resize/200/jpeg"),
    ("resize=bogus.200", "jpg", "resize/200/jpeg"),
    ("resize=bogus.a200", "jpg", "resize/.a200/jpeg"),
    ("resize=Lanczos2.200", "jpg", "resize/Lanczos2.200/jpeg"),
    ("crop=16x9&resize=300", "webp", "crop/16x9/resize/300/webp"),
    ("resize=300&crop=16x9", "webp", "resize/300/crop/16x9/webp"),
    ("identity=true", "JPG", "jpeg"),
    ("", "png", "png"),
    ("thumbnail=256&identity=1&blur=.5", "jpg", "thumbnail/256/blur/0.5/jpeg"),
    ("thumbnail=%2B0256", "jpg", "thumbnail/256/jpeg"),
    ("blur=1e-7", "avif", "blur/0.0000001/avif"),
    ("blur=1e21", "avif", "blur/1000000000000000000000/avif"),
    ("blur=-0", "avif", "blur/-0/avif"),
    ("blur=INFINITY", "avif", "blur/inf/avif"),
    ("blur=nan", "avif", "blur/NaN/avif"),
    ("crop=016x9x4", "gif", "crop/16x9/gif"),
    ("thumbnail=18446744073709551615", "png", "thumbnail/18446744073709551615/png"),
]

BAD = [
    "resize=a100", "resize=", "resize=.", "resize=.a", "resize=.A100", "resize=lanczos",
    "crop=21x1", "crop=0x1", "crop=16X9", "crop=16", "crop=1.5x2",
    "thumbnail=-1", "thumbnail=1.5", "thumbnail=",
    "thumbnail=5 0", "thumbnail=5_0", "thumbnail=٣", "thumbnail=18446744073709551616",
    "blur=x", "blur=", "blur=1_0", "blur=0x1", "blur= 1", "Resize=200", "sharpen=1",
]  # fmt: skip


def pairs(query: str) -> list[tuple[str, str]]:
    """The pairs of a query string in which only the plus sign is escaped."""
    items = [item.partition("=") for item in query.split("&") if item]
    return [(name, value.replace("%2B", "+")) for name, _, value in items]


class KeyTests(SynchronousTestCase):
    """The identity of variants."""

    def test_keys(self) -> None:
        """Equal keys, equal variants."""
        for query, extension, key in KEYS:
            output = Output.from_extension(extension)
            assert output is not None
            self.assertEqual(parse_chain(pairs(query)).key(output), key, query)

    def test_keys_read_back(self) -> None:
        """Queued jobs carry the key alone."""
        for _, _, key in KEYS:
            found = parse_key(key)
            assert found is not None, key
            chain, output = found
            self.assertEqual(chain.key(output), key)

    def test_keys_of_another_grammar_are_opaque(self) -> None:
        """Databases taken over may hold them."""
        for key in ("", "mp4", "thumbnail/jpeg", "a/b/c/jpeg", "crop/99x1/png"):
            self.assertIsNone(parse_key(key), key)

    def test_bad_operations_name_the_parameter(self) -> None:
        """As the client spelled it."""
        for query in BAD:
            error = self.assertRaises(BadOperation, parse_chain, pairs("identity&" + query))
            self.assertEqual(error.field, query.partition("=")[0], query)

    def test_pairs_read_back(self) -> None:
        """A chain survives the way into a child."""
        for query, _, _ in KEYS:
            chain = parse_chain(pairs(query))
            self.assertEqual(repr(parse_chain(chain.pairs())), repr(chain))

    def test_magick_arguments(self) -> None:
        """Jobs that pict-rs may find queued carry them (spec storage §7.4)."""
        chain = parse_chain(pairs("resize=.a5&resize=mitchell.7&crop=4x3&blur=1&thumbnail=2"))
        self.assertEqual(
            " ".join(text for step in chain.steps for text in step.magick),
            "-filter Lanczos2 -resize 5@> -filter Mitchell -resize 7x7> -gravity center"
            " -crop 4:3+0+0 -gaussian-blur 0x1 -sample 2x2>",
        )

    def test_disallowed_names_vanish(self) -> None:
        """Whatever their value; names in capitals pass the filter and fail the grammar."""
        found = allowed(pairs("crop=bad&RESIZE=1&resize=2&src=x"), ["resize"])
        self.assertEqual(found, [("RESIZE", "1"), ("resize", "2")])
        self.assertEqual(parse_chain([]), Chain())


class OutputTests(SynchronousTestCase):
    """Spec http-api §3.7."""

    def test_results(self) -> None:
        """By what is asked for and what there is."""
        table = {
            Output.JPEG: "IMAGE_JPEG IMAGE_JPEG IMAGE_JPEG",
            Output.PNG: "IMAGE_PNG IMAGE_PNG IMAGE_PNG",
            Output.JXL: "IMAGE_JXL IMAGE_JXL IMAGE_JXL",
            Output.WEBP: "IMAGE_WEBP ANIMATION_WEBP IMAGE_WEBP",
            Output.AVIF: "IMAGE_AVIF ANIMATION_AVIF IMAGE_AVIF",
            Output.GIF: "ANIMATION_GIF ANIMATION_GIF ANIMATION_GIF",
            Output.APNG: "IMAGE_PNG ANIMATION_APNG IMAGE_PNG",
        }
        for output, names in table.items():
            self.assertEqual(
                [output.result(kind) for kind in (Kind.IMAGE, Kind.ANIMATION, Kind.VIDEO)],
                [Format[name] for name in names.split()],
            )

    def test_extensions(self) -> None:
        """In any case; whatever else there is names no output."""
        self.assertIs(Output.from_extension("Jpeg"), Output.JPEG)
        for other in ("mp4", "jpg.png", "", "pngg", "ﬁ", "\u212apeg"):
            self.assertIsNone(Output.from_extension(other), other)

"""Media: what is asked of children, and what of their answers is believed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from pictd import errors
from pictd.interfaces.media import IMedia
from pictd.model.formats import Format, Kind, Output
from pictd.model.hashes import Hash
from pictd.model.limits import Bounds, Measured, Rules
from pictd.model.operations import parse_chain
from pictd.model.uploads import UploadQuery
from pictd.tools.media import Media
from pictd.tools.settings import MediaSettings
from tests.support.imaging import Answer, ScriptedImaging

DATA = b"what was uploaded"
MADE = b"what was made of it"
MEASURED = Measured(Format.IMAGE_PNG, 40, 30, None, len(DATA))
BLURHASH = "LEHV6nWB2yk8pyo0adR*.7kCMdnj"
WIDE = Rules(Bounds(), Bounds(), Bounds())


def failing(error: Exception) -> Answer:
    """A child that ends with this."""

    def answer(arguments: object, folder: object) -> Mapping[str, object]:
        raise error

    return answer


class MediaTestCase(TestCase):
    """An upload, a folder, and children that answer as told."""

    def setUp(self) -> None:
        """Make them."""
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir(parents=True)
        self.source = self.folder.with_name("upload")
        self.source.write_bytes(DATA)
        self.imaging = ScriptedImaging()
        self.settings = MediaSettings(WIDE)

    @property
    def media(self) -> Media:
        """With the settings as they are now."""
        return Media(self.imaging, self.settings)

    def made(self, **changes: object) -> dict[str, object]:
        """A file in the folder, and a child's word on it."""
        path = self.folder / "result"
        path.write_bytes(MADE)
        size = {"width": 40, "height": 30, "frames": None, "blurhash": BLURHASH}
        return {"path": str(path), "format": {"Image": "png"}, **size, **changes}

    def answers(self, task: str, told: Mapping[str, object]) -> None:
        """What the child will say."""
        self.imaging.answers[task] = lambda arguments, folder: told

    async def normalise(self, told: Mapping[str, object], query: UploadQuery | None = None) -> Any:
        """Normalise the upload; the child's word on its measures comes for free."""
        self.answers("normalise", {"measured": MEASURED.as_json(), **told})
        return await self.media.normalise(self.source, self.folder, query or UploadQuery())


class NormaliseTests(MediaTestCase):
    """Uploads."""

    def test_interface(self) -> None:
        """Media is an IMedia."""
        verifyObject(IMedia, self.media)

    async def test_result(self) -> None:
        """What the child made comes back, with the hash of its real bytes."""
        made = await self.normalise({"result": self.made()})
        digest = hashlib.sha256(MADE).digest()
        self.assertEqual(made.hash, Hash(digest, len(MADE), Format.IMAGE_PNG))
        self.assertEqual((made.width, made.height, made.frames), (40, 30, None))
        self.assertEqual((made.path.read_bytes(), made.blurhash), (MADE, BLURHASH))

    async def test_lies_about_the_bytes(self) -> None:
        """Whatever the child says of them."""
        made = await self.normalise({"result": self.made(digest="00" * 32, size=1)})
        self.assertEqual(made.hash.size, len(MADE))
        self.assertEqual(made.hash.digest, hashlib.sha256(MADE).digest())

    async def test_order(self) -> None:
        """The child gets the rules, the formats, the qualities and the operations."""
        self.settings = attrs.evolve(
            self.settings,
            image_format=Format.IMAGE_WEBP,
            quality={"image": {"webp": 70}, "animation": {}},
            disabled=("jxl",),
        )
        query = UploadQuery(Bounds(width=99), frozenset({Kind.IMAGE}), (("blur", "2"),))
        await self.normalise({"result": self.made()}, query)
        ((task, order, reads, folder),) = self.imaging.orders
        self.assertEqual((task, reads, folder), ("normalise", [self.source], self.folder))
        rules = attrs.evolve(WIDE, requested=query.bounds, allowed=query.allowed)
        self.assertEqual(Rules.from_json(order["rules"]), rules)
        self.assertEqual((order["image_format"], order["animation_format"]), ("webp", None))
        self.assertEqual(order["quality"], {"image": {"webp": 70}, "animation": {}})
        self.assertEqual((order["operations"], order["disabled"]), ([["blur", "2"]], ["jxl"]))

    async def test_configured_operations(self) -> None:
        """The configured steps apply where the request brings none of its own."""
        self.settings = attrs.evolve(self.settings, preprocess=(("resize", "9"),))
        await self.normalise({"result": self.made()})
        await self.normalise({"result": self.made()}, UploadQuery(operations=(("blur", "1"),)))
        asked = [order["operations"] for _, order, _, _ in self.imaging.orders]
        self.assertEqual(asked, [[["resize", "9"]], [["blur", "1"]]])

    async def test_empty(self) -> None:
        """An empty file is refused before any child is asked."""
        self.source.write_bytes(b"")
        with self.assertRaises(errors.FileEmpty):
            await self.normalise({})
        self.assertEqual(self.imaging.orders, [])

    async def assert_refused(
        self, error: type[errors.PictdError], requested: Bounds, limit: int, actual: int
    ) -> None:
        """The request's bound is told as this error."""
        with self.assertRaises(error) as caught:
            await self.normalise({"refused": True}, UploadQuery(requested))
        self.assertEqual(caught.exception.extra, {"limit": limit, "actual": actual})

    async def test_limits(self) -> None:
        """Each bound has its error, which tells limit and measure; sizes are in bytes."""
        await self.assert_refused(errors.TooWide, Bounds(width=39), 39, 40)
        await self.assert_refused(errors.TooTall, Bounds(height=29), 29, 30)
        await self.assert_refused(errors.TooManyPixels, Bounds(area=1199), 1199, 1200)
        await self.assert_refused(errors.FileTooLarge, Bounds(file_size=16), 16, 17)

    async def test_frames(self) -> None:
        """Animations have a bound of their own."""
        measured = attrs.evolve(MEASURED, format=Format.ANIMATION_GIF, frames=8)
        told = {"refused": True, "measured": measured.as_json()}
        with self.assertRaises(errors.TooManyFrames):
            await self.normalise(told, UploadQuery(Bounds(frames=7)))

    async def test_kinds(self) -> None:
        """A class that the request excludes, and video where it is off."""
        with self.assertRaises(errors.KindDisallowed):
            await self.normalise({"refused": True}, UploadQuery(allowed=frozenset({Kind.VIDEO})))
        self.settings = attrs.evolve(self.settings, rules=attrs.evolve(WIDE, video=None))
        measured = attrs.evolve(MEASURED, format=Format.VIDEO_MP4).as_json()
        with self.assertRaises(errors.VideoDisabled):
            await self.normalise({"refused": True, "measured": measured})

    async def test_disabled_format(self) -> None:
        """A format that is switched off is told by its key."""
        self.settings = attrs.evolve(self.settings, disabled=("png",))
        with self.assertRaises(errors.KindDisallowed) as caught:
            await self.normalise({"refused": True, "switched_off": "png"})
        self.assertIn("media.disabled_formats", str(caught.exception))

    async def test_a_format_that_is_not_disabled(self) -> None:
        """A child can't make up a reason."""
        self.settings = attrs.evolve(self.settings, disabled=("png",))
        with self.assertRaises(errors.MediaFailed):
            await self.normalise({"refused": True, "switched_off": "webp"})

    async def test_refusal_without_reason(self) -> None:
        """A child that refuses what the rules let in has failed."""
        with self.assertRaises(errors.MediaFailed):
            await self.normalise({"refused": True})

    async def test_result_of_what_is_refused(self) -> None:
        """A child can't let in what the rules refuse."""
        with self.assertRaises(errors.TooWide):
            await self.normalise({"result": self.made()}, UploadQuery(Bounds(width=1)))

    async def test_lies_about_the_size(self) -> None:
        """The size that is held against the limits is the file's own."""
        measured = attrs.evolve(MEASURED, file_size=1).as_json()
        query = UploadQuery(Bounds(file_size=2))
        with self.assertRaises(errors.FileTooLarge):
            await self.normalise({"result": self.made(), "measured": measured}, query)

    async def test_bad_operation(self) -> None:
        """The parameter is named."""
        query = UploadQuery(operations=(("Resize", "1"),))
        with self.assertRaises(errors.BadOperation) as caught:
            await self.normalise({"bad_operation": "Resize"}, query)
        self.assertEqual(caught.exception.extra, {"field": "Resize"})

    async def test_bad_operation_that_nobody_asked(self) -> None:
        """A child can't put words into the answer."""
        with self.assertRaises(errors.MediaFailed):
            await self.normalise({"bad_operation": "<script>"})

    async def test_wrong_answers(self) -> None:
        """Answers of any other shape are failures."""
        wrong: list[Mapping[str, object]] = [{}, {"result": None}, {"result": {}}]
        wrong += [{"measured": None}, {"measured": {}}, {"result": self.made(width=-1)}]
        wrong += [{"result": self.made(frames="9")}, {"result": self.made(height=2**31)}]
        wrong += [{"result": self.made(format={"Image": "bmp"})}]
        wrong += [{"result": self.made(blurhash=each)} for each in ("", "<b>", 7, "x" * 10_000)]
        for told in wrong:
            with self.assertRaises(errors.MediaFailed):
                await self.normalise(told)

    async def test_paths_outside(self) -> None:
        """Only a file directly in the folder is taken."""
        inside = self.folder / "deep"
        inside.mkdir()
        (inside / "result").write_bytes(MADE)
        paths = [self.source, self.folder, self.folder / "..", self.folder / "../upload"]
        for path in [*paths, inside / "result", Path("result"), Path()]:
            with self.assertRaises(errors.MediaFailed):
                await self.normalise({"result": self.made(path=str(path))})

    async def test_what_is_no_file(self) -> None:
        """A link, a folder, a pipe, nothing at all or an empty file is not taken, at once."""
        link, pipe, empty = (self.folder / each for each in ("link", "pipe", "empty"))
        link.symlink_to(self.source)
        os.mkfifo(pipe)
        empty.touch()
        for path in (link, pipe, empty, self.folder / "none"):
            with self.assertRaises(errors.MediaFailed):
                await self.normalise({"result": self.made(path=str(path))})


class StoredTests(MediaTestCase):
    """Files that are stored already."""

    async def render(self, told: object) -> Any:
        """A variant."""
        self.answers("render", {"result": told})
        chain = parse_chain([("resize", "20"), ("blur", "1.5")])
        png = Format.IMAGE_PNG
        return await self.media.render(self.source, png, self.folder, chain, Output.WEBP)

    async def test_variant(self) -> None:
        """The child gets the chain and the output; what it made comes back as it is."""
        made = await self.render(self.made(format={"Image": "webp"}))
        self.assertEqual((made.format, made.width, made.height), (Format.IMAGE_WEBP, 40, 30))
        ((task, order, reads, _),) = self.imaging.orders
        self.assertEqual((task, reads, order["output"]), ("render", [self.source], "webp"))
        self.assertEqual(order["operations"], [["resize", "20"], ["blur", "1.5"]])

    async def test_no_variant(self) -> None:
        """A child that made no file has failed."""
        for told in (self.made(path=str(self.folder / "none")), None, self.made(path="/etc/hosts")):
            with self.assertRaises(errors.MediaFailed):
                await self.render(told)

    async def test_broken(self) -> None:
        """A stored file that can't be decoded is our fault, not the client's."""
        self.imaging.answers["blurhash"] = failing(errors.UnreadableMedia("torn"))
        with self.assertRaises(errors.MediaFailed):
            await self.media.blurhash(self.source, Format.IMAGE_PNG, self.folder)

    async def rendition(self, told: object) -> Path:
        """A still for somebody else."""
        self.answers("render", {"result": told})
        return await self.media.rendition(self.source, Format.ANIMATION_GIF, self.folder)

    async def test_rendition(self) -> None:
        """One small frame is asked for, of a quality that is not the site's."""
        quality = {"image": {"webp": 1}, "animation": {"webp": 1}}
        self.settings = attrs.evolve(self.settings, quality=quality)
        made = await self.rendition(self.made(format={"Image": "webp"}))
        self.assertEqual(made, self.folder / "result")
        ((task, order, reads, folder),) = self.imaging.orders
        self.assertEqual((task, reads, folder), ("render", [self.source], self.folder))
        self.assertEqual((order["output"], order["still"]), ("webp", True))
        self.assertEqual(order["operations"], [["thumbnail", "2048"]])
        self.assertEqual(order["quality"], {"image": {}})

    async def test_rendition_of_another_kind(self) -> None:
        """A child that made something else, or nothing, has failed."""
        webp = {"format": {"Image": "webp"}}
        moving = self.made(format={"Animation": "webp"}, frames=3)
        for told in (None, self.made(), moving, self.made(**webp, path=str(self.folder / "none"))):
            with self.assertRaises(errors.MediaFailed):
                await self.rendition(told)

    async def test_no_rendition(self) -> None:
        """Whatever hinders it is our fault; a full queue is told as what it is."""
        for raised, error in (
            (errors.UnreadableMedia, errors.MediaFailed),
            (errors.OperationImpossible, errors.MediaFailed),
            (errors.MediaTooExpensive, errors.MediaFailed),
            (errors.MediaTimeout, errors.MediaFailed),
            (errors.Overloaded, errors.Overloaded),
        ):
            self.imaging.answers["render"] = failing(raised())
            with self.assertRaises(error):
                await self.media.rendition(self.source, Format.IMAGE_PNG, self.folder)

    async def test_describe(self) -> None:
        """Measures come back; the child may write nowhere."""
        self.answers("describe", {"measured": MEASURED.as_json()})
        self.assertEqual(await self.media.describe(self.source, Format.IMAGE_PNG), MEASURED)
        self.assertEqual(self.imaging.orders[0][2:], ([self.source], None))

    async def test_blurhash(self) -> None:
        """A blurhash comes back, and nothing that is none."""
        self.answers("blurhash", {"blurhash": BLURHASH})
        self.assertEqual(
            await self.media.blurhash(self.source, Format.IMAGE_PNG, self.folder), BLURHASH
        )
        self.answers("blurhash", {"blurhash": "no!"})
        with self.assertRaises(errors.MediaFailed):
            await self.media.blurhash(self.source, Format.IMAGE_PNG, self.folder)


class LifeTests(MediaTestCase):
    """Start, stop, and what is missing."""

    async def test_life(self) -> None:
        """Children start and stop with it."""
        self.answers("capabilities", {})
        await self.media.start()
        self.assertTrue(self.imaging.running)
        await self.media.stop()
        self.assertFalse(self.imaging.running)

    async def test_start_that_fails(self) -> None:
        """The server starts without children, and tells what is missing (contract E1)."""

        class Dead(ScriptedImaging):
            async def start(self) -> None:
                raise errors.MediaFailed()

        dead = Dead(lacking=["imaging children"])
        await Media(dead, self.settings).start()
        self.assertEqual(Media(dead, self.settings).missing(), ["imaging children"])

    async def test_what_is_switched_off_is_not_missing(self) -> None:
        """A machine without a codec that nobody wants lacks nothing."""
        self.imaging.lacking = ["HEIC codec", "WEBP codec", "animated WEBP codec"]
        self.settings = attrs.evolve(self.settings, disabled=("heic", "webp"))
        self.assertEqual(self.media.missing(), [])
        self.settings = attrs.evolve(self.settings, disabled=("heic",))
        self.assertEqual(self.media.missing(), ["WEBP codec", "animated WEBP codec"])

    async def test_without_ffmpeg(self) -> None:
        """ffmpeg is missing where videos are taken, and not where they are not."""
        self.answers("capabilities", {})
        for rules, disabled, missing in (
            (WIDE, (), ["ffmpeg"]),
            (WIDE, ("mp4", "webm"), []),
            (attrs.evolve(WIDE, video=None), (), []),
        ):
            self.settings = attrs.evolve(self.settings, rules=rules, disabled=disabled)
            media = self.media
            await media.start()
            self.assertEqual(media.missing(), missing)

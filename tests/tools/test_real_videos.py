"""Videos with the real ffmpeg in real children."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import attrs
from PIL import Image

from pictd import errors
from pictd.imaging.containers.registry import is_clean
from pictd.model.codecs import VideoCodec
from pictd.model.formats import Format, Kind, Output
from pictd.model.limits import Bounds, Rules
from pictd.model.operations import Chain, parse_chain
from pictd.model.records import Normalised
from pictd.model.streams import Container, Streams
from pictd.model.transcoding import VideoPolicy
from pictd.model.uploads import UploadQuery
from pictd.tools.media import Media
from pictd.tools.settings import MediaSettings
from pictd.tools.videos import Videos
from tests.support.movies import movie, probed, remade
from tests.tools.children import ChildrenTestCase

ANY = Rules(Bounds(), Bounds(), Bounds())
FFMPEG = shutil.which("ffmpeg")
NAMES = {"h264": "h264", "h265": "hevc", "vp8": "vp8", "vp9": "vp9", "av1": "av1"}


def codecs(data: bytes) -> list[str]:
    """The codecs of all streams."""
    return [each["codec_name"] for each in probed(data)["streams"]]


class RealVideoTests(ChildrenTestCase):
    """From upload to variant."""

    def setUp(self) -> None:
        """A place for the upload."""
        super().setUp()
        self.source = self.folder.with_name("upload")

    def media(self, policy: VideoPolicy | None = None, **settings: Any) -> Media:
        """Media that makes videos by this policy."""
        imaging = self.imaging(tasks="pictd.imaging.tasks", file_size=64 * 1024**2)
        common = {"rules": ANY, "video": policy or VideoPolicy(), "ffmpeg": FFMPEG}
        return Media(imaging, MediaSettings(**{**common, **settings}))

    async def normalised(
        self, data: bytes, policy: VideoPolicy | None = None, **settings: Any
    ) -> Normalised:
        """What is made of an upload, in an empty folder."""
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        self.source.write_bytes(data)
        media = self.media(policy, **settings)
        return await media.normalise(self.source, self.folder, UploadQuery())

    async def stored(self, data: bytes, policy: VideoPolicy | None = None) -> bytes:
        """Its bytes."""
        return (await self.normalised(data, policy)).path.read_bytes()

    async def test_upload(self) -> None:
        """A video is measured, cleaned, hashed and blurhashed."""
        made = await self.normalised(movie("mp4", "h264", frames=8, audio="aac"))
        self.assertEqual((made.width, made.height, made.frames), (96, 64, 8))
        self.assertEqual(made.hash.format, Format.VIDEO_MP4)
        self.assertIsNotNone(made.blurhash)
        data = made.path.read_bytes()
        self.assertTrue(is_clean(data))
        self.assertEqual(codecs(data), ["h264"])

    async def test_the_same_twice(self) -> None:
        """The same upload gives the same bytes (contract B8)."""
        for container, codec in (("mp4", "h264"), ("matroska", "h265")):
            data = movie(container, codec)
            first = await self.stored(data)
            self.assertEqual(await self.stored(data), first)

    async def test_encoding(self) -> None:
        """Every codec can be encoded inside the walls, with sound of its container."""
        sounds = {"h264": "aac", "h265": "aac"}
        for codec, name in NAMES.items():
            policy = VideoPolicy(VideoCodec(codec), allow_audio=True, crf={240: 60})
            source = movie("mp4", "h265" if codec == "h264" else "h264", audio="aac")
            made = await self.normalised(source, policy)
            data = made.path.read_bytes()
            self.assertEqual(codecs(data), [name, sounds.get(codec, "opus")])
            self.assertEqual((made.width, made.height, made.frames), (96, 64, 6))

    async def test_sound_nobody_knows(self) -> None:
        """Sound that MP4 can't hold is encoded; where it may not be, it goes."""
        sounding = movie("mp4", "h264", audio="aac")
        pcm = remade(sounding, "mov", "-c:v", "copy", "-c:a", "pcm_s16le")
        self.assertEqual(codecs(await self.stored(pcm)), ["h264"])
        kept = await self.stored(pcm, VideoPolicy(allow_audio=True))
        self.assertIn(codecs(kept), (["h264", "aac"], ["h264", "pcm_s16le"]))

    async def test_transparency(self) -> None:
        """Transparency survives encoding, and shows in posters."""
        clear = "format=rgba,colorchannelmixer=aa=0.4"
        data = movie("webm", "vp9", "-vf", clear, "-pix_fmt", "yuva420p", "-auto-alt-ref", "0")
        policy = VideoPolicy(VideoCodec.VP8)
        self.source.write_bytes(await self.stored(data, policy))
        poster = await self.poster(Format.VIDEO_WEBM)
        self.assertEqual(poster.mode, "RGBA")
        lowest = poster.getchannel("A").getextrema()[0]
        assert isinstance(lowest, int)
        self.assertLess(abs(lowest - 102), 20)

    async def test_rotation(self) -> None:
        """A video that lies on its side keeps its turn, and its poster stands upright."""
        turned = remade(movie("mp4", "h264"), "mp4", "-c", "copy", "-metadata:s:v:0", "rotate=90")
        made = await self.stored(turned)
        (stream,) = probed(made)["streams"]
        self.assertEqual((stream["width"], stream["height"]), (96, 64))
        self.source.write_bytes(made)
        self.assertEqual((await self.poster(Format.VIDEO_MP4)).size, (64, 96))

    async def test_variants(self) -> None:
        """Operations apply to the first frame; what comes out is a still, or one frame."""
        self.source.write_bytes(await self.stored(movie("mp4", "h264")))
        media = self.media()
        for output in (Output.JPEG, Output.WEBP, Output.GIF, Output.APNG):
            chain = parse_chain([("crop", "1x1"), ("resize", "32")])
            made = await media.render(self.source, Format.VIDEO_MP4, self.folder, chain, output)
            self.assertEqual((made.width, made.height, made.frames), (32, 32, None))
            self.assertEqual(made.format, output.result(Kind.VIDEO))
            for path in self.folder.iterdir():
                path.unlink()

    async def test_motion(self) -> None:
        """The still frame is kept as the configuration of stills has it, with transparency."""
        clear = ("-vf", "format=rgba,colorchannelmixer=aa=0.4", "-pix_fmt", "yuva420p")
        transparent = movie("webm", "vp9", *clear, "-auto-alt-ref", "0")
        for data, format, wanted in (
            (movie("webm", "vp9"), None, Format.IMAGE_JPEG),
            (movie("webm", "vp9"), Format.IMAGE_AVIF, Format.IMAGE_WEBP),
            (movie("webm", "vp9"), Format.IMAGE_PNG, Format.IMAGE_PNG),
            (transparent, None, Format.IMAGE_WEBP),
        ):
            self.source.write_bytes(data)
            media = self.media(image_format=format)
            made = await media.motion(self.source, Format.VIDEO_WEBM, self.folder)
            self.assertEqual((made.format, made.width, made.height), (wanted, 96, 64))

    async def test_measures(self) -> None:
        """Stored videos can be measured and blurhashed."""
        self.source.write_bytes(await self.stored(movie("webm", "vp8", frames=3)))
        media = self.media()
        measured = await media.describe(self.source, Format.VIDEO_WEBM)
        self.assertEqual((measured.width, measured.height, measured.frames), (96, 64, 3))
        self.assertTrue(await media.blurhash(self.source, Format.VIDEO_WEBM, self.folder))

    async def test_sound_that_is_copied(self) -> None:
        """MP3 in MP4 and Vorbis in WebM stay as they are, but for their words."""
        allowed = VideoPolicy(allow_audio=True)
        told = ["-metadata:s:a:0", "title=Xq7-SECRET-7qX"]
        kept = await self.stored(movie("webm", "vp9", *told, audio="vorbis"), allowed)
        self.assertEqual(codecs(kept), ["vp9", "vorbis"])
        self.assertNotIn(b"SECRET", kept)
        kept = await self.stored(movie("mp4", "h264", audio="mp3"), allowed)
        self.assertEqual(codecs(kept), ["h264", "mp3"])

    async def test_size_that_lies(self) -> None:
        """The size that is decoded counts, not only the one that the container announces."""
        data = bytearray(movie("webm", "vp9"))
        at = data.index(b"\xb0\x81\x60\xba\x81\x40")
        data[at + 2], data[at + 5] = 16, 16
        rules = attrs.evolve(ANY, video=Bounds(width=50))
        with self.assertRaises(errors.TooWide) as caught:
            await self.normalised(bytes(data), rules=rules)
        self.assertEqual(caught.exception.extra["actual"], 96)
        self.assertEqual((await self.normalised(bytes(data))).width, 96)

    async def test_frames_that_hide(self) -> None:
        """So do the frames that are stored, not only those that were counted at first."""
        one = movie("webm", "vp8", frames=6)
        rules = attrs.evolve(ANY, video=Bounds(frames=6))
        await self.normalised(one, rules=rules)
        with self.assertRaises(errors.UploadRefused):
            await self.normalised(one + one[one.index(b"\x18\x53\x80\x67") :], rules=rules)

    async def test_decoders_that_are_off(self) -> None:
        """What is switched off is decoded no more, uploaded or stored."""
        self.source.write_bytes(movie("webm", "vp8"))
        media = self.media(disabled=("webm",))
        asked = self.source, Format.VIDEO_WEBM, self.folder
        with self.assertRaises(errors.KindDisallowed):
            await media.normalise(self.source, self.folder, UploadQuery())
        with self.assertRaises(errors.KindDisallowed):
            await media.render(*asked, Chain(), Output.PNG)
        with self.assertRaises(errors.KindDisallowed):
            await media.blurhash(*asked)

    async def test_lists_of_files(self) -> None:
        """A list of other files is no video, even where a child says that it is one."""
        secret = self.folder.with_name("secret")
        secret.write_bytes(movie("mp4", "h264"))
        for text in (f"ffconcat version 1.0\nfile {secret}\n", f"#EXTM3U\n#EXTINF:1,\n{secret}\n"):
            self.source.write_text(text)
            with self.assertRaises(errors.UploadRefused):
                await self.media().normalise(self.source, self.folder, UploadQuery())
            for container in Container:
                with self.assertRaises(errors.UnreadableMedia):
                    await self.draw(Streams(container, VideoCodec.H264))

    async def test_lists_that_are_read(self) -> None:
        """Where ffmpeg follows a list all the same, it finds nothing."""
        assert FFMPEG is not None
        secret = self.folder.with_name("secret")
        secret.write_bytes(movie("mp4", "h264"))
        self.source.write_text(f"ffconcat version 1.0\nfile {secret}\n")
        order = [FFMPEG, "-v", "error", "-safe", "0", "-f", "concat", "-i", str(self.source)]
        with self.assertRaises(errors.UnreadableMedia):
            await self.imaging().execute([*order, "out.png"], [self.source], self.folder)
        await self.imaging().execute(
            [*order, "-frames:v", "1", "out.png"], [self.source, secret], self.folder
        )

    async def draw(self, streams: Streams) -> Path:
        """A poster of the upload, which is said to have these streams."""
        videos = Videos(self.imaging(), VideoPolicy(), FFMPEG)
        return await videos.first_frame(self.source, self.folder, streams)

    async def poster(self, format: Format) -> Image.Image:
        """The first frame of the stored video."""
        made = await self.media().render(self.source, format, self.folder, Chain(), Output.PNG)
        return Image.open(io.BytesIO(made.path.read_bytes()))

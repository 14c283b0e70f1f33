"""Videos: what ffmpeg is ordered to do, and what follows from its failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from twisted.trial.unittest import TestCase

from pictd.errors import KindDisallowed, MediaTimeout, UnreadableMedia
from pictd.model.codecs import AudioCodec, VideoCodec
from pictd.model.limits import Bounds, Measured, Rules
from pictd.model.streams import Container, Streams
from pictd.model.transcoding import VideoPolicy
from pictd.tools.videos import Video, Videos
from tests.support.imaging import ScriptedImaging

FFMPEG = "/opt/ffmpeg"
RULES = Rules(Bounds(), Bounds(), Bounds())
SILENT = Streams(Container.MOV, VideoCodec.H264)
SOUNDING = Streams(Container.MOV, VideoCodec.H264, has_sound=True)
LISTING = """Encoders:
 V..... = Video
 V....D libvpx-vp9           libvpx VP9 (codec vp9)
 A..... libopus              libopus Opus (codec opus)
"""


class VideosTestCase(TestCase):
    """Children that do as told, and a folder."""

    def setUp(self) -> None:
        """Make them; ffmpeg makes all files that it is told to."""
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir(parents=True)
        self.source = self.folder.with_name("upload")
        self.children = ScriptedImaging()
        self.children.execution = self.ffmpeg
        self.children.answers["certify"] = self.certify
        self.unmade: set[str] = set()

    def ffmpeg(self, program: Sequence[str], folder: Path | None) -> str:
        """Make the output files, but for the ``unmade``."""
        for argument in program:
            path = Path(argument.removeprefix("file:"))
            if path.parent == folder and path.name not in self.unmade:
                path.write_bytes(b"made")
        return ""

    def certify(self, arguments: Mapping[str, object], folder: Path | None) -> dict[str, object]:
        """Answer what was asked."""
        return {"result": dict(arguments)}

    def videos(self, policy: VideoPolicy | None = None, program: str | None = FFMPEG) -> Videos:
        """By this policy."""
        return Videos(self.children, policy or VideoPolicy(), program)

    async def make(self, streams: Streams, policy: VideoPolicy | None = None) -> object:
        """What is told of the video that is stored."""
        told = await self.videos(policy).make(self.video(streams), self.folder)
        return told["result"]

    def video(self, streams: Streams) -> Video:
        """An upload."""
        measured = Measured(streams.format, 96, 64, 6, 1000)
        return Video(self.source, streams, measured, RULES)


class MakeTests(VideosTestCase):
    """Uploads."""

    async def test_order(self) -> None:
        """One run of ffmpeg makes video and poster, and a child looks at both."""
        await self.make(SILENT)
        (program,), ((task, arguments, _, folder),) = self.children.programs, self.children.orders
        self.assertEqual((program[0], task, folder), (FFMPEG, "certify", self.folder))
        self.assertEqual(Path(str(arguments["source"])).read_bytes(), b"made")
        self.assertEqual(Path(str(arguments["poster"])).read_bytes(), b"made")
        self.assertEqual(Streams.from_json(arguments["streams"]), SILENT)

    async def test_no_poster(self) -> None:
        """Where no picture begins at the start of the file, the first one is looked for."""
        self.unmade = {"poster.jpeg"}

        def second_time(program: Sequence[str], folder: Path | None) -> str:
            self.ffmpeg(program, folder)
            self.unmade = set()
            return ""

        self.children.execution = second_time
        await self.make(SILENT)
        self.assertEqual(len(self.children.programs), 2)

    async def test_no_picture(self) -> None:
        """A video without any picture is refused."""
        self.unmade = {"poster.jpeg"}
        with self.assertRaises(UnreadableMedia):
            await self.make(SILENT)

    async def test_sound_that_does_not_fit(self) -> None:
        """Sound that can't be copied is encoded."""

        def fails_once(program: Sequence[str], folder: Path | None) -> str:
            self.ffmpeg(program, folder)
            if len(self.children.programs) == 1:
                raise UnreadableMedia
            return ""

        self.children.execution = fails_once
        await self.make(SOUNDING, VideoPolicy(allow_audio=True))
        first, second = self.children.programs
        self.assertIn("copy", first[first.index("-c:a") :])
        self.assertIn("aac", second[second.index("-c:a") :])

    async def test_broken(self) -> None:
        """What can't be made in any way is refused."""
        self.children.execution = self.failing
        with self.assertRaises(UnreadableMedia):
            await self.make(SOUNDING, VideoPolicy(allow_audio=True))
        self.assertEqual(len(self.children.programs), 2)

    async def test_too_slow(self) -> None:
        """What takes too long is not tried in another way."""

        def slow(program: Sequence[str], folder: Path | None) -> str:
            raise MediaTimeout

        self.children.execution = slow
        with self.assertRaises(MediaTimeout):
            await self.make(SOUNDING, VideoPolicy(allow_audio=True))
        self.assertEqual(len(self.children.programs), 1)

    async def test_without_ffmpeg(self) -> None:
        """Where there is no ffmpeg, the refusal says so."""
        with self.assertRaisesRegex(KindDisallowed, "ffmpeg"):
            await self.videos(program=None).make(self.video(SILENT), self.folder)

    def failing(self, program: Sequence[str], folder: Path | None) -> str:
        """As ffmpeg does with a broken file."""
        raise UnreadableMedia


class LookTests(VideosTestCase):
    """What is missing."""

    async def test_no_ffmpeg(self) -> None:
        """Without ffmpeg, ffmpeg is missing."""
        videos = self.videos(program=None)
        await videos.look()
        self.assertEqual(videos.missing(), ["ffmpeg"])

    async def test_ffmpeg_that_does_not_run(self) -> None:
        """Nor is one there that does not run; it is tried again whenever somebody asks."""

        def broken(program: Sequence[str], folder: Path | None) -> str:
            raise UnreadableMedia

        self.children.execution = broken
        videos = self.videos()
        await videos.look()
        self.assertEqual(videos.missing(), ["ffmpeg"])
        self.children.execution = lambda program, folder: LISTING
        self.assertEqual(videos.missing(), [], "what ails it may pass")

    async def test_nothing_to_encode(self) -> None:
        """Copying needs no encoder."""
        self.children.execution = lambda program, folder: LISTING
        videos = self.videos()
        await videos.look()
        self.assertEqual(videos.missing(), [])

    async def test_encoders(self) -> None:
        """Encoders that the configuration needs are missing by name."""
        self.children.execution = lambda program, folder: LISTING
        policy = VideoPolicy(VideoCodec.H265, AudioCodec.VORBIS, allow_audio=True)
        videos = self.videos(policy)
        await videos.look()
        self.assertEqual(
            set(videos.missing()),
            {f"ffmpeg's encoder {name}" for name in ("libx265", "aac", "libvorbis")},
        )

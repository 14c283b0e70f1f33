"""What becomes of a video, by configuration."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from pictd.model.codecs import AudioCodec, VideoCodec
from pictd.model.formats import Format
from pictd.model.streams import Container, Streams
from pictd.model.transcoding import Plan, Sound, VideoPolicy, crf_for, plans

AAC, OPUS, VORBIS = AudioCodec.AAC, AudioCodec.OPUS, AudioCodec.VORBIS
MP4, WEBM = Format.VIDEO_MP4, Format.VIDEO_WEBM
SIZE = (1280, 720)


def streams(
    codec: str, audio: AudioCodec | None = None, container: Container = Container.MOV
) -> Streams:
    """A video with sound."""
    return Streams(container, VideoCodec(codec), has_sound=True, audio=audio)


def plan(source: Streams, codec: str | None = None, audio: AudioCodec | None = None) -> Plan:
    """The first plan where sound is allowed."""
    wanted = None if codec is None else VideoCodec(codec)
    policy = VideoPolicy(wanted, audio, allow_audio=True)
    return plans(source, SIZE, policy)[0]


class PictureTests(SynchronousTestCase):
    """The picture."""

    def test_copied_by_default(self) -> None:
        """Without a configured codec every picture is kept, in its codec's container."""
        for codec, format in (("h264", MP4), ("h265", MP4), ("vp8", WEBM), ("vp9", WEBM)):
            for container in Container:
                made = plan(streams(codec, container=container))
                self.assertEqual((made.video, made.format), (None, format))

    def test_copied_where_it_is_what_is_wanted(self) -> None:
        """The wanted codec is copied out of any container."""
        made = plan(streams("h264", container=Container.MATROSKA), "h264")
        self.assertEqual((made.video, made.format), (None, MP4))

    def test_av1_that_is_wanted(self) -> None:
        """AV1 that is wanted is moved to WebM; AV1 that is kept stays where it is."""
        self.assertEqual(plan(streams("av1"), "av1").format, WEBM)
        self.assertIsNone(plan(streams("av1"), "av1").video)
        self.assertEqual(plan(streams("av1")).format, MP4)

    def test_encoded_otherwise(self) -> None:
        """Another codec is encoded to the wanted one."""
        made = plan(streams("h264"), "vp9")
        self.assertEqual((made.video, made.format), (VideoCodec.VP9, WEBM))
        self.assertEqual(made.result.video, VideoCodec.VP9)

    def test_alpha(self) -> None:
        """Transparency survives in the codecs that have it."""
        source = Streams(Container.MATROSKA, VideoCodec.VP9, alpha=True)
        kept = {
            codec: plan(source, codec).result.alpha for codec in (None, "vp8", "vp9", "h264", "av1")
        }
        wanted = {None: True, "vp8": True, "vp9": True, "h264": False, "av1": False}
        self.assertEqual(kept, wanted)


class SoundTests(SynchronousTestCase):
    """The sound."""

    def test_not_allowed(self) -> None:
        """Sound that is not allowed is gone, whatever else is configured."""
        for codec in (None, *VideoCodec):
            policy = VideoPolicy(codec, AAC)
            (made,) = plans(streams("h264", AAC), SIZE, policy)
            self.assertIs(made.sound, Sound.NONE)

    def test_none_there(self) -> None:
        """Where there is none, none is made."""
        silent = Streams(Container.MOV, VideoCodec.H264)
        self.assertIs(plan(silent).sound, Sound.NONE)

    def test_kept(self) -> None:
        """Without a configured codec sound stays as it is where its container takes it."""
        self.assertIs(plan(streams("h264", AAC)).sound, Sound.COPY)
        self.assertIs(plan(streams("h264", OPUS)).sound, Sound.COPY)
        self.assertIs(plan(streams("vp9", VORBIS)).sound, Sound.COPY)
        self.assertIs(plan(streams("vp9", AAC)).sound, OPUS)
        self.assertIs(plan(streams("h264", VORBIS)).sound, AAC)

    def test_unknown(self) -> None:
        """Sound of an unknown codec is tried as it is in MP4, then encoded; WebM never takes it."""
        policy = VideoPolicy(allow_audio=True)
        tried = [made.sound for made in plans(streams("h264"), SIZE, policy)]
        self.assertEqual(tried, [Sound.COPY, AAC])
        self.assertEqual([made.sound for made in plans(streams("vp9"), SIZE, policy)], [OPUS])

    def test_with_a_configured_codec(self) -> None:
        """The preferred sound where the container is made for it, the video's own next, then the
        container's usual one; unknown sound is dropped."""
        cases: list[tuple[AudioCodec | None, str, AudioCodec | None, object]] = [
            (AAC, "h264", None, Sound.COPY),
            (AAC, "h264", OPUS, Sound.COPY),
            (OPUS, "h264", None, AAC),
            (OPUS, "h265", VORBIS, AAC),
            (AAC, "vp9", None, OPUS),
            (AAC, "vp9", AAC, OPUS),
            (VORBIS, "vp9", None, Sound.COPY),
            (VORBIS, "vp8", OPUS, OPUS),
            (VORBIS, "av1", AAC, Sound.COPY),
            (AAC, "vp9", VORBIS, VORBIS),
            (None, "h264", AAC, Sound.NONE),
        ]
        for source, codec, preferred, expected in cases:
            made = plan(streams("av1" if codec == "h264" else "h264", source), codec, preferred)
            self.assertIs(made.sound, expected, (source, codec, preferred))


class FactorTests(SynchronousTestCase):
    """Constant rate factors (spec media §2.7)."""

    def test_one_rung(self) -> None:
        """A rung serves all that is not larger than it."""
        policy = VideoPolicy(crf={720: 34}, crf_max=30)
        self.assertEqual([crf_for(side, policy) for side in (2, 240, 720, 721)], [34, 34, 34, 30])

    def test_the_nearest_rung(self) -> None:
        """The smallest rung that serves counts."""
        policy = VideoPolicy(crf={240: 37, 1080: 20}, crf_max=30)
        found = [crf_for(side, policy) for side in (240, 241, 1081)]
        self.assertEqual(found, [37, 20, 30])

    def test_bounds(self) -> None:
        """Factors beyond 63 count as 63, and the smaller side decides."""
        policy = VideoPolicy(VideoCodec.VP9, crf={480: 99}, crf_max=98)
        factors = [plans(streams("h264"), size, policy)[0].crf for size in ((640, 480), (480, 640))]
        self.assertEqual(factors, [63, 63])
        self.assertEqual(plans(streams("h264"), SIZE, VideoPolicy(crf_max=98))[0].crf, 63)

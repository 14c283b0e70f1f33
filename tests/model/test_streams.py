"""What a video is made of, between the daemon and its children."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from pictd.model.codecs import AudioCodec, VideoCodec
from pictd.model.formats import Format
from pictd.model.streams import Container, Streams


class StreamsTests(SynchronousTestCase):
    """Streams as JSON."""

    def test_round_trip(self) -> None:
        """What goes through JSON text comes back the same."""
        for streams in (
            Streams(Container.MATROSKA, VideoCodec.VP9, 2, True, AudioCodec.OPUS, True),
            Streams(Container.MOV, VideoCodec.H265),
        ):
            told = json.loads(json.dumps(streams.as_json()))
            self.assertEqual(Streams.from_json(told), streams)

    def test_anything_else_is_refused(self) -> None:
        """Missing members, wrong values and wrong types are told as ``ValueError``."""
        good = Streams(Container.MOV, VideoCodec.H265).as_json()
        changes = ({"container": "concat"}, {"video": "mjpeg"}, {"picture": -1}, {"picture": "1"})
        wrong: list[object] = [None, [], {}, *(good | change for change in changes)]
        for bad in wrong:
            with self.assertRaises(ValueError):
                Streams.from_json(bad)

    def test_the_container_of_a_codec(self) -> None:
        """A codec is kept in the container that is made for it, wherever it came from."""
        kept = {
            (Container.MATROSKA, VideoCodec.H264): Format.VIDEO_MP4,
            (Container.MOV, VideoCodec.VP9): Format.VIDEO_WEBM,
            (Container.MOV, VideoCodec.AV1): Format.VIDEO_MP4,
            (Container.MATROSKA, VideoCodec.AV1): Format.VIDEO_WEBM,
        }
        for (container, codec), format in kept.items():
            self.assertIs(Streams(container, codec).format, format)

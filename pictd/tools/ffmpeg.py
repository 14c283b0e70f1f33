"""Command lines of ffmpeg (spec media §2.6, §5.3). Nothing in them comes from a client.

Input is read by the demuxer of the container that was found, through plain files alone, so a
playlist or a script under another name reaches nothing. Output is bit-exact: no dates, no version,
no random identifiers, so the same input gives the same file (contract B8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pictd.model.codecs import AudioCodec, VideoCodec
from pictd.model.formats import Format
from pictd.model.streams import Streams
from pictd.model.transcoding import Plan, Sound

ENCODERS: Mapping[VideoCodec | AudioCodec, str] = {
    VideoCodec.AV1: "libaom-av1",
    VideoCodec.H264: "libx264",
    VideoCodec.H265: "libx265",
    VideoCodec.VP8: "libvpx",
    VideoCodec.VP9: "libvpx-vp9",
    AudioCodec.AAC: "aac",
    AudioCodec.OPUS: "libopus",
    AudioCodec.VORBIS: "libvorbis",
}
"""By what they make. Those of the WebM codecs also decode, with the transparency that ffmpeg's own
decoders leave out."""

_EFFORT: Mapping[VideoCodec, Sequence[str]] = {
    VideoCodec.AV1: ("-cpu-used", "6", "-row-mt", "1"),
    VideoCodec.H264: (),
    VideoCodec.H265: ("-x265-params", "log-level=error:info=0"),
    # Without a bitrate the factor would be ignored; this one is out of its way.
    VideoCodec.VP8: ("-b:v", "20M", "-deadline", "good", "-cpu-used", "4"),
    VideoCodec.VP9: ("-b:v", "0", "-deadline", "good", "-cpu-used", "4", "-row-mt", "1"),
}

_WORST_CRF = {VideoCodec.H264: 51, VideoCodec.H265: 51}
"""Where a codec's factors end before those of the others."""

_BARE = ("-nostdin", "-hide_banner", "-loglevel", "error", "-progress", "pipe:1", "-y")
_NOTHING_BUT = ("-sn", "-dn", "-map_metadata", "-1", "-map_metadata:s", "-1", "-map_chapters", "-1")
# The mark without which players ignore transparency is metadata, and gone with the rest.
_SEEN_THROUGH = {True: ("-metadata:s:v:0", "alpha_mode=1"), False: ()}
_EXACT = ("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact")
_MUXERS: Mapping[Format, Sequence[str]] = {
    Format.VIDEO_MP4: ("-movflags", "+faststart", "-f", "mp4"),
    Format.VIDEO_WEBM: ("-f", "webm"),
}
_ONE = ("-frames:v", "1", "-f", "image2", "-update", "1")
_PNG = (*_ONE, "-c:v", "png", "-compression_level", "1")
_POSTER = (*_ONE, "-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p")
_EVEN = "scale=trunc(iw/2)*2:trunc(ih/2)*2"
_LAYOUTS = "aformat=channel_layouts=mono|stereo"


def make(program: str, source: Path, plan: Plan, result: Path, poster: Path) -> list[str]:
    """Make what is stored, and beside it a poster: a JPEG of the first frame.

    :param poster: it may be missing afterwards where no picture begins at the start of the video.
    """
    copied = plan.video is None
    # What is copied is decoded for the poster alone, and key frames are enough for that.
    hurry = ["-skip_frame", "nokey", "-threads", "1"] if copied else []
    return [
        program,
        *_BARE,
        *hurry,
        *_input(source, plan.source),
        *_picture_track(plan.source),
        *_picture(plan),
        *_sound(plan),
        *_NOTHING_BUT,
        *_SEEN_THROUGH[plan.result.alpha],
        *_EXACT,
        *_MUXERS[plan.format],
        _file(result),
        *_picture_track(plan.source),
        *_POSTER,
        _file(poster),
    ]


def first_frame(program: str, source: Path, streams: Streams, picture: Path) -> list[str]:
    """Make a PNG of the first frame, upright, with its transparency."""
    pixels = ["-pix_fmt", "rgba" if streams.alpha else "rgb24"]
    track = ["-threads", "1", *_input(source, streams), *_picture_track(streams)]
    return [program, *_BARE, *track, *pixels, *_PNG, _file(picture)]


def poster(program: str, source: Path, streams: Streams, picture: Path) -> list[str]:
    """Make a JPEG of the first frame, upright: quicker, and good enough for a blurhash."""
    track = ["-threads", "1", *_input(source, streams), *_picture_track(streams)]
    return [program, *_BARE, *track, *_POSTER, _file(picture)]


def encoders(program: str) -> list[str]:
    """List what it can encode to."""
    return [program, "-hide_banner", "-loglevel", "error", "-encoders"]


def _input(source: Path, streams: Streams) -> list[str]:
    decoder = ["-c:v", ENCODERS[streams.video]] if streams.alpha else []
    only = ["-protocol_whitelist", "file,pipe", "-f", streams.container.value]
    return [*decoder, *only, "-i", _file(source)]


def _picture_track(streams: Streams) -> list[str]:
    return ["-map", f"0:V:{streams.picture}"]  # V: no cover art


def _picture(plan: Plan) -> list[str]:
    tag = ["-tag:v", "hvc1"] if plan.result.video is VideoCodec.H265 else []  # all that Apple plays
    if plan.video is None:
        return ["-c:v", "copy", *tag]
    pixels = "yuva420p" if plan.result.alpha else "yuv420p"
    # Frames that are not shown have no place for transparency.
    hidden = ["-auto-alt-ref", "0"] if plan.result.alpha else []
    effort = [*_EFFORT[plan.video], *hidden, *tag]
    quality = ["-crf", str(min(plan.crf, _WORST_CRF.get(plan.video, plan.crf)))]
    return ["-pix_fmt", pixels, "-vf", _EVEN, "-c:v", ENCODERS[plan.video], *quality, *effort]


def _sound(plan: Plan) -> list[str]:
    if plan.sound is Sound.NONE:
        return ["-an"]
    track = ["-map", "0:a:0"]
    if isinstance(plan.sound, AudioCodec):
        return [*track, "-af", _LAYOUTS, "-c:a", ENCODERS[plan.sound]]
    return [*track, "-c:a", "copy"]


def _file(path: Path) -> str:
    return f"file:{path}"

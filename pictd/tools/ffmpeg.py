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
_EXACT = ("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact")
_MUXERS: Mapping[Format, Sequence[str]] = {
    Format.VIDEO_MP4: ("-movflags", "+faststart", "-write_tmcd", "0", "-f", "mp4"),
    Format.VIDEO_WEBM: ("-f", "webm"),
}
_EVEN = "scale=trunc(iw/2)*2:trunc(ih/2)*2"
_LAYOUTS = "aformat=channel_layouts=mono|stereo"
_SMALL = "scale='min(iw,{0})':'min(ih,{0})':force_original_aspect_ratio=decrease"

POSTER_SIDE = 128
"""Pixels a side of the poster that is made along with a video."""


def make(program: str, source: Path, plan: Plan, result: Path, poster: Path) -> list[str]:
    """Make what is stored, and beside it a small poster for the blurhash.

    :param poster: a PNG; it may be missing afterwards where nothing but the start of the video is
        decoded and no picture begins there.
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
        *_EXACT,
        *_MUXERS[plan.format],
        _file(result),
        *_still(plan.source, poster, small=True),
    ]


def first_frame(
    program: str, source: Path, streams: Streams, poster: Path, small: bool = False
) -> list[str]:
    """Make a PNG of the first frame, upright.

    :param small: at most ``POSTER_SIDE`` pixels a side.
    """
    decode = ["-threads", "1", *_input(source, streams)]
    return [program, *_BARE, *decode, *_still(streams, poster, small)]


def encoders(program: str) -> list[str]:
    """List what it can encode to."""
    return [program, "-hide_banner", "-loglevel", "error", "-encoders"]


def _input(source: Path, streams: Streams) -> list[str]:
    decoder = ["-c:v", ENCODERS[streams.video]] if streams.alpha else []
    only = ["-protocol_whitelist", "file,pipe", "-f", streams.container.value]
    return [*decoder, *only, "-i", _file(source)]


def _picture_track(streams: Streams) -> list[str]:
    return ["-map", f"0:v:{streams.picture}"]


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


def _still(streams: Streams, poster: Path, small: bool) -> list[str]:
    size = ["-vf", _SMALL.format(POSTER_SIDE)] if small else []
    pixels = ["-pix_fmt", "rgba" if streams.alpha else "rgb24"]
    coded = ["-c:v", "png", "-compression_level", "1", "-f", "image2", "-update", "1"]
    return [*_picture_track(streams), "-frames:v", "1", *size, *pixels, *coded, _file(poster)]


def _file(path: Path) -> str:
    return f"file:{path}"

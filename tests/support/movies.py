"""Sample videos, made by ffmpeg at run time; the same for the same arguments."""

from __future__ import annotations

import json
import subprocess
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_PICTURE = {
    "h264": "libx264 -preset ultrafast -bf 2 -threads 1",
    "h265": "libx265 -preset ultrafast -x265-params log-level=none:pools=none:frame-threads=1",
    "vp8": "libvpx -b:v 200k -deadline realtime -cpu-used 8 -threads 1",
    "vp9": "libvpx-vp9 -b:v 200k -deadline realtime -cpu-used 8 -row-mt 0 -threads 1",
    "av1": "libaom-av1 -b:v 200k -cpu-used 8 -row-mt 0 -threads 1",
    "mjpeg": "mjpeg -pix_fmt yuvj420p",
    "mpeg4": "mpeg4",
}
_SOUND = {"aac": "aac", "opus": "libopus", "vorbis": "libvorbis", "mp3": "libmp3lame"}
_EXACT = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"]
CODECS = ("h264", "h265", "vp8", "vp9", "av1")


@lru_cache(maxsize=256)
def movie(
    container: str,
    codec: str,
    *options: str,
    frames: int = 6,
    size: tuple[int, int] = (96, 64),
    audio: str = "",
) -> bytes:
    """A moving test card, 25 frames a second; with a tone of the same length, where one is named.

    :param container: what ffmpeg calls its muxer: ``mp4``, ``mov``, ``webm``, ``matroska``.
    :param codec: ``h264``, ``h265``, ``vp8``, ``vp9``, ``av1``, ``mjpeg`` or ``mpeg4``.
    :param options: of the output, after all others.
    :param audio: ``aac``, ``opus``, ``vorbis`` or ``mp3``.
    """
    card = f"testsrc2=size={size[0]}x{size[1]}:rate=25,trim=end_frame={frames}"
    sources = ["-f", "lavfi", "-i", card]
    sound: list[str] = []
    if audio:
        sources += ["-f", "lavfi", "-i", f"sine=sample_rate=48000:duration={frames / 25}"]
        sound = ["-c:a", _SOUND[audio]]
    picture = ["-pix_fmt", "yuv420p", "-c:v", *_PICTURE[codec].split()]
    return _made(sources, [*picture, *sound, *_EXACT, *options], container)


@lru_cache(maxsize=256)
def remade(data: bytes, container: str, *options: str) -> bytes:
    """The video after another run of ffmpeg: what it makes of it with these options."""
    with TemporaryDirectory() as folder:
        source = Path(folder) / "in"
        source.write_bytes(data)
        return _made(["-i", str(source)], list(options), container)


def probed(data: bytes) -> dict[str, Any]:
    """What ffprobe tells: ``format`` and ``streams``, with the frames counted by decoding."""
    options = ["-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json"]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "in"
        path.write_bytes(data)
        done = subprocess.run(["ffprobe", *options, str(path)], capture_output=True, timeout=60)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def decoded(data: bytes) -> list[tuple[int, int]]:
    """Width and height of every frame of the picture, as ffmpeg decodes it."""
    options = ["-v", "error", "-select_streams", "V:0", "-show_entries", "frame=width,height"]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "in"
        path.write_bytes(data)
        command = ["ffprobe", *options, "-of", "json", str(path)]
        done = subprocess.run(command, capture_output=True, timeout=60)
    return [(each["width"], each["height"]) for each in json.loads(done.stdout)["frames"]]


def _made(sources: list[str], options: list[str], container: str) -> bytes:
    """:raise AssertionError: ffmpeg can't; the text is what it says."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "out"
        command = ["ffmpeg", "-nostdin", "-v", "error", *sources, *options, "-f", container]
        done = subprocess.run([*command, str(path)], capture_output=True, timeout=60)
        if done.returncode:
            raise AssertionError(done.stderr.decode(errors="replace"))
        return path.read_bytes()

"""What works on media, and what media are held against."""

from __future__ import annotations

import shutil
from typing import Any
from urllib.parse import parse_qsl

import attrs

from pictd.assembly.shares import processors
from pictd.config.schema import Config
from pictd.metrics import Metrics
from pictd.model.limits import MEBIBYTE, Bounds, Rules
from pictd.model.transcoding import VideoPolicy
from pictd.tools.dummy import DummyMedia
from pictd.tools.forkserver import ChildSettings, ForkServerImaging
from pictd.tools.media import Media
from pictd.tools.settings import MediaSettings


def make_media(config: Config, reactor: Any, metrics: Metrics | None = None) -> Media | DummyMedia:
    """What works on media; not started yet.

    :param metrics: None: nobody reads them.
    """
    if config.server.danger_dummy_mode:
        return DummyMedia()
    seconds = config.media.process_timeout
    magick = config.media.magick
    memory = (magick.memory + magick.map + magick.disk) * MEBIBYTE
    children = ChildSettings(seconds=seconds, memory=memory, concurrent=processors(config))
    imaging = ForkServerImaging(reactor, reactor, children, metrics)
    return Media(imaging, media_settings(config))


def media_settings(config: Config) -> MediaSettings:
    """What media are held against, and what is made of them."""
    media = config.media
    image, animation, video = (
        Bounds(
            each.max_width,
            each.max_height,
            each.max_area,
            getattr(each, "max_frame_count", None),
            each.max_file_size * MEBIBYTE,
        )
        for each in (media.image, media.animation, media.video)
    )
    steps = media.preprocess_steps
    return MediaSettings(
        rules=Rules(image, animation, video if media.video.enable else None),
        image_format=media.image.format,
        animation_format=media.animation.format,
        quality={
            "image": _set(media.image.quality),
            "animation": _set(media.animation.quality),
        },
        video=_video_policy(config),
        ffmpeg=shutil.which("ffmpeg"),
        preprocess=None if steps is None else tuple(parse_qsl(steps, keep_blank_values=True)),
        disabled=tuple(each.value for each in media.disabled_formats),
    )


def _video_policy(config: Config) -> VideoPolicy:
    video = config.media.video
    rungs = _set(video.quality)
    return VideoPolicy(
        video.video_codec,
        video.audio_codec,
        video.allow_audio,
        {int(name[4:]): factor for name, factor in rungs.items() if name != "crf_max"},
        video.quality.crf_max,
    )


def _set(quality: attrs.AttrsInstance) -> dict[str, int]:
    return {name: value for name, value in attrs.asdict(quality).items() if value is not None}

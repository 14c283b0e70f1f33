# ruff: noqa: RUF009 (the calls make fields, not values)
"""Keys of ``[media]`` (spec configuration 1.4 to 1.8)."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from pictd.config.addresses import URL
from pictd.config.choices import (
    CHAIN,
    DECODERS,
    OPERATIONS,
    Decoder,
    OnError,
    Rendition,
    formats,
)
from pictd.config.keys import key, section, table
from pictd.config.retention import RETENTION, Retention
from pictd.config.values import BOOLEAN, TEXT, U8, U16, U32, U64, one_of, whole
from pictd.model.codecs import AudioCodec, VideoCodec
from pictd.model.formats import Format, Kind
from pictd.model.operations import Chain

_QUALITY = whole(U8, example=80)
_FACTOR = whole(U8, example=30)
_SIDE = whole(U16)
_COUNT = whole(U32)
_MIB = whole(U64 // 2**20)
_SECONDS = whole(U32)
_STEPS = attrs.evolve(TEXT, example="crop=16x9&resize=1200")
_DAY, _WEEK = Retention(1, "d"), Retention(7, "d")
_FILTERS = ("blur", "crop", "identity", "resize", "thumbnail")
_CRF = "CRF of transcoded videos whose smaller side is at most {} px; used as at most 63."
_NO_EFFECT = "Without effect, as in pict-rs: {} of media.image, animation and video decides."


def _quality(name: str) -> str:
    return f"Quality of {name}, 0 to 100; more counts as 100. Unset: the encoder's own."


def _effort(name: str) -> str:
    return f"Compression effort of {name}, 0 to 100; more counts as 100. It stays lossless."


def _crf(side: int) -> int | None:
    made: int | None = key(_FACTOR, None, _CRF.format(side), flag=f"media-video-quality-{side}")
    return made


@attrs.frozen
class ImageQuality:
    """How stills are encoded."""

    avif: int | None = key(_QUALITY, None, _quality("AVIF"))
    jpeg: int | None = key(_QUALITY, None, _quality("JPEG"))
    jxl: int | None = key(_QUALITY, None, _quality("JPEG XL"))
    png: int | None = key(_QUALITY, None, _effort("PNG"))
    webp: int | None = key(_QUALITY, None, _quality("WebP"))


@attrs.frozen
class Image:
    """Still images. Bounds are inclusive; sizes are in MiB."""

    max_width: int = key(_SIDE, 10000, "Widest still accepted, in pixels.")
    max_height: int = key(_SIDE, 10000, "Tallest still accepted, in pixels.")
    max_area: int = key(_COUNT, 40_000_000, "Most pixels of a still accepted.")
    max_file_size: int = key(_MIB, 40, "Largest file of a still accepted, in MiB.")
    format: Format | None = key(
        formats(Kind.IMAGE), None, "Convert every uploaded still to this. Unset: keep its format."
    )
    quality: ImageQuality = section(ImageQuality, "How stills are encoded.")


@attrs.frozen
class AnimationQuality:
    """How animations are encoded. GIF has no quality."""

    apng: int | None = key(_QUALITY, None, _effort("APNG"))
    avif: int | None = key(_QUALITY, None, _quality("animated AVIF"))
    webp: int | None = key(_QUALITY, None, _quality("animated WebP"))


@attrs.frozen
class Animation:
    """Animations. Bounds are inclusive; sizes are in MiB."""

    max_width: int = key(_SIDE, 1920, "Widest animation accepted, in pixels.")
    max_height: int = key(_SIDE, 1920, "Tallest animation accepted, in pixels.")
    max_area: int = key(_COUNT, 2_073_600, "Most pixels of a frame accepted.")
    max_file_size: int = key(_MIB, 40, "Largest file of an animation accepted, in MiB.")
    max_frame_count: int = key(_COUNT, 900, "Most frames of an animation accepted.")
    format: Format | None = key(
        formats(Kind.ANIMATION), None, "Convert every uploaded animation. Unset: keep its format."
    )
    quality: AnimationQuality = section(AnimationQuality, "How animations are encoded.")


@attrs.frozen
class VideoQuality:
    """Constant rate factors; lower is better. The first set rung from a video's own size upwards
    counts (spec configuration 3.7)."""

    crf_240: int | None = _crf(240)
    crf_360: int | None = _crf(360)
    crf_480: int | None = _crf(480)
    crf_720: int | None = _crf(720)
    crf_1080: int | None = _crf(1080)
    crf_1440: int | None = _crf(1440)
    crf_2160: int | None = _crf(2160)
    crf_max: int = key(
        _FACTOR,
        32,
        "CRF where no other applies; at most 63, of H.264 and H.265 at most 51.",
        flag="media-video-quality-max",
    )


@attrs.frozen
class Video:
    """Videos. Bounds are inclusive; sizes are in MiB."""

    enable: bool = key(BOOLEAN, True, "Accept videos.", flag="media-video-disable", inverted=True)
    allow_audio: bool = key(BOOLEAN, False, "Keep the sound of videos. Otherwise it is removed.")
    max_width: int = key(_SIDE, 3840, "Widest video accepted, in pixels.")
    max_height: int = key(_SIDE, 3840, "Tallest video accepted, in pixels.")
    max_area: int = key(_COUNT, 8_294_400, "Most pixels of a frame accepted.")
    max_file_size: int = key(_MIB, 40, "Largest file of a video accepted, in MiB.")
    max_frame_count: int = key(_COUNT, 900, "Most frames of a video accepted.")
    video_codec: VideoCodec | None = key(
        one_of(VideoCodec),
        None,
        "Bring every video to this; takes long, see process_timeout. Unset: copy.",
        flag="media-video-codec",
    )
    audio_codec: AudioCodec | None = key(
        one_of(AudioCodec), None, "Preferred sound where video_codec is set and takes it."
    )
    quality: VideoQuality = section(VideoQuality, "How videos are encoded.")


@attrs.frozen
class Magick:
    """Limits of each child that works on media. Pixels are held in memory alone."""

    max_width: int = key(_SIDE, 10000, _NO_EFFECT.format("max_width"))
    max_height: int = key(_SIDE, 10000, _NO_EFFECT.format("max_height"))
    max_area: int = key(_COUNT, 20000, _NO_EFFECT.format("max_area"))
    memory: int = key(_COUNT, 256, "Memory of a child, in MiB; map and disk are added to it.")
    map: int = key(_COUNT, 512, "Added to memory, in MiB.")
    disk: int = key(_COUNT, 1024, "Added to memory, in MiB.")


@attrs.frozen
class Retain:
    """How long things stay unused."""

    variants: Retention = key(RETENTION, _WEEK, "Remove variants not asked for in this time.")
    proxy: Retention = key(RETENTION, _WEEK, "Remove proxied files not asked for in this time.")
    uploads: Retention = key(RETENTION, _DAY, "Remove backgrounded uploads not claimed by then.")
    pending: Retention = key(RETENTION, _DAY, "Remove pending uploads not activated by then.")


@attrs.frozen
class Media:
    """What is accepted, and what becomes of it."""

    external_validation: str | None = key(
        URL,
        None,
        "Every upload is POSTed here before it is kept. 2xx accepts it; 5xx says that the validator"
        " failed; anything else, a redirect too, refuses it, and the same content for an hour.",
    )
    external_validation_timeout: int = key(_SECONDS, 30, "Seconds for one file.")
    external_validation_on_error: OnError = key(
        one_of(OnError),
        OnError.DENY,
        "What becomes of an upload where the validator failed, or gave no answer in time. allow"
        " keeps it, with a warning in the log.",
    )
    external_validation_rendition: Rendition | None = key(
        one_of(Rendition),
        None,
        "Send the validator a still of the first frame in this format, at most 2048 pixels a side."
        " Unset: the file as it would be stored.",
    )
    max_file_size: int = key(_MIB, 40, "Largest upload, import or download, in MiB.")
    process_timeout: int = key(_SECONDS, 30, "Seconds that a piece of work on media may take.")
    preprocess_steps: str | None = key(
        _STEPS, None, "Operations on every uploaded image, as crop=16x9&resize=1200."
    )
    filters: tuple[str, ...] = key(OPERATIONS, _FILTERS, "Operations that clients may ask for.")
    disabled_formats: tuple[Decoder, ...] = key(
        DECODERS, (), "Formats that are not decoded: not when uploaded, nor where they are stored."
    )
    presets_only: bool = key(BOOLEAN, False, "Clients may ask for presets alone.")
    presets: Mapping[str, Chain] = table(CHAIN, "Sizes with a name: NAME = operations.")
    retention: Retain = section(Retain, "How long things stay unused.")
    image: Image = section(Image, "Still images.")
    animation: Animation = section(Animation, "Animations.")
    video: Video = section(Video, "Videos.")
    magick: Magick = section(Magick, "Limits of each child that works on media.")

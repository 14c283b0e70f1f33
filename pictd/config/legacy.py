"""Names that pict-rs 0.3 and 0.4 used (spec configuration 9; contract D2)."""

from __future__ import annotations

import attrs


@attrs.frozen
class Old:
    """What became of a key.

    :ivar new: the key that now means the same, and is set instead; empty where there is none.
    :ivar advice: what to do where there is none.
    """

    new: str = ""
    advice: str = "it was removed; delete it"


_GIF = "it is ignored, because animations stay animations now; see media.animation.{}"

_RENAMED = {
    # 0.4
    "media.format": "media.image.format",
    "media.max_width": "media.image.max_width",
    "media.max_height": "media.image.max_height",
    "media.max_area": "media.image.max_area",
    "media.max_frame_count": "media.video.max_frame_count",
    "media.enable_silent_video": "media.video.enable",
    "media.enable_full_video": "media.video.allow_audio",
    "media.video_codec": "media.video.video_codec",
    "media.audio_codec": "media.video.audio_codec",
    # 0.3
    "addr": "server.address",
    "address": "server.address",
    "format": "media.image.format",
    "image_format": "media.image.format",
    "whitelist": "media.filters",
    "filter_whitelist": "media.filters",
    "filters": "media.filters",
    "max_file_size": "media.max_file_size",
    "max_image_width": "media.image.max_width",
    "max_image_height": "media.image.max_height",
    "max_image_area": "media.image.max_area",
    "api_key": "server.api_key",
    "sled_cache_capacity": "repo.cache_capacity",
    "console_buffer_capacity": "tracing.console.buffer_capacity",
    "opentelemetry_url": "tracing.opentelemetry.url",
}
_REMOVED = (
    "server.worker_id",
    "server.client_pool_size",
    "client.pool_size",
    "media.skip_validate_imports",
    "skip_validate_imports",
    "store.signature_duration",
    "store.signature_expiration",
    "store.security_token",
)
_GIF_LIMITS = ("max_width", "max_height", "max_area", "max_frame_count", "max_file_size")

OLD_KEYS = (
    {old: Old(new) for old, new in _RENAMED.items()}
    | {old: Old() for old in _REMOVED}
    | {f"media.gif.{name}": Old(advice=_GIF.format(name)) for name in _GIF_LIMITS}
    | {
        "old_db.path": Old(advice="it is ignored; old_repo.path names the database of 0.4"),
        "path": Old(advice="it is ignored; set repo.path and store.path"),
    }
)
"""Every old key."""

SINGLE_UNDERSCORE = frozenset(old for old in OLD_KEYS if "." not in old)
"""Keys of 0.3, whose variables also began with a single underscore: ``PICTRS_ADDR``."""

OLD_FLAGS = {
    "--old-db-path": "removed; --old-repo-path names the database of 0.4",
    "--worker-id": "removed",
    "--client-pool-size": "removed",
    "--media-skip-validate-imports": "removed",
    "--media-format": "now --media-image-format",
    "--media-max-width": "now --media-image-max-width",
    "--media-max-height": "now --media-image-max-height",
    "--media-max-area": "now --media-image-max-area",
    "--media-max-frame-count": "now --media-video-max-frame-count",
    "--media-enable-silent-video": "now the default; --media-video-disable is its opposite",
    "--media-enable-full-video": "now --media-video-allow-audio",
    "--media-audio-codec": "now --media-video-audio-codec",
    "--media-gif-max-width": "now --media-animation-max-width",
    "--media-gif-max-height": "now --media-animation-max-height",
    "--media-gif-max-area": "now --media-animation-max-area",
    "--signature-duration": "removed",
}
"""What became of flags that are gone."""

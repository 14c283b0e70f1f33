"""Looking at a video that was made to be stored (contract B1, B3, B9)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pictd.imaging.blurhash import blurhash_of
from pictd.imaging.containers.registry import is_clean, outline_of
from pictd.imaging.failures import Unreadable
from pictd.imaging.results import result_of
from pictd.imaging.sources import read_picture, read_source
from pictd.model.streams import Streams


def certify(arguments: Mapping[str, Any]) -> dict[str, object]:
    """See that a video is what was ordered, and holds nothing but its picture and sound.

    :param arguments: ``source`` (path of the video), ``poster`` (path of a picture of its first
        frame) and ``streams`` (JSON: what was ordered).
    :return: ``result`` (``results``, and ``blurhash``).
    :raise Unreadable: it is something else, or holds something else.
    """
    path = Path(arguments["source"])
    data = read_source(str(path))
    outline = outline_of(data)
    if _compared(outline.streams) != _compared(Streams.from_json(arguments["streams"])):
        raise Unreadable("the video can't be separated from what is not wanted of it")
    if not is_clean(data):
        raise Unreadable("the video holds more than can be separated from its picture and sound")
    result = result_of(path, outline, len(data))
    return {"result": {**result, "blurhash": blurhash_of(read_picture(arguments["poster"]))}}


def _compared(streams: Streams | None) -> tuple[object, ...]:
    """What the two have to agree in; where sound and picture come from does not matter."""
    if streams is None:
        return ()
    return streams.container, streams.video, streams.has_sound, streams.alpha

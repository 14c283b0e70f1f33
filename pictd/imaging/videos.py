"""Looking at a video that was made to be stored (contract B1, B3, B9)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from pictd.imaging.blurhash import blurhash_of
from pictd.imaging.containers.outline import Outline
from pictd.imaging.containers.pieces import Data
from pictd.imaging.containers.registry import is_clean, leftovers, measured_of, outline_of
from pictd.imaging.failures import Unreadable
from pictd.imaging.results import result_of
from pictd.imaging.sources import read_picture, read_source
from pictd.model.limits import Rules, refusal
from pictd.model.streams import Streams


def certify(arguments: Mapping[str, Any]) -> dict[str, object]:
    """See that a video is what was ordered, and holds nothing but its picture and sound; and hold
    it against the limits again: headers may have told of smaller or fewer pictures.

    :param arguments: ``source`` (path of the video, which may be written), ``poster`` (path of a
        picture of its first frame), ``streams`` (JSON: what was ordered), ``rules`` (JSON) and
        ``file_size`` (bytes of the upload).
    :return: ``measured``, and ``refused`` or ``result`` (``results``, and ``blurhash``).
    :raise Unreadable: it is something else, or holds something else.
    """
    path, poster = Path(arguments["source"]), read_picture(arguments["poster"])
    data = cleaned(path)
    outline = outline_of(data)
    if _compared(outline.streams) != _compared(Streams.from_json(arguments["streams"])):
        raise Unreadable("the video can't be separated from what is not wanted of it")
    if not is_clean(data):
        raise Unreadable("the video holds more than can be separated from its picture and sound")
    outline = _as_decoded(outline, outline_of(poster).size)
    measured = measured_of(outline, arguments["file_size"])
    answer: dict[str, object] = {"measured": measured.as_json()}
    if refusal(measured, Rules.from_json(arguments["rules"])) is not None:
        return {**answer, "refused": True}
    result = result_of(path, outline, len(data))
    return {**answer, "result": {**result, "blurhash": blurhash_of(poster)}}


def cleaned(path: Path) -> Data:
    """The file without what ffmpeg leaves in it, which is written over in its place."""
    data = read_source(str(path))
    places = leftovers(data)
    if not places:
        return data
    with path.open("r+b") as file:
        for at, filling in places:
            file.seek(at)
            file.write(filling)
    return read_source(str(path))


def _as_decoded(outline: Outline, decoded: tuple[int, int]) -> Outline:
    """With the size of the pictures that are really there. What is drawn stands upright, and sides
    are made even where they are encoded."""
    pairs = zip(sorted(outline.size), sorted(decoded), strict=True)
    if all(abs(one - other) <= 1 for one, other in pairs):
        return outline
    return attrs.evolve(outline, width=decoded[0], height=decoded[1])


def _compared(streams: Streams | None) -> tuple[object, ...]:
    """What the two have to agree in; where sound and picture come from does not matter."""
    if streams is None:
        return ()
    return streams.container, streams.video, streams.has_sound, streams.alpha

"""Making what is stored of what was uploaded (spec media §2; contract B1 to B7)."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from pictd.imaging.blurhash import blurhash
from pictd.imaging.containers.outline import Outline
from pictd.imaging.containers.registry import is_clean, measured_of, outline_of, shortened, stripped
from pictd.imaging.decode import Film, decode
from pictd.imaging.encode import encode
from pictd.imaging.failures import Unreadable
from pictd.imaging.results import write_result
from pictd.imaging.sources import read_source
from pictd.imaging.transform import least_size, transformed
from pictd.model.formats import Format
from pictd.model.limits import Rules, refusal
from pictd.model.operations import BadOperation, Chain, parse_chain

_HASHED = 128
"""Pixels a side that a blurhash is content with."""


@attrs.frozen
class _Made:
    """:ivar outline: of the data."""

    data: bytes = attrs.field(repr=False)
    outline: Outline
    blurhash: str


def normalise(arguments: Mapping[str, Any]) -> dict[str, object]:
    """Hold a file against the limits, by its headers alone; then make of it what is stored.

    Where nothing else is asked, the compressed picture stays as it is, and only what is not the
    picture is removed.

    :param arguments: ``source`` and ``folder`` (paths), ``rules`` (JSON), ``image_format`` and
        ``animation_format`` (labels or None), ``quality`` (by class, then label), ``operations``
        ((name, value) pairs, or None), ``disabled`` (names of formats and decoders that are
        switched off; may be left out).
    :return: ``measured``, and one of ``refused`` (with ``switched_off``, a name, where that is
        why), ``bad_operation`` (its name), ``streams`` (of a video, which is made elsewhere) and
        ``result`` (``results``, and ``blurhash``).
    :raise Unreadable: broken, or no media.
    :raise Unsupported: media of another kind.
    :raise Impossible: an operation can't be carried out on this picture.
    """
    data = read_source(arguments["source"])
    outline = outline_of(data)
    measured = measured_of(outline, len(data))
    answer: dict[str, object] = {"measured": measured.as_json()}
    name = outline.decoder or outline.format.label.lower()
    if name in map(str.lower, arguments.get("disabled", ())):
        return {**answer, "refused": True, "switched_off": name}
    if refusal(measured, Rules.from_json(arguments["rules"])) is not None:
        return {**answer, "refused": True}
    if not isinstance(data, bytes):
        return {**answer, "streams": outline.streams and outline.streams.as_json()}
    try:
        chain = parse_chain((name, value) for name, value in arguments["operations"] or ())
    except BadOperation as error:
        return {**answer, "bad_operation": error.field}
    made = _made(data, outline, chain, arguments)
    result = write_result(made.data, made.outline, Path(arguments["folder"]))
    return {**answer, "result": {**result, "blurhash": made.blurhash}}


def _made(data: bytes, outline: Outline, chain: Chain, arguments: Mapping[str, Any]) -> _Made:
    target = _target(outline.format, arguments)
    clean = data if outline.decoder else stripped(data)
    if target is outline.format and not chain.steps and _can_stay(outline):
        return _kept(clean, outline)
    quality = arguments["quality"][target.kind.value.lower()].get(target.label)
    return _made_anew(clean, outline, chain, target, quality)


def _can_stay(outline: Outline) -> bool:
    """Whether the compressed picture may be stored as it is."""
    upright = outline.orientation == 1 or outline.oriented_by_container
    return upright and outline.decoder is None


def _target(source: Format, arguments: Mapping[str, Any]) -> Format:
    label = arguments[f"{source.kind.value.lower()}_format"]
    return source if label is None else Format.named(source.kind, label)


def _kept(clean: bytes, outline: Outline) -> _Made:
    """The strip is checked on its result, and the picture is decoded once, reduced, to see that it
    is whole."""
    film = decode(clean, outline, least=(_HASHED, _HASHED), first_only=True)
    kept = shortened(clean, film.used)
    left = _verified(kept)
    if attrs.evolve(left, orientation=1) != attrs.evolve(outline, orientation=1):
        raise Unreadable("the file holds more than can be separated from its picture")
    return _Made(kept, left, _hash(film)[0])


def _made_anew(
    clean: bytes, outline: Outline, chain: Chain, target: Format, quality: int | None
) -> _Made:
    source = decode(clean, outline, least=least_size(chain.steps, outline.shown_size))
    text, film = _hash(transformed(source, chain.steps))
    data = encode(film, target, quality)
    return _Made(data, _verified(data), text)


def _verified(data: bytes) -> Outline:
    """The outline of what is to be stored, which must hold nothing but its picture."""
    if not is_clean(data):
        raise Unreadable("the file holds more than can be separated from its picture")
    return outline_of(data)


def _hash(film: Film) -> tuple[str, Film]:
    """(blurhash of the first frame, the film with all of its frames)."""
    first = next(film.frames)
    text = blurhash(first.image, film.profile, film.size)
    return text, attrs.evolve(film, frames=itertools.chain([first], film.frames))

"""Variants of stored pictures (spec http-api §3.7; contract B4, B5)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pictd.imaging.containers.registry import outline_of
from pictd.imaging.decode import decode
from pictd.imaging.encode import encode
from pictd.imaging.results import write_result
from pictd.imaging.sources import read_picture
from pictd.imaging.transform import least_size, transformed
from pictd.model.formats import Kind, Output
from pictd.model.operations import parse_chain


def render(arguments: Mapping[str, Any]) -> dict[str, object]:
    """Make a variant. What the source is, is told by its bytes.

    :param arguments: ``source`` and ``folder`` (paths), ``operations`` ((name, value) pairs),
        ``output`` (the canonical extension), ``quality`` (by class, then label); ``still``, where
        it is true, asks for one frame even where the output could move.
    :return: ``result`` (``results``).
    :raise Unreadable: the stored file is broken.
    :raise Impossible: an operation or the output can't be carried out on this picture.
    :raise BadOperation: not the operations of a chain.
    """
    data = read_picture(arguments["source"])
    outline = outline_of(data)
    steps = parse_chain((name, value) for name, value in arguments["operations"]).steps
    still = arguments.get("still", False)
    target = Output(arguments["output"]).result(Kind.IMAGE if still else outline.format.kind)
    first_only = still or target.kind is Kind.IMAGE
    least = least_size(steps, outline.shown_size)
    film = transformed(decode(data, outline, least, first_only), steps)
    quality = arguments["quality"][target.kind.value.lower()].get(target.label)
    made = encode(film, target, quality)
    return {"result": write_result(made, outline_of(made), Path(arguments["folder"]))}
